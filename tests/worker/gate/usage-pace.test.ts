/** Usage reaches D1 soon while someone lists the keys, and rarely while a key is in use and no one looks. */
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { and, eq, ne } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { apiKeys, serviceState, usageHourly } from "../../../db/schema.ts";
import { LOOK_EVERY_MS, usedSince, WATCHED_MS } from "../../../db/usage-watch.ts";
import { UNWATCHED_MAX_MS } from "../../../worker/gate/delivery/usage-pace.ts";
import { hourOf } from "../../../worker/keys/window.ts";
import type { KeyList } from "../../../worker/schemas/key-list.ts";
import { lookAtUsage } from "../../../worker/services/usage-look.ts";
import { metered } from "../db/metered.ts";
import { addTenant, createKey, db, gateOf, mutate, query, token } from "../fixtures.ts";
import { admitMany, crash, disk, linkToD1, restoreDisk } from "./gate-control.ts";

/** USAGE_FLUSH_SECONDS of wrangler.toml. */
const FLUSH_MS = 15_000;
const DAY_MS = 86_400_000;
/** Early in an hour of tomorrow, so that no alarm fires while a test runs. */
const START = hourOf(Date.now()) + DAY_MS + 60_000;

let tenantId: string;
let admin: string;

beforeEach(async () => {
	vi.useFakeTimers({ toFake: ["Date"], now: START });
	tenantId = await addTenant();
	admin = await token({ tenantId, expiresIn: 10 * 86_400 });
});
afterEach(() => {
	vi.useRealTimers();
	vi.restoreAllMocks();
});

const alarmOf = (keyId: string) => runInDurableObject(gateOf(keyId), (_gate, state) => state.storage.getAlarm());
const rowOf = async (keyId: string) => (await db.select().from(apiKeys).where(eq(apiKeys.id, keyId)))[0];
const list = async (): Promise<KeyList> => (await query<KeyList>(admin, "keys.list", {})).data;

/** A key that was used once, which D1 knows. */
async function keyInUse(input: Record<string, unknown> = {}) {
	const { key, api_key } = await createKey(admin, input);
	await admitMany(key, 1, START);
	expect(await alarmOf(api_key.id)).toBe(START + FLUSH_MS);
	await runDurableObjectAlarm(gateOf(api_key.id));
	expect(await rowOf(api_key.id)).toMatchObject({ usageCount: 1, lastUsedAt: START });
	return { key, id: api_key.id };
}

/** Uses the key 20 seconds after its first use. */
async function useAgain(key: string): Promise<number> {
	const now = START + 20_000;
	vi.setSystemTime(now);
	await admitMany(key, 3, now);
	return now;
}

describe("while no one looks", () => {
	it("a key in use delivers after minutes, also after its gate was evicted", async () => {
		const { key, id } = await keyInUse();
		await crash(id);
		await useAgain(key);
		expect(await alarmOf(id)).toBe(START + UNWATCHED_MAX_MS);
	});

	it("a key that was not in use delivers soon, so that D1 knows which keys are in use", async () => {
		const { key, id } = await keyInUse();
		const later = START + UNWATCHED_MAX_MS + 1;
		await admitMany(key, 1, later);
		expect(await alarmOf(id)).toBe(later + FLUSH_MS);
	});

	it("refusals alone wait, because lists don't show them", async () => {
		const { key, id } = await keyInUse();
		await mutate(admin, "keys.revoke", { id });
		await runDurableObjectAlarm(gateOf(id));
		const later = START + UNWATCHED_MAX_MS + 1;
		await admitMany(key, 1, later);
		expect(await alarmOf(id)).toBe(later + UNWATCHED_MAX_MS);
	});
});

describe("a key that uses a large share of its limit", () => {
	it("delivers soon, so that a gate whose storage is lost admits little beyond the limit", async () => {
		const { key, id } = await keyInUse({ rate_limit: 100 });
		let now = START;
		for (const count of [9, 1, 50, 9, 1]) {
			now += 20_000;
			vi.setSystemTime(now);
			await admitMany(key, count, now);
			if (((await alarmOf(id)) ?? 0) <= now + FLUSH_MS) await runDurableObjectAlarm(gateOf(id));
		}
		expect(await rowOf(id)).toMatchObject({ usageCount: 71 });
		await admitMany(key, 9, now);
		await restoreDisk(id, new Map());
		// 80 were admitted, and D1 knows of 71 of them.
		expect(await admitMany(key, 100, now)).toEqual({ VALID: 29, RATE_LIMITED: 71 });
	});

	it("waits while less than a tenth is undelivered", async () => {
		const { key, id } = await keyInUse({ rate_limit: 100 });
		await admitMany(key, 9, START + 20_000);
		expect(await alarmOf(id)).toBe(START + UNWATCHED_MAX_MS);
		await admitMany(key, 1, START + 20_000);
		expect(await alarmOf(id)).toBe(START + 20_000 + FLUSH_MS);
	});
});

