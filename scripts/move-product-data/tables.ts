/** The tables that are moved, and how their rows are read and written. */
import { getTableName } from "drizzle-orm";
import { getTableConfig, type SQLiteTable } from "drizzle-orm/sqlite-core";
import { activities, collaborators, leads, mergedCollaborators } from "../../db/product-schema.ts";
import type { D1 } from "../cloudflare/d1.ts";

export interface MovedTable {
	name: string;
	/** The columns that are copied, `id` first. The database computes the others. */
	columns: readonly string[];
	/** The column in whose order rows are copied. */
	order: string;
	/** Where a row needs another one: its column, and the table of the other one. */
	parent: { column: string; table: string } | null;
}

/** A trigger numbers leads in the order in which they are added, and search lists them by number. */
const GIVEN_BY_TRIGGERS = "search_no";

function movedTable(table: SQLiteTable): MovedTable {
	const { columns, foreignKeys } = getTableConfig(table);
	const names = columns.filter(({ generated }) => !generated).map(({ name }) => name);
	const reference = foreignKeys[0]?.reference();
	const column = reference?.columns[0];
	return {
		name: getTableName(table),
		columns: ["id", ...names.filter((name) => name !== "id" && name !== GIVEN_BY_TRIGGERS)],
		order: names.includes(GIVEN_BY_TRIGGERS) ? GIVEN_BY_TRIGGERS : "rowid",
		parent: reference && column ? { column: column.name, table: getTableName(reference.foreignTable) } : null,
	};
}

/** Parents before their children. */
export const MOVED: readonly MovedTable[] = [collaborators, mergedCollaborators, activities, leads].map(movedTable);
export const CHILDREN_FIRST: readonly MovedTable[] = MOVED.toReversed();

export type Row = readonly unknown[];

/** A parameter can have 2 MB. A larger row is sent alone. */
const PARAMETER_BYTES = 1_000_000;

/** Adds rows, or changes those that exist. Leaves out a row whose parent is missing: it was added later, and is in the journal. */
export async function write(d1: D1, table: MovedTable, rows: readonly Row[]): Promise<void> {
	for (const portion of portions(rows))
		await insertion(d1, table)
			.bind(`[${portion.join(",")}]`)
			.run();
}

/**
 * Does the same in the database of the keys, where a limit may have been lowered since the rows were accepted. Each batch checks
 * quotas again at its end, so an interruption leaves no tenant without limits.
 */
export async function writeUnchecked(d1: D1, table: MovedTable, rows: readonly Row[]): Promise<void> {
	const tenant = `value ->> '$[${table.columns.indexOf("tenant_id")}]'`;
	const setUnchecked = (value: 0 | 1) =>
		d1.prepare(
			`update quotas set unchecked = ${value} where tenant_id in (select distinct ${tenant} from json_each(?1))`,
		);
	for (const portion of portions(rows)) {
		const given = `[${portion.join(",")}]`;
		await d1.batch([setUnchecked(1), insertion(d1, table), setUnchecked(0)].map((statement) => statement.bind(given)));
	}
}

function insertion(d1: D1, { name, columns, parent }: MovedTable): D1PreparedStatement {
	const value = (column: string) => `value ->> '$[${columns.indexOf(column)}]'`;
	const hasParent = parent
		? `exists (select 1 from ${parent.table} parent where parent.id = ${value(parent.column)})`
		: "true";
	return d1.prepare(
		`insert into ${name} (${columns.join(", ")}) select ${columns.map(value).join(", ")} from json_each(?1)
		where ${hasParent} on conflict (id) do update set ${columns.map((column) => `${column} = excluded.${column}`).join(", ")}`,
	);
}

/** The rows as JSON, each portion small enough for a parameter. */
function portions(rows: readonly Row[]): string[][] {
	const all: string[][] = [];
	let room = 0;
	for (const row of rows) {
		const text = JSON.stringify(row);
		const bytes = new TextEncoder().encode(text).length;
		if (bytes > room) {
			all.push([]);
			room = PARAMETER_BYTES;
		}
		all.at(-1)?.push(text);
		room -= bytes;
	}
	return all;
}

export async function remove(d1: D1, { name }: MovedTable, ids: readonly string[]): Promise<void> {
	if (ids.length === 0) return;
	await d1.prepare(`delete from ${name} where id in (select value from json_each(?1))`).bind(JSON.stringify(ids)).run();
}

/** The rows with these ids that the table has. */
export function read(d1: D1, { name, columns }: MovedTable, ids: readonly string[]): Promise<Row[]> {
	return d1
		.prepare(`select ${columns.join(", ")} from ${name} where id in (select value from json_each(?1))`)
		.bind(JSON.stringify(ids))
		.raw<unknown[]>();
}
