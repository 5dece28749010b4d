/** The gate is the authority. It delivers every change to D1: perhaps late, but never wrongly and never twice. */
import { runDurableObjectAlarm } from "cloudflare:test";
import { and, eq } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { apiKeys, auditEvents, usageHourly } from "../../../db/schema.ts";
import { hourOf } from "../../../worker/keys/window.ts";
import { addTenant, asIntegration, createKey, db, gateOf, mutate, token } from "../fixtures.ts";
import { admit, admitMany, crash, disk, linkToD1, presented } from "./gate-control.ts";

const tenantId = await addTenant();
const admin = await token({ tenantId });
const NOW = hourOf(Date.now()) + 10 * 60_000;

beforeEach(() => {
	vi.spyOn(console, "error").mockImplementation(() => undefined);
});
afterEach(() => {
	vi.restoreAllMocks();
});

const row = async (keyId: string) => (await db.select().from(apiKeys).where(eq(apiKeys.id, keyId)))[0];
const events = (keyId: string, action: string) =>
	db
		.select()
		.from(auditEvents)
		.where(and(eq(auditEvents.keyId, keyId), eq(auditEvents.action, action)));
const pending = async (keyId: string) =>
	[...(await disk(keyId)).keys()].filter((name) => name.startsWith("event:")).length;

describe("while D1 is down", () => {
	it("known keys keep working, and changes take effect and are acknowledged", async () => {
		const { key, api_key } = await createKey(admin, { rate_limit: 50 });
		await admitMany(key, 1);
		const link = await linkToD1(api_key.id);
		link.down = true;
		expect((await asIntegration(key)).status).toBe(200);
		expect((await mutate(admin, "keys.update", { id: api_key.id, name: "Renamed" })).status).toBe(200);
		expect((await mutate(admin, "keys.revoke", { id: api_key.id })).status).toBe(200);
		expect((await asIntegration(key)).status).toBe(401);
		expect(await row(api_key.id)).toMatchObject({ name: "Test key", revokedAt: null });
		expect(await pending(api_key.id)).toBe(2);
	});

	it("a gate that has not loaded its key yet responds 503, and admits once D1 is back", async () => {
		const { key, api_key } = await createKey(admin);
		const link = await linkToD1(api_key.id);
		link.down = true;
		const refused = await asIntegration(key);
		expect(refused.status).toBe(503);
		expect(await refused.json()).toMatchObject({ error: { code: "UNAVAILABLE" } });
		link.down = false;
		expect((await asIntegration(key)).status).toBe(200);
	});
});

describe("a change that D1 missed", () => {
	it("is delivered by the alarm, also after a crash: the row, and every event once", async () => {
		const { key, api_key } = await createKey(admin);
		await admitMany(key, 1);
		const link = await linkToD1(api_key.id);
		link.down = true;
		await mutate(admin, "keys.update", { id: api_key.id, name: "First" });
		await mutate(admin, "keys.update", { id: api_key.id, name: "Second" });
		await mutate(admin, "keys.revoke", { id: api_key.id, reason: "Leaked" });
		await crash(api_key.id);

		expect(await runDurableObjectAlarm(gateOf(api_key.id))).toBe(true);
		expect(await row(api_key.id)).toMatchObject({ name: "Second", revokedBy: "usr_test" });
		expect(await events(api_key.id, "api_key.update")).toHaveLength(2);
		expect(await events(api_key.id, "api_key.revoke")).toMatchObject([{ changes: { reason: { to: "Leaked" } } }]);
		expect(await pending(api_key.id)).toBe(0);
	});

	it("is retried until D1 is back: every failure sets the next alarm", async () => {
		const { key, api_key } = await createKey(admin);
		await admitMany(key, 1);
		const link = await linkToD1(api_key.id);
		link.down = true;
		await mutate(admin, "keys.revoke", { id: api_key.id });
		for (let i = 0; i < 3; i++) expect(await runDurableObjectAlarm(gateOf(api_key.id))).toBe(true);
		link.down = false;
		expect(await runDurableObjectAlarm(gateOf(api_key.id))).toBe(true);
		expect((await row(api_key.id))?.revokedAt).not.toBeNull();
	});

	it("can be a deletion: the row is deleted, and the audit log stays", async () => {
		const { key, api_key } = await createKey(admin);
		await admitMany(key, 3);
		await runDurableObjectAlarm(gateOf(api_key.id));
		const link = await linkToD1(api_key.id);
		link.down = true;
		await mutate(admin, "keys.delete", { id: api_key.id });
		expect(await row(api_key.id)).toBeDefined();
		expect((await mutate(admin, "keys.update", { id: api_key.id, name: "x" })).status).toBe(404);
		link.down = false;
		await runDurableObjectAlarm(gateOf(api_key.id));
		expect(await row(api_key.id)).toBeUndefined();
		expect(await db.select().from(usageHourly).where(eq(usageHourly.keyId, api_key.id))).toEqual([]);
		expect(await events(api_key.id, "api_key.delete")).toHaveLength(1);
	});
});

