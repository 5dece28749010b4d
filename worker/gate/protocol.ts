/**
 * What a Worker sends to a gate and what the gate answers. Plain data, since it crosses RPC.
 *
 * On the admission path both cross as flat lists: an RPC call that returns an object takes the runtime a fifth longer
 * than one that returns a list with the same content.
 */
import type { Author } from "../../db/audit.ts";
import type { Environment } from "../../db/enums.ts";
import type { AdmissionRequest } from "../keys/decide.ts";
import type { KeyMaterial } from "../keys/format.ts";
import type { Refused, Verdict, WindowState } from "../keys/verdict.ts";
import type { ApiKey } from "../schemas/api-key.ts";
import { DAY_MS } from "../schemas/time.ts";

/** A request as it reaches the gate. */
export interface AdmissionCall extends AdmissionRequest {
	keyId: string;
	/** Method and route, for the list of recent callers. */
	endpoint: string;
	userAgent: string | null;
}

/** Who changes the key. The tenant is the principal's: keys of other tenants do not exist for it. */
export interface ManagementCall {
	keyId: string;
	author: Author;
}

export interface RotationRequest {
	material: KeyMaterial;
	/** Life of the successor; null: as long as this key was given. */
	lifeMs: number | null;
	/** How long this key goes on; null: until it is revoked. */
	overlapMs: number | null;
	/** The successor that this key must have (null: none) to be rotated; undefined: any. */
	expectedSuccessor?: string | null | undefined;
	/** Set if this may be asked for again: then the second time nothing is made. */
	attempt?: Attempt | undefined;
}

/** For how long a creation may be asked for again, in milliseconds. */
export const ATTEMPT_KEPT_MS = DAY_MS;

/** A creation that may be asked for again, by the hashes of its name and of what is asked for. */
export interface Attempt {
	nameHash: string;
	inputHash: string;
}

/** A rotation that is whole. */
export interface Rotated {
	successor: ApiKey;
	/** The key that was rotated, as it is now. */
	previous: ApiKey;
}

/** A rotation that was whole before it was asked for again. */
export interface AlreadyRotated {
	successorId: string;
}

/** What a gate answers to management. Failures are values: an exception would carry its text across objects. */
export type GateResult<T> =
	| { code: "OK"; value: T }
	| { code: "NOT_FOUND" }
	| { code: "CONFLICT"; message: string }
	| { code: "UNAVAILABLE" };

export type PackedCall = [
	keyId: string,
	secretHash: string,
	scope: AdmissionCall["scope"],
	ip: string | null,
	userAgent: string | null,
	endpoint: string,
	tenantId: string | null,
	consume: boolean,
];

export function packCall(call: AdmissionCall): PackedCall {
	const { keyId, secretHash, scope, ip, userAgent, endpoint, tenantId, consume } = call;
	return [keyId, secretHash, scope, ip, userAgent, endpoint, tenantId, consume];
}

export function unpackCall(packed: PackedCall): AdmissionCall {
	const [keyId, secretHash, scope, ip, userAgent, endpoint, tenantId, consume] = packed;
	return { keyId, secretHash, scope, ip, userAgent, endpoint, tenantId, consume };
}

type PackedWindow = [limit: number, remaining: number, resetsAt: number, resetSeconds: number];
type PackedFacts = [tenantId: string, name: string, environment: Environment, scopes: string, expiresAt: number | null];

export type PackedVerdict =
	| ["VALID", ...PackedWindow, ...PackedFacts]
	| ["NOT_FOUND", final: boolean]
	| ["MISSING_SCOPE", ...PackedWindow, scope: string]
	| [Exclude<Refused["code"], "NOT_FOUND" | "MISSING_SCOPE">, ...PackedWindow]
	| ["UNAVAILABLE"];

/** No scope has a space in its name (RFC 6749, §3.3). */
const BETWEEN_SCOPES = " ";

export function pack(verdict: Verdict): PackedVerdict {
	switch (verdict.code) {
		case "VALID": {
			const { tenantId, name, environment, scopes, expiresAt } = verdict.key;
			const facts: PackedFacts = [tenantId, name, environment, scopes.join(BETWEEN_SCOPES), expiresAt];
			return [verdict.code, ...packWindow(verdict.window), ...facts];
		}
		case "NOT_FOUND":
			return [verdict.code, verdict.final];
		case "MISSING_SCOPE":
			return [verdict.code, ...packWindow(verdict.window), verdict.scope];
		case "REVOKED":
		case "EXPIRED":
		case "ADDRESS_NOT_ALLOWED":
		case "RATE_LIMITED":
			return [verdict.code, ...packWindow(verdict.window)];
		case "UNAVAILABLE":
			return [verdict.code];
		default:
			return verdict satisfies never;
	}
}

/** The verdict on the key `id`, which is not sent back to who sent it. */
export function unpack(packed: PackedVerdict, id: string): Verdict {
	switch (packed[0]) {
		case "VALID": {
			const [code, limit, remaining, resetsAt, resetSeconds, tenantId, name, environment, scopes, expiresAt] = packed;
			return {
				code,
				key: { id, tenantId, name, environment, scopes: scopes ? scopes.split(BETWEEN_SCOPES) : [], expiresAt },
				window: { limit, remaining, resetsAt, resetSeconds },
			};
		}
		case "NOT_FOUND":
			return { code: packed[0], final: packed[1] };
		case "MISSING_SCOPE": {
			const [code, limit, remaining, resetsAt, resetSeconds, scope] = packed;
			return { code, scope, window: { limit, remaining, resetsAt, resetSeconds } };
		}
		case "REVOKED":
		case "EXPIRED":
		case "ADDRESS_NOT_ALLOWED":
		case "RATE_LIMITED": {
			const [code, limit, remaining, resetsAt, resetSeconds] = packed;
			return { code, window: { limit, remaining, resetsAt, resetSeconds } };
		}
		case "UNAVAILABLE":
			return { code: packed[0] };
		default:
			return packed satisfies never;
	}
}

const packWindow = ({ limit, remaining, resetsAt, resetSeconds }: WindowState): PackedWindow => [
	limit,
	remaining,
	resetsAt,
	resetSeconds,
];
