/**
 * Deleting a tenant. A deletion is ordered for a time, and can be cancelled until then. Then the scheduled run deletes in
 * portions: first the content of every gate, by a sweep, then the rows of every table. If it is interrupted, the next run
 * continues.
 *
 * What stays: the row of the tenant, one event that sums up its audit log, and a tombstone in every gate, so that restoring
 * the database can't bring a key back.
 */
import { and, asc, desc, eq, isNotNull, isNull, lte, type SQL, sql } from "drizzle-orm";
import { type AuditEvent, type Author, auditEvent, createdWith } from "../../db/audit.ts";
import { insertRows, runBatch } from "../../db/client.ts";
import { productQuotas } from "../../db/product-schema.ts";
import { auditEvents, gateSweeps, quotas, tenants } from "../../db/schema.ts";
import { AppError, invalidField } from "../errors.ts";
import type { CancelDeletion, DeleteTenant, Tenant } from "../schemas/tenant.ts";
import { DAY_MS, toTimestamp, toTimestampOrNull } from "../schemas/time.ts";
import type { Deps } from "./deps.ts";
import { forEachTenant } from "./for-each-tenant.ts";
import { beginSweep } from "./gate-sweeps.ts";
import { summaryId } from "./tenant-rows.ts";
import { findRow, getTenant, hasDeletionBegun, isUnchanged, stateOf, type TenantRow } from "./tenants.ts";

/** Events that the summary counts: the statement must end long before the limit of D1, which is 30 seconds. */
const EVENTS_COUNTED_MAX = 1_000_000;

/** Orders the deletion of a suspended tenant. `CONFLICT` unless it is suspended, `VALIDATION_ERROR` if the slug is another. */
export async function deleteTenant(
	deps: Deps,
	author: Omit<Author, "tenantId">,
	{ id, slug, after_days }: DeleteTenant,
): Promise<Tenant> {
	const { now } = deps;
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
	const event = auditEvent({ ...author, tenantId: id }, "tenant.delete", now, { changes });
	await setDeleteAfter(deps, found, deleteAfter, event);
	return getTenant(deps, id);
}

/** Cancels a deletion that has not begun. The tenant stays suspended. `CONFLICT` if none is ordered, or it has begun. */
export async function cancelDeletion(
	deps: Deps,
	author: Omit<Author, "tenantId">,
	{ id }: CancelDeletion,
): Promise<Tenant> {
	const found = await findRow(deps, id);
	const { deleteAfter } = found.tenant;
	if (deleteAfter === null || hasDeletionBegun(found))
		throw new AppError("CONFLICT", "The tenant has no deletion that can be cancelled.");
	const changes = { delete_after: { from: toTimestamp(deleteAfter), to: null } };
	const event = auditEvent({ ...author, tenantId: id }, "tenant.cancel_deletion", deps.now, { changes });
	await setDeleteAfter(deps, found, null, event);
	return getTenant(deps, id);
}

/** Throws `CONFLICT`, and changes and records nothing, if another request has changed the tenant since it was read. */
async function setDeleteAfter(
	{ db }: Deps,
	found: TenantRow,
	deleteAfter: number | null,
	event: AuditEvent,
): Promise<void> {
	const unchanged = isUnchanged(found);
	const [, changed] = await db.batch([
		insertRows(db, auditEvents, [event], () => unchanged),
		db
			.update(tenants)
			.set({ deleteAfter })
			.where(and(eq(tenants.id, found.tenant.id), unchanged))
			.returning({ id: tenants.id }),
	]);
	if (changed.length === 0)
		throw new AppError("CONFLICT", "Another request has changed the tenant. Read the tenant again, and repeat.");
}

/** Begins the deletions that are due. The run then works on their sweeps as on any other. */
export async function beginDeletions(deps: Deps): Promise<void> {
	const { db, now } = deps;
	const due = await db
		.select({ id: tenants.id })
		.from(tenants)
		.leftJoin(gateSweeps, eq(gateSweeps.tenantId, tenants.id))
		.where(
			and(
				lte(tenants.deleteAfter, now),
				isNotNull(tenants.deleteAfter),
				isNull(tenants.deletedAt),
				// Only a suspended tenant is deleted, whose gates all know it.
				isNotNull(tenants.suspendedAt),
				isNull(gateSweeps.tenantId),
			),
		);
	await forEachTenant(
		due.map(({ id }) => id),
		(id) => beginDeletion(deps, id),
	);
}

async function beginDeletion(deps: Deps, id: string): Promise<void> {
	const { db, now } = deps;
	const found = await findRow(deps, id);
	const { deleteAfter, suspensionNo: lastNo } = found.tenant;
	if (deleteAfter === null || deleteAfter > now || stateOf(found) !== "suspended") return;
	const suspensionNo = Math.max(lastNo + 1, now);
	const summary = await summaryOf(deps, id);
	// A cancellation at the same moment wins or loses as a whole.
	const unchanged = isUnchanged(found);
	await runBatch(db, [
		// An earlier version left the event when the deletion was cancelled at that moment.
		insertRows(db, auditEvents, [summary], () => unchanged).onConflictDoNothing(),
		...beginSweep(deps, { tenantId: id, kind: "delete", suspensionNo }, unchanged),
		db
			.update(tenants)
			.set({ suspensionNo })
			.where(and(eq(tenants.id, id), unchanged)),
	]);
}

/** What the tenant had, and who ordered the deletion. Made before anything is deleted. */
async function summaryOf({ db, product, now }: Deps, tenantId: string) {
	const [stored] = await db.select().from(quotas).where(eq(quotas.tenantId, tenantId));
	const [integrated] = await product.select().from(productQuotas).where(eq(productQuotas.tenantId, tenantId));
	const ofTenant = eq(auditEvents.tenantId, tenantId);
	const counted = db.select({ id: auditEvents.id }).from(auditEvents).where(ofTenant).limit(EVENTS_COUNTED_MAX);
	const atEnd = (order: SQL) =>
		db.select({ at: auditEvents.at }).from(auditEvents).where(ofTenant).orderBy(order).limit(1);
	const [events, [first], [last]] = await db.batch([
		db.select({ count: sql<number>`count(*)` }).from(counted.as("counted")),
		// Each reads one entry of the index.
		atEnd(asc(auditEvents.at)),
		atEnd(desc(auditEvents.at)),
	]);
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
	const { apiKeys: api_keys, users } = stored ?? {};
	const { collaborators = 0, activities = 0, leads = 0 } = integrated ?? {};
	const changes = createdWith({
		api_keys,
		users,
		collaborators,
		activities,
		leads,
		events: events[0]?.count,
		first_event: toTimestamp(first?.at ?? 0),
		last_event: toTimestamp(last?.at ?? 0),
	});
	return { ...auditEvent(author, "tenant.deleted", now, { changes }), id: summaryId(tenantId) };
}
