/** Whether the database has the schema that this release needs. */

/** The newest migration that this release needs, by its file name without `.sql`. A test compares it with db/migrations. */
export const SCHEMA_VERSION = "0023_leads_by_email";
/** The same of the product database, in db/product-migrations. */
export const PRODUCT_SCHEMA_VERSION = "0001_leads_by_email";

/**
 * What is wrong with the schema of the database, in a sentence for an operator; null: nothing. A newer schema is right:
 * migrations only add, and the release before runs on it until it is replaced. Throws if D1 does not respond.
 */
export async function schemaProblem(d1: D1Database, needed: string = SCHEMA_VERSION): Promise<string | null> {
	// sqlite_master first: a database without a single migration has no table of them.
	const table = await d1.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'd1_migrations'").first();
	if (table === null) return `The database has no schema. Apply the migrations up to ${needed}.`;
	// Names begin with a number of four digits, so the newest is the last one.
	const newest = await d1.prepare("SELECT max(name) AS name FROM d1_migrations").first<{ name: string | null }>();
	const version = newest?.name?.replace(/\.sql$/, "") ?? "none";
	if (version === "none" || version < needed)
		return `The database has schema ${version}, but this release needs ${needed}. Apply the migrations.`;
	return null;
}
