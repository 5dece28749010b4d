/**
 * Makes again what is derived from other tables: the counts of quotas, of keys and of leads, the numbers that search finds
 * rows by, and the search indexes. It can be repeated, also after it was interrupted, and changes nothing that is right.
 * Each statement covers a portion, because D1 ends a statement after 30 seconds.
 */
import type { D1 } from "../cloudflare/d1.ts";
import type { Schema } from "./schema.ts";

/** Rows that are counted, numbered or indexed in one statement. */
const ROWS_PER_STATEMENT = 10_000;
/** Rows that are indexed for search in one batch. Each has a hundred tokens. */
const INDEXED_PER_BATCH = 1_000;
/** Rows of counts that are written in one statement. */
const WRITTEN_PER_STATEMENT = 1_000;
/** The numbers of a tenant's rows begin at its own number times this (db/migrations/0013_search_by_span.sql). */
const NUMBERS_PER_TENANT = 4_294_967_296;

/** What the rows of a tenant count towards `stored_bytes`, as the triggers count it. */
const BYTES: Readonly<Record<string, string>> = {
	api_keys: "2000 * count(*)",
	users: "500 * count(*)",
	collaborators: "coalesce(sum(bytes), 0)",
	activities: "coalesce(sum(bytes), 0)",
	leads: "coalesce(sum(bytes), 0)",
};

/** Tables whose rows are searched, and their index. */
const SEARCHED: Readonly<Record<string, string>> = { api_keys: "api_key_search", leads: "lead_search" };

/** Tables with the number of rows of each group of another table. */
const COUNTS = [
	{ table: "api_key_counts", of: "api_keys", group: ["tenant_id", "environment", "standing"], column: "keys" },
	{ table: "lead_counts", of: "leads", group: ["tenant_id", "environment", "status"], column: "leads" },
] as const;

/** Rebuilds everything that the database derives. No one may write to it meanwhile. */
export async function rebuild(d1: D1, schema: Schema): Promise<void> {
	const tables = new Map(schema.tables.map((table) => [table.name, table]));
	const quotaColumns = tables.get("quotas")?.columns.map(({ name }) => name) ?? [];
	await provideQuotas(d1, tables.has("tenants"));
	for (const name of Object.keys(SEARCHED)) if (tables.has(name)) await numberRows(d1, name);
	const counted = Object.keys(BYTES).filter((name) => tables.has(name) && quotaColumns.includes(name));
	await countForQuotas(d1, quotaColumns, counted);
	for (const counts of COUNTS) if (tables.has(counts.table)) await countGroups(d1, counts);
	for (const name of Object.keys(SEARCHED)) if (tables.has(name)) await indexRows(d1, name);
}

/**
 * Adds up values of all rows of a table by group, a portion of rows in each statement. Returns each group as JSON with its sums.
 */
async function sumsOf(
	d1: D1,
	table: string,
	group: readonly string[],
	values: readonly string[],
): Promise<Map<string, number[]>> {
	const sums = new Map<string, number[]>();
	let last = -1;
	for (;;) {
		const [end] = await d1
			.prepare(
				`select max(row), count(*) from (
					select rowid as row from ${table} where rowid > ${last} order by rowid limit ${ROWS_PER_STATEMENT}
				)`,
			)
			.raw<[number | null, number]>();
		if (end === undefined || end[0] === null) return sums;
		const portion = await d1
			.prepare(
				// `+` keeps SQLite from reading the whole table in the order of an index.
				`select ${[...group.map((name) => `+${name}`), ...values].join(", ")} from ${table}
				where rowid > ${last} and rowid <= ${end[0]} group by ${group.map((_, index) => index + 1).join(", ")}`,
			)
			.raw<(string | number)[]>();
		for (const row of portion) {
			const name = JSON.stringify(row.slice(0, group.length));
			const before = sums.get(name);
			sums.set(
				name,
				row.slice(group.length).map((value, index) => Number(value) + (before?.[index] ?? 0)),
			);
		}
		last = end[0];
	}
}

/** Runs a statement for rows, which it gets as one JSON parameter, a portion at a time. */
async function write(d1: D1, sql: string, rows: readonly unknown[]): Promise<void> {
	for (let start = 0; start < rows.length; start += WRITTEN_PER_STATEMENT)
		await d1
			.prepare(sql)
			.bind(JSON.stringify(rows.slice(start, start + WRITTEN_PER_STATEMENT)))
			.run();
}