describe("after a delivery that failed", () => {
	beforeEach(() => {
		vi.spyOn(console, "error").mockImplementation(() => undefined);
	});

	it("no request brings the retry forward, also after an eviction", async () => {
		const { key, id } = await keyInUse();
		const now = await useAgain(key);
		(await linkToD1(id)).down = true;
		// The pause doubles from one second to five minutes.
		for (let failure = 0; failure < 10; failure++) await runDurableObjectAlarm(gateOf(id));
		expect(await alarmOf(id)).toBe(now + UNWATCHED_MAX_MS);
		const later = now + UNWATCHED_MAX_MS - 30_000;
		for (const isEvicted of [false, true]) {
			if (isEvicted) await crash(id);
			await admitMany(key, 1, later);
			expect(await alarmOf(id)).toBe(now + UNWATCHED_MAX_MS);
		}
	});

	it("the pause continues to double after an eviction, and ends with the first delivery that D1 takes", async () => {
		const { key, id } = await keyInUse();
		const now = await useAgain(key);
		for (const pause of [1_000, 2_000, 4_000]) {
			(await linkToD1(id)).down = true;
			await runDurableObjectAlarm(gateOf(id));
			expect(await alarmOf(id)).toBe(now + pause);
			await crash(id);
		}
		await runDurableObjectAlarm(gateOf(id));
		expect(await rowOf(id)).toMatchObject({ usageCount: 4 });
		expect((await disk(id)).has("backOff")).toBe(false);
		await admitMany(key, 1, now + UNWATCHED_MAX_MS);
		expect(await alarmOf(id)).toBe(now + UNWATCHED_MAX_MS + FLUSH_MS);
	});

	it("because D1 lacks the tenant, the next request waits for minutes", async () => {
		const { key, id } = await keyInUse();
		const now = await useAgain(key);
		await env.DB.batch([
			env.DB.prepare("delete from usage_hourly where key_id = ?").bind(id),
			env.DB.prepare("delete from api_keys where id = ?").bind(id),
			env.DB.prepare("delete from audit_events where tenant_id = ?").bind(tenantId),
			env.DB.prepare("delete from tenants where id = ?").bind(tenantId),
		]);
		await runDurableObjectAlarm(gateOf(id));
		await admitMany(key, 1, now + 1_000);
		expect(await alarmOf(id)).toBe(now + UNWATCHED_MAX_MS);
	});
});

