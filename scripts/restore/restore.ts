/**
 * Restores a backup into empty databases. Nothing is written before every file has its checksum. An interrupted restore is run
 * again and continues.
 *
 * Rows are inserted without the triggers, which would count each row, refuse rows above a quota, and index row by row. The
 * triggers come back before newer migrations, and what they would have derived is rebuilt at the end.
 */
import { applyMigrations } from "../../db/migrate.ts";
import { END_PENDING_ORDERS, ORDERS_VALID_FROM, PENDING_ORDERS } from "../../db/past-orders.ts";
import { type DatabaseEntry, type Manifest, readManifest } from "../backup/manifest.ts";
import type { D1 } from "../cloudflare/d1.ts";
import type { OpenDatabase } from "../database/databases.ts";
import { LEFT_OUT, quoted } from "../database/kept-tables.ts";
import { rebuild } from "../database/rebuild.ts";
import { type Schema, schemaOf } from "../database/schema.ts";
import { checkFile, checkTable, loadTable } from "./load.ts";
import { beginRestore, endRestore, isBeingRestored, isDone, stepDone } from "./progress.ts";

interface RestoreOptions {
	databases: readonly OpenDatabase[];
	/** The folder of the backup. */
	folder: string;
	/** Where the environment keeps its data; null: anywhere. Undefined on this machine, whose place its operator knows. */
	jurisdiction: string | null | undefined;
	/** The current time. */
	clock: () => number;
	print: (line: string) => void;
}

/** Restores every database of the backup. Throws before it writes if something is missing, damaged or not empty. */
export async function restoreBackup({
	databases,
	folder,
	jurisdiction,
	clock,
	print,
}: RestoreOptions): Promise<Manifest> {
	const { manifest, sha256 } = readManifest(folder);
	requireJurisdiction(manifest, jurisdiction, print);
	const pairs = manifest.databases.map((entry) => {
		const database = databases.find(({ binding }) => binding === entry.binding);
		if (database === undefined)
			throw new Error(`wrangler.toml has no database ${entry.binding}, which the backup has.`);
		return { entry, database };
	});
	for (const { entry, database } of pairs) {
		requireKnownMigration(entry, database);
		for (const table of entry.tables) await checkFile(folder, entry.binding, table);
		await requireEmpty(database, entry);
	}
	print("Every file of the backup has its checksum.");
	for (const { entry, database } of pairs) await restoreDatabase({ folder, entry, database, sha256, print });
	for (const { entry, database } of pairs)
		if (entry.tables.some(({ name }) => name === "service_state")) await endThePast(database.d1, clock(), print);
	for (const { database } of pairs) await endRestore(database.d1);
	return manifest;
}

/** Data that must stay in one jurisdiction is not restored into another. */
function requireJurisdiction(
	{ jurisdiction: required }: Manifest,
	given: string | null | undefined,
	print: (line: string) => void,
): void {
	if (required === null || given === required) return;
	if (given !== undefined)
		throw new Error(
			`The data of the backup must stay in the jurisdiction ${required}, and the environment has ${given ?? "none"}. Create the databases with --jurisdiction ${required}, and set JURISDICTION.`,
		);
	print(`The data must stay in the jurisdiction ${required}. Restore it only on a machine that is there.`);
}

function requireKnownMigration({ binding, migration }: DatabaseEntry, { migrations }: OpenDatabase): void {
	if (migrations.some(({ name }) => name === migration)) return;
	throw new Error(
		`The backup of ${binding} has the migration ${migration}. Restore it with a release that has it too.`,
	);
}