async function countGroups(d1: D1, { table, of, group, column }: (typeof COUNTS)[number]): Promise<void> {
	const sums = await sumsOf(d1, of, group, ["count(*)"]);
	await d1.prepare(`delete from ${table}`).run();
	const values = [...group, column].map((_, index) => `value ->> '$[${index}]'`);
	await write(
		d1,
		`insert into ${table} (${[...group, column].join(", ")}) select ${values.join(", ")} from json_each(?1) where true`,
		[...sums].map(([name, [count]]) => [...JSON.parse(name), count]),
	);
}

/** Every tenant has a row of quotas. In a database without tenants, every tenant that has rows. */
async function provideQuotas(d1: D1, hasTenants: boolean): Promise<void> {
	const tenants = hasTenants
		? "select id from tenants"
		: "select tenant_id as id from collaborators union select tenant_id from activities union select tenant_id from leads";
	await d1
		.prepare(
			`insert into quotas (tenant_id) select id from (${tenants}) known
			where not exists (select 1 from quotas where quotas.tenant_id = known.id) order by id`,
		)
		.run();
}

/**
 * Counts the rows of each tenant. The rows of quotas are replaced, not updated: the trigger of an update would refuse a tenant
 * that has more than a lowered quota allows.
 */
async function countForQuotas(d1: D1, columns: readonly string[], counted: readonly string[]): Promise<void> {
	const tenants = await d1.prepare("select tenant_id from quotas").raw<[string]>();
	const rows = new Map(tenants.map(([id]) => [id, { id, stored_bytes: 0 } as Record<string, string | number>]));
	for (const table of counted)
		for (const [name, [count = 0, bytes = 0]] of await sumsOf(
			d1,
			table,
			["tenant_id"],
			["count(*)", BYTES[table] ?? "0"],
		)) {
			const row = rows.get(JSON.parse(name)[0]);
			if (row) Object.assign(row, { [table]: count, stored_bytes: Number(row.stored_bytes) + bytes });
		}
	const derived = [...counted, "stored_bytes"];
	const values = columns.map((column) => (derived.includes(column) ? `coalesce(value ->> '$.${column}', 0)` : column));
	await write(
		d1,
		`insert or replace into quotas (${columns.join(", ")}) select ${values.join(", ")}
		from json_each(?1) join quotas on quotas.tenant_id = value ->> '$.id'`,
		[...rows.values()],
	);
}

/** Numbers the rows that have no number after those that have one, in the order of their creation. There are only few. */
async function numberRows(d1: D1, table: string): Promise<void> {
	await d1
		.prepare(
			`update ${table} set search_no = numbered.no from (
				select row.id, row_number() over (partition by row.tenant_id order by row.created_at, row.id) + coalesce(
					(
						select search_no from ${table} where search_no between first_no and first_no + ${NUMBERS_PER_TENANT - 2}
						order by search_no desc limit 1
					),
					first_no - 1
				) as no
				from (
					select id, tenant_id, created_at, (
						select tenant_no from quotas where quotas.tenant_id = ${table}.tenant_id
					) * ${NUMBERS_PER_TENANT} + 1 as first_no
					from ${table} where search_no is null
				) row
			) numbered where numbered.id = ${table}.id`,
		)
		.run();
}

/** Indexes rows in the order of their numbers. What the index has of rows that are gone is removed. */
async function indexRows(d1: D1, table: string): Promise<void> {
	const index = SEARCHED[table];
	const documents = `${index}_documents`;
	let last = 0;
	for (;;) {
		const [row] = await d1
			.prepare(
				`select max(search_no), count(*) from (
					select search_no from ${table} where search_no > ${last} order by search_no limit ${INDEXED_PER_BATCH}
				)`,
			)
			.raw<[number | null, number]>();
		const end = row?.[0] ?? null;
		const isLast = end === null || (row?.[1] ?? 0) < INDEXED_PER_BATCH;
		await d1.batch([
			d1.prepare(`delete from ${index} where rowid > ${last}${isLast ? "" : ` and rowid <= ${end}`}`),
			d1.prepare(
				`insert into ${index} (rowid, pieces) select search_no, pieces from ${documents}
				where search_no > ${last}${isLast ? "" : ` and search_no <= ${end}`}`,
			),
		]);
		if (isLast) return;
		last = end;
	}
}
