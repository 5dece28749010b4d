/**
 * All that a gate says to D1. Gates load this when they first have something to say, and Drizzle with it: a Worker that
 * only admits starts without, see `tests/e2e/start-up.test.ts`.
 */
import { and, eq, lt, sql } from "drizzle-orm";
import { type AuditEvent, type Author, auditEvent } from "../../db/audit.ts";
import { type Database, database, runBatch, type Statement } from "../../db/client.ts";
import { insertAudit } from "../../db/insert-audit.ts";
import { apiKeys, auditEvents, usageHourly } from "../../db/schema.ts";
import { foldForSearch } from "../../db/search.ts";
import { type KeySnapshot, type Lifetime, snapshotOf, type Tombstone } from "../keys/snapshot.ts";
import type { HourTally } from "./store.ts";

/** The row of a key as it is inserted. */
export function newRow(key: KeySnapshot): typeof apiKeys.$inferInsert {
	return { ...key, searchText: foldForSearch(key.name, key.keyPrefix, key.lastFour) };
}

/** The key as it is now, and the events of the changes that made it so. */
export function deliverKey(db: Database, key: KeySnapshot | Tombstone, events: readonly AuditEvent[]): Statement[] {
	if (events.length === 0) return [];
	const row =
		"deletedAt" in key
			? db.delete(apiKeys).where(and(eq(apiKeys.id, key.id), eq(apiKeys.tenantId, key.tenantId)))
			: db
					.update(apiKeys)
					.set(newRow(key))
					.where(and(eq(apiKeys.id, key.id), eq(apiKeys.tenantId, key.tenantId), lt(apiKeys.version, key.version)));
	return [row, ...events.map((event) => insertAudit(db, event))];
}

/** Usage by hour and over the key's life. Nothing where the key's row is gone. */
export function deliverUsage(
	db: Database,
	key: KeySnapshot,
	hours: readonly HourTally[],
	lifetime: Lifetime,
): Statement[] {
	if (hours.length === 0) return [];
	const upserts = hours.map(({ hour, allowed, rateLimited, denied }) =>
		db
			.insert(usageHourly)
			.select(
				db
					.select({
						keyId: apiKeys.id,
						hour: sql`${hour}`.as("hour"),
						tenantId: apiKeys.tenantId,
						allowed: sql`${allowed}`.as("allowed"),
						rateLimited: sql`${rateLimited}`.as("rate_limited"),
						denied: sql`${denied}`.as("denied"),
					})
					.from(apiKeys)
					.where(and(eq(apiKeys.id, key.id), eq(apiKeys.tenantId, key.tenantId))),
			)
			.onConflictDoUpdate({
				target: [usageHourly.keyId, usageHourly.hour],
				set: {
					allowed: sql`max(${usageHourly.allowed}, excluded.allowed)`,
					rateLimited: sql`max(${usageHourly.rateLimited}, excluded.rate_limited)`,
					denied: sql`max(${usageHourly.denied}, excluded.denied)`,
				},
			}),
	);
	const totals = db
		.update(apiKeys)
		.set({
			usageCount: sql`max(${apiKeys.usageCount}, ${lifetime.usageCount})`,
			lastUsedAt: sql`max(${apiKeys.lastUsedAt}, ${lifetime.lastUsedAt})`,
		})
		.where(and(eq(apiKeys.id, key.id), eq(apiKeys.tenantId, key.tenantId)));
	return [...upserts, totals];
}

/** Takes back a successor whose rotation was not completed: nobody has its key. Leaves an event if it was there. */
export function deliverDiscard(db: Database, tenantId: string, successorId: string, now: number) {
	const system: Author = { tenantId, actor: "system", actorEmail: null, ip: null, userAgent: null };
	const event = auditEvent(system, "api_key.delete", now, {
		keyId: successorId,
		changes: { reason: { from: null, to: "The rotation that made this key was not completed" } },
	});
	const row = and(eq(apiKeys.id, successorId), eq(apiKeys.tenantId, tenantId));
	return [
		db.insert(auditEvents).select(
			db
				.select({
					id: sql`${event.id}`.as("id"),
					tenantId: apiKeys.tenantId,
					at: sql`${event.at}`.as("at"),
					action: sql`${event.action}`.as("action"),
					actor: sql`${event.actor}`.as("actor"),
					actorEmail: sql`null`.as("actor_email"),
					keyId: apiKeys.id,
					ip: sql`null`.as("ip"),
					userAgent: sql`null`.as("user_agent"),
					changes: sql`${JSON.stringify(event.changes)}`.as("changes"),
				})
				.from(apiKeys)
				.where(row),
		),
		db.delete(apiKeys).where(row).returning({ id: apiKeys.id }),
	] as const;
}

/** The key as D1 has it, with what was used of it; null if D1 knows none. */
export async function readKey(d1: D1Database, keyId: string): Promise<{ key: KeySnapshot; lifetime: Lifetime } | null> {
	const [row] = await database(d1).select().from(apiKeys).where(eq(apiKeys.id, keyId));
	return row ? { key: snapshotOf(row), lifetime: row } : null;
}

/** A key that replaces another, and the event of its creation. */
export async function insertSuccessor(d1: D1Database, key: KeySnapshot, event: AuditEvent): Promise<void> {
	const db = database(d1);
	await runBatch(db, [db.insert(apiKeys).values(newRow(key)), insertAudit(db, event)]);
}

/** The key as it is now, and the events of the changes that made it so. */
export async function recordKey(
	d1: D1Database,
	key: KeySnapshot | Tombstone,
	events: readonly AuditEvent[],
): Promise<void> {
	const db = database(d1);
	await runBatch(db, deliverKey(db, key, events));
}

/** Usage by hour, and over the key's life. */
export async function recordUsage(
	d1: D1Database,
	key: KeySnapshot,
	hours: readonly HourTally[],
	lifetime: Lifetime,
): Promise<void> {
	const db = database(d1);
	await runBatch(db, deliverUsage(db, key, hours, lifetime));
}

/** Takes a successor back. True: it was there. */
export async function discardSuccessor(
	d1: D1Database,
	tenantId: string,
	successorId: string,
	now: number,
): Promise<boolean> {
	const db = database(d1);
	const [, deleted] = await db.batch(deliverDiscard(db, tenantId, successorId, now));
	return deleted.length > 0;
}
