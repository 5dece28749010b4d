/** Applies the migrations as `wrangler d1 migrations apply` does, and keeps the same record of them. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { DatabaseBindings } from "./client.ts";

// A type, not an interface: it must fit where any JSON goes.
export type Migration = { name: string; queries: string[] };

/** The folders of migrations: of the database of the keys, and of the product database. */
type MigrationsFolder = "migrations" | "product-migrations";

/** The migrations of a folder, in order. */
export function readMigrations(of: MigrationsFolder = "migrations"): Migration[] {
	const folder = join(import.meta.dirname, of);
	const names = readdirSync(folder).filter((name) => name.endsWith(".sql"));
	return names.sort().map((name) => {
		const queries = readFileSync(join(folder, name), "utf8").split("--> statement-breakpoint");
		return { name, queries };
	});
}

/** Migrates both databases of a deployment. */
export async function migrateAll({ DB, PRODUCT_DB }: Required<DatabaseBindings>): Promise<void> {
	await applyMigrations(DB, readMigrations());
	await applyMigrations(PRODUCT_DB, readMigrations("product-migrations"));
}

/** Applies the migrations that the database doesn't have yet. Each is applied in whole or not at all. */
export async function applyMigrations(
	db: Pick<D1Database, "prepare" | "batch">,
	migrations: readonly Migration[],
): Promise<void> {
	await db
		.prepare(
			"CREATE TABLE IF NOT EXISTS d1_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT UNIQUE, applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP NOT NULL)",
		)
		.run();
	const { results } = await db.prepare("SELECT name FROM d1_migrations").all<{ name: string }>();
	const applied = new Set(results.map(({ name }) => name));
	const record = db.prepare("INSERT INTO d1_migrations (name) VALUES (?)");
	for (const { name, queries } of migrations) {
		if (applied.has(name)) continue;
		await db.batch([...queries.map((query) => db.prepare(query)), record.bind(name)]);
	}
}
