/** Writing a demo: keys, their usage and their events, each key whole or not at all. */
import { getTableColumns, type InferInsertModel, sql } from "drizzle-orm";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";
import { newRow } from "../../worker/gate/delivery-statements.ts";
import { type Database, runBatch, type Statement } from "../client.ts";
import { apiKeys, auditEvents, usageHourly } from "../schema.ts";
import type { DemoKey } from "./keys.ts";

/** Keys in one batch. A month of usage of each is about a megabyte, which is half of what D1 takes in a parameter. */
const BATCH_KEYS = 20;

/** How much was written. */
export interface Written {
	keys: number;
	hours: number;
	events: number;
}

/** Adds the keys to the database, some at a time. */
export async function writeDemo(db: Database, keys: readonly DemoKey[]): Promise<Written> {
	const written = { keys: 0, hours: 0, events: 0 };
	for (let start = 0; start < keys.length; start += BATCH_KEYS) {
		const some = keys.slice(start, start + BATCH_KEYS);
		const rows = some.map(({ key, lifetime }) => ({ ...newRow(key), ...lifetime }));
		const hours = some.flatMap(({ key: { id: keyId, tenantId }, hours }) =>
			hours.map((tally) => ({ keyId, tenantId, ...tally })),
		);
		const events = some.flatMap((key) => key.events);
		await runBatch(db, [
			insertAll(db, apiKeys, rows),
			insertAll(db, usageHourly, hours),
			insertAll(db, auditEvents, events),
		]);
		written.keys += rows.length;
		written.hours += hours.length;
		written.events += events.length;
	}
	return written;
}

/** One statement for all rows, which have a value for every column: as parameters they would take hundreds. */
function insertAll<T extends SQLiteTable>(db: Database, table: T, rows: readonly InferInsertModel<T>[]): Statement {
	const columns = Object.entries(getTableColumns(table));
	const values = rows.map((row) => {
		const byName: Record<string, unknown> = row;
		return columns.map(([name, column]) => {
			const value = byName[name];
			return value === null || value === undefined ? null : column.mapToDriverValue(value);
		});
	});
	const extracted = columns.map((_, index) => sql`json_extract(value, ${sql.raw(`'$[${index}]'`)})`);
	const from = sql`select ${sql.join(extracted, sql`, `)} from json_each(${JSON.stringify(values)})`;
	return db.insert(table).select(from);
}
