/**
 * The statements that a gate runs in D1. Gates load this module, and with it Drizzle, only when they need D1, so a Worker
 * that only admits starts without it (see `tests/e2e/start-up.test.ts`).
 */
import { and, eq, exists, isNull, lt, lte, notExists, or, sql } from "drizzle-orm";
import { type AuditEvent, type Author, auditEvent } from "../../../db/audit.ts";
import { type Database, database, insertRows, runBatch, type Statement } from "../../../db/client.ts";
import { insertAudit } from "../../../db/insert-audit.ts";
import {
	apiKeys,
	auditEvents,
	importedHashes,
	serviceState,
	tenants,
	usageDaily,
	usageHourly,
} from "../../../db/schema.ts";
import { foldText, sortText, TEXT_VERSION } from "../../../db/search.ts";
import { watchedUntil } from "../../../db/usage-watch.ts";
import { JURISDICTION } from "../../jurisdiction.ts";
import { type KeySnapshot, type LifetimeUsage, snapshotOf, type Tombstone } from "../../keys/snapshot.ts";
import { DAY_MS } from "../../schemas/time.ts";
import type { Suspension } from "../protocol.ts";
import type { HourCounts } from "../store.ts";

/** The jurisdiction that the keys of the database were made in. Releases before it was recorded knew none. */
const RECORDED_JURISDICTION = sql<string>`coalesce((select value from ${serviceState} where name = ${JURISDICTION}), '')`;

/** Drizzle over D1. Exported from here so that a gate loads it together with the statements. */
export const connect = database;

/** The database row of a key. */
export function newRow(key: KeySnapshot): typeof apiKeys.$inferInsert {
	return { ...key, ...keyText(key) };
}

/** The text by which lists find and sort a key. */
export function keyText({ name, keyPrefix, lastFour }: Pick<KeySnapshot, "name" | "keyPrefix" | "lastFour">) {
	return { searchText: foldText(name, keyPrefix, lastFour), nameSort: sortText(name), textVersion: TEXT_VERSION };
}

/** What D1 lists of a key after a delivery. */
export interface Listed {
	version: number;
	usageCount: number;
	revokedAt: number | null;
}

/** The columns of {@link Listed}. */
const LISTED = { version: apiKeys.version, usageCount: apiKeys.usageCount, revokedAt: apiKeys.revokedAt };

/** The condition for the row of a key. */
export const isRowOf = ({ id, tenantId }: Pick<Tombstone, "id" | "tenantId">) =>
	and(eq(apiKeys.id, id), eq(apiKeys.tenantId, tenantId));

/** A row that this key may replace. No row is un-revoked: a gate that was put back may have forgotten the revocation. */
export const mayReplace = ({ revokedAt }: KeySnapshot) => (revokedAt === null ? isNull(apiKeys.revokedAt) : undefined);

/**
 * Brings the key's row up to date, and records the events of the changes. A row of the same version or a later one stays.
 * Returns what D1 lists afterwards; null: D1 has no row of the key.
 */
export async function recordKey(
	db: Database,
	key: KeySnapshot | Tombstone,
	events: readonly AuditEvent[],
): Promise<Listed | null> {
	const row =
		"deletedAt" in key
			? db.delete(apiKeys).where(isRowOf(key))
			: db
					.update(apiKeys)
					.set(newRow(key))
					.where(and(isRowOf(key), lt(apiKeys.version, key.version), mayReplace(key)));
	const [, listed] = await db.batch([
		row,
		db.select(LISTED).from(apiKeys).where(isRowOf(key)),
		...learnedHash(db, key),
		...events.map((event) => insertAudit(db, event)),
	]);
	return listed[0] ?? null;
}

/** Keeps the SHA-256 of a deleted imported key. D1 may not have it yet. */
function learnedHash(db: Database, key: KeySnapshot | Tombstone): Statement[] {
	if (!("deletedAt" in key) || key.importedHash === undefined) return [];
	const { id: keyId, tenantId, importedHash: hash } = key;
	return [db.insert(importedHashes).values({ hash, tenantId, keyId }).onConflictDoNothing()];
}

/**
 * Records usage by hour and in total. Returns what D1 listed before, and until when the tenant's lists are watched. If D1
 * has no row of the key, it took nothing.
 */
export async function recordUsage(
	db: Database,
	key: KeySnapshot,
	hours: readonly HourCounts[],
	lifetime: LifetimeUsage,
): Promise<{ listed: Listed | null; watchedUntil: number }> {
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
					// A day that was summed up is complete, so the hour is in it: see `usage-roll-up.ts`.
					.where(and(isRowOf(key), notExists(dayOf(db, key, hour)))),
			)
			.onConflictDoUpdate({
				target: [usageHourly.keyId, usageHourly.hour],
				set: {
					allowed: sql`max(${usageHourly.allowed}, excluded.allowed)`,
					rateLimited: sql`max(${usageHourly.rateLimited}, excluded.rate_limited)`,
					denied: sql`max(${usageHourly.denied}, excluded.denied)`,
				},
				// Rows that stay the same are not written: a retry costs nothing.
				setWhere: sql`excluded.allowed > ${usageHourly.allowed} or excluded.rate_limited > ${usageHourly.rateLimited}
					or excluded.denied > ${usageHourly.denied}`,
			}),
	);
	const ofKey = isRowOf(key);
	const totals = db
		.update(apiKeys)
		.set({
			usageCount: sql`max(${apiKeys.usageCount}, ${lifetime.usageCount})`,
			lastUsedAt: sql`max(${apiKeys.lastUsedAt}, ${lifetime.lastUsedAt})`,
		})
		// Two indexes contain these columns, so a delivery of refusals alone saves three of four writes.
		.where(and(ofKey, or(lt(apiKeys.usageCount, lifetime.usageCount), lt(apiKeys.lastUsedAt, lifetime.lastUsedAt))));
	const [[row]] = await db.batch([
		db
			.select({ listed: LISTED, watchedUntil: watchedUntil(key.tenantId) })
			.from(apiKeys)
			.where(ofKey),
		...upserts,
		totals,
		...recordPepper(db, key),
		...recordSecret(db, key),
	]);
	return { listed: row?.listed ?? null, watchedUntil: row?.watchedUntil ?? 0 };
}

