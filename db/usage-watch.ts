/**
 * Until when a tenant's lists of keys are watched. Gates read it with every delivery of usage: see
 * `docs/decisions/usage-delivery.md`.
 */
import { and, eq, gt, inArray, lte, sql } from "drizzle-orm";
import type { Database } from "./client.ts";
import { ENVIRONMENTS } from "./enums.ts";
import { apiKeys, serviceState } from "./schema.ts";

/** How long usage is delivered soon after someone has looked. Longer than the pause between two refreshes of a list. */
export const WATCHED_MS = 180_000;
/** A look is recorded at most this often, because each is a write. */
export const LOOK_EVERY_MS = 60_000;

const nameOf = (tenantId: string) => `usage watched: ${tenantId}`;
const ofTenant = (tenantId: string) => eq(serviceState.name, nameOf(tenantId));

/** The instant until which the tenant is watched, as text; no row if it never was. */
export const readWatch = (db: Database, tenantId: string) =>
	db.select({ until: serviceState.value }).from(serviceState).where(ofTenant(tenantId));

/** The instant until which the tenant is watched; 0 if it never was. An expression, so that it costs no statement. */
export const watchedUntil = (tenantId: string) =>
	sql`coalesce((select value from ${serviceState} where ${ofTenant(tenantId)}), 0)`.mapWith(Number);

/** Records a look. Changes nothing if another was recorded a moment ago. */
export const recordLook = (db: Database, tenantId: string, now: number) =>
	db
		.insert(serviceState)
		.values({ name: nameOf(tenantId), value: String(now + WATCHED_MS), updatedAt: now })
		.onConflictDoUpdate({
			target: serviceState.name,
			set: { value: String(now + WATCHED_MS), updatedAt: now },
			setWhere: lte(serviceState.updatedAt, now - LOOK_EVERY_MS),
		});

export const forgetWatch = (db: Database, tenantId: string) => db.delete(serviceState).where(ofTenant(tenantId));

/** Keys of the tenant that D1 shows as used after `since`: at most `limit`. */
export const usedSince = (db: Database, tenantId: string, since: number, limit: number) =>
	db
		.select({ id: apiKeys.id })
		.from(apiKeys)
		.where(
			and(
				eq(apiKeys.tenantId, tenantId),
				inArray(apiKeys.environment, [...ENVIRONMENTS]),
				sql`${apiKeys.standing} in (0, 1, 2, 3)`,
				gt(apiKeys.lastUsedAt, since),
			),
		)
		.limit(limit);
