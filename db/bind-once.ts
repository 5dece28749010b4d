/** Values that a statement uses many times. D1 binds at most 100 values, so each is bound once. */
import { type SQL, sql } from "drizzle-orm";
import type { Database } from "./client.ts";

/** The expression of a bound value. Can be called again for the same value. */
export type Bind = (value: string | number) => SQL;

/**
 * `bind` takes a value and returns the numbered parameter (`?1`) that stands for it. When the statement is complete, pass
 * `values()` to the `with` of the query builder as its first part: SQLite numbers parameters in the order of the text, and
 * this part, which nothing selects from, has all values in the order of their numbers.
 */
export function bindOnce(db: Database): { bind: Bind; values: () => ReturnType<typeof bound> } {
	const values: (string | number)[] = [];
	const bind: Bind = (value) => {
		if (!values.includes(value)) values.push(value);
		return sql.raw(`?${values.indexOf(value) + 1}`);
	};
	return { bind, values: () => bound(db, values) };
}

const bound = (db: Database, values: readonly (string | number)[]) =>
	db.$with("bound", {}).as(
		sql`select ${sql.join(
			values.map((value) => sql`${value}`),
			sql`, `,
		)}`,
	);
