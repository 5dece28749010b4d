/** Drizzle over the D1 binding, and what D1 asks of its callers. */
import { getTableColumns, type InferInsertModel, sql } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import { type DrizzleD1Database, drizzle } from "drizzle-orm/d1";
import type { SQLiteTable } from "drizzle-orm/sqlite-core";

export type Database = DrizzleD1Database;

/** The query builder for a D1 binding. Cheap: holds no connection, and works out no relations, which nothing asks for. */
export function database(d1: D1Database): Database {
	return drizzle(d1);
}

/** A statement that can take part in a batch. */
export type Statement = BatchItem<"sqlite">;

/**
 * Runs the statements as one atomic batch: all of them or none. D1 knows no interactive transactions, so this is
 * the only way to change two rows together. Returns the results in the same order; an empty list does nothing.
 */
export async function runBatch(db: Database, statements: readonly Statement[]): Promise<unknown[]> {
	const [first, ...rest] = statements;
	if (first === undefined) return [];
	return db.batch([first, ...rest]);
}

/**
 * An insert of all rows in one statement, however many: as parameters they would take hundreds, and D1 allows a hundred.
 * What a row lacks is the column's default, or null. Up to 2 MB, which is what D1 takes in a parameter.
 */
export function insertRows<T extends SQLiteTable>(db: Database, table: T, rows: readonly InferInsertModel<T>[]) {
	const columns = Object.entries(getTableColumns(table)).filter(([, column]) => !column.generated);
	const values = rows.map((row) => {
		const byName: Record<string, unknown> = row;
		return columns.map(([name, column]) => {
			const value = byName[name] ?? column.default;
			return value === null || value === undefined ? null : column.mapToDriverValue(value);
		});
	});
	const extracted = columns.map((_, index) => sql`json_extract(value, ${sql.raw(`'$[${index}]'`)})`);
	// Without a condition, `on` would be taken for one of a join.
	return db
		.insert(table)
		.select(sql`select ${sql.join(extracted, sql`, `)} from json_each(${JSON.stringify(values)}) where true`);
}

/** The columns of a table where its rows come out of a subquery, which the query builder does not know to be of it. */
export function columnsOf<T extends SQLiteTable>(table: T): T["_"]["columns"] {
	const columns = Object.entries(getTableColumns(table)).map(([field, column]) => [
		field,
		sql`${sql.identifier(column.name)}`.mapWith(column),
	]);
	// The same fields, each decoded as its column is.
	return Object.fromEntries(columns) as T["_"]["columns"];
}
