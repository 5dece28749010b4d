/** Whether the service can use the product database, and finds there what it has stored. */
import { sql } from "drizzle-orm";
import { PRODUCT_SCHEMA_VERSION, schemaProblem } from "../../db/schema-version.ts";
import { UNMOVED_PRODUCT_DATA } from "../../db/unmoved-product-data.ts";
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
 * and must not be deployed so.
 */
export async function requireMovedProductData({ db, product }: Pick<Deps, "db" | "product">): Promise<void> {
	if (product.$client === db.$client) return;
	const [found] = await db.all<{ unmoved: number }>(sql.raw(UNMOVED_PRODUCT_DATA));
	if (found?.unmoved === 1)
		throw new Error("DB has product data that was not moved to PRODUCT_DB. See docs/deploy.md, Move product data.");
}
