/** A database that counts what it is asked: D1's own `rows_read` and `rows_written`, and its calls. */
import { env } from "cloudflare:workers";
import { type Database, database } from "../../../db/client.ts";

export interface Spent {
	read: number;
	written: number;
	/** Calls of D1: a batch is one. */
	trips: number;
	statements: number;
}

/** Counts what `use` reads and writes. */
export async function metered<T>(use: (db: Database) => Promise<T>): Promise<Spent & { result: T }> {
	const spent: Spent = { read: 0, written: 0, trips: 0, statements: 0 };
	const count = <R extends D1Result<unknown>>(results: R[]): R[] => {
		spent.trips++;
		for (const { meta } of results) {
			spent.statements++;
			spent.read += meta.rows_read;
			spent.written += meta.rows_written;
		}
		return results;
	};
	const one = async (statement: D1PreparedStatement) => {
		const result = await statement.all<Record<string, unknown>>();
		count([result]);
		return result;
	};
	const real = new WeakMap<object, D1PreparedStatement>();
	const wrapped = (statement: D1PreparedStatement): D1PreparedStatement => {
		const proxy = new Proxy(statement, {
			get(_target, name) {
				switch (name) {
					case "bind":
						return (...values: unknown[]) => wrapped(statement.bind(...values));
					case "all":
					case "run":
						return () => one(statement);
					case "raw":
						// `raw` has no numbers, so its rows are made from a result that has.
						return async () => (await one(statement)).results.map(Object.values);
					default:
						throw new Error(`The meter does not support ${String(name)} of a statement.`);
				}
			},
		});
		real.set(proxy, statement);
		return proxy;
	};
	const d1 = new Proxy(env.DB, {
		get(target, name) {
			switch (name) {
				case "prepare":
					return (sql: string) => wrapped(target.prepare(sql));
				case "batch":
					return async (statements: D1PreparedStatement[]) =>
						count(await target.batch(statements.map((statement) => real.get(statement) ?? statement)));
				default:
					throw new Error(`The meter does not support ${String(name)} of the database.`);
			}
		},
	});
	const result = await use(database(d1));
	return { ...spent, result };
}
