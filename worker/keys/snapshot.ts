/** One API key as its gate holds it, and the object that others get to see of it. Pure. */

import type { Environment, KeyStatus } from "../../db/enums.ts";
import type { apiKeys } from "../../db/schema.ts";
import type { ApiKey } from "../schemas/api-key.ts";
import { toTimestamp, toTimestampOrNull } from "../schemas/time.ts";

/** Everything about a key but its usage. Instants in milliseconds since the epoch. */
export interface KeySnapshot {
	id: string;
	tenantId: string;
	environment: Environment;
	name: string;
	secretHash: string;
	keyPrefix: string;
	lastFour: string;
	scopes: string[];
	rateLimit: number;
	ipAllowlist: string[];
	createdAt: number;
	createdBy: string;
	expiresAt: number | null;
	/** Set: the key is revoked, whatever any clock says. */
	revokedAt: number | null;
	/** When a key that was rotated out stops by itself. */
	revokeAt: number | null;
	revokedBy: string | null;
	rotatedFrom: string | null;
	rotatedTo: string | null;
	version: number;
}

/** What stays of a deleted key, so that not even a restored database brings it back. */
export interface Tombstone {
	id: string;
	tenantId: string;
	deletedAt: number;
}

/** How much a key was used over its life. */
export interface Lifetime {
	usageCount: number;
	/** 0: never. */
	lastUsedAt: number;
}

export const NEVER_USED: Lifetime = { usageCount: 0, lastUsedAt: 0 };

/** What nothing has happened to yet. */
export const UNTOUCHED = {
	revokedAt: null,
	revokeAt: null,
	revokedBy: null,
	rotatedFrom: null,
	rotatedTo: null,
	version: 1,
} satisfies Partial<KeySnapshot>;

type ApiKeyRow = typeof apiKeys.$inferSelect;

/** The snapshot that a gate starts from. */
export function snapshotOf(row: ApiKeyRow): KeySnapshot {
	const {
		usageCount: _usage,
		lastUsedAt: _last,
		searchText: _search,
		settledAt: _settled,
		standing: _standing,
		turnsAt: _turns,
		nameOrder: _order,
		searchNo: _number,
		...snapshot
	} = row;
	return snapshot;
}

/** Since when the key is revoked, or null while it is not. */
function revokedSince(key: Pick<KeySnapshot, "revokedAt" | "revokeAt">, now: number): number | null {
	if (key.revokedAt !== null) return key.revokedAt;
	return key.revokeAt !== null && key.revokeAt <= now ? key.revokeAt : null;
}

/** State at `now`. Revoked wins: it cannot be left, expiry can. */
export function statusOf(key: Pick<KeySnapshot, "revokedAt" | "revokeAt" | "expiresAt">, now: number): KeyStatus {
	if (revokedSince(key, now) !== null) return "revoked";
	if (key.expiresAt !== null && key.expiresAt <= now) return "expired";
	return "active";
}

/** The public object. Takes a snapshot or a row; the hash stays behind. */
export function toApiKey(key: KeySnapshot, lifetime: Lifetime, now: number): ApiKey {
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
	};
}
