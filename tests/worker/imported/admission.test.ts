/** An imported key is admitted, limited and ended like every other, from its first presentation on. */
import { createExecutionContext, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { apiKeys, usageHourly } from "../../../db/schema.ts";
import { identifyImportedKey } from "../../../worker/admission/imported-keys.ts";
import { readConfig } from "../../../worker/env.ts";
import { createFetchHandler } from "../../../worker/fetch.ts";
import type { KeyGate } from "../../../worker/gate/key-gate.ts";
import type { KeySnapshot } from "../../../worker/keys/snapshot.ts";
import type { ApiKey, ApiKeyDetail } from "../../../worker/schemas/api-key.ts";
import type { KeyList } from "../../../worker/schemas/key-list.ts";
import type { Verification } from "../../../worker/schemas/key-verify.ts";
import { KeyVerifier } from "../../../worker/verifier.ts";
import { exported, oldKey } from "../../old-key.ts";
import { addTenant, asIntegration, db, gateOf, mutate, ORIGIN, query, token } from "../fixtures.ts";
import { crash, disk, linkToD1 } from "../gate/gate-control.ts";
import { importAll, importKey, sha256 } from "./importing.ts";

const tenantId = await addTenant();
const admin = await token({ tenantId });

const statusOf = async (key: string, path?: string, init?: RequestInit) =>
	(await asIntegration(key, path, init)).status;
const detail = async (id: string) => (await query<ApiKeyDetail>(admin, "keys.get", { id })).data;

/** A Worker with other bindings or settings than the one under test. */
function workerWith(bindings: Partial<typeof env>) {
	const changed = { ...env, ...bindings };
	const handler = createFetchHandler(readConfig(changed));
	return (key: string) =>
		handler(new Request(`${ORIGIN}/v1/whoami`, { headers: { authorization: `Bearer ${key}` } }), changed);
}

/** The binding, with a count of its calls. */
function counting<T extends object>(binding: T, method: string): { binding: T; calls: () => number } {
	let calls = 0;
	const counted = new Proxy(binding, {
		get(target, property) {
			if (property === method) calls++;
			const value: unknown = Reflect.get(target, property);
			return typeof value === "function" ? value.bind(target) : value;
		},
	});
	return { binding: counted, calls: () => calls };
}

/** Counts the comparisons that the gate of a key asks for. */
async function countComparisons(id: string): Promise<() => number> {
	const hashers = counting(env.PASSWORD_HASHER, "getByName");
	await runInDurableObject(gateOf(id), (instance: KeyGate) => {
		Object.assign(instance, { env: { ...env, PASSWORD_HASHER: hashers.binding } });
	});
	return hashers.calls;
}

describe("the first presentation", () => {
	it.each([
		["bcrypt", {}],
		["a SHA-256", { hash_kind: "sha256" }],
	])("of a key that was imported with %s admits it, and lists learn its last characters", async (_, more) => {
		const key = oldKey();
		const item = exported(key, { ...more, ...("hash_kind" in more ? { hash: sha256(key) } : {}) });
		const { data } = await importAll(tenantId, [item]);
		const id = data.items[0]?.id ?? "";
		const response = await asIntegration(key);
		expect([response.status, response.headers.get("x-ratelimit-remaining")]).toEqual([200, "999"]);
		expect(((await response.json()) as { data: { id: string } }).data.id).toBe(id);

		await runDurableObjectAlarm(gateOf(id));
		const [row] = await db.select().from(apiKeys).where(eq(apiKeys.id, id));
		expect(row).toMatchObject({ secretHash: sha256(key), lastFour: key.slice(-4), usageCount: 1, version: 1 });
		const found = await query<KeyList>(admin, "keys.list", { search: `${key.slice(0, 16)}…${key.slice(-4)}` });
		expect(found.data.items.map((item) => item.id)).toContain(id);
	});

	it("compares by bcrypt once, also where many requests come at once, and never again", async () => {
		const { id, key } = await importKey(tenantId);
		const comparisons = await countComparisons(id);
		const statuses = await Promise.all(Array.from({ length: 20 }, () => statusOf(key)));
		expect(new Set(statuses)).toEqual(new Set([200]));
		expect(await statusOf(key)).toBe(200);
		expect(comparisons()).toBe(1);
		expect((await detail(id)).current_hour.used).toBe(21);
	});

	it.each([
		["has", true],
		["doesn't have", false],
	])("in another isolate is the last one that compares by bcrypt, if D1 %s its result", async (_, delivered) => {
		const { id, key } = await importKey(tenantId);
		expect(await gateOf(id).recognize(id, key, "192.0.2.1")).toBe("KNOWN");
		if (delivered) await runDurableObjectAlarm(gateOf(id));
		const comparisons = await countComparisons(id);
		expect(await statusOf(key)).toBe(200);
		expect(await statusOf(key.slice(0, 20) + oldKey().slice(20))).toBe(401);
		expect(comparisons()).toBe(0);
	});

	it("that a crash interrupts can be repeated, and admits no more than the limit", async () => {
		const { id, key } = await importKey(tenantId, { rate_limit: 3 });
		await runInDurableObject(gateOf(id), (instance: KeyGate, state) => {
			const checkKey = () => {
				state.abort("crash");
				return new Promise(() => undefined);
			};
			Object.assign(instance, { env: { ...env, PASSWORD_HASHER: { getByName: () => ({ checkKey }) } } });
		});
		expect(await statusOf(key)).toBe(503);
		expect(JSON.stringify([...(await disk(id))])).not.toContain(sha256(key));
		const statuses = [];
		for (let i = 0; i < 4; i++) statuses.push(await statusOf(key));
		expect(statuses).toEqual([200, 200, 200, 429]);
		await crash(id);
		expect(await statusOf(key)).toBe(429);
	});

	it("survives that D1 is down when the gate delivers it", async () => {
		const { id, key } = await importKey(tenantId);
		const link = await linkToD1(id);
		expect(await statusOf(key)).toBe(200);
		link.down = true;
		await runDurableObjectAlarm(gateOf(id));
		await crash(id);
		expect((await disk(id)).get("key")).toMatchObject({ secretHash: sha256(key) });
		expect(await statusOf(key)).toBe(200);
		await runDurableObjectAlarm(gateOf(id));
		const [row] = await db.select().from(apiKeys).where(eq(apiKeys.id, id));
		expect(row).toMatchObject({ secretHash: sha256(key), usageCount: 2 });
	});
});

/** Changes what the gate has on disk of its key, and restarts it. */
async function rewrite(id: string, change: (key: KeySnapshot) => KeySnapshot): Promise<void> {
	await runInDurableObject(gateOf(id), async (_: KeyGate, { storage }) => {
		storage.kv.put("key", change(storage.kv.get<KeySnapshot>("key") as KeySnapshot));
		await storage.sync();
	});
	await crash(id);
}

describe("a gate", () => {
	it("that took its key from D1 in the release before, and lost its origin, still tells D1 the SHA-256", async () => {
		const { id, key } = await importKey(tenantId);
		expect(await statusOf(key)).toBe(200);
		await rewrite(id, ({ origin: _, ...others }) => others);
		expect(await statusOf(key)).toBe(200);
		await runDurableObjectAlarm(gateOf(id));
		const [row] = await db.select().from(apiKeys).where(eq(apiKeys.id, id));
		expect(row).toMatchObject({ secretHash: sha256(key), lastFour: key.slice(-4), origin: "imported" });
	});

	it("that was restored to before the first presentation recognises its key again, on every interface", async () => {
		const { id, key } = await importKey(tenantId);
		const [before] = await db.select().from(apiKeys).where(eq(apiKeys.id, id));
		const restore = () =>
			rewrite(id, (snapshot) => ({ ...snapshot, secretHash: before?.secretHash ?? "", lastFour: "" }));
		expect(await statusOf(key)).toBe(200);
		await runDurableObjectAlarm(gateOf(id));
		await restore();
		expect([await statusOf(key), await statusOf(key)]).toEqual([200, 200]);
		await restore();
		const verify = () => mutate<Verification>(admin, "keys.verify", { key, consume: false });
		expect((await verify()).data).toMatchObject({ valid: true, api_key: { id } });
		const comparisons = await countComparisons(id);
		expect((await verify()).data.valid).toBe(true);
		expect(comparisons()).toBe(0);
	});
});

describe("an imported key", () => {
	it("has its exact limit, scopes and allow-list, and counts on from its usage", async () => {
		const { id, key } = await importKey(tenantId, {
			rate_limit: 5,
			scopes: ["leads:read"],
			ip_allowlist: ["203.0.113.7"],
			usage_count: 100,
		});
		const from = (ip: string) => ({ headers: { "cf-connecting-ip": ip } });
		expect(await statusOf(key, "/v1/whoami", from("198.51.100.1"))).toBe(403);
		expect(await statusOf(key, "/v1/sync_activities", { method: "POST", ...from("203.0.113.7") })).toBe(403);
		const statuses = await Promise.all(
			Array.from({ length: 12 }, () => statusOf(key, "/v1/leads", from("203.0.113.7"))),
		);
		expect(statuses.filter((status) => status === 200)).toHaveLength(5);
		expect(await detail(id)).toMatchObject({ usage_count: 105, current_hour: { used: 5, remaining: 0 } });
		await runDurableObjectAlarm(gateOf(id));
		expect(await db.select().from(usageHourly).where(eq(usageHourly.keyId, id))).toMatchObject([
			{ allowed: 5, rateLimited: 7, denied: 2 },
		]);
	});

	it("can be changed before its first presentation", async () => {
		const { id, key } = await importKey(tenantId);
		await mutate(admin, "keys.update", { id, rate_limit: 1 });
		expect([await statusOf(key), await statusOf(key)]).toEqual([200, 429]);
		expect(await detail(id)).toMatchObject({ version: 2, rate_limit: 1 });
	});

	it.each(["keys.revoke", "keys.delete"])(
		"is refused after %s, before and after its first presentation",
		async (end) => {
			const unused = await importKey(tenantId);
			const used = await importKey(tenantId);
			expect(await statusOf(used.key)).toBe(200);
			for (const { id, key } of [unused, used]) {
				expect((await mutate(admin, end, { id })).status).toBe(200);
				expect([await statusOf(key), await statusOf(key)]).toEqual([401, 401]);
			}
		},
	);

	it("tells its holder that it was revoked before its first presentation, and a stranger nothing", async () => {
		const { id, key } = await importKey(tenantId);
		await mutate(admin, "keys.revoke", { id });
		const messageFor = async (presented: string) =>
			((await (await asIntegration(presented)).json()) as { error: { message: string } }).error.message;
		expect(await messageFor(key)).toContain("has been revoked");
		expect(await messageFor(key.slice(0, 20) + oldKey().slice(20))).toContain("Invalid API key");
		expect((await detail(id)).recent_callers).toMatchObject([{ refused: 1 }]);
	});

	it("is not admitted after a revocation that was acknowledged during its first presentation", async () => {
		const { id, key } = await importKey(tenantId);
		const comparing = Promise.withResolvers<void>();
		const revoked = Promise.withResolvers<void>();
		const hashers = new Proxy(env.PASSWORD_HASHER, {
			get: (target, property) =>
				property === "getByName"
					? (name: string) => ({
							checkKey: async (...args: [string, string, string]) => {
								comparing.resolve();
								await revoked.promise;
								return target.getByName(name).checkKey(...args);
							},
						})
					: Reflect.get(target, property),
		});
		await runInDurableObject(gateOf(id), (instance: KeyGate) => {
			Object.assign(instance, { env: { ...env, PASSWORD_HASHER: hashers } });
		});
		const presented = statusOf(key);
		await comparing.promise;
		await mutate(admin, "keys.revoke", { id });
		revoked.resolve();
		expect(await presented).toBe(401);
		expect(await detail(id)).toMatchObject({ status: "revoked", usage_count: 0 });
	});

	it("is rotated into a key of the service's own form, and both are retired as usual", async () => {
		const { id, key } = await importKey(tenantId, { scopes: ["leads:read"], rate_limit: 7 });
		const rotated = await mutate<{ key: string; api_key: ApiKey; previous: ApiKey }>(admin, "keys.rotate", { id });
		expect(rotated.data.key).toMatch(/^sk_live_[0-9A-Za-z]{48}$/);
		expect(rotated.data.api_key).toMatchObject({
			origin: "created",
			rotated_from: id,
			scopes: ["leads:read"],
			rate_limit: 7,
		});
		expect(rotated.data.api_key.pepper_id).not.toBeNull();
		expect([await statusOf(key), await statusOf(rotated.data.key)]).toEqual([200, 200]);
		await mutate(admin, "keys.revoke", { id });
		expect([await statusOf(key), await statusOf(rotated.data.key)]).toEqual([401, 200]);
	});

	it("is verified for the tenant, and unknown to every other", async () => {
		const { id, key } = await importKey(tenantId);
		const foreign = await token({ tenantId: await addTenant() });
		const verify = async (who: string, input: object) =>
			(await mutate<Verification>(who, "keys.verify", { key, ...input })).data;
		expect(await verify(foreign, {})).toEqual({ valid: false, code: "NOT_FOUND" });
		expect(await verify(admin, { consume: false })).toMatchObject({ valid: true, api_key: { id, usage_count: 0 } });
		expect(await verify(admin, {})).toMatchObject({ valid: true, rate_limit: { remaining: 999 } });
		expect(await verify(admin, { key: ` ${key}\n`, consume: false })).toMatchObject({ valid: true });
	});

	it("cannot manage keys", async () => {
		const { key } = await importKey(tenantId);
		expect(await statusOf(key, "/v1/api-keys")).toBe(403);
	});
});

describe("text that looks like an imported key", () => {
	it("costs a query that reads no row, and no comparison", async () => {
		await importAll(
			tenantId,
			Array.from({ length: 50 }, () => exported(oldKey())),
		);
		let rowsRead = 0;
		const d1 = new Proxy(env.DB, {
			get: (target, property) =>
				property === "prepare"
					? (text: string) => ({
							bind: (...values: unknown[]) => ({
								all: async () => {
									const result = await target
										.prepare(text)
										.bind(...values)
										.all();
									rowsRead += result.meta.rows_read;
									return result;
								},
							}),
						})
					: Reflect.get(target, property),
		});
		const gates = counting(env.KEY_GATE, "getByName");
		const found = await identifyImportedKey(d1, gates.binding, oldKey(), { ip: null, tenantId: null }, Date.now());
		expect(found).toEqual({ code: "NOT_FOUND", final: false });
		expect(rowsRead).toBeLessThanOrEqual(1);
		expect(gates.calls()).toBe(0);
	});

	it("is looked up once in ten seconds", async () => {
		const d1 = counting(env.DB, "prepare");
		const whoami = workerWith({ DB: d1.binding });
		const key = oldKey();
		for (let i = 0; i < 5; i++) expect((await whoami(key)).status).toBe(401);
		expect(d1.calls()).toBe(1);
	});

	it("of one network leads to a limited number of queries a minute", async () => {
		const d1 = counting(env.DB, "prepare");
		const changed = { ...env, DB: d1.binding };
		const handler = createFetchHandler(readConfig(changed));
		const statuses = new Map<number, number>();
		let last: Response | undefined;
		for (let i = 0; i < 400; i++) {
			const headers = { authorization: `Bearer ${oldKey()}`, "cf-connecting-ip": `2001:db8:5:5::${i.toString(16)}` };
			last = await handler(new Request(`${ORIGIN}/v1/whoami`, { headers }), changed);
			statuses.set(last.status, (statuses.get(last.status) ?? 0) + 1);
		}
		// The minute may change on the way.
		expect(d1.calls()).toBeLessThan(400);
		expect(last?.status).toBe(429);
		expect(Number(last?.headers.get("retry-after"))).toBeLessThanOrEqual(60);
		// Another network is not concerned, nor is a key that is known.
		const { key } = await importKey(tenantId);
		expect(await statusOf(key, "/v1/whoami", { headers: { "cf-connecting-ip": "198.51.100.77" } })).toBe(200);
		expect(await statusOf(key, "/v1/whoami", { headers: { "cf-connecting-ip": "2001:db8:5:5::1" } })).toBe(200);
	});

	it("and has the prefix of an unused key is compared a limited number of times a minute", async () => {
		const { id, key } = await importKey(tenantId);
		const from = { headers: { "cf-connecting-ip": "198.51.100.99" } };
		const statuses = [];
		for (let i = 0; i < 60; i++)
			statuses.push(await statusOf(key.slice(0, 20) + oldKey().slice(20), "/v1/whoami", from));
		expect(new Set(statuses)).toEqual(new Set([401, 429]));
		expect(statuses.filter((status) => status === 401).length).toBeLessThanOrEqual(2 * 40);
		// The holder is elsewhere, and is not concerned.
		expect(await statusOf(key)).toBe(200);
		expect((await detail(id)).current_hour.used).toBe(1);
	});
});

describe("the bounds of looking up keys", () => {
	const NOW = Date.parse("2031-05-06T10:20:30.000Z");
	const HTTP = { tenantId: null };

	/** A database that has these candidates for every key, and a count of its queries. */
	function databaseWith(results: { id: string; proven: number }[]) {
		const statement = { bind: () => statement, all: async () => ({ results }) };
		return counting({ prepare: (_: string) => statement } as unknown as D1Database, "prepare");
	}
	/** The code for each of so many made-up keys, or `FOUND`. */
	const lookUp = async (d1: D1Database, keys: number, from: Parameters<typeof identifyImportedKey>[3], now = NOW) => {
		const codes = [];
		for (let i = 0; i < keys; i++) {
			const identified = await identifyImportedKey(d1, env.KEY_GATE, oldKey(), from, now);
			codes.push("code" in identified ? identified.code : "FOUND");
		}
		return codes;
	};

	it("hold for requests that come at once", async () => {
		const d1 = databaseWith([]);
		const found = await Promise.all(
			Array.from({ length: 400 }, () => lookUp(d1.binding, 1, { ...HTTP, ip: "192.0.2.50" })),
		);
		expect(d1.calls()).toBe(300);
		expect(found.flat().filter((code) => code === "THROTTLED")).toHaveLength(100);
	});

	it("don't count keys that are found", async () => {
		const { binding } = databaseWith([{ id: "4fK9aZ81LmQx", proven: 1 }]);
		expect(new Set(await lookUp(binding, 400, { ...HTTP, ip: "192.0.2.51" }))).toEqual(new Set(["FOUND"]));
	});

	it("keep a tenant, which names any IP address, from using up those of others", async () => {
		const { binding } = databaseWith([]);
		const ip = "192.0.2.52";
		expect((await lookUp(binding, 301, { ip, tenantId: "ten_a" })).at(-1)).toBe("THROTTLED");
		expect(await lookUp(binding, 1, { ip, tenantId: "ten_b" })).toEqual(["NOT_FOUND"]);
		expect(await lookUp(binding, 1, { ip, ...HTTP })).toEqual(["NOT_FOUND"]);
		expect(await lookUp(binding, 1, { ip, tenantId: "ten_a" }, NOW + 60_000)).toEqual(["NOT_FOUND"]);
	});

	it("are wider for another Worker that names no IP address, and separate", async () => {
		const changed = { ...env, DB: databaseWith([]).binding };
		const verifier = new KeyVerifier(createExecutionContext(), changed);
		const codes = new Set();
		for (let i = 0; i < 400; i++) codes.add((await verifier.verify(oldKey())).code);
		expect(codes).toEqual(new Set(["NOT_FOUND"]));
		expect(await lookUp(changed.DB, 1, { ip: null, ...HTTP }, Date.now())).toEqual(["NOT_FOUND"]);
	});

	it("end a lookup after 15 seconds, however many keys it is compared with", async () => {
		const candidates = Array.from({ length: 8 }, (_, index) => ({ id: `candidate${index}`, proven: 0 }));
		vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
		onTestFinished(() => void vi.useRealTimers());
		const recognize = vi.fn(async () => {
			await vi.advanceTimersByTimeAsync(6_000);
			return "OTHER";
		});
		const gates = { getByName: () => ({ recognize }) } as unknown as typeof env.KEY_GATE;
		const from = { ...HTTP, ip: "192.0.2.53" };
		const found = await identifyImportedKey(databaseWith(candidates).binding, gates, oldKey(), from, NOW);
		expect(found).toMatchObject({ code: "UNAVAILABLE" });
		expect(recognize).toHaveBeenCalledTimes(3);
	});
});

describe("while LEGACY_KEYS is off", () => {
	it("an imported key is refused without any I/O, also if it was used before", async () => {
		const { key } = await importKey(tenantId);
		expect(await statusOf(key)).toBe(200);
		const d1 = counting(env.DB, "prepare");
		const gates = counting(env.KEY_GATE, "getByName");
		const whoami = workerWith({ LEGACY_KEYS: "off", DB: d1.binding, KEY_GATE: gates.binding });
		expect((await whoami(key)).status).toBe(401);
		expect([d1.calls(), gates.calls()]).toEqual([0, 0]);
	});
});

describe("while D1 is down", () => {
	it("a key that the isolate knows works, and one that it doesn't know gets 503", async () => {
		const down = new Proxy(env.DB, {
			get: () => () => {
				throw new Error("D1_ERROR: no route to the database");
			},
		});
		const whoami = workerWith({ DB: down });
		const known = await importKey(tenantId);
		expect(await statusOf(known.key)).toBe(200);
		expect((await whoami(known.key)).status).toBe(200);
		const unknown = await whoami((await importKey(tenantId)).key);
		expect([unknown.status, unknown.headers.get("retry-after")]).toEqual([503, "5"]);
	});
});