describe("a list", () => {
	it("shows all usage at the first look, and then usage is delivered soon, also after an eviction", async () => {
		const { key, id } = await keyInUse();
		const now = await useAgain(key);
		expect((await list()).items).toMatchObject([{ id, usage_count: 4, last_used_at: new Date(now).toISOString() }]);
		for (const isEvicted of [false, true]) {
			if (isEvicted) await crash(id);
			await admitMany(key, 1, now + 1_000);
			expect(await alarmOf(id)).toBeLessThanOrEqual(now + 1_000 + FLUSH_MS);
			await runDurableObjectAlarm(gateOf(id));
		}
	});

	it("is no longer watched some minutes after the last look", async () => {
		const { key, id } = await keyInUse();
		const looked = await useAgain(key);
		await list();
		await runDurableObjectAlarm(gateOf(id));
		const later = looked + WATCHED_MS;
		await admitMany(key, 1, later);
		expect(await alarmOf(id)).toBe(Math.max(looked + UNWATCHED_MAX_MS, later + FLUSH_MS));
	});

	it("tells a key that comes into use later with its first delivery", async () => {
		await keyInUse();
		await list();
		const { key, api_key } = await createKey(admin);
		const now = START + 60_000;
		await admitMany(key, 1, now);
		await runDurableObjectAlarm(gateOf(api_key.id));
		await admitMany(key, 1, now + 20_000);
		expect(await alarmOf(api_key.id)).toBe(now + 20_000 + FLUSH_MS);
	});

	it("shows what D1 has if a gate does not respond with its usage", async () => {
		const { key, id } = await keyInUse();
		await useAgain(key);
		vi.spyOn(console, "error").mockImplementation(() => undefined);
		(await linkToD1(id)).down = true;
		expect((await list()).items).toMatchObject([{ id, usage_count: 1 }]);
	});

	it("does without the usage of a gate of the last release, which always delivers soon", async () => {
		const { key, id } = await keyInUse();
		await useAgain(key);
		const lacksMethod = () =>
			Promise.reject(new TypeError('The RPC receiver does not implement the method "watchUsage".'));
		const gates = { getByName: () => ({ watchUsage: lacksMethod }) };
		const deps = { db, gates, now: Date.now() } as unknown as Parameters<typeof lookAtUsage>[0];
		await expect(lookAtUsage(deps, tenantId, async () => [])).resolves.toBeUndefined();
		expect((await list()).items).toMatchObject([{ id, usage_count: 1 }]);
	});

	it("asks D1 once a minute, and writes one row", async () => {
		const look = (now: number) =>
			metered((counted) => lookAtUsage({ db: counted, gates: env.KEY_GATE, now }, tenantId, async () => []));
		await keyInUse();
		const first = await look(START);
		expect([first.trips, first.written <= 2]).toEqual([1, true]);
		expect((await look(START + LOOK_EVERY_MS - 1)).trips).toBe(0);
		const renewed = await look(START + LOOK_EVERY_MS);
		expect([renewed.trips, renewed.written]).toEqual([1, 1]);
	});

	it("finds the keys in use by an index", async () => {
		const { sql, params } = usedSince(db, tenantId, START, 100).toSQL();
		const plan = await env.DB.prepare(`explain query plan ${sql}`)
			.bind(...params)
			.all<{ detail: string }>();
		expect(plan.results.map(({ detail }) => detail)).toEqual([
			expect.stringMatching(/^SEARCH api_keys USING COVERING INDEX api_keys_by_last_used .*last_used_at>/),
		]);
	});

	it("asks the gates of its own keys first if more keys are in use than are asked", async () => {
		const { key, id } = await keyInUse({ name: "Shown" });
		// The index finds keys that were used earlier first.
		await Promise.all(Array.from({ length: 101 }, () => createKey(admin)));
		await db
			.update(apiKeys)
			.set({ lastUsedAt: START - 1_000 })
			.where(and(eq(apiKeys.tenantId, tenantId), ne(apiKeys.id, id)));
		await useAgain(key);
		const { items } = (await query<KeyList>(admin, "keys.list", { search: "Shown" })).data;
		expect(items).toMatchObject([{ id, usage_count: 4 }]);
	});

	it("of another tenant does not make the key's gate deliver", async () => {
		const { key, id } = await keyInUse();
		await useAgain(key);
		await gateOf(id).watchUsage(id, await addTenant(), Date.now() + WATCHED_MS);
		expect(await rowOf(id)).toMatchObject({ usageCount: 1 });
		expect((await disk(id)).has("watched")).toBe(false);
	});
});

it("deleting a tenant's rows forgets that it was watched", async () => {
	const { endDeletion } = await import("../../../worker/services/tenant-rows.ts");
	await keyInUse();
	await list();
	const rows = () => db.select().from(serviceState);
	const before = (await rows()).length;
	for (const statement of endDeletion({ db, now: START }, tenantId)) await statement;
	expect((await rows()).length).toBe(before - 1);
});

describe("a delivery writes", () => {
	/** Rows that the next delivery writes, with their indexes. */
	async function written(id: string): Promise<number> {
		const link = await linkToD1(id);
		let rows = 0;
		link.intercept = async (apply) => {
			const results = await apply();
			for (const { meta } of results) rows += meta.rows_written;
			return results;
		};
		await runDurableObjectAlarm(gateOf(id));
		return rows;
	}

	it("the hour, the key and its two indexes of usage", async () => {
		const { key, id } = await keyInUse();
		await useAgain(key);
		expect(await written(id)).toBe(4);
		expect(await db.select().from(usageHourly).where(eq(usageHourly.keyId, id))).toMatchObject([{ allowed: 4 }]);
	});

	it("only the hour for refusals", async () => {
		const { key, id } = await keyInUse();
		await mutate(admin, "keys.revoke", { id });
		await runDurableObjectAlarm(gateOf(id));
		await useAgain(key);
		expect(await written(id)).toBe(1);
	});

	it("nothing if D1 has everything", async () => {
		const { key, id } = await keyInUse();
		await useAgain(key);
		await gateOf(id).watchUsage(id, tenantId, Date.now() + WATCHED_MS);
		expect(await written(id)).toBe(0);
	});
});
