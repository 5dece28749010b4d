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

/** What every refusal of a known key has. */
interface OfKey {
	window: WindowState;
	/** Whose key it is, for data points. A gate of release 1.0.0 doesn't send it with a refusal. */
	tenantId?: string;
}

export type Admitted = { code: "VALID"; key: KeyFacts; window: WindowState };

export type Refused =
	/** The key doesn't exist, or belongs to another tenant than the caller's. `final`: it never will exist. */
	| { code: "NOT_FOUND"; final: boolean }
	| ({ code: "REVOKED" } & OfKey)
	| ({ code: "EXPIRED" } & OfKey)
	/** The platform has suspended the key's tenant. */
	| ({ code: "TENANT_SUSPENDED" } & OfKey)
	| ({ code: "ADDRESS_NOT_ALLOWED" } & OfKey)
	| ({ code: "MISSING_SCOPE"; scope: string } & OfKey)
	| ({ code: "RATE_LIMITED" } & OfKey);

/** What keeps a request with a right signature from being admitted. Only its sender can see it. */
export type ReplayRefusal =
	/** The same signed request was admitted before. */
	| { code: "REPLAYED" }
	/** It was signed too long ago, or too far in the future, to know whether it was admitted before. */
	| { code: "OUTDATED" }
	/** The gate lost its memory of requests that were signed at that time. One that is signed again is admitted. */
	| { code: "UNCERTAIN"; retrySeconds: number };

export type SignedRefused = ReplayRefusal & OfKey;

/** Why a signature does not match, as far as it can be proven. */
export type Mismatch =
	/** Everything matches, except that the timestamp is too old or too new. */
	| { cause: "time"; behindSeconds: number }
	/** The signature is for another spelling of the path. */
	| { cause: "path"; spelling: string }
	| { cause: "method"; signed: string }
	/** The signature is for an empty body. */
	| { cause: "empty body" }
	/** Nothing else is proven. */
	| { cause: "body or secret" };

/** The signature of the request is wrong. Decided without I/O. */
export type BadSignature = { code: "BAD_SIGNATURE"; mismatch: Mismatch };

/** No verdict: the gate could not be reached, or could not load its key. The request must be refused. */
export type Unavailable = { code: "UNAVAILABLE"; cause?: unknown };

/** No verdict: the caller has sent too many keys that don't exist, so this one was not looked up. */
export type Throttled = { code: "THROTTLED"; retryAfter: number };

/** A decision, which counts the request. */
export type CountedVerdict = Admitted | Refused | SignedRefused;

/** What a gate returns. */
export type GateVerdict = CountedVerdict | Unavailable;

/** On a request that carries its key. */
export type BearerVerdict = Admitted | Refused | Unavailable | Throttled;

export type Verdict = GateVerdict | BearerVerdict | BadSignature;
