/**
 * Compares two databases in portions, while the service writes: one statement over a whole table would exceed D1's 30 seconds.
 * The journal has what changes after it was compared, so that under the freeze only these rows are left.
 */
import type { D1 } from "../cloudflare/d1.ts";
import { copyChanges, type RowIds } from "./copy.ts";
import { MOVED, type MovedTable } from "./tables.ts";

/** Rows whose sums are compared at once. They are read in random order: some milliseconds each in the worst case. */
const ROWS_PER_PORTION = 2_000;
/** Rows that are compared one by one at once. */
const IDS_PER_PORTION = 1_000;
/** More changes than this are worth another round before the freeze. */
const FEW_ROWS = 200;
/** A service that writes faster than rows are compared gets the freeze anyway. */
const ROUNDS_MAX = 10;

/** What is compared of a row, as two numbers. */
const NUMBERS: Readonly<Record<string, string>> = {
	collaborators: "bytes, updated_at",
	merged_collaborators: "0, updated_at",
	activities: "bytes, created_at",
	leads: "bytes, updated_at",
};
const numbersOf = ({ name }: MovedTable) => NUMBERS[name] ?? "0, 0";

/** Compares everything. Returns the rows to compare again: those that differ, or were copied meanwhile. */
export async function compareAll(from: D1, to: D1): Promise<RowIds> {
	const again: RowIds = new Map();
	for (const table of MOVED)
		for (let after: string | null = ""; after !== null; ) {
			const { end, sums } = await sumsFrom(from, table, after);
			const copied = await sumsUpTo(to, table, after, end);
			if (String(sums) !== String(copied)) {
				addAll(again, await copyChanges(from, to));
				addAll(again, new Map([[table.name, await differingBetween(from, to, table, after, end)]]));
			}
			after = end;
		}
	return again;
}

/** Compares again what is left, round by round: each is shorter than the one before, so fewer rows change in it. */
export async function settle(from: D1, to: D1, rows: RowIds): Promise<RowIds> {
	let left = rows;
	for (let round = 0; round < ROUNDS_MAX; round++) {
		const changed = await copyChanges(from, to);
		left = await differing(from, to, addAll(left, changed));
		if (count(changed) <= FEW_ROWS) break;
	}
	return left;
}

/** The rows of these that differ. */
async function differing(from: D1, to: D1, rows: RowIds): Promise<RowIds> {
	const found: RowIds = new Map();
	for (const table of MOVED) {
		const ids = [...(rows.get(table.name) ?? [])];
		for (let start = 0; start < ids.length; start += IDS_PER_PORTION) {
			const some = JSON.stringify(ids.slice(start, start + IDS_PER_PORTION));
			const read = (d1: D1) =>
				d1
					.prepare(
						`select id, ${numbersOf(table)} from ${table.name} where id in (select value from json_each(?1)) limit ${IDS_PER_PORTION}`,
					)
					.bind(some)
					.raw<[string, number, number]>();
			addAll(found, new Map([[table.name, differenceOf(await read(from), await read(to))]]));
		}
	}
	return found;
}

/** Throws if rows differ, or the number of leads by status. */
export async function requireSame(from: D1, to: D1, rows: RowIds, remedy: string): Promise<void> {
	const lines = [...(await differing(from, to, rows))]
		.filter(([, ids]) => ids.size > 0)
		.map(([table, ids]) => `${table}: ${ids.size} differ, such as ${ids.values().next().value}`);
	const [before, after] = [await leadCounts(from), await leadCounts(to)];
	if (before !== after) lines.push("lead_counts: other numbers of leads by status");
	if (lines.length > 0) throw new Error(`The databases differ. ${remedy}\n${lines.join("\n")}`);
}

export const count = (rows: RowIds): number => [...rows.values()].reduce((sum, ids) => sum + ids.size, 0);

function addAll(to: RowIds, rows: RowIds): RowIds {
	for (const [table, ids] of rows) {
		const known = to.get(table) ?? new Set();
		for (const id of ids) known.add(id);
		to.set(table, known);
	}
	return to;
}

/** The next rows in the order of ids. The last portion has no end: the other database must have nothing after it. */
async function sumsFrom(d1: D1, table: MovedTable, after: string) {
	const [row] = await d1
		.prepare(
			`select max(id), count(*), sum(first), sum(second) from (
				select id, ${namedNumbers(table)} from ${table.name} where id > ?1 order by id limit ${ROWS_PER_PORTION}
			)`,
		)
		.bind(after)
		.raw<[string | null, number, number | null, number | null]>();
	const [last = null, rows = 0, ...sums] = row ?? [];
	return { end: rows < ROWS_PER_PORTION ? null : last, sums: [rows, ...sums] };
}

async function sumsUpTo(d1: D1, table: MovedTable, after: string, end: string | null) {
	const [row] = await d1
		.prepare(
			`select count(*), sum(first), sum(second) from (
				select ${namedNumbers(table)} from ${table.name}
				where id > ?1 ${end === null ? "" : "and id <= ?2"} limit ${2 * ROWS_PER_PORTION}
			)`,
		)
		.bind(...(end === null ? [after] : [after, end]))
		.raw<unknown[]>();
	return row ?? [];
}

function namedNumbers(table: MovedTable): string {
	const [first, second] = numbersOf(table).split(", ");
	return `${first} as first, ${second} as second`;
}

/** The ids between two others whose rows differ. At most two portions, so that another wrong row is found by the next comparison. */
async function differingBetween(
	from: D1,
	to: D1,
	table: MovedTable,
	after: string,
	end: string | null,
): Promise<Set<string>> {
	const read = (d1: D1) =>
		d1
			.prepare(
				`select id, ${numbersOf(table)} from ${table.name}
				where id > ?1 ${end === null ? "" : "and id <= ?2"} order by id limit ${2 * ROWS_PER_PORTION}`,
			)
			.bind(...(end === null ? [after] : [after, end]))
			.raw<[string, number, number]>();
	return differenceOf(await read(from), await read(to));
}

function differenceOf(before: readonly (readonly unknown[])[], after: readonly (readonly unknown[])[]): Set<string> {
	const texts = (rows: typeof before) => new Set(rows.map((row) => JSON.stringify(row)));
	const [ours, theirs] = [texts(before), texts(after)];
	return new Set(
		[
			...before.filter((row) => !theirs.has(JSON.stringify(row))),
			...after.filter((row) => !ours.has(JSON.stringify(row))),
		].map(([id]) => String(id)),
	);
}

/** At most some rows for each tenant, so one statement can read them all. */
async function leadCounts(d1: D1): Promise<string> {
	const rows = await d1
		.prepare("select * from lead_counts where leads > 0 order by tenant_id, environment, status")
		.raw<unknown[]>();
	return JSON.stringify(rows);
}
