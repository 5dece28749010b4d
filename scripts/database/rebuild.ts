/**
 * Makes again what is derived from other tables: the counts of quotas, of keys and of leads, the numbers that search finds
 * rows by, and the search indexes. It can be repeated, also after it was interrupted, and changes nothing that is right.
 * Each statement covers a portion, because D1 ends a statement after 30 seconds.
 */
import type { D1 } from "../cloudflare/d1.ts";
import type { Schema } from "./schema.ts";

/** Tenants whose rows are counted in one batch. */
const TENANTS_PER_BATCH = 20;
/** Rows that are indexed in one batch. */
const ROWS_PER_BATCH = 2_000;
/** The numbers of a tenant's rows begin at its own number times this (db/migrations/0013_search_by_span.sql). */
const NUMBERS_PER_TENANT = 4_294_967_296;

/** What one row counts towards `stored_bytes`, as the triggers count it. */
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
	{ table: "api_key_counts", of: "api_keys", group: "tenant_id, environment, standing", column: "keys" },
	{ table: "lead_counts", of: "leads", group: "tenant_id, environment, status", column: "leads" },
] as const;

/** Rebuilds everything that the database derives. */
export async function rebuild(d1: D1, schema: Schema): Promise<void> {
	const tables = new Map(schema.tables.map((table) => [table.name, table]));
	const columnsOf = (name: string) => tables.get(name)?.columns.map((column) => column.name) ?? [];
	await provideQuotas(d1, tables.has("tenants"));
	const counted = Object.keys(BYTES).filter((name) => tables.has(name) && columnsOf("quotas").includes(name));
	const numbers = Object.keys(SEARCHED).filter((name) => tables.has(name));
	const statements = [
		...numbers.map(numberRows),
		quotaCounts(columnsOf("quotas"), counted),
		...COUNTS.filter(({ table }) => tables.has(table)).flatMap(({ table, of, group, column }) => [
			`delete from ${table} where tenant_id in (select value from json_each(?1))`,
			`insert into ${table} (${group}, ${column}) select ${group}, count(*) from ${of}
			where tenant_id in (select value from json_each(?1)) group by ${group}`,
		]),
	];
	const tenants = await d1.prepare("select tenant_id from quotas order by tenant_id").raw<[string]>();
	for (let start = 0; start < tenants.length; start += TENANTS_PER_BATCH) {
		const some = JSON.stringify(tenants.slice(start, start + TENANTS_PER_BATCH).flat());
		await d1.batch(statements.map((sql) => d1.prepare(sql).bind(some)));
	}
	for (const name of numbers) await indexRows(d1, name);
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
 * Counts the rows of tenants. The rows of quotas are replaced, not updated: the trigger of an update would refuse a tenant
 * that has more than a lowered quota allows.
 */
function quotaCounts(columns: readonly string[], counted: readonly string[]): string {
	const of = (table: string, value: string) => `(select ${value} from ${table} where tenant_id = quotas.tenant_id)`;
	const values = columns.map((column) => {
		if (counted.includes(column)) return of(column, "count(*)");
		if (column === "stored_bytes") return counted.map((table) => of(table, BYTES[table] ?? "0")).join(" + ");
		return column;
	});
	return `insert or replace into quotas (${columns.join(", ")}) select ${values.join(", ")} from quotas
		where tenant_id in (select value from json_each(?1))`;
}

/** Numbers the rows that have no number after those that have one, in the order of their creation. */
const numberRows = (table: string): string => `update ${table} set search_no = numbered.no from (
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
			from ${table} where search_no is null and tenant_id in (select value from json_each(?1))
		) row
	) numbered where numbered.id = ${table}.id`;

/** Indexes rows in the order of their numbers. What the index has of rows that are gone is removed. */
async function indexRows(d1: D1, table: string): Promise<void> {
	const index = SEARCHED[table];
	const documents = `${index}_documents`;
	let last = 0;
	for (;;) {
		const [row] = await d1
			.prepare(
				`select max(search_no), count(*) from (
					select search_no from ${table} where search_no > ${last} order by search_no limit ${ROWS_PER_BATCH}
				)`,
			)
			.raw<[number | null, number]>();
		const end = row?.[0] ?? null;
		const isLast = end === null || (row?.[1] ?? 0) < ROWS_PER_BATCH;
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
