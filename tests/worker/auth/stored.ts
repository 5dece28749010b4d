/** The contents of both databases, to check that a call has changed nothing. */
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

async function readTables(d1: D1Database): Promise<Table[]> {
	const { results } = await d1
		.prepare(
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

const DATABASES = { "": env.DB, "product ": env.PRODUCT_DB };
let tables: [prefix: string, d1: D1Database, Table[]][] | undefined;

/**
 * Every row of every table as text, by table, without usage that gates may still flush, and without the events of reads.
 */
export async function everythingStored(): Promise<Record<string, string[]>> {
	tables ??= await Promise.all(
		Object.entries(DATABASES).map(
			async ([prefix, d1]): Promise<[string, D1Database, Table[]]> => [prefix, d1, await readTables(d1)],
		),
	);
	return Object.assign({}, ...(await Promise.all(tables.map((read) => contentsOf(...read)))));
}

async function contentsOf(prefix: string, d1: D1Database, tables: Table[]): Promise<Record<string, string[]>> {
	const contents = await d1.batch<{ rows: string }>(
		tables.map(({ name, columns }) =>
			d1.prepare(
				`select group_concat(row, char(30)) as rows
				from (select ${columns} as row, row_number() over () as no from "${name}") group by no / ${ROWS_PER_TEXT}`,
			),
		),
	);
	return Object.fromEntries(
		tables.map(({ name }, index) => [
			prefix + name,
			(contents[index]?.results ?? [])
				.flatMap(({ rows }) => rows.split(ROW_END))
				.filter((row) => name !== "audit_events" || !row.includes(READS))
				.sort(),
		]),
	);
}
