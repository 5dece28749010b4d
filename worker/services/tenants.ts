/** Tenants, for the platform. */
import { desc, eq, sql } from "drizzle-orm";
import { type Author, auditEvent, changesBetween } from "../../db/audit.ts";
import { runBatch } from "../../db/client.ts";
import { insertAudit } from "../../db/insert-audit.ts";
import { QUOTA_COLUMNS, QUOTA_NAMES } from "../../db/quotas.ts";
import { quotas, tenants } from "../../db/schema.ts";
import { AppError } from "../errors.ts";
import type { UpdateTenant } from "../schemas/quota.ts";
import type { ListTenants, Tenant, TenantList } from "../schemas/tenant.ts";
import { toTimestamp } from "../schemas/time.ts";
import { decodeCursor, paginate } from "./cursor.ts";
import type { Deps } from "./deps.ts";

const ORDER = "tenants";
/** Later than any tenant, so that the first page is a range of the index like every other. */
const END_OF_TIME = { value: Number.MAX_SAFE_INTEGER, id: "" };

export const toTenant = ({ id, name, slug, createdAt }: typeof tenants.$inferSelect): Tenant => ({
	id,
	name,
	slug,
	created_at: toTimestamp(createdAt),
});

/** Changes the name or the quotas. `NOT_FOUND` for an unknown tenant. */
export async function updateTenant(
	deps: Pick<Deps, "db" | "now">,
	author: Omit<Author, "tenantId">,
	{ id, name, quotas: limits = {} }: UpdateTenant,
): Promise<Tenant> {
	const { db, now } = deps;
	const [[tenant], [row]] = await db.batch([
		db.select().from(tenants).where(eq(tenants.id, id)),
		db.select().from(quotas).where(eq(quotas.tenantId, id)),
	]);
	if (!tenant || !row) throw new AppError("NOT_FOUND", "Tenant not found.");
	const given = QUOTA_NAMES.filter((quota) => limits[quota] !== undefined);
	const before = {
		name: tenant.name,
		...Object.fromEntries(given.map((quota) => [quota, row[QUOTA_COLUMNS[quota].max]])),
	};
	const after = { name: name ?? tenant.name, ...Object.fromEntries(given.map((quota) => [quota, limits[quota]])) };
	const changes = changesBetween(before, after);
	if (Object.keys(changes).length === 0) return toTenant(tenant);
	const columns = Object.fromEntries(given.map((quota) => [QUOTA_COLUMNS[quota].max, limits[quota]]));
	await runBatch(db, [
		db.update(tenants).set({ name: after.name }).where(eq(tenants.id, id)),
		...(given.length === 0 ? [] : [db.update(quotas).set(columns).where(eq(quotas.tenantId, id))]),
		insertAudit(db, auditEvent({ ...author, tenantId: id }, "tenant.update", now, { changes })),
	]);
	return toTenant({ ...tenant, name: after.name });
}

/** Newest first. */
export async function listTenants({ db }: Pick<Deps, "db">, input: ListTenants): Promise<TenantList> {
	const after = decodeCursor(ORDER, input.cursor, "number") ?? END_OF_TIME;
	const rows = await db
		.select()
		.from(tenants)
		.where(sql`(${tenants.createdAt}, ${tenants.id}) < (${after.value}, ${after.id})`)
		.orderBy(desc(tenants.createdAt), desc(tenants.id))
		.limit(input.limit + 1);
	const page = paginate(rows, input.limit, ORDER, (row) => ({ value: row.createdAt, id: row.id }));
	return { items: page.rows.map(toTenant), next_cursor: page.next_cursor };
}

/** Null: no such tenant. */
export async function findTenant({ db }: Pick<Deps, "db">, tenantId: string): Promise<Tenant | null> {
	const [row] = await db.select().from(tenants).where(eq(tenants.id, tenantId));
	return row ? toTenant(row) : null;
}
