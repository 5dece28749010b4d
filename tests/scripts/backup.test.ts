/** Backups and their restore, against databases in memory. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { applyMigrations, type Migration, readMigrations } from "../../db/migrate.ts";
import { readManifest, tableFile, writeManifest } from "../../scripts/backup/manifest.ts";
import { writeBackup } from "../../scripts/backup/write.ts";
import type { D1 } from "../../scripts/cloudflare/d1.ts";
import type { OpenDatabase } from "../../scripts/database/databases.ts";
import { LEFT_OUT } from "../../scripts/database/kept-tables.ts";
import { schemaOf } from "../../scripts/database/schema.ts";
import { restoreBackup } from "../../scripts/restore/restore.ts";
import { contentsOf, fill, MIGRATIONS, NOW, PRODUCT_ROWS, withoutLost } from "./filled-database.ts";
import { type SqliteD1, sqliteD1 } from "./sqlite-d1.ts";

const folder = mkdtempSync(join(tmpdir(), "backup-"));
afterAll(() => rmSync(folder, { recursive: true }));

const open = (d1: D1, migrations: readonly Migration[] = MIGRATIONS): OpenDatabase => ({
	binding: "DB",
	d1,
	migrations,
	bookmark: async () => "bookmark",
});

let printed: string[];
beforeEach(() => {
	printed = [];
});

let made = 0;
async function backUp(database: OpenDatabase): Promise<string> {
	const path = join(folder, `backup-${++made}`);
	const options = { databases: [database], folder: path, source: "local", jurisdiction: "eu", clock: () => NOW };
	await writeBackup({ ...options, print: () => undefined });
	return path;
}

const restore = (path: string, database: OpenDatabase, jurisdiction: string | null = "eu") =>
	restoreBackup({
		...{ databases: [database], folder: path, jurisdiction, clock: () => NOW },
		print: (line) => printed.push(line),
	});

describe("a backup that is restored", () => {
	const source = sqliteD1();
	const target = sqliteD1();
	let path: string;
	beforeAll(async () => {
		await fill(source);
		path = await backUp(open(source.d1));
		printed = [];
		await restore(path, open(target.d1));
	});

	it("has every row, and derives the same counts, numbers and search indexes", () => {
		const [before, after] = [source, target].map(({ sqlite }) => withoutLost(contentsOf(sqlite)));
		for (const name of Object.keys(before ?? {})) expect([name, after?.[name]]).toEqual([name, before?.[name]]);
		expect(before?.api_key_search?.length).toBeGreaterThan(10_000);
	});

	it("has the same triggers, indexes and migrations", () => {
		const migrations = "select name from d1_migrations order by id";
		expect(target.sqlite.prepare(migrations).all()).toEqual(source.sqlite.prepare(migrations).all());
	});

	it("ends every session", () => {
		expect(target.sqlite.prepare("select id from sessions").all()).toEqual([]);
		const [state] = target.sqlite.prepare("select value from service_state where name = 'sessions_valid_from'").all();
		expect(state?.value).toBe(String(NOW));
	});

	it("describes itself", () => {
		const { manifest } = readManifest(path);
		expect(manifest).toMatchObject({ source: "local", jurisdiction: "eu", startedAt: "2031-05-06T10:20:30.000Z" });
		const [database] = manifest.databases;
		expect(database).toMatchObject({ binding: "DB", bookmark: "bookmark", migration: MIGRATIONS.at(-1)?.name });
		expect(database?.tables.find(({ name }) => name === "usage_hourly")?.rows).toBe(1_000);
	});

	it("can be read by its owner alone", () => {
		for (const file of [join(path, "manifest.json"), tableFile(path, "DB", "users")])
			expect(statSync(file).mode & 0o777).toBe(0o600);
		expect(statSync(join(path, "DB")).mode & 0o777).toBe(0o700);
	});

	it("is refused by a database that has rows, which it names", async () => {
		const before = contentsOf(target.sqlite);
		await expect(restore(path, open(target.d1))).rejects.toThrow(
			/DB is not empty: it has .*api_keys \(599 rows\).*tenants \(3 rows\)/,
		);
		expect(contentsOf(target.sqlite)).toEqual(before);
	});
});

describe("a backup of data that must stay in the EU", () => {
	it.each([null, "us"])("is refused by an environment with the jurisdiction %s", async (jurisdiction) => {
		const source = sqliteD1();
		await applyMigrations(source.d1, MIGRATIONS);
		const path = await backUp(open(source.d1));
		const target = sqliteD1();
		await expect(restore(path, open(target.d1), jurisdiction)).rejects.toThrow(
			/must stay in the jurisdiction eu, and the environment has (none|us)/,
		);
		expect(target.sqlite.prepare("select name from sqlite_schema").all()).toEqual([]);
	});
});

it("refuses to back up into a folder that exists, before it reads anything", async () => {
	const reads: string[] = [];
	const { d1 } = sqliteD1();
	const watched: D1 = {
		...d1,
		prepare(sql) {
			reads.push(sql);
			return d1.prepare(sql);
		},
	};
	made = 999;
	mkdirSync(join(folder, "backup-1000"));
	await expect(backUp(open(watched))).rejects.toThrow(/backup-1000 exists already.*--to/);
	expect(reads).toEqual([]);
});

it("stops deletions of tenants and jobs, which may have been cancelled since the backup", async () => {
	const { d1, sqlite } = sqliteD1();
	await fill({ d1, sqlite });
	sqlite.exec(`
		update tenants set suspended_at = 1, delete_after = ${NOW - 1} where id = 'ten_b';
		insert into gate_sweeps (tenant_id, kind, suspension_no, total, created_at, updated_at)
		values ('ten_b', 'delete', 1, 1, 1, 1), ('ten_a', 'suspend', 1, 1, 1, 1);
		insert into jobs (id, tenant_id, kind, state, total, created_at, updated_at, actor)
		values ('job_1', 'ten_a', 'revoke_keys', 'running', 1, 1, 1, 'usr_1')`);
	const target = sqliteD1();
	await restore(await backUp(open(d1)), open(target.d1));
	const all = (sql: string) => target.sqlite.prepare(sql).all();
	expect(all("select suspended_at, delete_after from tenants where id = 'ten_b'")).toEqual([
		{ suspended_at: 1, delete_after: null },
	]);
	expect(all("select tenant_id from gate_sweeps")).toEqual([{ tenant_id: "ten_a" }]);
	expect(all("select state from jobs")).toEqual([{ state: "stopped" }]);
	const stopped = printed.filter((line) => line.startsWith("Stopped"));
	expect(stopped).toEqual([
		"Stopped: deletion of a tenant ten_b. Order it again if it is still wanted.",
		"Stopped: job job_1. Order it again if it is still wanted.",
	]);
});

describe("a damaged backup", () => {
	const source = sqliteD1();
	beforeAll(() => fill(source));

	it.each([
		["a table", (path: string) => tableFile(path, "DB", "users"), /users\.jsonl\.gz can't be restored/],
		["the manifest", (path: string) => join(path, "manifest.json"), /manifest\.json|JSON/],
	])("is refused if %s has changed, before anything is written", async (_, file, message) => {
		const path = await backUp(open(source.d1));
		const bytes = readFileSync(file(path));
		const middle = Math.floor(bytes.length / 2);
		bytes[middle] = (bytes[middle] ?? 0) ^ 1;
		writeFileSync(file(path), bytes);
		const target = sqliteD1();
		await expect(restore(path, open(target.d1))).rejects.toThrow(message);
		expect(target.sqlite.prepare("select name from sqlite_schema").all()).toEqual([]);
	});

	it("is refused if a table is missing", async () => {
		const path = await backUp(open(source.d1));
		rmSync(tableFile(path, "DB", "leads"));
		await expect(restore(path, open(sqliteD1().d1))).rejects.toThrow(/leads\.jsonl\.gz can't be restored/);
	});
});

it("continues a restore that was interrupted, wherever that was", async () => {
	const source = sqliteD1();
	await fill(source);
	const path = await backUp(open(source.d1));
	const complete = sqliteD1();
	await restore(path, open(complete.d1));
	const expected = contentsOf(complete.sqlite);
	for (let failing = 1; ; failing += 19) {
		let batches = 0;
		const target = sqliteD1(() => {
			if (++batches === failing) throw new Error("The connection was lost.");
		});
		const outcome = await restore(path, open(target.d1)).catch(String);
		if (batches < failing) break;
		expect(outcome).toContain("The connection was lost.");
		await restore(path, open(target.d1));
		expect(contentsOf(target.sqlite)).toEqual(expected);
	}
});

it("refuses another backup while a restore is unfinished", async () => {
	const source = sqliteD1();
	await fill(source);
	const [first, second] = [await backUp(open(source.d1)), await backUp(open(source.d1))];
	writeManifest(second, { ...readManifest(second).manifest, source: "other" });
	let batches = 0;
	const target = sqliteD1(() => {
		if (++batches === 30) throw new Error("The connection was lost.");
	});
	await expect(restore(first, open(target.d1))).rejects.toThrow("The connection was lost.");
	await expect(restore(second, open(target.d1))).rejects.toThrow("has a part of another backup");
});

it("restores the backup of an older release, and then applies the migrations that came since", async () => {
	const old = MIGRATIONS.filter(({ name }) => name <= "0019_deleting_people.sql");
	const source = sqliteD1();
	await fill(source, old);
	const path = await backUp(open(source.d1, old));
	const target = sqliteD1();
	await restore(path, open(target.d1));
	await applyMigrations(source.d1, MIGRATIONS);
	expect(withoutLost(contentsOf(target.sqlite))).toEqual(withoutLost(contentsOf(source.sqlite)));
	await expect(restore(await backUp(open(source.d1)), open(sqliteD1().d1, old))).rejects.toThrow(
		/has the migration .*Restore it with a release that has it/,
	);
});

it("restores a backup during which keys and a tenant were replaced", async () => {
	const { d1, sqlite } = sqliteD1();
	await fill({ d1, sqlite });
	const addKey = (id: string, tenant: string) =>
		sqlite.exec(`insert into api_keys (id, tenant_id, environment, name, secret_hash, key_prefix, last_four, scopes,
			rate_limit, ip_allowlist, created_at, created_by, search_text)
			values ('${id}', '${tenant}', 'live', 'New', '', 'p', 'abcd', '[]', 1, '[]', ${NOW}, 'usr_1', 'new')`);
	sqlite.exec("update quotas set api_keys_max = null");
	addKey("k0000", "ten_a");
	const numberOf = (db: typeof sqlite, id: string) =>
		db.prepare("select search_no as no from api_keys where id = ?").get(id)?.no;
	const number = numberOf(sqlite, "k0000");
	let isChanged = false;
	const busy: D1 = {
		...d1,
		prepare(sql) {
			if (!isChanged && /from `api_keys` where/.test(sql)) {
				isChanged = true;
				// The first page of keys is read. The newest key goes, and another one gets its number.
				sqlite.exec("delete from api_keys where id = 'k0000'");
				addKey("k9999", "ten_a");
				sqlite.exec("insert into tenants (id, name, slug, created_at) values ('ten_d', 'D', 'd', 4)");
				addKey("k9998", "ten_d");
			}
			return d1.prepare(sql);
		},
	};
	const path = await backUp(open(busy));
	expect(numberOf(sqlite, "k9999")).toBe(number);

	const target = sqliteD1();
	await restore(path, open(target.d1));
	expect(numberOf(target.sqlite, "k0000")).toBe(number);
	expect(numberOf(target.sqlite, "k9999")).toBe(Number(number) + 1);
	expect(numberOf(target.sqlite, "k9998")).toBeUndefined();
	expect(printed.filter((line) => line.includes("Left out"))).toEqual([
		expect.stringContaining("Left out: 1"),
		expect.stringContaining("Left out: 1"),
	]);
	expect(target.sqlite.prepare("select api_keys from quotas where tenant_id = 'ten_a'").get()).toEqual({
		api_keys: 401,
	});
});

it("has every table, except for those that are left out for a reason", () => {
	const { tables } = schemaOf(MIGRATIONS);
	const names = tables.map(({ name }) => name);
	const made = ["d1_migrations", "restore_progress", "product_move_changes", "product_move_progress"];
	for (const name of Object.keys(LEFT_OUT)) expect([...names, ...made]).toContain(name);
	const kept = readManifest(join(folder, "backup-1")).manifest.databases[0]?.tables.map(({ name }) => name) ?? [];
	expect([...kept, ...Object.keys(LEFT_OUT)].toSorted()).toEqual(
		[...tables.filter(({ virtualSql }) => virtualSql === null).map(({ name }) => name), ...made].toSorted(),
	);
});

it("restores the product database as well, which has no tenants", async () => {
	const migrations = readMigrations("product-migrations");
	const productOf = ({ d1 }: SqliteD1) => ({ ...open(d1, migrations), binding: "PRODUCT_DB" });
	const source = sqliteD1();
	await applyMigrations(source.d1, migrations);
	source.sqlite.exec(PRODUCT_ROWS);
	const path = await backUp(productOf(source));
	const target = sqliteD1();
	await restore(path, productOf(target));
	expect(contentsOf(target.sqlite)).toEqual(contentsOf(source.sqlite));
	expect(contentsOf(target.sqlite).quotas).toHaveLength(2);
});
