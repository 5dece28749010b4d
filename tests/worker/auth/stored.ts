/** The contents of D1, to check that a call has changed nothing. */
import { env } from "cloudflare:workers";

/** Usage, which gates flush some seconds after a request. */
const USAGE_COLUMNS = ["usage_count", "last_used_at"];
const USAGE_TABLES = ["usage_hourly"];
/** The blobs of a search index. D1 returns a blob as a list of numbers, which takes several times as long as text. */
const SEARCH_DATA = /_search_data$/;

/** What the platform reads in a tenant leaves an event, also if it finds nothing. */
const READS = '"action":"platform.read"';

/** Every row of every table, by table, without usage that gates may still flush, and without the events of reads. */
export async function everythingStored(): Promise<Record<string, string[]>> {
	const { results: tables } = await env.DB.prepare(
		"select name from sqlite_master where type = 'table' and name not like 'sqlite_%' and name not like '%_cf_%' and name <> 'd1_migrations'",
	).all<{ name: string }>();
	const names = tables.map(({ name }) => name).filter((name) => !USAGE_TABLES.includes(name));
	const contents = await env.DB.batch<Record<string, unknown>>(
		names.map((name) => env.DB.prepare(`select ${SEARCH_DATA.test(name) ? "id, hex(block)" : "*"} from "${name}"`)),
	);
	return Object.fromEntries(
		names.map((name, index) => [
			name,
			(contents[index]?.results ?? [])
				.map((row) =>
					JSON.stringify({ ...row, ...Object.fromEntries(USAGE_COLUMNS.map((column) => [column, undefined])) }),
				)
				.filter((row) => name !== "audit_events" || !row.includes(READS))
				.sort(),
		]),
	);
}
