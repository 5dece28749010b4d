/** All that D1 holds, to see that a call has changed nothing of it. */
import { env } from "cloudflare:workers";

/** What arrives by itself, some seconds after a request that was admitted or counted as refused. */
const ON_ITS_WAY = ["usage_count", "last_used_at"];
const TABLES_ON_THEIR_WAY = ["usage_hourly"];

/** Every row of every table, by table, without usage that may be on its way there. */
export async function everythingStored(): Promise<Record<string, string[]>> {
	const { results: tables } = await env.DB.prepare(
		"select name from sqlite_master where type = 'table' and name not like 'sqlite_%' and name not like '%_cf_%' and name <> 'd1_migrations'",
	).all<{ name: string }>();
	const names = tables.map(({ name }) => name).filter((name) => !TABLES_ON_THEIR_WAY.includes(name));
	const contents = await env.DB.batch<Record<string, unknown>>(
		names.map((name) => env.DB.prepare(`select * from "${name}"`)),
	);
	return Object.fromEntries(
		names.map((name, index) => [
			name,
			(contents[index]?.results ?? [])
				.map((row) =>
					JSON.stringify({ ...row, ...Object.fromEntries(ON_ITS_WAY.map((column) => [column, undefined])) }),
				)
				.sort(),
		]),
	);
}
