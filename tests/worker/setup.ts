/** Before every test file: empty databases and no objects. Files share a runtime, which saves a start for each. */
import { reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { vi } from "vitest";
import { applyMigrations } from "../../db/migrate.ts";

vi.useRealTimers();
vi.restoreAllMocks();
await reset();
for (const [d1, migrations] of [
	[env.DB, env.TEST_MIGRATIONS],
	[env.PRODUCT_DB, env.TEST_PRODUCT_MIGRATIONS],
] as const) {
	await dropTables(d1);
	await applyMigrations(d1, migrations);
}

/** `reset` empties objects and leaves D1 as it is. */
async function dropTables(d1: D1Database): Promise<void> {
	const { results } = await d1
		.prepare(
			"SELECT type, name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT GLOB 'sqlite_*' AND name NOT GLOB '_cf_*' ORDER BY type = 'view' DESC, sql LIKE 'CREATE VIRTUAL%' DESC, rowid DESC",
		)
		.all<{ type: string; name: string }>();
	// The latest first: a drop deletes the rows that refer to the table, which needs the tables that those refer to.
	// Dropping a virtual table also drops the tables that it is made of, hence IF EXISTS.
	const drops = results.map(({ type, name }) => d1.prepare(`DROP ${type} IF EXISTS "${name}"`));
	await d1.batch([d1.prepare("PRAGMA defer_foreign_keys = ON"), ...drops]);
}

const { moduleRunner } = __vitest_mocker__;

/**
 * The `stack` of an error maps each of its frames, and tRPC reads it for every error. The runner searches the whole code of
 * a module that has no source map again and again, so remember which these are.
 */
const modules = moduleRunner.evaluatedModules;
modules.alwaysMapOf ??= modules.getModuleSourceMapById.bind(modules);
const mapOf = modules.alwaysMapOf;
const maps = new Map<string, unknown>();
modules.getModuleSourceMapById = (id) => {
	if (!maps.has(id)) maps.set(id, mapOf(id));
	return maps.get(id);
};

/**
 * With every call of an object or an entrypoint, the runner asks another process whether the Worker's module has changed.
 * It hasn't, so ask once per file: with many calls this saves a fifth of the time.
 */
moduleRunner.importAlways ??= moduleRunner.import.bind(moduleRunner);
const load = moduleRunner.importAlways;
let entry: unknown;
moduleRunner.import = async (specifier, options) => {
	if (!specifier.endsWith("/worker/index.ts")) return load(specifier, options);
	entry ??= await load(specifier, options);
	return entry;
};
