/**
 * What a Worker sends to a gate, and what the gate returns. Plain data, since it crosses RPC.
 *
 * On the admission path both are packed into flat arrays: an RPC call that returns an object takes the runtime a fifth
 * longer than one that returns an array with the same content. New fields go at the end and are optional, because a Worker
 * and a gate may be one release apart.
 */
import type { Author } from "../../db/audit.ts";
import type { Environment } from "../../db/enums.ts";
import type { AdmissionRequest } from "../keys/decide.ts";
import type { KeyMaterial } from "../keys/format.ts";
import type { KeySnapshot } from "../keys/snapshot.ts";
import type { Admitted, GateVerdict, Refused, SignedRefused, WindowState } from "../keys/verdict.ts";
import type { ApiKey } from "../schemas/api-key.ts";
import { DAY_MS } from "../schemas/time.ts";

/** Whether a tenant is suspended, as its gates and D1 keep it. */
export interface Suspension {
	/** Rises with every suspension and resumption of the tenant. A gate keeps the one with the highest number. */
	no: number;
	/** When the tenant was suspended; null: it isn't. */
	at: number | null;
}

/** A request as it reaches the gate. */
export interface AdmissionCall extends AdmissionRequest {
	keyId: string;
	/** Method and route, for the list of recent callers. */
	endpoint: string;
	userAgent: string | null;
	/** Identifies the pepper of the presented key. */
	pepperId?: string | undefined;
}

/** A change of a key. The tenant is the principal's: keys of other tenants are unknown to it. */
export interface ManagementCall {
	keyId: string;
	author: Author;
	/** If set, the change is refused with a conflict unless the key still has this version. */
	expectedVersion?: number | undefined;
	/** The caller confirms that a restricted key becomes unrestricted. */
	unrestricted?: boolean | undefined;
}

/** Whether the key is no longer the version that the caller expects. */
export const isOutdated = ({ expectedVersion }: ManagementCall, { version }: Pick<KeySnapshot, "version">): boolean =>
	expectedVersion !== undefined && expectedVersion !== version;

export interface RotationRequest {
	material: KeyMaterial;
	/** Lifetime of the successor in milliseconds; null: the same lifetime as the old key. */
	lifeMs: number | null;
	/** How long the old key stays active; null: until it is revoked. */
	overlapMs: number | null;
	/** The successor that the old key must have (null: no successor) for the rotation to go ahead; undefined: any. */
	expectedSuccessor?: string | null | undefined;
	/** Set if the caller may retry: a retry of a completed rotation makes no further successor. */
	attempt?: Attempt | undefined;
}

/** How long an attempt is remembered. */
export const ATTEMPT_KEPT_MS = DAY_MS;

/** A creation or rotation with an idempotency key, identified by two hashes: of the idempotency key and of the input. */
export interface Attempt {
	/** Of the caller and the idempotency key. */
	nameHash: string;
	inputHash: string;
	/**
	 * Of the idempotency key alone, as the release before identified an attempt. Its records are kept for a day, so this
	 * can go with the next release.
	 */
	formerNameHash?: string;
}

/** A verdict with the key that it is about; null if there is none. */
export interface Explained {
	verdict: Admitted | Refused;
	apiKey: ApiKey | null;
}

/** A completed rotation. */
export interface Rotated {
	successor: ApiKey;
	/** The old key after the rotation. */
	previous: ApiKey;
}

/** The result of a retry whose rotation was completed before. */
export interface AlreadyRotated {
	successorId: string;
}

/** A gate's result of a management call. Failures are values: an exception would carry its text across objects. */
export type GateResult<T> = { code: "OK"; value: T } | { code: "NOT_FOUND" } | Conflict | { code: "UNAVAILABLE" };

export const NOT_FOUND = { code: "NOT_FOUND" } as const;
export const UNAVAILABLE = { code: "UNAVAILABLE" } as const;

interface Conflict {
	code: "CONFLICT";
	message: string;
}
const conflict = (message: string): Conflict => ({ code: "CONFLICT", message });

/** Every conflict that a change can run into, with its public message. */
export const CONFLICTS = {
	updatingRevoked: conflict("The API key is revoked. A revoked key cannot be changed."),
	wouldBeUnrestricted: conflict(
		"Without scopes this restricted API key could call every endpoint. Send unrestricted: true to confirm, or revoke it.",
	),
	rotatingSuspended: conflict("The tenant is suspended. Resume it before you rotate its API keys."),
	rotatingRevoked: conflict("The API key is revoked. A revoked key cannot be rotated."),
	otherVersion: conflict("The API key has changed since you loaded it. Reload it and try again."),
	changedDuringRotation: conflict("The API key was changed during the rotation. Reload it and rotate again."),
	otherSuccessor: conflict(
		"expected_rotated_to is not the API key's current successor. Reload the key before you rotate it.",
	),
	idempotencyKeyReused: conflict("This Idempotency-Key was used with a different request. Use a new one."),
} as const;

/**
 * Whether a presented key is the imported key of the gate. `KNOWN`: it is, and the gate knows its SHA-256 from now on.
 * `OTHER`: it is not, or the key was deleted. `THROTTLED`: the caller has sent too many wrong keys in this minute.
 */
