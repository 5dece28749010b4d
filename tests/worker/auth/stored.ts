/** The contents of D1, to check that a call has changed nothing. */
import { env } from "cloudflare:workers";

/** Usage, which gates flush some seconds after a request. */
const USAGE_COLUMNS = ["usage_count", "last_used_at"];
const USAGE_TABLES = ["usage_hourly"];
/** D1 returns a few long texts in a fraction of the time of many rows. A text can have two megabytes. */
const ROWS_PER_TEXT = 100;
/** In no stored text. */
const ROW_END = "\u001e";

/** What the platform reads in a tenant leaves an event, also if it finds nothing. */
const READS = "'platform.read'";

interface Table {
	name: string;
	columns: string;
}

async function readTables(): Promise<Table[]> {
	const { results } = await env.DB.prepare(
		`select t.name, group_concat('quote("' || c.name || '")', ' || '','' || ') as columns
		from sqlite_master t join pragma_table_info(t.name) c
		where t.type = 'table' and t.name not like 'sqlite_%' and t.name not like '%_cf_%'
			and t.name not in (select value from json_each(?)) and c.name not in (select value from json_each(?))
		group by t.name`,
	)
		.bind(JSON.stringify(["d1_migrations", ...USAGE_TABLES]), JSON.stringify(USAGE_COLUMNS))
		.all<Table>();
	return results;
}

let tables: Table[] | undefined;

/**
 * Every row of every table as text, by table, without usage that gates may still flush, and without the events of reads.
 */
export async function everythingStored(): Promise<Record<string, string[]>> {
	tables ??= await readTables();
	const contents = await env.DB.batch<{ rows: string }>(
		tables.map(({ name, columns }) =>
			env.DB.prepare(
				`select group_concat(row, char(30)) as rows
				from (select ${columns} as row, row_number() over () as no from "${name}") group by no / ${ROWS_PER_TEXT}`,
			),
		),
	);
	return Object.fromEntries(
		tables.map(({ name }, index) => [
			name,
			(contents[index]?.results ?? [])
				.flatMap(({ rows }) => rows.split(ROW_END))
				.filter((row) => name !== "audit_events" || !row.includes(READS))
				.sort(),
		]),
	);
}
