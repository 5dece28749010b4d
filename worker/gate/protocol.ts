/**
 * What a Worker sends to a gate, and what the gate returns. Plain data, since it crosses RPC.
 *
 * On the admission path both are packed into flat arrays: an RPC call that returns an object takes the runtime a fifth
 * longer than one that returns an array with the same content.
 *
 * During a deploy, a Worker and a gate may be one release apart. So every array names its protocol right after its fields,
 * and an array that has anything else in that place is not read: a field that one side doesn't know must never be taken
 * for another. See docs/decisions/versions.md for what may change in a release.
 */
import type { Author } from "../../db/audit.ts";
import type { Environment, RECONCILE_OUTCOMES } from "../../db/enums.ts";
import type { AdmissionRequest } from "../keys/decide.ts";
import type { KeyMaterial } from "../keys/format.ts";
import type { KeySnapshot } from "../keys/snapshot.ts";
import type { Admitted, GateVerdict, Refused, SignedRefused, WindowState } from "../keys/verdict.ts";
import { logEvent } from "../log.ts";
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
	/** The version that D1 lists. If the gate's is lower, its storage was put back. Absent: D1 was not asked. */
	listedVersion?: number | undefined;
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

/**
 * The version of the protocol, negative: no other number that crosses is, so no field can be taken for it. It rises when the
 * fields of an array change other than by optional ones after it. 1: release 1.0.0, whose arrays end with their fields.
 */
const PROTOCOL = -2;
type Protocol = typeof PROTOCOL;

/** Whether an array has this many fields in the layout of this release, or of the one before, which names no version. */
const isUnderstood = (packed: readonly unknown[], fields: number): boolean =>
	packed[fields] === PROTOCOL || (packed.length === fields && !packed.some(isVersion));

const isVersion = (field: unknown): field is number => typeof field === "number" && field < 0;

/** For the log, when an array is not understood. */
function layoutError(what: string, packed: readonly unknown[]): Error {
	const version = packed.findLast(isVersion);
	const theirs = version === undefined ? "no version" : `protocol ${-version}`;
	return new Error(
		`${what} has ${packed.length} fields and ${theirs}; this release reads protocols 1 and ${-PROTOCOL}`,
	);
}

/** For the log, when a gate of another release gives a result that this one doesn't know. */
export function unknownCode(code: unknown): Error {
	const text = String(code).slice(0, CODE_MAX);
	logEvent("unknown_protocol", { code: text });
	return new Error(`A gate of another release sent the code ${text}`);
}
/** Longer than any code. */
const CODE_MAX = 40;

/**
 * What a comparison of a gate with D1 has found. `missing`: D1 had no row. `outdated`: its row was older. `ghost`: its row was
 * back although the key was deleted. `behind`: the gate's storage was older than D1. `deleted`: the gate had a key that D1
 * knows as deleted. `lost`: the gate of a used key had no storage. `unused`: the same of a key that was never used, which is
 * as it should be. `unlisted`: the tenant is missing in D1. `elsewhere`: the row belongs to another tenant. `empty`: the object
 * has no key. `unknown`: neither knows the key. `unreadable`: the gate has a record that its release can't read.
 */
export type Outcome = (typeof RECONCILE_OUTCOMES)[number];

export interface GateReport {
	/** Null: the object has no key. */
	keyId: string | null;
	tenantId: string | null;
	outcome: Outcome;
	/** False if a difference is left, because D1 did not accept the repair. */
	isRepaired: boolean;
	/** What the gate knows of its tenant's suspension. Absent: it has no key. */
	suspension?: Suspension;
}

/** Refusals of one caller that the Worker gave from memory. */
export type CallerRefusals = [
	ip: string | null,
	userAgent: string | null,
	endpoint: string,
	requests: number,
	lastSeenAt: number,
];
const REFUSALS_FIELDS = 5;

/** The refusals as they cross. */
export type PackedRefusals = [...CallerRefusals, version?: Protocol];

export const packRefusals = (refusals: CallerRefusals): PackedRefusals => [...refusals, PROTOCOL];

/** Throws if a Worker of another release has sent fields that this one doesn't know. */
export function unpackRefusals(packed: PackedRefusals): CallerRefusals {
	if (!isUnderstood(packed, REFUSALS_FIELDS)) throw layoutError("A count of refusals", packed);
	const [ip, userAgent, endpoint, requests, lastSeenAt] = packed;
	return [ip, userAgent, endpoint, requests, lastSeenAt];
}

export type PackedCall = [
	keyId: string,
	secretHash: string,
	scope: AdmissionCall["scope"],
	ip: string | null,
	userAgent: string | null,
	endpoint: string,
	tenantId: string | null,
	consume: boolean,
	pepperId: string | undefined,
	version?: Protocol,
];
const CALL_FIELDS = 9;

export function packCall(call: AdmissionCall): PackedCall {
	const { keyId, secretHash, scope, ip, userAgent, endpoint, tenantId, consume, pepperId } = call;
	return [keyId, secretHash, scope, ip, userAgent, endpoint, tenantId, consume, pepperId, PROTOCOL];
}

