/** Copies product data from one database to another. Every step can be repeated, and continues after an interruption. */
import type { D1 } from "../cloudflare/d1.ts";
import { forgetChanges, lastChange, nextChanges, progressOf, saveProgress } from "./journal.ts";
import { CHILDREN_FIRST, MOVED, type MovedTable, type Row, read, remove, write } from "./tables.ts";

/** Rows that are read at once, at most. */
const ROWS_PER_PAGE = 500;
/** What they take, at most and about. A response of D1 can have 50 MB. */
const BYTES_PER_PAGE = 1_000_000;
/** Ids that are compared at once. */
const IDS_PER_PAGE = 5_000;
/** More than any tenant has. Its own limits apply again after the move. */
const UNLIMITED = 9_000_000_000_000_000;

const LIMITS = ["collaborators_max", "activities_max", "leads_max", "stored_bytes_max"];

/**
 * Gives the tenants of the database of the keys their rows in the product database, with the same numbers, and no limits yet:
 * a tenant can have more rows than a limit that was lowered since.
 */
export async function addTenants(keys: D1, product: D1): Promise<void> {
	const tenants = await keys.prepare("select tenant_no, tenant_id from quotas order by tenant_no").raw<Row>();
	await product.batch([
		product
			.prepare(
				`insert into quotas (tenant_no, tenant_id) select value ->> '$[0]', value ->> '$[1]' from json_each(?1)
				where true on conflict do nothing`,
			)
			.bind(JSON.stringify(tenants)),
		product.prepare(`update quotas set ${LIMITS.map((limit) => `${limit} = ${UNLIMITED}`).join(", ")}`),
	]);
}

/** Copies the limits that the platform has set. */
export async function copyLimits(keys: D1, product: D1): Promise<void> {
	const rows = await keys.prepare(`select tenant_id, ${LIMITS.join(", ")} from quotas`).raw<Row>();
	const limits = LIMITS.map((limit, index) => `${limit} = given.value ->> '$[${index + 1}]'`);
	await product.batch([
		product.prepare(`update quotas set ${LIMITS.map((limit) => `${limit} = null`).join(", ")}`),
		product
			.prepare(
				`update quotas set ${limits.join(", ")} from json_each(?1) given
				where given.value ->> '$[0]' = quotas.tenant_id`,
			)
			.bind(JSON.stringify(rows)),
	]);
}

/** Removes rows of `to` that `from` doesn't have: an earlier copy left them. */
export async function removeOthers(from: D1, to: D1): Promise<void> {
	for (const table of CHILDREN_FIRST) {
		for (let last = ""; ; ) {
			const page = await to
				.prepare(`select id from ${table.name} where id > ?1 order by id limit ${IDS_PER_PAGE}`)
				.bind(last)
				.raw<[string]>();
			const ids = page.map(([id]) => id);
			const end = ids.at(-1);
			if (end === undefined) break;
			const others = await from
				.prepare(
					`select value from json_each(?1) where not exists (select 1 from ${table.name} where id = json_each.value)`,
				)
				.bind(JSON.stringify(ids))
				.raw<[string]>();
			await remove(to, table, others.flat());
			last = end;
		}
	}
}

/** Ids of rows by table. */
export type RowIds = Map<string, Set<string>>;

/** Copies all rows, in the order in which they were added. Continues where an earlier copy ended. */
export async function copyRows(
	from: D1,
	to: D1,
	print: (line: string) => void,
	writeRows: typeof write = write,
): Promise<void> {
	for (const table of MOVED) {
		let copied = 0;
		for (let last = Number((await progressOf(from, `copied ${table.name}`)) ?? 0); ; ) {
			const { rows, end } = await nextPage(from, table, last);
			if (end === null) break;
			await writeRows(to, table, rows);
			await saveProgress(from, `copied ${table.name}`, String(end));
			last = end;
			copied += rows.length;
		}
		print(`${table.name}: ${copied} rows copied`);
	}
}

async function nextPage(from: D1, { name, columns, order }: MovedTable, last: number) {
	const size = name === "merged_collaborators" ? "1000" : "bytes";
	const page = await from
		.prepare(
			`select row_place, ${columns.join(", ")} from (
				select *, sum(row_bytes) over (order by row_place) - row_bytes as bytes_before from (
					select ${order} as row_place, ${size} as row_bytes, ${columns.join(", ")} from ${name}
					where ${order} > ${last} order by ${order} limit ${ROWS_PER_PAGE}
				)
			) where bytes_before < ${BYTES_PER_PAGE} order by row_place`,
		)
		.raw<[number, ...unknown[]]>();
	return { rows: page.map(([, ...row]) => row), end: page.at(-1)?.[0] ?? null };
}

/** Copies what the journal has now. What is added meanwhile stays for the next call. Returns the rows that it concerned. */
export async function copyChanges(from: D1, to: D1): Promise<RowIds> {
	const end = await lastChange(from);
	const copied: RowIds = new Map();
	for (let portion = await nextChanges(from, end); portion; portion = await nextChanges(from, end)) {
		const { ids } = portion;
		const changed = new Map<string, Row[]>();
		for (const table of MOVED) changed.set(table.name, await readInPages(from, table, ids.get(table.name) ?? []));
		for (const table of CHILDREN_FIRST) {
			const present = new Set(changed.get(table.name)?.map(([id]) => id));
			await remove(
				to,
				table,
				(ids.get(table.name) ?? []).filter((id) => !present.has(id)),
			);
		}
		for (const table of MOVED) {
			const rows = changed.get(table.name) ?? [];
			// In the order of the journal: leads are numbered as they are added.
			const place = new Map((ids.get(table.name) ?? []).map((id, index) => [id, index]));
			await write(
				to,
				table,
				rows.toSorted(([a], [b]) => (place.get(String(a)) ?? 0) - (place.get(String(b)) ?? 0)),
			);
		}
		await forgetChanges(from, portion);
		for (const [table, changes] of ids) copied.set(table, new Set([...(copied.get(table) ?? []), ...changes]));
	}
	return copied;
}

/** A row can have a megabyte, so a few at once. */
const CHANGED_ROWS_PER_PAGE = 20;

async function readInPages(from: D1, table: MovedTable, ids: readonly string[]): Promise<Row[]> {
	const rows: Row[] = [];
	for (let start = 0; start < ids.length; start += CHANGED_ROWS_PER_PAGE)
		rows.push(...(await read(from, table, ids.slice(start, start + CHANGED_ROWS_PER_PAGE))));
	return rows;
}
