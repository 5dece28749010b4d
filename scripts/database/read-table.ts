/** Reads a whole table in pages, in the order of its primary key. Each page is one statement, so it is consistent in itself. */
import type { D1 } from "../cloudflare/d1.ts";
import { keptColumns, quoted } from "./kept-tables.ts";
import type { Table } from "./schema.ts";

/** D1 returns at most 50 MB. Pages of this size use few requests and little memory. */
const PAGE_BYTES = 2_000_000;
const ROWS_FIRST = 500;
/** Bounds how long a page of tiny rows takes. */
const ROWS_MAX = 10_000;

/**
 * The rows of a table as lines of JSON, page by page. A row is a list of values in the order of `keptColumns`. A row that is
 * there from the beginning to the end is read exactly once: the position is a primary key, which doesn't change.
 */
export async function* readTable(d1: D1, table: Table): AsyncGenerator<string[]> {
	const columns = keptColumns(table);
	const key = table.primaryKey;
	const positions = key.map((name) => columns.indexOf(name));
	const names = (list: readonly string[]) => list.map(quoted).join(", ");
	// One parameter for all columns of the key. `->>` keeps numbers numbers, whereas D1 binds each as a real.
	const after = key.map((_, index) => `?1 ->> '$[${index}]'`).join(", ");
	let last: unknown[] | null = null;
	let limit = ROWS_FIRST;
	for (;;) {
		const condition = last === null ? "" : `where (${names(key)}) > (${after})`;
		const statement = d1.prepare(
			`select ${names(columns)} from ${quoted(table.name)} ${condition} order by ${names(key)} limit ${limit}`,
		);
		const bound: D1PreparedStatement = last === null ? statement : statement.bind(JSON.stringify(last));
		const rows = await bound.raw<unknown[]>();
		const lines = rows.map((row) => JSON.stringify(row));
		if (lines.length > 0) yield lines;
		const end = rows.at(-1);
		if (end === undefined || rows.length < limit) return;
		last = positions.map((position) => end[position]);
		const bytes = lines.reduce((sum, line) => sum + line.length, 0);
		limit = Math.min(ROWS_MAX, Math.max(1, Math.round((limit * PAGE_BYTES) / bytes)));
	}
}
