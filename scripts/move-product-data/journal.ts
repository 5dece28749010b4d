/**
 * What triggers do during a move. A journal records the ids of rows that change while they are copied. A freeze rejects every
 * write, so that the last changes can be copied; the service then responds 503 to writes of integrations.
 */
import { PRODUCT_DATA_MOVES } from "../../db/product-tables.ts";
import type { D1 } from "../cloudflare/d1.ts";
import { MOVED, type MovedTable } from "./tables.ts";

const CHANGES = ["insert", "update", "delete"] as const;
type Change = (typeof CHANGES)[number];

/** Changes that are copied at once. */
const CHANGES_PER_PORTION = 200;

const TABLES = [
	`create table if not exists product_move_changes (
		no integer primary key autoincrement, table_name text not null, row_id text not null
	)`,
	"create table if not exists product_move_progress (name text primary key not null, value text not null)",
];

/** A trigger on each table for each change. Updates of columns that other triggers compute don't count. */
function triggers(
	kind: "journal" | "freeze" | "mark",
	makeBody: (table: MovedTable, change: Change) => { timing: "before" | "after"; when?: string; body: string },
): string[] {
	return MOVED.flatMap((table) =>
		CHANGES.map((change) => {
			const { timing, when, body } = makeBody(table, change);
			const of = change === "update" ? ` of ${table.columns.join(", ")}` : "";
			return `create trigger if not exists ${triggerName(kind, table, change)} ${timing} ${change}${of} on ${table.name}
			${when ? `when ${when}` : ""} begin ${body}; end`;
		}),
	);
}

const triggerName = (kind: string, { name }: MovedTable, change: Change) => `product_move_${kind}_${name}_${change}`;
const withoutTriggers = (kind: "journal" | "freeze" | "mark", changes: readonly Change[] = CHANGES) =>
	MOVED.flatMap((table) => changes.map((change) => `drop trigger if exists ${triggerName(kind, table, change)}`));

const runAll = (d1: D1, statements: readonly string[]) => d1.batch(statements.map((sql) => d1.prepare(sql)));

/** Begins the journal of a database. From then on, it has every change. */
export async function beginJournal(d1: D1): Promise<void> {
	const journal = triggers("journal", ({ name }, change) => ({
		timing: "after",
		body: `insert into product_move_changes (table_name, row_id)
			values ('${name}', ${change === "delete" ? "old" : "new"}.id)`,
	}));
	await runAll(d1, [...TABLES, ...journal]);
}

/** Ends the journal. What it has can still be copied. */
export const endJournal = (d1: D1) => runAll(d1, [...TABLES, ...withoutTriggers("journal")]);

/** Forgets what the journal has. */
export async function forgetJournal(d1: D1): Promise<void> {
	await endJournal(d1);
	await d1.prepare("delete from product_move_changes").run();
}

/** Ends the journal, the freeze and the mark, and forgets them. */
export async function endMove(d1: D1): Promise<void> {
	const all = (["journal", "freeze", "mark"] as const).flatMap((kind) => withoutTriggers(kind));
	await runAll(d1, [...all, "drop table if exists product_move_changes", "drop table if exists product_move_progress"]);
}

/**
 * Rejects every write. In the database of tenants, it allows the deletion of a tenant's rows, which must not wait for the end of the
 * move.
 */
export async function freeze(d1: D1): Promise<void> {
	const hasTenants = (await d1.prepare("select 1 from sqlite_schema where name = 'gate_sweeps'").raw()).length > 0;
	const isNotDeleted = "not exists (select 1 from gate_sweeps where tenant_id = old.tenant_id and kind = 'delete')";
	const frozen = triggers("freeze", (_, change) => ({
		timing: "before",
		...(change === "delete" && hasTenants ? { when: isNotDeleted } : {}),
		body: `select raise(abort, '${PRODUCT_DATA_MOVES}')`,
	}));
	await runAll(d1, [...TABLES, ...frozen]);
}

/** Allows deletions again. Rows can still be neither added nor changed. */
export const allowDeletions = (d1: D1) => runAll(d1, withoutTriggers("freeze", ["delete"]));

export const unfreeze = (d1: D1) => runAll(d1, withoutTriggers("freeze"));

export async function isFrozen(d1: D1): Promise<boolean> {
	const found = await d1.prepare("select 1 from sqlite_schema where name glob 'product_move_freeze_*_insert'").raw();
	return found.length > 0;
}

/** Notes that all rows of a database come from a copy. */
export async function beginCopy(d1: D1, name: string): Promise<void> {
	await runAll(d1, TABLES);
	await saveProgress(d1, name, "yes");
}

const WRITTEN = "written since the move";

/** Notes the first change from now on: then the service uses this database. */
export async function markFirstChange(d1: D1): Promise<void> {
	const mark = triggers("mark", () => ({
		timing: "after",
		when: `not exists (select 1 from product_move_progress where name = '${WRITTEN}')`,
		body: `insert into product_move_progress (name, value) values ('${WRITTEN}', 'yes')`,
	}));
	await runAll(d1, [...TABLES, ...mark]);
}

/** Ends the mark. */
export const endMark = (d1: D1) => runAll(d1, withoutTriggers("mark"));

/** Whether the service has changed this database since {@link markFirstChange}. */
export const isWrittenSince = async (d1: D1) => (await progressOf(d1, WRITTEN)) !== null;

/** How far a step of the move is. Null: it has not begun. */
export async function progressOf(d1: D1, name: string): Promise<string | null> {
	if (!(await hasTables(d1))) return null;
	const [row] = await d1.prepare("select value from product_move_progress where name = ?1").bind(name).raw<[string]>();
	return row?.[0] ?? null;
}

export async function saveProgress(d1: D1, name: string, value: string): Promise<void> {
	await d1
		.prepare("insert or replace into product_move_progress (name, value) values (?1, ?2)")
		.bind(name, value)
		.run();
}

async function hasTables(d1: D1): Promise<boolean> {
	return (await d1.prepare("select 1 from sqlite_schema where name = 'product_move_progress'").raw()).length > 0;
}

export interface Portion {
	/** The number of its last change. */
	last: number;
	/** The ids of changed rows by table. */
	ids: Map<string, string[]>;
}

/** The number of the newest change. */
export async function lastChange(d1: D1): Promise<number> {
	const [row] = await d1.prepare("select max(no) from product_move_changes").raw<[number | null]>();
	return row?.[0] ?? 0;
}

/** The next changes of the journal up to this number, or null. */
export async function nextChanges(d1: D1, end: number): Promise<Portion | null> {
	const rows = await d1
		.prepare(
			`select no, table_name, row_id from product_move_changes where no <= ${end} order by no limit ${CHANGES_PER_PORTION}`,
		)
		.raw<[number, string, string]>();
	const newest = rows.at(-1);
	if (newest === undefined) return null;
	const ids = new Map<string, string[]>();
	for (const [, table, id] of rows) ids.set(table, [...new Set([...(ids.get(table) ?? []), id])]);
	return { last: newest[0], ids };
}

/** Removes changes that are copied. Not the later ones, even of the same rows. */
export async function forgetChanges(d1: D1, { last }: Portion): Promise<void> {
	await d1.prepare(`delete from product_move_changes where no <= ${last}`).run();
}
