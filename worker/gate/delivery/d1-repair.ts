/**
 * The statements with which a gate repairs D1, after a restore of the database: its key's row is missing, or is back
 * although the key was deleted. Loaded only then.
 */
import { and, eq, exists, isNotNull, lte, not, type SQL, sql } from "drizzle-orm";
import { type AuditEvent, type Author, auditEvent } from "../../../db/audit.ts";
import { type Database, insertRows, type Statement } from "../../../db/client.ts";
import { insertAudit } from "../../../db/insert-audit.ts";
import { apiKeys, auditEvents, gateSweeps, importedHashes, quotas, tenants, unlistedKeys } from "../../../db/schema.ts";
import type { KeySnapshot, LifetimeUsage, Tombstone } from "../../keys/snapshot.ts";
import type { Suspension } from "../protocol.ts";
import { isRowOf, mayReplace, newRow } from "./d1-records.ts";

type KeyRef = Pick<Tombstone, "id" | "tenantId">;

/** What D1 was before a repair. */
type Repaired = "row was missing" | "row was outdated" | "deleted key was listed" | "storage was lost or outdated";

/** The event of a repair. */
export function repairEvent({ id, tenantId }: KeyRef, repaired: Repaired, now: number): AuditEvent {
	const author: Author = { tenantId, actor: "system", actorEmail: null, ip: null, userAgent: null };
	return auditEvent(author, "api_key.repair", now, {
		keyId: id,
		changes: { reason: { from: null, to: `The ${repaired}` } },
	});
}

/**
 * Where D1 puts the key of a gate. `listed`: in its row, or in one that it may have. `unlisted`: its tenant is missing, and
 * its id goes to `unlisted_keys`. `deleted`: D1 knows that the key was deleted. `tenant deleted`: or its tenant. `elsewhere`:
 * the row belongs to another tenant, which no code of ours does.
 */
export type Placement = "listed" | "unlisted" | "deleted" | "tenant deleted" | "elsewhere";

interface Placed {
	placement: Placement;
	/** Whether the tenant is suspended; null: there is no such tenant. */
	suspension: Suspension | null;
}

/** Where D1 would put the key. Changes nothing. */
export async function placementOf(db: Database, key: KeyRef): Promise<Placed> {
	const [found] = await selectPlacement(db, key);
	return placed(found, key);
}

/**
 * Inserts the row of a key whose gate has it and D1 hasn't, unless D1 knows that the key was deleted. Returns where the key
 * is, and whether its tenant is suspended: a sweep that has ended didn't know the key.
 */
export async function insertMissing(
	db: Database,
	key: KeySnapshot,
	lifetime: LifetimeUsage,
	now: number,
): Promise<Placed> {
	const { id: keyId, tenantId } = key;
	const anyRow = exists(db.select().from(apiKeys).where(eq(apiKeys.id, keyId)));
	const tenant = db.select().from(tenants).where(eq(tenants.id, tenantId));
	const { isKeyDeleted, isTenantDeleted } = deletionsIn(db, key);
	const isMissing = sql`${not(anyRow)} and ${exists(tenant)} and not ${isKeyDeleted} and not ${isTenantDeleted}`;
	const unchecked = (value: 0 | 1) => db.update(quotas).set({ unchecked: value }).where(eq(quotas.tenantId, tenantId));
	const [[found]] = await db.batch([
		selectPlacement(db, key),
		insertRows(db, auditEvents, [repairEvent(key, "row was missing", now)], () => isMissing),
		unchecked(1),
		insertRows(db, apiKeys, [{ ...newRow(key), ...lifetime }], () => isMissing),
		unchecked(0),
		...hashesOf(db, key),
		reportUnlisted(db, key, not(exists(tenant)), now),
		db.delete(unlistedKeys).where(and(eq(unlistedKeys.keyId, keyId), exists(tenant))),
	]);
	return placed(found, key);
}

