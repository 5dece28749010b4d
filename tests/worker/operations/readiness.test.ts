/** `/healthz` and `/readyz`: alive, and able to work. */
import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import { createApp } from "../../../worker/app.ts";
import { type Bindings, readConfig } from "../../../worker/env.ts";
import { ORIGIN } from "../fixtures.ts";

let now = Date.parse("2031-05-06T10:20:30.000Z");
vi.useFakeTimers({ toFake: ["Date"], now });
afterAll(() => vi.useRealTimers());
beforeEach(() => {
	// After every result that is used again.
	now += 60_000;
	vi.setSystemTime(now);
	vi.spyOn(console, "error").mockImplementation(() => undefined);
});

const app = createApp(readConfig(env));

interface Reply {
	data?: { status: string };
	error?: { code: string; message: string; details: { field: string }[] };
}
async function ask(path: string, bindings: object = {}): Promise<{ status: number; body: Reply }> {
	// Stand-ins have only what the checks call.
	const all = { ...env, ...bindings } as Bindings;
	const response = await app.fetch(new Request(ORIGIN + path), all, createExecutionContext());
	return { status: response.status, body: (await response.json()) as Reply };
}
const fails = () => Promise.reject(new Error("no route to 10.0.0.1"));
const brokenDatabase = { DB: { prepare: () => ({ first: fails }) } };

describe("/healthz", () => {
	it("says that the Worker runs, while nothing else does", async () => {
		const broken = { ...brokenDatabase, KEY_GATE: { getByName: () => ({ ping: fails }) } };
		expect(await ask("/healthz", broken)).toMatchObject({ status: 200, body: { data: { status: "ok" } } });
	});
});

describe("/readyz", () => {
	it("is 200 if everything that the service needs responds", async () => {
		expect(await ask("/readyz")).toMatchObject({ status: 200, body: { data: { status: "ready" } } });
	});

	it.each([
		["the database", brokenDatabase, ["database", "schema", "jurisdiction", "product_data"]],
		["an object", { KEY_GATE: { getByName: () => ({ ping: fails }) } }, ["gate"]],
		["an object in time", { KEY_GATE: { getByName: () => ({ ping: () => new Promise(() => {}) }) } }, ["gate"]],
	])("is 503 and names what failed if %s does not respond", async (_what, broken, failed) => {
		const { status, body } = await ask("/readyz", broken);
		expect([status, body.error?.code]).toEqual([503, "UNAVAILABLE"]);
		expect(body.error?.message).toBe(`Not ready: ${failed.join(", ")}.`);
		expect(body.error?.details.map(({ field }) => field)).toEqual(failed);
		expect(JSON.stringify(body)).not.toContain("10.0.0.1");
	});

	it("is 503 while the schema is older than this release needs", async () => {
		const newest = await env.DB.prepare("select max(name) as name from d1_migrations").first<{ name: string }>();
		await env.DB.prepare("update d1_migrations set name = '0000_before.sql' where name = ?").bind(newest?.name).run();
		await env.DB.prepare("delete from d1_migrations where name > '0001'").run();
		expect((await ask("/readyz")).body.error?.message).toBe("Not ready: schema.");
		await env.DB.prepare("insert into d1_migrations (name) values (?)").bind(newest?.name).run();
	});

	it("is 503 while the product database is down or lacks migrations, and asks for none where none is bound", async () => {
		const broken = { PRODUCT_DB: { prepare: () => ({ first: fails }) } };
		expect((await ask("/readyz", broken)).body.error?.message).toBe("Not ready: product_data.");
		vi.setSystemTime(now + 6_000);
		const empty = { PRODUCT_DB: { prepare: () => ({ first: async () => null }) } };
		expect((await ask("/readyz", empty)).body.error?.message).toBe("Not ready: product_data.");
		vi.setSystemTime(now + 12_000);
		expect((await ask("/readyz", { PRODUCT_DB: undefined })).status).toBe(200);
	});

	it.each([
		["DB", "schema"],
		["PRODUCT_DB", "product_data"],
	] as const)("is 503 while a restore of %s is unfinished", async (binding, name) => {
		await env[binding].prepare("create table restore_progress (name text)").run();
		expect((await ask("/readyz")).body.error?.message).toBe(`Not ready: ${name}.`);
		await env[binding].prepare("drop table restore_progress").run();
		vi.setSystemTime(now + 6_000);
		expect((await ask("/readyz")).status).toBe(200);
	});

	it("asks once in five seconds, however many callers there are", async () => {
		let asked = 0;
		const counting = {
			KEY_GATE: {
				getByName: () => ({
					ping: async () => {
						asked++;
					},
				}),
			},
		};
		for (let i = 0; i < 20; i++) expect((await ask("/readyz", counting)).status).toBe(200);
		expect(asked).toBe(1);
		vi.setSystemTime(now + 5_001);
		await Promise.all(Array.from({ length: 20 }, () => ask("/readyz", counting)));
		expect(asked).toBe(2);
	});

	it("asks different objects of the place where it runs", async () => {
		const names = new Set<string>();
		const noting = {
			KEY_GATE: {
				getByName(name: string) {
					names.add(name);
					return { ping: async () => "pong" };
				},
			},
		};
		for (let i = 0; i < 40; i++) {
			vi.setSystemTime(now + i * 6_000);
			await ask("/readyz", noting);
		}
		expect(names.size).toBe(4);
	});
});
