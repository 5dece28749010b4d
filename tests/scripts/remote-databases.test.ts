/** Cloudflare's API as backups and restores use it, against a stand-in that keeps databases in memory. */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { applyMigrations, readMigrations } from "../../db/migrate.ts";
import { readManifest } from "../../scripts/backup/manifest.ts";
import { writeBackup } from "../../scripts/backup/write.ts";
import { cloudflareApi } from "../../scripts/cloudflare/api.ts";
import { remoteD1 } from "../../scripts/cloudflare/d1.ts";
import { copy, deleteOld, finish } from "../../scripts/move-product-data/move.ts";
import { restoreBackup } from "../../scripts/restore/restore.ts";
import { contentsOf, fill, MIGRATIONS, NOW, PRODUCT_ROWS, withoutLost } from "./filled-database.ts";
import { type SqliteD1, sqliteD1 } from "./sqlite-d1.ts";

let databases: Record<string, SqliteD1>;
/** Responds to the next requests instead of the database. */
let failures: { status: number; retryAfter?: string; message: string }[];
let server: Server;
let environment: Record<string, string>;
let folder: string;
let pauses: number[];

beforeEach(async () => {
	databases = { source: sqliteD1(), target: sqliteD1() };
	failures = [];
	pauses = [];
	folder = mkdtempSync(join(tmpdir(), "remote-"));
	server = createServer(async (request, response) => {
		const chunks: Buffer[] = [];
		for await (const chunk of request) chunks.push(chunk as Buffer);
		const send = (status: number, body: unknown, headers: Record<string, string> = {}) =>
			response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
		const failed = (status: number, message: string) => send(status, { success: false, errors: [{ message }] });
		if (request.headers.authorization !== "Bearer token") return failed(401, "Authentication error");
		const failure = failures.shift();
		if (failure?.retryAfter) response.setHeader("retry-after", failure.retryAfter);
		if (failure) return failed(failure.status, failure.message);
		const [, id = ""] = /^\/accounts\/account\/d1\/database\/(\w+)\/raw$/.exec(request.url ?? "") ?? [];
		const database = databases[id];
		if (database === undefined) return failed(404, "The database does not exist");
		// The API takes text only.
		const { batch } = JSON.parse(Buffer.concat(chunks).toString()) as { batch: { sql: string; params: string[] }[] };
		try {
			const statements = batch.map(({ sql, params }) => database.d1.prepare(sql).bind(...params));
			const results = await database.d1.batch<never>(statements);
			// The stand-in of D1 adds the rows as lists.
			const result = results.map((one) => ({
				results: (one as unknown as { raw: unknown }).raw,
				meta: {},
				success: true,
			}));
			send(200, { success: true, result });
		} catch (error) {
			failed(400, String(error));
		}
	}).listen(0, "127.0.0.1");
	await new Promise((resolve) => server.once("listening", resolve));
	const address = server.address();
	if (address === null || typeof address === "string") throw new Error("A TCP server has no port");
	environment = {
		CLOUDFLARE_API_BASE_URL: `http://127.0.0.1:${address.port}`,
		CLOUDFLARE_API_TOKEN: "token",
		CLOUDFLARE_ACCOUNT_ID: "account",
	};
});
afterEach(() => {
	server.close();
	rmSync(folder, { recursive: true });
});

const api = () => cloudflareApi({ environment, pause: async (ms) => pauses.push(ms) });

it("backs up and restores databases in Cloudflare", async () => {
	const { source, target } = databases;
	if (!source || !target) throw new Error("Both databases are there");
	await fill(source);
	const cloudflare = await api();
	const open = (id: string) => ({
		binding: "DB",
		d1: remoteD1(cloudflare, id),
		migrations: MIGRATIONS,
		bookmark: async () => null,
	});
	const options = { source: "production", jurisdiction: null, clock: () => NOW, print: () => undefined };
	const backup = join(folder, "backup");
	await writeBackup({ ...options, databases: [open("source")], folder: backup });
	expect(readManifest(backup).manifest.source).toBe("production");
	await restoreBackup({ ...options, databases: [open("target")], folder: backup });
	expect(withoutLost(contentsOf(target.sqlite))).toEqual(withoutLost(contentsOf(source.sqlite)));
});

it("moves product data between databases in Cloudflare", async () => {
	const { source, target } = databases;
	if (!source || !target) throw new Error("Both databases are there");
	await fill(source);
	await applyMigrations(target.d1, readMigrations("product-migrations"));
	const before = contentsOf(source.sqlite);
	const cloudflare = await api();
	const moved = {
		keys: remoteD1(cloudflare, "source"),
		product: remoteD1(cloudflare, "target"),
		print: () => undefined,
	};
	for (const step of [copy, finish, deleteOld]) await step(moved);
	const after = contentsOf(target.sqlite);
	for (const name of ["collaborators", "activities", "leads", "lead_search"]) {
		expect([name, after[name]]).toEqual([name, before[name]]);
		expect(contentsOf(source.sqlite)[name]).toEqual([]);
	}
	expect(() => source.sqlite.exec(PRODUCT_ROWS)).toThrow("product data is being moved");
});

it("waits and repeats a request that Cloudflare refuses for a while", async () => {
	failures = [
		{ status: 429, retryAfter: "7", message: "Too many requests" },
		{ status: 503, message: "Overloaded" },
	];
	const d1 = remoteD1(await api(), "source");
	expect(await d1.prepare("select 1 as one").all()).toMatchObject({ results: [{ one: 1 }] });
	expect(pauses).toEqual([7_000, 2_000]);
});

it("shows Cloudflare's reason, and neither the token nor a statement", async () => {
	const d1 = remoteD1(await api(), "source");
	const failure = await d1.prepare("select secret from nowhere").raw().catch(String);
	expect(failure).toMatch(/Cloudflare refused POST \/d1\/database\/source\/raw: .*no such table: nowhere/);
	expect(failure).not.toContain("token");
	expect(pauses).toEqual([]);
});

it("takes the sign-in of wrangler if there is no token, and asks which of several accounts", async () => {
	const run = async (command: readonly string[]) => {
		const output = command.includes("auth")
			? '{"type":"oauth","token":"token"}'
			: '{"accounts":[{"id":"account","name":"Acme"},{"id":"second","name":"Beta"}]}';
		return { code: 0, stdout: `A note\n${output}`, output };
	};
	await expect(cloudflareApi({ environment: {}, run })).rejects.toThrow(
		"There are several accounts: account (Acme), second (Beta). Set CLOUDFLARE_ACCOUNT_ID",
	);
	expect((await cloudflareApi({ environment: { CLOUDFLARE_ACCOUNT_ID: "account" }, run })).accountId).toBe("account");
	const signedOut = async () => ({ code: 1, stdout: "", output: "Not logged in." });
	await expect(cloudflareApi({ environment: {}, run: signedOut })).rejects.toThrow("npx wrangler login");
});
