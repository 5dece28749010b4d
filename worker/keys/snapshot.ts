/** One API key as its gate stores it, and the public object made from it. Pure. */

import type { Authentication, Environment, KeyOrigin, KeyStatus } from "../../db/enums.ts";
import type { apiKeys } from "../../db/schema.ts";
import type { ApiKey } from "../schemas/api-key.ts";
import { toTimestamp, toTimestampOrNull } from "../schemas/time.ts";
import { isSignedHash } from "./format.ts";

/** Everything about a key except its usage. Times are milliseconds since the epoch. */
export interface KeySnapshot {
	id: string;
	tenantId: string;
	environment: Environment;
	name: string;
	/** SHA-256 of the key. Of an imported key that was not presented yet: its bcrypt hash, which equals no SHA-256. */
	secretHash: string;
	keyPrefix: string;
	/** Empty for an imported key that was not presented yet. */
	lastFour: string;
	scopes: string[];
	rateLimit: number;
	ipAllowlist: string[];
	createdAt: number;
	createdBy: string;
	expiresAt: number | null;
	/** If set, the key is revoked, whatever any clock says. */
	revokedAt: number | null;
	/** When a rotated key is revoked automatically. */
	revokeAt: number | null;
	revokedBy: string | null;
	rotatedFrom: string | null;
	rotatedTo: string | null;
	version: number;
	/** Identifies the pepper or signing key of the key's tag. Absent or null: not known before the next use of the key. */
	pepperId?: string | null;
	/** Absent in snapshots of earlier releases: made here. */
	origin?: KeyOrigin;
}

/** Stored in place of a deleted key, so that restoring the database cannot bring the key back. */
export interface Tombstone {
	id: string;
	tenantId: string;
	deletedAt: number;
	/** The SHA-256 of an imported key that was presented: importing it again must not bring the key back. */
	importedHash?: string;
}

/** A key's usage since its creation. */
export interface LifetimeUsage {
	usageCount: number;
	/** 0: never. */
	lastUsedAt: number;
}

export const NEVER_USED: LifetimeUsage = { usageCount: 0, lastUsedAt: 0 };

/** The fields of a new key that later changes set. */
export const INITIAL_STATE = {
	revokedAt: null,
	revokeAt: null,
	revokedBy: null,
	rotatedFrom: null,
	rotatedTo: null,
	version: 1,
	origin: "created",
} satisfies Partial<KeySnapshot>;

type ApiKeyRow = typeof apiKeys.$inferSelect;

/** The snapshot in a database row. A gate that has never seen its key starts from it. */
export function snapshotOf(row: ApiKeyRow): KeySnapshot {
	const {
		usageCount: _usage,
		lastUsedAt: _last,
		searchText: _search,
		settledAt: _settled,
		standing: _standing,
		turnsAt: _turns,
		nameSort: _sort,
		textVersion: _text,
		endsAt: _ends,
		searchNo: _number,
		authentication: _authentication,
		...snapshot
	} = row;
	return snapshot;
}

/** Read from the hash, which never changes and which every release keeps. */
function authenticationOf({ secretHash }: Pick<KeySnapshot, "secretHash">): Authentication {
	return isSignedHash(secretHash) ? "signed" : "bearer";
}

/** When the key was revoked, or null if it isn't. */
function revokedSince(key: Pick<KeySnapshot, "revokedAt" | "revokeAt">, now: number): number | null {
	if (key.revokedAt !== null) return key.revokedAt;
	return key.revokeAt !== null && key.revokeAt <= now ? key.revokeAt : null;
}

/**
 * Status at `now`. Revoked wins over expired: revocation is final, but an expiry can be extended. The same rule in SQL is
 * `conditions` in `services/key-order.ts`.
 */
export function statusOf(key: Pick<KeySnapshot, "revokedAt" | "revokeAt" | "expiresAt">, now: number): KeyStatus {
	if (revokedSince(key, now) !== null) return "revoked";
	if (key.expiresAt !== null && key.expiresAt <= now) return "expired";
	return "active";
}

/**
 * Values of public fields that were added after release 1.0.0. A gate that still runs it doesn't send them, and the Worker
 * fills them in: without that, the responses of management calls would fail for as long as both releases run.
 */
export const ADDED_FIELDS = {} satisfies Partial<ApiKey>;

/** The public object, without the hash. */
export function toApiKey(key: KeySnapshot, lifetime: LifetimeUsage, now: number): ApiKey {
	const revokedAt = revokedSince(key, now);
	return {
		id: key.id,
		tenant_id: key.tenantId,
		name: key.name,
		environment: key.environment,
		key_prefix: key.keyPrefix,
		last_four: key.lastFour,
		scopes: key.scopes,
		rate_limit: key.rateLimit,
		ip_allowlist: key.ipAllowlist,
		status: statusOf(key, now),
		created_at: toTimestamp(key.createdAt),
		created_by: key.createdBy,
		expires_at: toTimestampOrNull(key.expiresAt),
		revoked_at: toTimestampOrNull(revokedAt),
		revoked_by: revokedAt === null ? null : key.revokedBy,
		revokes_at: revokedAt === null ? toTimestampOrNull(key.revokeAt) : null,
		rotated_from: key.rotatedFrom,
		rotated_to: key.rotatedTo,
		usage_count: lifetime.usageCount,
		last_used_at: toTimestampOrNull(lifetime.lastUsedAt || null),
		version: key.version,
		pepper_id: key.pepperId ?? null,
		authentication: authenticationOf(key),
		origin: key.origin ?? "created",
	};
}
