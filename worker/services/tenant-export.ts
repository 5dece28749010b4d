/**
 * Everything that is stored about a tenant, as JSON Lines: the first line says what is left out, then one line for each row, and
 * the last line has the number of rows by table. Without a last line, the export is incomplete.
 */
import { eq, getTableName, type SQL, sql } from "drizzle-orm";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";
import type { Author } from "../../db/audit.ts";
import type { Database } from "../../db/client.ts";
import * as productSchema from "../../db/product-schema.ts";
import * as schema from "../../db/schema.ts";
import { recordRead } from "../auth/platform-reads.ts";
import { AppError } from "../errors.ts";
import { logError, type Trace } from "../log.ts";
import { toTimestamp } from "../schemas/time.ts";
import type { Deps } from "./deps.ts";
import { LEFT_OUT, type StoredRow, shown } from "./stored-rows.ts";
import { tablesOfTenants } from "./tenant-rows.ts";

const { apiKeys, jobItems, jobs, tenants, usageDaily, usageHourly } = schema;

/** Numbers of rows that are read at once. Reading them in order costs a pass over the tenant's entries of an index. */
const NUMBERS_PER_READ = 20_000;
/** Rows of one statement, and of one piece of the response: a row can have some kilobytes. */
const ROWS_PER_READ = 200;

interface Source {
	database: Database;
	table: SQLiteTable;
	/** Condition for the tenant's rows. */
	ofTenant: SQL;
}

/** Every table with rows of the tenant, in the database that the service reads it from. */
function sourcesOf({ db, product }: Pick<Deps, "db" | "product">, tenantId: string): Source[] {
	const inProduct = new Set(Object.values(productSchema).flatMap((table) => nameOf(table)));
	// Its own row of quotas is in both databases.
	inProduct.delete("quotas");
	const ofKeys = sql`key_id in (select id from ${apiKeys} where tenant_id = ${tenantId})`;
	const ofTenant = sql`tenant_id = ${tenantId}`;
	const main = tablesOfTenants(schema).filter((table) => !inProduct.has(getTableName(table)));
	const isSame = product.$client === db.$client;
	return [
		{ database: db, table: tenants, ofTenant: sql`id = ${tenantId}` },
		// Their indexes begin with the key.
		...main.map((table) => ({
			database: db,
			table,
			ofTenant: table === usageHourly || table === usageDaily ? ofKeys : ofTenant,
		})),
		{ database: db, table: jobItems, ofTenant: sql`job_id in (select id from ${jobs} where tenant_id = ${tenantId})` },
		...tablesOfTenants(productSchema)
			.filter((table) => !isSame || inProduct.has(getTableName(table)))
			.map((table) => ({ database: product, table, ofTenant })),
	];
}

const nameOf = (table: unknown): string[] => {
	try {
		// Throws for anything that is no table.
		return [getTableName(table as SQLiteTable)].filter(Boolean);
	} catch {
		return [];
	}
};

/** The rows of a table, some at a time. */
async function* rowsOf({ database, table, ofTenant }: Source): AsyncGenerator<StoredRow[]> {
	for (let after = 0; ; ) {
		const numbers = await database.all<{ no: number }>(
			sql`select rowid as no from ${table} where ${ofTenant} and rowid > ${after} order by rowid limit ${sql.raw(String(NUMBERS_PER_READ))}`,
		);
		for (let start = 0; start < numbers.length; start += ROWS_PER_READ) {
			const some = JSON.stringify(numbers.slice(start, start + ROWS_PER_READ).map(({ no }) => no));
			yield await database.all<StoredRow>(
				sql`select * from ${table} where rowid in (select value from json_each(${some}))`,
			);
		}
		const last = numbers.at(-1);
		if (!last || numbers.length < NUMBERS_PER_READ) return;
		after = last.no;
	}
}

/** The export as it is sent. `NOT_FOUND` for an unknown tenant. Leaves an event in the tenant's audit log. */
export async function exportTenant(
	deps: Pick<Deps, "db" | "product" | "now">,
	author: Omit<Author, "tenantId">,
	tenantId: string,
	trace: Trace,
): Promise<ReadableStream<Uint8Array>> {
	const { db, now } = deps;
	if ((await db.$count(tenants, eq(tenants.id, tenantId))) === 0) throw new AppError("NOT_FOUND", "Tenant not found.");
	await recordRead(db, { ...author, tenantId }, "GET /v1/tenants/{id}/export", { ...trace, now });
	const lines = linesOf(sourcesOf(deps, tenantId), tenantId, now);
	const encoder = new TextEncoder();
	return new ReadableStream({
		async pull(controller) {
			try {
				const { done, value } = await lines.next();
				if (done) controller.close();
				else controller.enqueue(encoder.encode(value.map((line) => `${JSON.stringify(line)}\n`).join("")));
			} catch (thrown) {
				logError("The export of a tenant was cut off", thrown);
				controller.error(new Error("The export was cut off"));
			}
		},
	});
}

async function* linesOf(sources: Source[], tenantId: string, now: number): AsyncGenerator<object[]> {
	const left_out = [...new Set(Object.values(LEFT_OUT))];
	yield [{ export: "tenant", tenant_id: tenantId, exported_at: toTimestamp(now), left_out }];
	const counts: Record<string, number> = {};
	for (const source of sources) {
		const table = getTableName(source.table);
		counts[table] ??= 0;
		for await (const rows of rowsOf(source)) {
			counts[table] += rows.length;
			yield rows.map((row) => ({ table, row: shown(row) }));
		}
	}
	yield [{ complete: true, rows: counts }];
}
