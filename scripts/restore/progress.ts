/** How far a restore is. The database keeps it itself, so that an interrupted restore continues where it stopped. */
import type { D1 } from "../cloudflare/d1.ts";

const TABLE = "restore_progress";

/** The steps, in this order. */
export type Step = "rows" | "triggers";

/** Remembers that this backup is being restored. Throws if it is another one. */
export async function beginRestore(d1: D1, sha256: string): Promise<void> {
	await d1.batch([
		d1.prepare(`create table if not exists ${TABLE} (name text primary key not null, pages integer not null)`),
		d1.prepare(`insert into ${TABLE} select ?1, 0 where not exists (select 1 from ${TABLE})`).bind(`backup ${sha256}`),
	]);
	const [row] = await d1.prepare(`select 1 from ${TABLE} where name = ?1`).bind(`backup ${sha256}`).raw();
	if (row === undefined)
		throw new Error("The database has a part of another backup. Restore that one, or use a new database.");
}

/** Whether a restore of some backup has begun and has not ended. */
export async function isBeingRestored(d1: D1): Promise<boolean> {
	const found = await d1.prepare("select 1 from sqlite_schema where name = ?1").bind(TABLE).raw();
	return found.length > 0;
}

/** How many pages of a table are in the database. */
export async function loadedPages(d1: D1, table: string): Promise<number> {
	const [row] = await d1.prepare(`select pages from ${TABLE} where name = ?1`).bind(`table ${table}`).raw<[number]>();
	return row?.[0] ?? 0;
}

/** The statement that counts a page. It belongs to the batch that inserts the page. */
export const pageLoaded = (d1: D1, table: string, page: number): D1PreparedStatement =>
	d1.prepare(`insert or replace into ${TABLE} values (?1, ${page})`).bind(`table ${table}`);

export const isDone = async (d1: D1, step: Step): Promise<boolean> => (await loadedPages(d1, step)) > 0;

/** The statement that marks a step as done. */
export const stepDone = (d1: D1, step: Step): D1PreparedStatement => pageLoaded(d1, step, 1);

export const endRestore = async (d1: D1): Promise<unknown> => d1.prepare(`drop table if exists ${TABLE}`).run();
