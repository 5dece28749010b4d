/**
 * A gate's verdict on one request, as a union. Verdicts are values, never exceptions, and plain data, so they can cross
 * RPC. Admission uses the shorter packed form of `gate/protocol.ts`.
 */
import type { Environment } from "../../db/enums.ts";

/** How much of the current hour's limit a key has left. */
export interface WindowState {
	limit: number;
	remaining: number;
	/** Milliseconds since the epoch. */
	resetsAt: number;
	/** Whole seconds until then by the gate's clock, so that the Worker's clock doesn't matter. */
	resetSeconds: number;
}

/** What a handler may know about the key of its request. */
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
	/** The key doesn't exist, or belongs to another tenant than the caller's. `final`: it never will exist. */
	| { code: "NOT_FOUND"; final: boolean }
	| { code: "REVOKED"; window: WindowState }
	| { code: "EXPIRED"; window: WindowState }
	| { code: "ADDRESS_NOT_ALLOWED"; window: WindowState }
	| { code: "MISSING_SCOPE"; scope: string; window: WindowState }
	| { code: "RATE_LIMITED"; window: WindowState };

/** No verdict: the gate could not be reached, or could not load its key. The request must be refused. */
export type Unavailable = { code: "UNAVAILABLE"; cause?: unknown };

/** No verdict: the caller has sent too many keys that don't exist, so this one was not looked up. */
export type Throttled = { code: "THROTTLED"; retryAfter: number };

/** What a gate returns. */
export type GateVerdict = Admitted | Refused | Unavailable;

export type Verdict = GateVerdict | Throttled;