/** The day of the hour, if it was summed up. */
const dayOf = (db: Database, { id }: KeySnapshot, hour: number) =>
	db
		.select({ day: usageDaily.day })
		.from(usageDaily)
		.where(and(eq(usageDaily.keyId, id), eq(usageDaily.day, hour - (hour % DAY_MS))));

/** A statement of its own, because two further indexes contain the pepper: setting it again would rewrite their entries. */
function recordPepper(db: Database, key: KeySnapshot): Statement[] {
	const { pepperId } = key;
	if (pepperId == null) return [];
	const isBehind = sql`${apiKeys.pepperId} is not ${pepperId}`;
	return [
		db
			.update(apiKeys)
			.set({ pepperId })
			.where(and(isRowOf(key), isBehind)),
	];
}

/**
 * What the gate of an imported key learned from its first presentation: the SHA-256 stays known after a deletion. Once D1 has it, the statements change nothing. D1
 * decides which keys are imported: a key that the release before took from D1 has no `origin` here. An imported key has no
 * pepper, so the statement is left out for nearly all others.
 */
function recordSecret(db: Database, key: KeySnapshot): Statement[] {
	if (key.pepperId != null || key.lastFour === "") return [];
	const { id, tenantId, secretHash, lastFour, version } = key;
	const isImported = and(eq(apiKeys.id, id), eq(apiKeys.tenantId, tenantId), eq(apiKeys.origin, "imported"));
	const isBehind = and(isImported, eq(apiKeys.lastFour, ""), lte(apiKeys.version, version));
	return [
		db
			.insert(importedHashes)
			.select(
				db
					.select({ hash: sql`${secretHash}`.as("hash"), tenantId: apiKeys.tenantId, keyId: apiKeys.id })
					.from(apiKeys)
					.where(isBehind),
			)
			.onConflictDoNothing(),
		db
			.update(apiKeys)
			.set({ secretHash, lastFour, ...keyText(key) })
			.where(isBehind),
	];
}

/**
 * Deletes the successor of a rotation that was not completed; its secret was never shown. Returns whether its row existed.
 * Records an event only if it did.
 */
export async function discardSuccessor(
	db: Database,
	tenantId: string,
	successorId: string,
	now: number,
): Promise<boolean> {
	const system: Author = { tenantId, actor: "system", actorEmail: null, ip: null, userAgent: null };
	const event = auditEvent(system, "api_key.delete", now, {
		keyId: successorId,
		changes: { reason: { from: null, to: "The rotation that made this key was not completed" } },
	});
	const row = and(eq(apiKeys.id, successorId), eq(apiKeys.tenantId, tenantId));
	const [, deleted] = await db.batch([
		insertRows(db, auditEvents, [event], () => exists(db.select().from(apiKeys).where(row))),
		db.delete(apiKeys).where(row).returning({ id: apiKeys.id }),
	]);
	return deleted.length > 0;
}

/** A key as stored in D1, with its usage, and whether its tenant is suspended. */
export interface StoredKey {
	key: KeySnapshot;
	lifetime: LifetimeUsage;
	/** The newest hour with usage; null: the key was never used. */
	newestHour: HourCounts | null;
	suspension: Suspension;
	jurisdiction: string;
}

/** The key as stored in D1; null if D1 has no such key. One statement, so that everything is of the same moment. */
export async function readKey(db: Database, keyId: string): Promise<StoredKey | null> {
	const { hour, allowed, rateLimited, denied } = usageHourly;
	const [found] = await db
		.select({
			row: apiKeys,
			suspension: { no: tenants.suspensionNo, at: tenants.suspendedAt },
			jurisdiction: RECORDED_JURISDICTION,
			newestHour: { hour, allowed, rateLimited, denied },
		})
		.from(apiKeys)
		.innerJoin(tenants, eq(tenants.id, apiKeys.tenantId))
		.leftJoin(
			usageHourly,
			and(
				eq(usageHourly.keyId, apiKeys.id),
				eq(hour, sql`(select max(hour) from usage_hourly where key_id = ${apiKeys.id})`),
			),
		)
		.where(eq(apiKeys.id, keyId));
	if (!found) return null;
	return { ...found, key: snapshotOf(found.row), lifetime: found.row };
}

/** Inserts the successor of a key and the event of its creation. */
export async function insertSuccessor(db: Database, key: KeySnapshot, event: AuditEvent): Promise<void> {
	await runBatch(db, [db.insert(apiKeys).values(newRow(key)), insertAudit(db, event)]);
}
