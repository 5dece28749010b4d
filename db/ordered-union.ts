/** Reading several ranges of an index as one, in order. */
import { type SQL, sql } from "drizzle-orm";

/**
 * One select of the rows of all of them, in `order`, in which each comes out of its index. SQLite merges them row by row,
 * so that what is not asked for is not read. `order` names columns of the result.
 */
export function merged(ranges: readonly SQL[], order: SQL): SQL {
	const [only, second] = ranges;
	if (!only) throw new Error("A list comes from somewhere.");
	if (!second) return only;
	// Two by two: a compound of all at once may have five terms on D1.
	const middle = ranges.length >> 1;
	const [left, right] = [ranges.slice(0, middle), ranges.slice(middle)].map((half) => merged(half, order));
	return sql`select * from (${left} order by ${order}) union all select * from (${right} order by ${order})`;
}
