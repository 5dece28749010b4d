/**
 * What a gate says of one request, as a union. Verdicts are values, never exceptions, and plain data, so that they cross
 * RPC; on the path of admission in the shorter form of `wire.ts`.
 */
import type { Environment } from "../../db/enums.ts";

/** Where the key stands in its hour. */
export interface WindowState {
	limit: number;
	remaining: number;
	/** Milliseconds since the epoch. */
	resetsAt: number;
	/** Whole seconds until then, by the gate's clock, so that no other clock is asked. */
	resetSeconds: number;
}

/** What a handler may know of the key it serves. */
export interface KeyFacts {
	id: string;
	tenantId: string;
	name: string;
	environment: Environment;
	scopes: readonly string[];
	expiresAt: number | null;
}

export type Admitted = { code: "VALID"; key: KeyFacts; window: WindowState };

export type Refused =
	/** No such key, or not of the tenant that asks. */
	| { code: "NOT_FOUND"; final: boolean }
	| { code: "REVOKED"; window: WindowState }
	| { code: "EXPIRED"; window: WindowState }
	| { code: "ADDRESS_NOT_ALLOWED"; window: WindowState }
	| { code: "MISSING_SCOPE"; scope: string; window: WindowState }
	| { code: "RATE_LIMITED"; window: WindowState };

/** None: the gate could not be reached, or could not learn its key. Whoever asked must refuse. */
export type Unanswered = { code: "UNAVAILABLE"; cause?: unknown };

export type Verdict = Admitted | Refused | Unanswered;