describe("usage", () => {
	it("is delivered as absolute values, so a second delivery changes nothing", async () => {
		const { key, api_key } = await createKey(admin, { rate_limit: 3 });
		await admitMany(key, 5, NOW);
		await runDurableObjectAlarm(gateOf(api_key.id));
		const stored = () => db.select().from(usageHourly).where(eq(usageHourly.keyId, api_key.id));
		const first = await stored();
		expect(first).toMatchObject([{ hour: hourOf(NOW), allowed: 3, rateLimited: 2, denied: 0, tenantId }]);
		expect(await row(api_key.id)).toMatchObject({ usageCount: 3, lastUsedAt: NOW });
		// A crash makes the gate deliver the hour once more.
		await crash(api_key.id);
		await admit(presented(key), NOW);
		await runDurableObjectAlarm(gateOf(api_key.id));
		expect(await stored()).toMatchObject([{ allowed: 3, rateLimited: 3 }]);
	});

	it("is the same in D1 and at the gate after a crash, also without further requests", async () => {
		const { key, api_key } = await createKey(admin, { rate_limit: 30_000 });
		const both = async () => {
			const described = await gateOf(api_key.id).describe(api_key.id, tenantId, NOW);
			return [(await row(api_key.id))?.usageCount, described.code === "OK" && described.value.usage_count];
		};
		await admitMany(key, 5, NOW);
		await runDurableObjectAlarm(gateOf(api_key.id));
		await crash(api_key.id);
		expect(await both()).toEqual([5, 5]);
		// The crash counts the reservation as used, and an alarm delivers that count.
		await admitMany(key, 1, NOW);
		await crash(api_key.id);
		expect(await runDurableObjectAlarm(gateOf(api_key.id))).toBe(true);
		const [stored, live] = await both();
		expect(stored).toBe(live);
	});

	it("is delivered as counted, without the admissions reserved ahead", async () => {
		const { key, api_key } = await createKey(admin, { rate_limit: 10_000 });
		await admitMany(key, 130, NOW);
		await runDurableObjectAlarm(gateOf(api_key.id));
		expect(await row(api_key.id)).toMatchObject({ usageCount: 130 });
	});

	it("of past hours is deleted from the gate after its delivery", async () => {
		const { key, api_key } = await createKey(admin);
		const hours = [0, 1, 2, 3].map((n) => NOW + n * 3_600_000);
		for (const hour of hours) await admitMany(key, 2, hour);
		await runDurableObjectAlarm(gateOf(api_key.id));
		expect(await db.select().from(usageHourly).where(eq(usageHourly.keyId, api_key.id))).toHaveLength(4);
		expect([...(await disk(api_key.id)).keys()].filter((name) => name.startsWith("hour:"))).toHaveLength(1);
	});

	it("of hours without requests takes no space, however often the key is read", async () => {
		const { key, api_key } = await createKey(admin);
		await admitMany(key, 2, NOW);
		await runDurableObjectAlarm(gateOf(api_key.id));
		for (let n = 1; n <= 30; n++) await gateOf(api_key.id).describe(api_key.id, tenantId, NOW + n * 3_600_000);
		expect([...(await disk(api_key.id)).keys()].filter((name) => name.startsWith("hour:")).length).toBeLessThanOrEqual(
			2,
		);
	});

	it("of a long outage is delivered completely", async () => {
		const { key, api_key } = await createKey(admin);
		const link = await linkToD1(api_key.id);
		await admitMany(key, 1, NOW);
		link.down = true;
		for (let n = 1; n <= 120; n++) await admitMany(key, 1, NOW + n * 3_600_000);
		await runDurableObjectAlarm(gateOf(api_key.id));
		link.down = false;
		await runDurableObjectAlarm(gateOf(api_key.id));
		expect(await db.select().from(usageHourly).where(eq(usageHourly.keyId, api_key.id))).toHaveLength(121);
		expect(await row(api_key.id)).toMatchObject({ usageCount: 121 });
	});
});

it("an older state that is delivered late does not overwrite a newer one", async () => {
	const { key, api_key } = await createKey(admin);
	await admitMany(key, 1);
	const link = await linkToD1(api_key.id);
	const late: (() => Promise<unknown>)[] = [];
	link.intercept = (apply) => {
		late.push(apply);
		return Promise.reject(new Error("D1_ERROR: no response"));
	};
	await mutate(admin, "keys.update", { id: api_key.id, name: "Older" });
	delete link.intercept;
	await mutate(admin, "keys.update", { id: api_key.id, name: "Newer", rate_limit: 7 });
	expect(late).toHaveLength(1);
	for (const apply of late) await apply();
	expect(await row(api_key.id)).toMatchObject({ name: "Newer", version: 3, rateLimit: 7 });
});
