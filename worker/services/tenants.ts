/** Tenants, for the platform. */
import { and, desc, eq, isNotNull, isNull, ne, or, type SQL, sql } from "drizzle-orm";
import { type Author, auditEvent, changesBetween } from "../../db/audit.ts";
import { runBatch } from "../../db/client.ts";
import { CANARY_TENANT_ID } from "../../db/ids.ts";
import { insertAudit } from "../../db/insert-audit.ts";
import { PRODUCT_QUOTAS, QUOTA_COLUMNS, QUOTA_NAMES } from "../../db/quotas.ts";
import { gateSweeps, quotas, tenants } from "../../db/schema.ts";
import { AppError } from "../errors.ts";
import type { UpdateTenant } from "../schemas/quota.ts";
import type { ListTenants, Tenant, TenantList } from "../schemas/tenant.ts";
import { toTimestamp, toTimestampOrNull } from "../schemas/time.ts";
import { decodeCursor, paginate } from "./cursor.ts";
import type { Deps } from "./deps.ts";
import { applyLimits } from "./quotas.ts";

const ORDER = "tenants";
/** Later than any tenant, so that the first page is a range of the index like every other. */
const END_OF_TIME = { value: Number.MAX_SAFE_INTEGER, id: "" };

/** A tenant, and its sweep if one is in progress. */
export interface TenantRow {
	tenant: typeof tenants.$inferSelect;
	sweep: typeof gateSweeps.$inferSelect | null;
}

/** The columns of a new tenant that later changes set. */
export const NEVER_SUSPENDED = { suspendedAt: null, suspensionNo: 0, deleteAfter: null, deletedAt: null };

/** Whether the keys of the tenant are admitted. */
export function stateOf({ tenant, sweep }: TenantRow): Tenant["state"] {
	if (tenant.deletedAt !== null) return "deleted";
	if (sweep?.kind === "delete") return "deleting";
	const isSuspended = tenant.suspendedAt !== null;
	if (sweep) return isSuspended ? "suspending" : "resuming";
	return isSuspended ? "suspended" : "active";
}

/** Whether nothing can end the deletion of the tenant any more. */
export const hasDeletionBegun = ({ tenant, sweep }: TenantRow) => tenant.deletedAt !== null || sweep?.kind === "delete";

/**
 * The condition that no other request has changed the tenant since it was read: neither suspended nor resumed it, nor ordered,
 * cancelled or begun its deletion. A statement of the same batch that changes the row ends the condition.
 */
export const isUnchanged = ({ tenant: { id, suspensionNo, deleteAfter } }: TenantRow): SQL =>
	sql`exists (select 1 from ${tenants} unchanged where unchanged.id = ${id}
		and unchanged.suspension_no = ${suspensionNo} and unchanged.delete_after is ${deleteAfter})`;

export function toTenant({ tenant, sweep }: TenantRow): Tenant {
	const { id, name, slug, createdAt, suspendedAt, deleteAfter, deletedAt, locationHint } = tenant;
	return {
		id,
		name,
		slug,
		created_at: toTimestamp(createdAt),
		state: stateOf({ tenant, sweep }),
		suspended_at: toTimestampOrNull(suspendedAt),
		delete_after: toTimestampOrNull(deleteAfter),
		deleted_at: toTimestampOrNull(deletedAt),
		// Keys can be deleted meanwhile, and two callers may have called the same gate.
		location_hint: locationHint,
		progress: sweep && { done: Math.min(sweep.done, sweep.total), total: sweep.total },
	};
}

/** Tenants with their sweeps, in one statement: both are of the same moment. */
const selectTenants = (db: Deps["db"]) =>
	db
		.select({ tenant: tenants, sweep: gateSweeps })
		.from(tenants)
		.leftJoin(gateSweeps, eq(gateSweeps.tenantId, tenants.id))
		.$dynamic();