/** Throws if a Worker of another release has sent fields that this one doesn't know. */
export function unpackCall(packed: PackedCall): AdmissionCall {
	if (!isUnderstood(packed, CALL_FIELDS)) throw layoutError("A Worker's call", packed);
	const [keyId, secretHash, scope, ip, userAgent, endpoint, tenantId, consume, pepperId] = packed;
	return { keyId, secretHash, scope, ip, userAgent, endpoint, tenantId, consume, pepperId };
}

type PackedWindow = [limit: number, remaining: number, resetsAt: number, resetSeconds: number];
type PackedFacts = [tenantId: string, name: string, environment: Environment, scopes: string, expiresAt: number | null];

export type PackedVerdict =
	| ["VALID", ...PackedWindow, ...PackedFacts, version?: Protocol]
	| ["NOT_FOUND", final: boolean, version?: Protocol]
	| ["MISSING_SCOPE", ...PackedWindow, scope: string, ...Added]
	| [PlainRefusal, ...PackedWindow, ...Added]
	| ["UNCERTAIN", ...PackedWindow, retrySeconds: number, ...Added]
	| ["UNAVAILABLE", version?: Protocol];

/** What release 1.0.0 doesn't send with the refusal of a known key. */
type Added = [version?: Protocol, tenantId?: string | undefined];

/** Refusals that have a window and nothing else. */
type PlainRefusal = Exclude<(Refused | SignedRefused)["code"], "NOT_FOUND" | "MISSING_SCOPE" | "UNCERTAIN">;

/** Number of fields of each verdict, its code included. */
const VERDICT_FIELDS: Record<PackedVerdict[0], number> = {
	VALID: 10,
	NOT_FOUND: 2,
	MISSING_SCOPE: 6,
	UNCERTAIN: 6,
	REVOKED: 5,
	EXPIRED: 5,
	TENANT_SUSPENDED: 5,
	ADDRESS_NOT_ALLOWED: 5,
	RATE_LIMITED: 5,
	REPLAYED: 5,
	OUTDATED: 5,
	UNAVAILABLE: 1,
};

/** Scope names contain no space (RFC 6749, §3.3). */
const SCOPE_SEPARATOR = " ";

/** `tenantId`: whose key it is. A refusal names it after the version. */
export function pack(verdict: GateVerdict, tenantId?: string): PackedVerdict {
	switch (verdict.code) {
		case "VALID": {
			const { tenantId, name, environment, scopes, expiresAt } = verdict.key;
			const facts: PackedFacts = [tenantId, name, environment, scopes.join(SCOPE_SEPARATOR), expiresAt];
			return [verdict.code, ...packWindow(verdict.window), ...facts, PROTOCOL];
		}
		case "NOT_FOUND":
			return [verdict.code, verdict.final, PROTOCOL];
		case "MISSING_SCOPE":
			return [verdict.code, ...packWindow(verdict.window), verdict.scope, PROTOCOL, tenantId];
		case "UNCERTAIN":
			return [verdict.code, ...packWindow(verdict.window), verdict.retrySeconds, PROTOCOL, tenantId];
		case "REVOKED":
		case "EXPIRED":
		case "TENANT_SUSPENDED":
		case "ADDRESS_NOT_ALLOWED":
		case "RATE_LIMITED":
		case "REPLAYED":
		case "OUTDATED":
			return [verdict.code, ...packWindow(verdict.window), PROTOCOL, tenantId];
		case "UNAVAILABLE":
			return [verdict.code, PROTOCOL];
		default:
			return verdict satisfies never;
	}
}

/**
 * Unpacks the verdict on the key `id`. The Worker knows the id, so the gate doesn't send it back. A verdict that this
 * release doesn't understand becomes `UNAVAILABLE`, with the reason for the log.
 */
export function unpack(packed: PackedVerdict, id: string): GateVerdict {
	// A gate of the next release may give a verdict that this one doesn't know: then the number is undefined.
	if (!isUnderstood(packed, VERDICT_FIELDS[packed[0]]))
		return { code: "UNAVAILABLE", cause: layoutError(`The verdict ${packed[0]} on ${id}`, packed) };
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
			const [code, limit, remaining, resetsAt, resetSeconds, scope, , tenantId] = packed;
			return { code, scope, window: { limit, remaining, resetsAt, resetSeconds }, ...of(tenantId) };
		}
		case "UNCERTAIN": {
			const [code, limit, remaining, resetsAt, resetSeconds, retrySeconds, , tenantId] = packed;
			return { code, retrySeconds, window: { limit, remaining, resetsAt, resetSeconds }, ...of(tenantId) };
		}
		case "REVOKED":
		case "EXPIRED":
		case "TENANT_SUSPENDED":
		case "ADDRESS_NOT_ALLOWED":
		case "RATE_LIMITED":
		case "REPLAYED":
		case "OUTDATED": {
			const [code, limit, remaining, resetsAt, resetSeconds, , tenantId] = packed;
			return { code, window: { limit, remaining, resetsAt, resetSeconds }, ...of(tenantId) };
		}
		case "UNAVAILABLE":
			return { code: packed[0] };
		default:
			return packed satisfies never;
	}
}

const of = (tenantId: string | undefined) => (tenantId === undefined ? {} : { tenantId });

const packWindow = ({ limit, remaining, resetsAt, resetSeconds }: WindowState): PackedWindow => [
	limit,
	remaining,
	resetsAt,
	resetSeconds,
];