/** A database with rows, or with a newer schema than the backup's, is not overwritten. */
async function requireEmpty({ d1, binding }: OpenDatabase, { migration }: DatabaseEntry): Promise<void> {
	if (await isBeingRestored(d1)) return;
	const listed = await d1
		.prepare(
			`select name from sqlite_schema where type = 'table' and name not glob 'sqlite_*' and name not glob '_cf_*'
			and name not glob '*_search*'`,
		)
		.raw<[string]>();
	const names = listed.map(([name]) => name);
	const found: string[] = [];
	for (const name of names.filter((table) => table !== "d1_migrations")) {
		const [row] = await d1.prepare(`select count(*) from (select 1 from ${quoted(name)} limit 1000)`).raw<[number]>();
		const rows = row?.[0] ?? 0;
		if (rows > 0) found.push(`${name} (${rows === 1_000 ? "1000 rows or more" : `${rows} rows`})`);
	}
	if (found.length > 0)
		throw new Error(`The database ${binding} is not empty: it has ${found.join(", ")}. Restore into a new database.`);
	if (!names.includes("d1_migrations")) return;
	const newer = await d1.prepare("select name from d1_migrations where name > ?1").bind(migration).raw<[string]>();
	if (newer.length > 0)
		throw new Error(
			`The database ${binding} is empty, but it has migrations that are newer than the backup: ${newer.join(", ")}. Restore into a new database; the restore applies them afterwards.`,
		);
}

async function restoreDatabase({
	folder,
	entry,
	database: { d1, binding, migrations },
	sha256,
	print,
}: {
	folder: string;
	entry: DatabaseEntry;
	database: OpenDatabase;
	sha256: string;
	print: (line: string) => void;
}): Promise<void> {
	await beginRestore(d1, sha256);
	if (!(await isDone(d1, "triggers"))) {
		const applied = migrations.filter(({ name }) => name <= entry.migration);
		const schema = schemaOf(applied);
		await applyMigrations(d1, applied);
		if (!(await isDone(d1, "rows"))) await loadRows(d1, folder, entry, schema, print);
		await addTriggers(d1, schema);
	}
	await applyMigrations(d1, migrations);
	await rebuild(d1, schemaOf(migrations));
	print(`${binding}: search, counts and quotas are rebuilt`);
}

const triggersOf = ({ objects }: Schema) => objects.filter(({ type }) => type === "trigger");

async function loadRows(
	d1: D1,
	folder: string,
	entry: DatabaseEntry,
	schema: Schema,
	print: (line: string) => void,
): Promise<void> {
	await d1.batch(triggersOf(schema).map(({ name }) => d1.prepare(`drop trigger if exists ${quoted(name)}`)));
	for (const listed of entry.tables) {
		const table = schema.tables.find(({ name }) => name === listed.name);
		if (table === undefined || table.name in LEFT_OUT) continue;
		const left = await loadTable(d1, folder, entry, listed, table);
		if (left === 0) await checkTable(d1, listed, table);
		if (listed.rows > 0) print(`${entry.binding}.${table.name}: ${listed.rows - left} rows`);
		if (left > 0)
			print(`  Left out: ${left}. They depend on rows that were added or deleted while the backup was written.`);
	}
	await stepDone(d1, "rows").run();
}

/** Adds the triggers together with the mark, so that they are not added again over those of a newer migration. */
async function addTriggers(d1: D1, schema: Schema): Promise<void> {
	await d1.batch([...triggersOf(schema).map(({ sql }) => d1.prepare(sql)), stepDone(d1, "triggers")]);
}

/**
 * No sign-in from before the restore is valid: the backup has none, and the Worker also rejects tokens that are older. Deletions
 * of tenants and jobs are stopped, because they may have been cancelled since the backup.
 */
async function endThePast(d1: D1, now: number, print: (line: string) => void): Promise<void> {
	for (const [kind, id] of await d1.prepare(PENDING_ORDERS).raw<[string, string]>())
		print(`Stopped: ${kind} ${id}. Order it again if it is still wanted.`);
	const state = d1.prepare(
		"insert or replace into service_state (name, value, updated_at) values (?1, ?2, cast(?2 as integer))",
	);
	await d1.batch([
		...END_PENDING_ORDERS.map((statement) => d1.prepare(statement)),
		...["sessions_valid_from", ORDERS_VALID_FROM].map((name) => state.bind(name, String(now))),
	]);
}
