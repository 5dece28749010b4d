/**
 * Writes a backup: all tables that are not derived from others, parents before their children.
 *
 * D1 has no snapshot over several statements. What a backup guarantees while the service runs: each page is one moment, a row
 * that exists from the beginning to the end is in it once, and no row is mixed of two moments. Rows that are added or
 * deleted meanwhile may be missing or be there. `npm run reconcile` repairs keys from their gates afterwards.
 */
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { OpenDatabase } from "../database/databases.ts";
import { keptColumns, keptTables } from "../database/kept-tables.ts";
import { readTable } from "../database/read-table.ts";
import { schemaOf } from "../database/schema.ts";
import { type DatabaseEntry, type Manifest, type TableEntry, tableFile, writeManifest } from "./manifest.ts";
import { writeLines } from "./table-file.ts";

interface BackupOptions {
	databases: readonly OpenDatabase[];
	/** The folder to make. It has its name only once the backup is complete. */
	folder: string;
	source: string;
	jurisdiction: string | null;
	/** The current time. */
	clock: () => number;
	print: (line: string) => void;
}

/** Writes a backup into a new folder. Returns its manifest and the manifest's checksum. */
export async function writeBackup(options: BackupOptions): Promise<{ manifest: Manifest; sha256: string }> {
	const { databases, folder, source, jurisdiction, clock, print } = options;
	if (existsSync(folder)) throw new Error(`${folder} exists already. Name a folder that doesn't exist with --to.`);
	const startedAt = new Date(clock()).toISOString();
	const unfinished = `${folder}.unfinished`;
	rmSync(unfinished, { recursive: true, force: true });
	const entries: DatabaseEntry[] = [];
	for (const database of databases) {
		mkdirSync(join(unfinished, database.binding), { recursive: true, mode: 0o700 });
		entries.push(await writeDatabase(database, unfinished, print));
	}
	const finishedAt = new Date(clock()).toISOString();
	const manifest: Manifest = { format: 1, startedAt, finishedAt, source, jurisdiction, databases: entries };
	const sha256 = writeManifest(unfinished, manifest);
	renameSync(unfinished, folder);
	return { manifest, sha256 };
}

async function writeDatabase(
	{ binding, d1, migrations, bookmark }: OpenDatabase,
	folder: string,
	print: (line: string) => void,
): Promise<DatabaseEntry> {
	const point = await bookmark();
	const migration = await newestMigration(d1);
	const applied = migrations.filter(({ name }) => name <= migration);
	if (applied.at(-1)?.name !== migration)
		throw new Error(
			`${binding} has the migration ${migration}, which this release doesn't know. Use the release that runs.`,
		);
	const tables: TableEntry[] = [];
	for (const table of keptTables(schemaOf(applied))) {
		const digest = await writeLines(tableFile(folder, binding, table.name), readTable(d1, table));
		tables.push({ name: table.name, columns: keptColumns(table), ...digest });
		if (digest.rows > 0) print(`${binding}.${table.name}: ${digest.rows} rows`);
	}
	return { binding, migration, bookmark: point, tables };
}

async function newestMigration(d1: OpenDatabase["d1"]): Promise<string> {
	const [row] = await d1.prepare("select max(name) from d1_migrations").raw<[string | null]>();
	if (!row?.[0]) throw new Error("The database has no migrations, so there is nothing to back up.");
	return row[0];
}
