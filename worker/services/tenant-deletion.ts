/**
 * Deleting a tenant. The order sets a time, until which it can be cancelled. Then the scheduled run deletes in portions: first
 * the content of every gate, by a sweep, then the rows of every table. What was interrupted is continued by the next run.
 *
 * What stays: the row of the tenant, one event that sums up its audit log, and a tombstone in every gate, so that restoring
 * the database can't bring a key back.
 */
import { and, desc, eq, isNotNull, isNull, lte, sql } from "drizzle-orm";
import { type Author, auditEvent, createdWith } from "../../db/audit.ts";
import { runBatch } from "../../db/client.ts";
import { insertAudit } from "../../db/insert-audit.ts";
import { auditEvents, gateSweeps, quotas, tenants } from "../../db/schema.ts";
import { AppError, invalidField } from "../errors.ts";
import type { CancelDeletion, DeleteTenant, Tenant } from "../schemas/tenant.ts";
import { DAY_MS, toTimestamp, toTimestampOrNull } from "../schemas/time.ts";
import type { Deps } from "./deps.ts";
import { beginSweep } from "./gate-sweeps.ts";
import { summaryId } from "./tenant-rows.ts";
import { findRow, getTenant, stateOf } from "./tenants.ts";

/** Orders the deletion of a suspended tenant. `CONFLICT` unless it is suspended, `VALIDATION_ERROR` if the slug is another. */
export async function deleteTenant(
	deps: Deps,
	author: Omit<Author, "tenantId">,
	{ id, slug, after_days }: DeleteTenant,
): Promise<Tenant> {
	const { db, now } = deps;
	const found = await findRow(deps, id);
	const { tenant } = found;
	if (tenant.slug !== slug) throw invalidField("slug", "Must be the slug of the tenant, to confirm the deletion");
	if (stateOf(found) !== "suspended")
		throw new AppError(
			"CONFLICT",
			"Only a suspended tenant can be deleted. Suspend it, and wait until it is suspended.",
		);
	const deleteAfter = now + after_days * DAY_MS;
	const changes = {
		delete_after: { from: toTimestampOrNull(tenant.deleteAfter), to: toTimestamp(deleteAfter) },
	};
	await runBatch(db, [
		db
			.update(tenants)
			.set({ deleteAfter })
			.where(and(eq(tenants.id, id), isNotNull(tenants.suspendedAt), isBeforeDeletion)),
		insertAudit(db, auditEvent({ ...author, tenantId: id }, "tenant.delete", now, { changes })),
	]);
	return getTenant(deps, id);
}

/** Literal on the row of the tenant: its deletion has not begun. */
const isBeforeDeletion = sql`not exists (select 1 from ${gateSweeps} where ${gateSweeps.tenantId} = ${tenants.id})
	and ${tenants.deletedAt} is null`;

/** Cancels a deletion that has not begun. The tenant stays suspended. `CONFLICT` if none is ordered, or it has begun. */
export async function cancelDeletion(
	deps: Deps,
	author: Omit<Author, "tenantId">,
	{ id }: CancelDeletion,
): Promise<Tenant> {
	const { db, now } = deps;
	const found = await findRow(deps, id);
	const { deleteAfter } = found.tenant;
	if (deleteAfter === null || stateOf(found) !== "suspended")
		throw new AppError("CONFLICT", "The tenant has no deletion that can be cancelled.");
	const changes = { delete_after: { from: toTimestamp(deleteAfter), to: null } };
	const [cancelled] = await db.batch([
		db
			.update(tenants)
			.set({ deleteAfter: null })
			.where(and(eq(tenants.id, id), isBeforeDeletion))
			.returning({ id: tenants.id }),
		insertAudit(db, auditEvent({ ...author, tenantId: id }, "tenant.cancel_deletion", now, { changes })),
	]);
	if (cancelled.length === 0) throw new AppError("CONFLICT", "The deletion has begun.");
	return getTenant(deps, id);
}

/** Begins the deletions that are due. Their sweeps and their rows are worked on as every other sweep is. */
export async function beginDeletions(deps: Deps): Promise<void> {
	const { db, now } = deps;
	const due = await db
		.select()
		.from(tenants)
		.where(
			and(lte(tenants.deleteAfter, now), isNotNull(tenants.deleteAfter), isNull(tenants.deletedAt), isBeforeDeletion),
		);
	for (const tenant of due) {
		const suspensionNo = Math.max(tenant.suspensionNo + 1, now);
		const summary = await summaryOf(deps, tenant.id);
		await runBatch(db, [
			// A cancellation at the same moment wins or loses as a whole.
			db
				.update(tenants)
				.set({ suspensionNo })
				.where(and(eq(tenants.id, tenant.id), lte(tenants.deleteAfter, now), isBeforeDeletion)),
			...beginSweep(deps, { tenantId: tenant.id, kind: "delete", suspensionNo }),
			insertAudit(db, summary),
		]);
	}
}

/** What the tenant had, and who ordered the deletion. Made before anything is deleted. */
async function summaryOf({ db, now }: Deps, tenantId: string) {
	const [stored] = await db.select().from(quotas).where(eq(quotas.tenantId, tenantId));
	const [log] = await db
		.select({
			events: sql<number>`count(*)`,
			first: sql<number>`coalesce(min(at), 0)`,
			last: sql<number>`coalesce(max(at), 0)`,
		})
		.from(auditEvents)
		.where(eq(auditEvents.tenantId, tenantId));
	const [order] = await db
		.select()
		.from(auditEvents)
		.where(and(eq(auditEvents.tenantId, tenantId), eq(auditEvents.action, "tenant.delete")))
		.orderBy(desc(auditEvents.at))
		.limit(1);
	const author: Author = {
		tenantId,
		actor: order?.actor ?? "service_role",
		actorEmail: null,
		ip: order?.ip ?? null,
		userAgent: order?.userAgent ?? null,
	};
	const { apiKeys: api_keys, users, collaborators, activities, leads } = stored ?? {};
	const changes = createdWith({
		api_keys,
		users,
		collaborators,
		activities,
		leads,
		events: log?.events,
		first_event: toTimestamp(log?.first ?? 0),
		last_event: toTimestamp(log?.last ?? 0),
	});
	return { ...auditEvent(author, "tenant.deleted", now, { changes }), id: summaryId(tenantId) };
}