export type Recognition = "KNOWN" | "OTHER" | "THROTTLED" | "UNAVAILABLE";

/** Refusals of one caller that the Worker gave from memory. */
export type CallerRefusals = [
	ip: string | null,
	userAgent: string | null,
	endpoint: string,
	requests: number,
	lastSeenAt: number,
];

export type PackedCall = [
	keyId: string,
	secretHash: string,
	scope: AdmissionCall["scope"],
	ip: string | null,
	userAgent: string | null,
	endpoint: string,
	tenantId: string | null,
	consume: boolean,
	pepperId?: string | undefined,
];

export function packCall(call: AdmissionCall): PackedCall {
	const { keyId, secretHash, scope, ip, userAgent, endpoint, tenantId, consume, pepperId } = call;
	return [keyId, secretHash, scope, ip, userAgent, endpoint, tenantId, consume, pepperId];
}

export function unpackCall(packed: PackedCall): AdmissionCall {
	const [keyId, secretHash, scope, ip, userAgent, endpoint, tenantId, consume, pepperId] = packed;
	return { keyId, secretHash, scope, ip, userAgent, endpoint, tenantId, consume, pepperId };
}

type PackedWindow = [limit: number, remaining: number, resetsAt: number, resetSeconds: number];
type PackedFacts = [tenantId: string, name: string, environment: Environment, scopes: string, expiresAt: number | null];

export type PackedVerdict =
	| ["VALID", ...PackedWindow, ...PackedFacts]
	| ["NOT_FOUND", final: boolean]
	| ["MISSING_SCOPE", ...PackedWindow, scope: string]
	| [PlainRefusal, ...PackedWindow]
	| ["UNCERTAIN", ...PackedWindow, retrySeconds: number]
	| ["UNAVAILABLE"];

/** Refusals that have a window and nothing else. */
type PlainRefusal = Exclude<(Refused | SignedRefused)["code"], "NOT_FOUND" | "MISSING_SCOPE" | "UNCERTAIN">;

/** Scope names contain no space (RFC 6749, §3.3). */
const SCOPE_SEPARATOR = " ";

export function pack(verdict: GateVerdict): PackedVerdict {
	switch (verdict.code) {
		case "VALID": {
			const { tenantId, name, environment, scopes, expiresAt } = verdict.key;
			const facts: PackedFacts = [tenantId, name, environment, scopes.join(SCOPE_SEPARATOR), expiresAt];
			return [verdict.code, ...packWindow(verdict.window), ...facts];
		}
		case "NOT_FOUND":
			return [verdict.code, verdict.final];
		case "MISSING_SCOPE":
			return [verdict.code, ...packWindow(verdict.window), verdict.scope];
		case "UNCERTAIN":
			return [verdict.code, ...packWindow(verdict.window), verdict.retrySeconds];
		case "REVOKED":
		case "EXPIRED":
		case "TENANT_SUSPENDED":
		case "ADDRESS_NOT_ALLOWED":
		case "RATE_LIMITED":
		case "REPLAYED":
		case "OUTDATED":
			return [verdict.code, ...packWindow(verdict.window)];
		case "UNAVAILABLE":
			return [verdict.code];
		default:
			return verdict satisfies never;
	}
}

/** Unpacks the verdict on the key `id`. The Worker knows the id, so the gate doesn't send it back. */
export function unpack(packed: PackedVerdict, id: string): GateVerdict {
	switch (packed[0]) {
		case "VALID": {
			const [code, limit, remaining, resetsAt, resetSeconds, tenantId, name, environment, scopes, expiresAt] = packed;
			return {
				code,
				key: { id, tenantId, name, environment, scopes: scopes ? scopes.split(SCOPE_SEPARATOR) : [], expiresAt },
				window: { limit, remaining, resetsAt, resetSeconds },
			};
		}
		case "NOT_FOUND":
			return { code: packed[0], final: packed[1] };
		case "MISSING_SCOPE": {
			const [code, limit, remaining, resetsAt, resetSeconds, scope] = packed;
			return { code, scope, window: { limit, remaining, resetsAt, resetSeconds } };
		}
		case "UNCERTAIN": {
			const [code, limit, remaining, resetsAt, resetSeconds, retrySeconds] = packed;
			return { code, retrySeconds, window: { limit, remaining, resetsAt, resetSeconds } };
		}
		case "REVOKED":
		case "EXPIRED":
		case "TENANT_SUSPENDED":
		case "ADDRESS_NOT_ALLOWED":
		case "RATE_LIMITED":
		case "REPLAYED":
		case "OUTDATED": {
			const [code, limit, remaining, resetsAt, resetSeconds] = packed;
			return { code, window: { limit, remaining, resetsAt, resetSeconds } };
		}
		case "UNAVAILABLE":
			return { code: packed[0] };
		default:
			packed satisfies never;
			// A gate of the next release may give a verdict that this one doesn't know.
			return { code: "UNAVAILABLE" };
	}
}

const packWindow = ({ limit, remaining, resetsAt, resetSeconds }: WindowState): PackedWindow => [
	limit,
	remaining,
	resetsAt,
	resetSeconds,
];
