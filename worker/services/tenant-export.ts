/**
 * Everything that is stored about a tenant, as JSON Lines, in parts of a bounded size: the first line says what is left out, then
 * one line for each row. The last line of a part has the cursor of the next one; that of the last part has the number of rows by
 * table. Without a last line, the part is incomplete, and its request is repeated.
 */
import { eq, getTableName, type SQL, sql } from "drizzle-orm";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";
import { z } from "zod";
import type { Author } from "../../db/audit.ts";
import type { Database } from "../../db/client.ts";
import * as productSchema from "../../db/product-schema.ts";
import * as schema from "../../db/schema.ts";
import { recordRead } from "../auth/platform-reads.ts";
import { AppError, invalidField } from "../errors.ts";
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
/** Keys whose usage is read together. An hour each for five weeks, and then a day each: about a thousand rows of a key. */
const KEYS_PER_READ = 20;
/** Statements of one part. D1 allows 1,000 in an invocation, and the response must end within the Worker's CPU time. */
const STATEMENTS_PER_PART = 200;

interface Source {
	database: Database;
	table: SQLiteTable;
	/** Condition for the tenant's rows. */
	ofTenant: SQL;
	/** Whether the rows are found by their keys: the indexes begin with the key. */
	isByKey?: boolean;
}

/** Every table with rows of the tenant, in the database that the service reads it from. */
function sourcesOf({ db, product }: Pick<Deps, "db" | "product">, tenantId: string): Source[] {
	const inProduct = new Set(Object.values(productSchema).flatMap((table) => nameOf(table)));
	// Its own row of quotas is in both databases.
	inProduct.delete("quotas");
	const ofTenant = sql`tenant_id = ${tenantId}`;
	const main = tablesOfTenants(schema).filter((table) => !inProduct.has(getTableName(table)));
	const isSame = product.$client === db.$client;
	return [
		{ database: db, table: tenants, ofTenant: sql`id = ${tenantId}` },
		...main.map((table) => ({
			database: db,
			table,
			ofTenant,
			isByKey: table === usageHourly || table === usageDaily,
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

/** Where a part ended: the table, the last key whose rows are done, the last row, and the rows of all parts by table. */
const positionSchema = z.tuple([
	z.number().int().min(0),
	z.string().max(64),
	z.number().int(),
	z.record(z.string().max(64), z.number().int().min(0)),
]);
type Position = z.infer<typeof positionSchema>;

const toCursor = (position: Position) => Buffer.from(JSON.stringify(position)).toString("base64url");

/** A cursor grants nothing: only the platform exports, and it names the tenant. */
function fromCursor(cursor: string | undefined): Position {
	if (cursor === undefined) return [0, "", 0, {}];
	try {
		return positionSchema.parse(JSON.parse(Buffer.from(cursor, "base64url").toString()));
	} catch {
		throw invalidField("cursor", "Not a cursor of this export. Start again without one");
	}
}

/** Rows with the position after them. Ends when the statements of a part are used up. */
async function* rowsFrom(
	sources: Source[],
	tenantId: string,
	[first, ofKey, ofRow]: Position,
	statementsMax: number,
): AsyncGenerator<{ table: string; rows: StoredRow[]; next: [table: number, key: string, row: number] }> {
	let statements = 0;
	let [lastKey, lastRow] = [ofKey, ofRow];
	for (let index = first; index < sources.length; index++) {
		const { database, table, ofTenant, isByKey } = sources[index] as Source;
		const name = getTableName(table);
		for (let isDone = false; !isDone; ) {
			// The statements of one round: more could be left over, which the next part reads again.
			if (statements >= statementsMax) return;
			let where = ofTenant;
			let keys: { id: string }[] = [];
			if (isByKey) {
				statements++;
				keys = await database.all<{ id: string }>(
					sql`select id from ${apiKeys} where tenant_id = ${tenantId} and id > ${lastKey} order by id limit ${sql.raw(String(KEYS_PER_READ))}`,
				);
				where = sql`key_id in (select value from json_each(${JSON.stringify(keys.map(({ id }) => id))}))`;
			}
			statements++;
			const numbers = await database.all<{ no: number }>(
				sql`select rowid as no from ${table} where ${where} and rowid > ${lastRow} order by rowid limit ${sql.raw(String(NUMBERS_PER_READ))}`,
			);
			for (let start = 0; start < numbers.length; start += ROWS_PER_READ) {
				if (statements >= statementsMax) return;
				const some = numbers.slice(start, start + ROWS_PER_READ).map(({ no }) => no);
				statements++;
				const rows = await database.all<StoredRow>(
					sql`select * from ${table} where rowid in (select value from json_each(${JSON.stringify(some)}))`,
				);
				lastRow = some.at(-1) ?? lastRow;
				yield { table: name, rows, next: [index, lastKey, lastRow] };
			}
			if (numbers.length === NUMBERS_PER_READ) continue;
			// All rows of these keys, or of the table, are read.
			isDone = keys.length < KEYS_PER_READ;
			[lastKey, lastRow] = isDone ? ["", 0] : [keys.at(-1)?.id ?? "", 0];
			yield { table: name, rows: [], next: [isDone ? index + 1 : index, lastKey, lastRow] };
		}
	}
}

/** A part of the export as it is sent. `NOT_FOUND` for an unknown tenant. Leaves an event in the tenant's audit log. */
export async function exportTenant(
	deps: Pick<Deps, "db" | "product" | "now">,
	author: Omit<Author, "tenantId">,
	tenantId: string,
	trace: Trace,
	cursor?: string | undefined,
	statementsMax = STATEMENTS_PER_PART,
): Promise<ReadableStream<Uint8Array>> {
	const { db, now } = deps;
	if ((await db.$count(tenants, eq(tenants.id, tenantId))) === 0) throw new AppError("NOT_FOUND", "Tenant not found.");
	const position = fromCursor(cursor);
	await recordRead(db, { ...author, tenantId }, "GET /v1/tenants/{id}/export", { ...trace, now });
	const lines = linesOf(sourcesOf(deps, tenantId), tenantId, { position, statementsMax, now });
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

async function* linesOf(
	sources: Source[],
	tenantId: string,
	{ position, statementsMax, now }: { position: Position; statementsMax: number; now: number },
): AsyncGenerator<object[]> {
	const left_out = [...new Set(Object.values(LEFT_OUT))];
	yield [{ export: "tenant", tenant_id: tenantId, exported_at: toTimestamp(now), left_out }];
	const counts = { ...position[3] };
	let end = position;
	for await (const { table, rows, next } of rowsFrom(sources, tenantId, position, statementsMax)) {
		counts[table] = (counts[table] ?? 0) + rows.length;
		end = [...next, counts];
		yield rows.map((row) => ({ table, row: shown(row) }));
	}
	const isComplete = end[0] >= sources.length;
	yield [isComplete ? { complete: true, rows: counts } : { complete: false, next_cursor: toCursor(end) }];
}
