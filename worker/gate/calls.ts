/** What is said to a gate, and what it answers. Plain data, since it crosses RPC. */
import type { Author } from "../../db/audit.ts";
import type { ApiKey } from "../schemas/api-key.ts";
import { DAY_MS } from "../units.ts";
import type { AdmissionRequest } from "./admission.ts";
import type { KeyMaterial } from "./key-material.ts";

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
