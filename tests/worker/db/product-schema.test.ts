/** The product database has what the database of the keys has for product data, so what is measured in one holds in the other. */
import { env } from "cloudflare:workers";
import { getTableColumns, getTableName } from "drizzle-orm";
import { SQLiteTable } from "drizzle-orm/sqlite-core";
import { expect, it } from "vitest";
import * as productSchema from "../../../db/product-schema.ts";

const TABLES = ["collaborators", "merged_collaborators", "activities", "leads", "lead_counts", "lead_search"];

/** Views, indexes and triggers by name. Comments and space don't matter. */
async function parts(d1: D1Database): Promise<Map<string, string>> {
	const { results } = await d1
		.prepare(
			`select name, sql from sqlite_schema where sql is not null and name <> 'quotas_checked'
			and (type in ('index', 'trigger') and tbl_name in (select value from json_each(?1)) or name glob 'lead_search*')`,
		)
		.bind(JSON.stringify(TABLES))
		.all<{ name: string; sql: string }>();
	return new Map(results.map(({ name, sql }) => [name, sql.replace(/\s+/g, " ")]));
}

async function columns(d1: D1Database, table: string): Promise<string[]> {
	const { results } = await d1
		.prepare(`select name, type, "notnull", dflt_value, pk, hidden from pragma_table_xinfo(?) order by name`)
		.bind(table)
		.all();
	return results.map((column) => JSON.stringify(column));
}

it("every table has the same columns in both databases", async () => {
	for (const table of TABLES) expect(await columns(env.PRODUCT_DB, table), table).toEqual(await columns(env.DB, table));
});

it("indexes, triggers and search are the same, except for the trigger that makes a tenant's row", async () => {
	const [ours, theirs] = [await parts(env.PRODUCT_DB), await parts(env.DB)];
	for (const name of ["collaborators_of_new_tenants", "leads_of_new_tenants"]) expect(ours.delete(name)).toBe(true);
	expect(ours).toEqual(theirs);
});

it("the tables of the schema are those that the migrations made", async () => {
	for (const table of Object.values(productSchema)) {
		if (!(table instanceof SQLiteTable)) continue;
		const { results } = await env.PRODUCT_DB.prepare("select name from pragma_table_xinfo(?)")
			.bind(getTableName(table))
			.all<{ name: string }>();
		const inSchema = Object.values(getTableColumns(table)).map(({ name }) => name);
		expect(results.map(({ name }) => name).sort()).toEqual(inSchema.sort());
	}
});
