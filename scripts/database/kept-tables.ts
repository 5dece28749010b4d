/** Which tables a backup has, and how a page of a table is read. Pure. */
import type { Schema, Table } from "./schema.ts";

/**
 * Tables that a backup leaves out, with the reason. Every other table is in it, so a new one is never forgotten. What is
 * derived from other tables is made again by rebuild.ts.
 */
export const LEFT_OUT: Readonly<Record<string, string>> = {
	api_key_counts: "derived from api_keys",
	lead_counts: "derived from leads",
	sessions: "a sign-in that was ended after the backup must not return",
	platform_sessions: "a sign-in that was ended after the backup must not return",
	access_links: "a link that was used after the backup must not work again",
	d1_migrations: "written by the migrations",
	restore_progress: "written by a restore",
	product_move_changes: "written by a move of product data",
	product_move_progress: "written by a move of product data",
};

/** The tables that a backup has, parents before their children. Virtual tables are search indexes, which are derived. */
export const keptTables = ({ tables }: Schema): Table[] =>
	tables.filter(({ name, virtualSql }) => virtualSql === null && !(name in LEFT_OUT));

/** The columns whose values a backup has, in the order of its rows. */
export const keptColumns = ({ columns }: Pick<Table, "columns">): string[] =>
	columns.filter(({ isGenerated }) => !isGenerated).map(({ name }) => name);

/** Quotes a name of the schema. */
export const quoted = (name: string): string => `\`${name.replaceAll("`", "``")}\``;
