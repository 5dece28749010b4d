/** What is said to a gate, and what it answers. Plain data, since it crosses RPC. */
import type { Author } from "../../db/audit.ts";
import type { ApiKey } from "../schemas/api-key.ts";
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
}

/** A rotation that is whole. */
export interface Rotated {
	successor: ApiKey;
	/** The key that was rotated, as it is now. */
	previous: ApiKey;
}

/** What a gate answers to management. Failures are values: an exception would carry its text across objects. */
export type GateResult<T> =
	| { code: "OK"; value: T }
	| { code: "NOT_FOUND" }
	| { code: "CONFLICT"; message: string }
	| { code: "UNAVAILABLE" };
