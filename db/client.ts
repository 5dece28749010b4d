/** Drizzle on the D1 binding, with helpers for the limits of D1. */
import { getTableColumns, type InferInsertModel, type SQL, sql } from "drizzle-orm";
import type { BatchItem } from "drizzle-orm/batch";
import { DrizzleD1Database, SQLiteD1Session } from "drizzle-orm/d1";
import { SQLiteAsyncDialect, type SQLiteTable } from "drizzle-orm/sqlite-core";

export type Database = DrizzleD1Database & { $client: D1Database };

/**
 * Quotes names in backticks. SQLite reads an unknown name in double quotes, which Drizzle would use, as text: on a schema
 * without the column, a release would read and store the column's name as its value.
 */
class Dialect extends SQLiteAsyncDialect {
	override escapeName(name: string): string {
		return `\`${name}\``;
	}
}

const dialect = new Dialect();

/** The query builder for a D1 binding. Cheap: it holds no connection, and no relations are configured. */
export function database(d1: D1Database): Database {
	// What `drizzle(d1)` does, which takes no dialect.
	type NoRelations = Record<string, never>;
	const session = new SQLiteD1Session<NoRelations, NoRelations>(d1, dialect, undefined);
	return Object.assign(new DrizzleD1Database<NoRelations>("async", dialect, session, undefined), { $client: d1 });
}

/** The databases of a deployment. One that has not moved its product data yet has only the first. */
export interface DatabaseBindings {
	DB: D1Database;
	PRODUCT_DB?: D1Database;
}

/** `db` keeps tenants, people, keys and the audit log, `product` what integrations write. */
export const databases = ({ DB, PRODUCT_DB = DB }: DatabaseBindings) => ({
	db: database(DB),
	product: database(PRODUCT_DB),
});

/** A statement that can take part in a batch. */
export type Statement = BatchItem<"sqlite">;

/**
 * Runs the statements as one atomic batch: all of them or none. D1 has no interactive transactions, so this is
 * the only way to change two rows together. Returns the results in the same order; an empty list does nothing.
 */
export async function runBatch(db: Database, statements: readonly Statement[]): Promise<unknown[]> {
	const [first, ...rest] = statements;
	if (first === undefined) return [];
	return db.batch([first, ...rest]);
}

/**
 * Inserts all rows in one statement. The rows are one JSON parameter, because D1 allows only a hundred parameters. A
 * missing field gets the column's default, or null. At most 2 MB, which is D1's limit for a parameter. `condition` decides
 * in the database which of the rows are inserted; it gets an expression for each field of the row.
 */
export function insertRows<T extends SQLiteTable>(
	db: Database,
	table: T,
	rows: readonly InferInsertModel<T>[],
	condition: (field: (name: keyof T["_"]["columns"] & string) => SQL) => SQL = () => sql`true`,
) {
	const columns = Object.entries(getTableColumns(table)).filter(([, column]) => !column.generated);
	const values = rows.map((row) => {
		const byName: Record<string, unknown> = row;
		return columns.map(([name, column]) => {
			const value = byName[name] ?? column.default;
			return value === null || value === undefined ? null : column.mapToDriverValue(value);
		});
	});
	const extracted = columns.map((_, index) => sql`json_extract(value, ${sql.raw(`'$[${index}]'`)})`);
	// Every field of the table that is not generated is among the columns.
	const fieldOf = (field: string) => extracted[columns.findIndex(([name]) => name === field)] as SQL;
	// Without a condition, SQLite would parse `on conflict` as the condition of a join.
	return db
		.insert(table)
		.select(
			sql`select ${sql.join(extracted, sql`, `)} from json_each(${JSON.stringify(values)}) where ${condition(fieldOf)}`,
		);
}

/** The columns of a table for rows from a subquery, which the query builder doesn't associate with the table. */
export function columnsOf<T extends SQLiteTable>(table: T): T["_"]["columns"] {
	const columns = Object.entries(getTableColumns(table)).map(([field, column]) => [
		field,
		sql`${sql.identifier(column.name)}`.mapWith(column),
	]);
	// The same fields as in the table, each decoded by its column.
	return Object.fromEntries(columns) as T["_"]["columns"];
}
