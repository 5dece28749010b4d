/** An SQLite in memory with the interface and the limits of D1. */
import { DatabaseSync } from "node:sqlite";
import type { D1 } from "../../scripts/cloudflare/d1.ts";

/** https://developers.cloudflare.com/d1/platform/limits/ */
const STATEMENT_BYTES_MAX = 100_000;
const PARAMETERS_MAX = 100;
const PARAMETER_BYTES_MAX = 2_000_000;

type Value = string | number | null;

class Statement {
	readonly db: DatabaseSync;
	readonly sql: string;
	readonly values: readonly Value[];

	constructor(db: DatabaseSync, sql: string, values: readonly Value[] = []) {
		this.db = db;
		this.sql = sql;
		this.values = values;
	}

	bind(...values: Value[]): Statement {
		return new Statement(this.db, this.sql, values);
	}

	execute(): { columns: string[]; rows: unknown[][] } {
		if (Buffer.byteLength(this.sql) > STATEMENT_BYTES_MAX) throw new Error("D1_ERROR: statement too long");
		if (this.values.length > PARAMETERS_MAX) throw new Error("D1_ERROR: too many SQL variables");
		if (this.values.some((value) => Buffer.byteLength(String(value)) > PARAMETER_BYTES_MAX))
			throw new Error("D1_ERROR: string or blob too big");
		const prepared = this.db.prepare(this.sql);
		prepared.setReturnArrays(true);
		const columns = prepared.columns().map(({ name }) => name);
		// The rows are lists, as set above.
		return { columns, rows: prepared.all(...this.values) as unknown as unknown[][] };
	}

	async raw(): Promise<unknown[][]> {
		return this.execute().rows;
	}

	async all() {
		const { columns, rows } = this.execute();
		return { results: rows.map((row) => Object.fromEntries(columns.map((name, index) => [name, row[index]]))) };
	}

	run() {
		return this.all();
	}
}

export interface SqliteD1 {
	d1: D1;
	sqlite: DatabaseSync;
}

/** A new database. `beforeBatch` may throw, as a connection that fails does. */
export function sqliteD1(beforeBatch: () => void = () => undefined): SqliteD1 {
	const sqlite = new DatabaseSync(":memory:");
	sqlite.exec("pragma foreign_keys = on");
	const d1 = {
		prepare: (sql: string) => new Statement(sqlite, sql),
		async batch(statements: Statement[]) {
			beforeBatch();
			sqlite.exec("begin");
			try {
				const results = statements.map((statement) => ({ raw: statement.execute() }));
				sqlite.exec("commit");
				return results;
			} catch (error) {
				sqlite.exec("rollback");
				throw error;
			}
		},
	};
	// What the scripts use of it.
	return { d1: d1 as unknown as D1, sqlite };
}
