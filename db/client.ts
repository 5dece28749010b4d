/** Drizzle over the D1 binding, and what D1 asks of its callers. */
import type { BatchItem } from "drizzle-orm/batch";
import { type DrizzleD1Database, drizzle } from "drizzle-orm/d1";
import * as schema from "./schema.ts";

export type Database = DrizzleD1Database<typeof schema>;

/** The typed query builder for a D1 binding. Cheap: holds no connection. */
export function database(d1: D1Database): Database {
	return drizzle(d1, { schema });
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

/** D1's limit of bound parameters in one statement. */
const MAX_PARAMETERS = 100;

/** Splits values so that a statement binding `parametersPerValue` for each, and `fixed` besides, stays under D1's limit. */
export function chunked<T>(values: readonly T[], parametersPerValue: number, fixed = 0): T[][] {
	const size = Math.floor((MAX_PARAMETERS - fixed) / parametersPerValue);
	const chunks: T[][] = [];
	for (let start = 0; start < values.length; start += size) chunks.push(values.slice(start, start + size));
	return chunks;
}
