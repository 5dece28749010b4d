/** Whether the service can use the product database, and finds there what it has stored. */
import { sql } from "drizzle-orm";
import { collaborators, leads } from "../../db/product-schema.ts";
import { PRODUCT_SCHEMA_VERSION, schemaProblem } from "../../db/schema-version.ts";
import type { Deps } from "./deps.ts";

/** Throws if a product database is bound that is down, lacks migrations, or has not got the data yet. */
export async function requireProductData(deps: Pick<Deps, "db" | "product">): Promise<void> {
	if (deps.product.$client === deps.db.$client) return;
	const problem = await schemaProblem(deps.product.$client, PRODUCT_SCHEMA_VERSION);
	if (problem !== null) throw new Error(problem);
	await requireMovedProductData(deps);
}

/**
 * Throws if a product database is bound, and the other one has product data that was not moved. The service doesn't find it,
 * and must not be deployed so. A move leaves triggers there, until the tables are dropped.
 */
export async function requireMovedProductData({ db, product }: Pick<Deps, "db" | "product">): Promise<void> {
	if (product.$client === db.$client) return;
	const [found] = await db.all<{ isUnmoved: number }>(sql`
		select (exists (select 1 from ${leads}) or exists (select 1 from ${collaborators}))
			and not exists (select 1 from sqlite_schema where name glob 'product_move_freeze_*') as isUnmoved`);
	if (found?.isUnmoved === 1)
		throw new Error("DB has product data that was not moved to PRODUCT_DB. See docs/deploy.md, Move product data.");
}