/** Changes the name, the quotas, or where new gates are created. `NOT_FOUND` for an unknown tenant. */
export async function updateTenant(
	deps: Pick<Deps, "db" | "product" | "now">,
	author: Omit<Author, "tenantId">,
	{ id, name, quotas: limits = {}, location_hint }: UpdateTenant,
): Promise<Tenant> {
	const { db, now } = deps;
	const [[found], [row]] = await db.batch([
		selectTenants(db).where(eq(tenants.id, id)),
		db.select().from(quotas).where(eq(quotas.tenantId, id)),
	]);
	if (!found || !row) throw new AppError("NOT_FOUND", "Tenant not found.");
	const { tenant, sweep } = found;
	const given = QUOTA_NAMES.filter((quota) => limits[quota] !== undefined);
	const before = {
		name: tenant.name,
		location_hint: tenant.locationHint,
		...Object.fromEntries(given.map((quota) => [quota, row[QUOTA_COLUMNS[quota].max]])),
	};
	const locationHint = location_hint === undefined ? tenant.locationHint : location_hint;
	const after = {
		name: name ?? tenant.name,
		location_hint: locationHint,
		...Object.fromEntries(given.map((quota) => [quota, limits[quota]])),
	};
	const changes = changesBetween(before, after);
	// Applied also if nothing changes: the product database may have been unreachable when the platform sent the same before.
	const limitsProduct = PRODUCT_QUOTAS.some((quota) => given.includes(quota));
	if (Object.keys(changes).length === 0) {
		if (limitsProduct) await applyLimits(deps, id);
		return toTenant(found);
	}
	const columns = Object.fromEntries(given.map((quota) => [QUOTA_COLUMNS[quota].max, limits[quota]]));
	await runBatch(db, [
		db.update(tenants).set({ name: after.name, locationHint }).where(eq(tenants.id, id)),
		...(given.length === 0 ? [] : [db.update(quotas).set(columns).where(eq(quotas.tenantId, id))]),
		insertAudit(db, auditEvent({ ...author, tenantId: id }, "tenant.update", now, { changes })),
	]);
	if (limitsProduct) await applyLimits(deps, id);
	return toTenant({ tenant: { ...tenant, name: after.name, locationHint }, sweep });
}

/** Tenants are thousands, not millions: a search reads them one by one, in the order of the list. */
const matches = (text: string) =>
	or(
		eq(tenants.id, text),
		sql`instr(lower(${tenants.name}), ${text.toLowerCase()}) > 0`,
		sql`instr(${tenants.slug}, ${text.toLowerCase()}) > 0`,
	);

const IN_STATE: Record<NonNullable<ListTenants["state"]>, SQL | undefined> = {
	active: isNull(tenants.suspendedAt),
	suspended: and(isNotNull(tenants.suspendedAt), isNull(tenants.deletedAt)),
	deleted: isNotNull(tenants.deletedAt),
};

/** Newest first. */
export async function listTenants({ db }: Pick<Deps, "db">, input: ListTenants): Promise<TenantList> {
	const after = decodeCursor(ORDER, input.cursor, "number") ?? END_OF_TIME;
	const rows = await selectTenants(db)
		.where(
			and(
				sql`(${tenants.createdAt}, ${tenants.id}) < (${after.value}, ${after.id})`,
				// The canary's tenant is found by its id only.
				input.search ? matches(input.search) : ne(tenants.id, CANARY_TENANT_ID),
				input.state && IN_STATE[input.state],
			),
		)
		.orderBy(desc(tenants.createdAt), desc(tenants.id))
		.limit(input.limit + 1);
	const page = paginate(rows, input.limit, ORDER, ({ tenant }) => ({
		value: tenant.createdAt,
		id: tenant.id,
	}));
	return { items: page.rows.map(toTenant), next_cursor: page.next_cursor };
}

/** The tenant with its sweep. `NOT_FOUND` for an unknown tenant. */
export async function findRow({ db }: Pick<Deps, "db">, tenantId: string): Promise<TenantRow> {
	const [row] = await selectTenants(db).where(eq(tenants.id, tenantId));
	if (!row) throw new AppError("NOT_FOUND", "Tenant not found.");
	return row;
}

/** `NOT_FOUND` for an unknown tenant. */
export async function getTenant(deps: Pick<Deps, "db">, tenantId: string): Promise<Tenant> {
	return toTenant(await findRow(deps, tenantId));
}

/** Null: no such tenant. */
export async function findTenant({ db }: Pick<Deps, "db">, tenantId: string): Promise<Tenant | null> {
	const [row] = await selectTenants(db).where(eq(tenants.id, tenantId));
	return row ? toTenant(row) : null;
}
