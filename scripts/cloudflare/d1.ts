/** A D1 database over Cloudflare's REST API, with the interface of the binding that Workers have. */
import type { CloudflareApi } from "./api.ts";

/** What scripts use of a D1 database, local or remote. */
export type D1 = Pick<D1Database, "prepare" | "batch">;

/** A result of `/raw`: rows as lists, because two columns can have the same name. */
interface RawResult {
	results: { columns: string[]; rows: unknown[][] };
	meta: D1Meta & Record<string, unknown>;
}

/** The database with this id. A batch is one request and one transaction. */
export function remoteD1(api: CloudflareApi, databaseId: string): D1 {
	const send = (statements: readonly RemoteStatement[]) =>
		api.call<RawResult[]>("POST", `/d1/database/${databaseId}/raw`, {
			batch: statements.map(({ sql, values }) => ({ sql, params: values.map(textOf) })),
		});

	class RemoteStatement {
		readonly sql: string;
		readonly values: readonly unknown[];

		constructor(sql: string, values: readonly unknown[] = []) {
			this.sql = sql;
			this.values = values;
		}

		bind(...values: unknown[]): RemoteStatement {
			return new RemoteStatement(this.sql, values);
		}

		async all<T>(): Promise<D1Result<T>> {
			const [result] = (await send([this])).map(withNames<T>);
			if (result === undefined) throw new Error("Cloudflare returned no result for a statement.");
			return result;
		}

		run<T>(): Promise<D1Result<T>> {
			return this.all<T>();
		}

		async raw<T>(): Promise<T[]> {
			const [result] = await send([this]);
			// The caller names the columns.
			return (result?.results.rows ?? []) as T[];
		}
	}

	const database = {
		prepare: (sql: string) => new RemoteStatement(sql),
		batch: async <T>(statements: readonly RemoteStatement[]) => (await send(statements)).map(withNames<T>),
	};
	// `first` and the variants of `raw` with column names are missing: no script uses them.
	return database as unknown as D1;
}

function withNames<T>({ results: { columns, rows }, meta }: RawResult): D1Result<T> {
	const named = rows.map((row) => Object.fromEntries(columns.map((column, index) => [column, row[index]])));
	// The caller names the columns.
	return { success: true, results: named as T[], meta };
}

/** The API takes text only, and SQLite converts it where a column is a number. Throws for a value that text would change. */
function textOf(value: unknown): string {
	if (typeof value === "string" || typeof value === "number") return String(value);
	throw new Error(`A statement for a remote database can't have the value ${String(value)}. Put it into a JSON value.`);
}
