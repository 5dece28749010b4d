/** Reads several ranges of an index as one, in order. */
import { type SQL, sql } from "drizzle-orm";

/**
 * One select with the rows of all ranges in `order`. Each range must come out of its index in that order: SQLite then
 * merges them row by row, and reads only the rows that the caller takes. `order` names columns of the result.
 */
export function mergedRanges(ranges: readonly SQL[], order: SQL): SQL {
	const [only, second] = ranges;
	if (!only) throw new Error("At least one range is required.");
	if (!second) return only;
	// Merge in pairs: D1 allows five terms in a compound select.
	const middle = ranges.length >> 1;
	const [left, right] = [ranges.slice(0, middle), ranges.slice(middle)].map((half) => mergedRanges(half, order));
	return sql`select * from (${left} order by ${order}) union all select * from (${right} order by ${order})`;
}
