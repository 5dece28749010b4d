/** The rows of a tenant in all tables of both databases: deleted in bounded statements. */
import { eq, getTableName, type SQL, sql } from "drizzle-orm";
import { getTableConfig, SQLiteTable } from "drizzle-orm/sqlite-core";
import type { Statement } from "../../db/client.ts";
import * as productSchema from "../../db/product-schema.ts";
import * as schema from "../../db/schema.ts";
import { forgetWatch } from "../../db/usage-watch.ts";
import type { Deps } from "./deps.ts";
import { forgetRuns } from "./people.ts";

const { apiKeys, auditEvents, gateSweeps, tenants, usageDaily, usageHourly } = schema;

/** Rows of one statement. Each row costs its indexes too, and D1 runs one statement at a time. */
const ROWS_PER_STATEMENT = 500;
/** A job has up to 10,000 rows of its own, which are deleted with it. */
const JOBS_PER_STATEMENT = 2;
/** Statements of one portion: a few seconds of work. */
const STATEMENTS_PER_PORTION = 40;

/** Id of the event that sums up the audit log of a deleted tenant. */
export const summaryId = (tenantId: string) => `evt_deleted_${tenantId}`;

/** The tables of a schema with rows of a tenant, children before their parents, so that no foreign key is violated. */
export function tablesOfTenants(schema: object): SQLiteTable[] {
	const all = Object.values(schema).filter((entry) => entry instanceof SQLiteTable) as SQLiteTable[];
	const ofTenants = all.filter((table) => getTableConfig(table).columns.some(({ name }) => name === "tenant_id"));
	const parentsOf = (table: SQLiteTable) =>
		getTableConfig(table).foreignKeys.map((key) => getTableName(key.reference().foreignTable));
	const ordered: SQLiteTable[] = [];
	// Triggers maintain these with the other rows, and they are what the sweep is recorded in.
	const last = ["api_key_counts", "lead_counts", "quotas", "gate_sweep_failures", "gate_sweeps"];
	const isLast = (table: SQLiteTable) => last.includes(getTableName(table));
	const waiting = ofTenants.filter((table) => !isLast(table));
	while (waiting.length > 0) {
		const next = waiting.findIndex(
			(table) => !waiting.some((other) => other !== table && parentsOf(other).includes(getTableName(table))),
		);
		const [table] = waiting.splice(next, 1);
		if (next < 0 || !table) throw new Error("The tables of tenants refer to each other in a circle");
		ordered.push(table);
	}
	return [...ordered, ...ofTenants.filter((table) => isLast(table) && !getTableName(table).startsWith("gate_sweep"))];
}

/** With the product data that a deployment has not moved, or not deleted after the move. */
const TABLES = tablesOfTenants(schema);
const PRODUCT_TABLES = tablesOfTenants(productSchema);

/** The rows of the tenant in a table, some of them. */
function someRows(table: SQLiteTable, tenantId: string): SQL {
	const name = getTableName(table);
	const limit = sql.raw(`limit ${name === "jobs" ? JOBS_PER_STATEMENT : ROWS_PER_STATEMENT}`);
	// Their indexes begin with the key.
	if (table === usageHourly || table === usageDaily)
		return sql`select used.rowid from ${apiKeys} cross join ${table} used on used.key_id = ${apiKeys.id}
			where ${apiKeys.tenantId} = ${tenantId} ${limit}`;
	const keepsSummary = name === getTableName(auditEvents) ? sql` and id <> ${summaryId(tenantId)}` : sql``;
	return sql`select rowid from ${table} where tenant_id = ${tenantId}${keepsSummary} ${limit}`;
}

/**
 * Deletes a portion of the rows of a tenant whose gates are erased. Returns whether all are deleted. Every portion begins with
 * the first table, so that a row that was written late is deleted as well.
 */
export async function deleteRows({ db, product }: Pick<Deps, "db" | "product">, tenantId: string): Promise<boolean> {
	const tables = [
		...TABLES.map((table) => ({ in: db, table })),
		...PRODUCT_TABLES.map((table) => ({ in: product, table })),
	];
	let statements = 0;
	for (const { in: database, table } of tables) {
		for (let more = true; more; ) {
			if (statements++ >= STATEMENTS_PER_PORTION) return false;
			const { meta } = await database.run(sql`delete from ${table} where rowid in (${someRows(table, tenantId)})`);
			// Rows that are deleted along with others count too.
			more = meta.changes > 0;
		}
	}
	return true;
}

/** The statements that end a deletion. */
export const endDeletion = ({ db, now }: Pick<Deps, "db" | "now">, tenantId: string): Statement[] => [
	db.update(tenants).set({ deletedAt: now }).where(eq(tenants.id, tenantId)),
	db.delete(gateSweeps).where(eq(gateSweeps.tenantId, tenantId)),
	forgetWatch(db, tenantId),
	forgetRuns(db, tenantId),
];
