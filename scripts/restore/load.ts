/** Fills tables from the files of a backup. An interrupted load continues after the last page that was written. */
import { type DatabaseEntry, type TableEntry, tableFile } from "../backup/manifest.ts";
import { digestOf, readLines } from "../backup/table-file.ts";
import type { D1 } from "../cloudflare/d1.ts";
import { quoted } from "../database/kept-tables.ts";
import { readTable } from "../database/read-table.ts";
import type { Table } from "../database/schema.ts";
import { loadedPages, pageLoaded } from "./progress.ts";

/** A page is one parameter, of which D1 allows 2 MB. */
const PAGE_BYTES = 1_000_000;

/**
 * Numbers that the database gives to rows. If a row was deleted and another one was added while the backup was written, both
 * can have the same number. The second of them gets a new one (scripts/database/rebuild.ts).
 */
const GIVEN_NUMBERS: Readonly<Record<string, string>> = { api_keys: "search_no", leads: "search_no" };

/** Compares a file with the manifest. Throws if they differ. */
export async function checkFile(folder: string, binding: string, table: TableEntry): Promise<void> {
	const path = tableFile(folder, binding, table.name);
	const problem = await digestOf(readLines(path, PAGE_BYTES)).then(
		({ rows, sha256 }) => (rows === table.rows && sha256 === table.sha256 ? null : "its checksum differs"),
		(error: unknown) => (error instanceof Error ? error.message : String(error)),
	);
	if (problem !== null) throw new Error(`${path} can't be restored: ${problem}. Take another copy of the backup.`);
}

/**
 * Inserts the rows of a table. Returns how many are left out: their parent was added, or a row with the same unique value was
 * deleted, while the backup was written.
 */
export async function loadTable(
	d1: D1,
	folder: string,
	{ binding }: DatabaseEntry,
	entry: TableEntry,
	table: Table,
): Promise<number> {
	const done = await loadedPages(d1, table.name);
	let page = 0;
	for await (const lines of readLines(tableFile(folder, binding, entry.name), PAGE_BYTES)) {
		page++;
		if (page <= done) continue;
		const rows = `[${lines.join(",")}]`;
		await d1.batch([
			d1.prepare(insertion(entry, table)).bind(rows),
			pageLoaded(d1, table.name, page),
			...numbering(d1, entry, rows),
		]);
	}
	const [row] = await d1.prepare(`select count(*) from ${quoted(table.name)}`).raw<[number]>();
	return entry.rows - (row?.[0] ?? 0);
}

/** Compares the rows that were inserted with the manifest. Throws if a value differs. */
export async function checkTable(d1: D1, entry: TableEntry, table: Table): Promise<void> {
	const number = GIVEN_NUMBERS[table.name];
	if (number !== undefined) {
		const unnumbered = await d1
			.prepare(`select 1 from ${quoted(table.name)} where ${quoted(number)} is null limit 1`)
			.raw();
		// A row gets another number than in the backup.
		if (unnumbered.length > 0) return;
	}
	const { sha256 } = await digestOf(readTable(d1, table));
	if (sha256 !== entry.sha256)
		throw new Error(
			`The rows of ${table.name} differ from the backup. Delete the database, and restore into a new one.`,
		);
}

function insertion(entry: TableEntry, table: Table): string {
	const number = GIVEN_NUMBERS[table.name];
	const columns = entry.columns.filter((column) => column !== number);
	const value = (column: string) => `value ->> '$[${entry.columns.indexOf(column)}]'`;
	const parents = table.references.map(({ parent, columns: pairs }) => {
		const absent = pairs.map(({ own }) => `${value(own)} is null`).join(" or ");
		const same = pairs.map((pair) => `parent.${quoted(pair.parent)} = ${value(pair.own)}`).join(" and ");
		return `(${absent} or exists (select 1 from ${quoted(parent)} parent where ${same}))`;
	});
	return `insert into ${quoted(table.name)} (${columns.map(quoted).join(", ")})
		select ${columns.map(value).join(", ")} from json_each(?1)
		where ${["true", ...parents].join(" and ")} on conflict do nothing`;
}

function numbering(d1: D1, entry: TableEntry, rows: string): D1PreparedStatement[] {
	const number = GIVEN_NUMBERS[entry.name];
	if (number === undefined) return [];
	const value = (column: string) => `value ->> '$[${entry.columns.indexOf(column)}]'`;
	return [
		d1
			.prepare(
				`update or ignore ${quoted(entry.name)} set ${quoted(number)} = given.no
				from (select ${value("id")} as id, ${value(number)} as no from json_each(?1)) given
				where given.id = ${quoted(entry.name)}.id`,
			)
			.bind(rows),
	];
}