function selectPlacement(db: Database, key: KeyRef) {
	const { isKeyDeleted, isTenantDeleted } = deletionsIn(db, key);
	const ofTenant = (column: SQL) => sql`(select ${column} from ${tenants} where id = ${key.tenantId})`;
	return (
		db
			.select({
				isKeyDeleted: isKeyDeleted.mapWith(Boolean),
				isTenantDeleted: isTenantDeleted.mapWith(Boolean),
				rowOf: sql<string | null>`(select tenant_id from ${apiKeys} where id = ${key.id})`.as("row_of"),
				suspensionNo: ofTenant(sql`suspension_no`).mapWith(tenants.suspensionNo).as("suspension_no"),
				suspendedAt: ofTenant(sql`suspended_at`).mapWith(tenants.suspendedAt).as("suspended_at"),
			})
			// One row, whatever the tables have.
			.from(sql`(select 1)`)
	);
}

function placed(found: Awaited<ReturnType<typeof selectPlacement>>[number] | undefined, { tenantId }: KeyRef): Placed {
	// The column is not null, so null means that there is no such tenant.
	if (found?.suspensionNo == null) return { placement: "unlisted", suspension: null };
	const { isKeyDeleted, isTenantDeleted, rowOf, suspensionNo: no, suspendedAt: at } = found;
	const isElsewhere = rowOf !== null && rowOf !== tenantId;
	const placement = isTenantDeleted
		? "tenant deleted"
		: isKeyDeleted
			? "deleted"
			: isElsewhere
				? "elsewhere"
				: "listed";
	return { placement, suspension: { no, at: at ?? null } };
}

/** Whether D1 knows that the key was deleted, alone or with its tenant. The gate forgets it when its storage is put back. */
function deletionsIn(db: Database, { id, tenantId }: KeyRef): { isKeyDeleted: SQL; isTenantDeleted: SQL } {
	const ofKey = and(
		eq(auditEvents.tenantId, tenantId),
		eq(auditEvents.keyId, id),
		eq(auditEvents.action, "api_key.delete"),
	);
	const deletedTenant = and(eq(tenants.id, tenantId), isNotNull(tenants.deletedAt));
	const deletion = and(eq(gateSweeps.tenantId, tenantId), eq(gateSweeps.kind, "delete"));
	return {
		isKeyDeleted: exists(db.select().from(auditEvents).where(ofKey)),
		isTenantDeleted: sql`(${exists(db.select().from(tenants).where(deletedTenant))} or ${exists(
			db.select().from(gateSweeps).where(deletion),
		)})`,
	};
}

/** By its hash an imported key is found, and importing it again is refused. */
function hashesOf(db: Database, key: KeySnapshot): Statement[] {
	if (key.origin !== "imported") return [];
	const { id: keyId, tenantId, secretHash: hash } = key;
	return [
		insertRows(db, importedHashes, [{ hash, tenantId, keyId }], () =>
			exists(db.select().from(apiKeys).where(isRowOf(key))),
		).onConflictDoNothing(),
	];
}

function reportUnlisted(db: Database, { id: keyId, tenantId }: KeyRef, isUnlisted: SQL, now: number): Statement {
	return insertRows(
		db,
		unlistedKeys,
		[{ keyId, tenantId, firstSeenAt: now, lastSeenAt: now }],
		() => isUnlisted,
	).onConflictDoUpdate({ target: unlistedKeys.keyId, set: { lastSeenAt: now } });
}

/** Deletes the row of a deleted key, which a restore of D1 has brought back. Returns whether there was one. */
export async function deleteGhost(db: Database, key: Tombstone, now: number): Promise<boolean> {
	const row = exists(db.select().from(apiKeys).where(isRowOf(key)));
	const [, deleted] = await db.batch([
		insertRows(db, auditEvents, [repairEvent(key, "deleted key was listed", now)], () => row),
		db.delete(apiKeys).where(isRowOf(key)).returning({ id: apiKeys.id }),
		db.delete(unlistedKeys).where(eq(unlistedKeys.keyId, key.id)),
	]);
	return deleted.length > 0;
}

/** Writes the row of a key again, unless it has a later version by now, and records the repair. */
export async function rewriteRow(db: Database, key: KeySnapshot, now: number): Promise<void> {
	await db.batch([
		db
			.update(apiKeys)
			.set(newRow(key))
			.where(and(isRowOf(key), lte(apiKeys.version, key.version), mayReplace(key))),
		insertAudit(db, repairEvent(key, "row was outdated", now)),
	]);
}
