/** The end of a key: a revoked key stays listed, a deleted one stays only in the audit trail. */
import { runDurableObjectAlarm } from "cloudflare:test";
import { eq } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import { apiKeys, usageHourly } from "../../../db/schema.ts";
import type { ApiKey, ApiKeyDetail } from "../../../worker/schemas/api-key.ts";
import type { AuditList } from "../../../worker/schemas/audit.ts";
import { addTenant, asIntegration, createKey, db, fieldsOf, gateOf, mutate, query, token } from "../fixtures.ts";

const NOW = Date.parse("2031-05-06T10:20:30.000Z");
vi.useFakeTimers({ toFake: ["Date"], now: NOW });
beforeEach(() => vi.setSystemTime(NOW));
afterAll(() => vi.useRealTimers());

const tenantId = await addTenant();
const admin = await token({ tenantId, expiresIn: 86_400 });
const colleague = await token({ tenantId, sub: "usr_bob", expiresIn: 86_400 });

const trail = async (key_id: string) => (await query<AuditList>(admin, "audit.list", { key_id })).data.items;
const actions = async (key_id: string) => (await trail(key_id)).map(({ action }) => action).sort();
const statusOf = async (key: string) => (await asIntegration(key)).status;

describe("revocation", () => {
	it("stops the key, and records when and by whom", async () => {
		const { key, api_key } = await createKey(admin);
		expect(await statusOf(key)).toBe(200);
		const answer = await mutate<ApiKey>(colleague, "keys.revoke", { id: api_key.id });
		expect(answer.status).toBe(200);
		expect(answer.data).toMatchObject({
			status: "revoked",
			revoked_at: "2031-05-06T10:20:30.000Z",
			revoked_by: "usr_bob",
			usage_count: 1,
		});
		expect(await statusOf(key)).toBe(401);
		expect((await query<ApiKeyDetail>(admin, "keys.get", { id: api_key.id })).data).toMatchObject(answer.data);
	});

	it("changes nothing the second time: the time, author and event of the first remain", async () => {
		const { api_key } = await createKey(admin);
		const first = await mutate<ApiKey>(admin, "keys.revoke", { id: api_key.id, reason: "leaked" });
		vi.setSystemTime(NOW + 60_000);
		const second = await mutate<ApiKey>(colleague, "keys.revoke", { id: api_key.id, reason: "again" });
		expect([second.status, second.data]).toEqual([200, first.data]);
		const events = (await trail(api_key.id)).filter(({ action }) => action === "api_key.revoke");
		expect(events).toHaveLength(1);
		expect(events[0]).toMatchObject({ actor: "usr_test", at: "2031-05-06T10:20:30.000Z" });
		expect(JSON.stringify(events[0]?.changes)).toContain("leaked");
	});

	it("of many requests at once leaves one event", async () => {
		const { api_key } = await createKey(admin);
		const answers = await Promise.all(
			Array.from({ length: 8 }, () => mutate<ApiKey>(admin, "keys.revoke", { id: api_key.id })),
		);
		expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200));
		expect(await actions(api_key.id)).toEqual(["api_key.create", "api_key.revoke"]);
	});

	it("works on a key that has expired, or was never used", async () => {
		const { key, api_key } = await createKey(admin, { expires_at: new Date(NOW + 1).toISOString() });
		vi.setSystemTime(NOW + 1);
		expect((await mutate<ApiKey>(admin, "keys.revoke", { id: api_key.id })).data.status).toBe("revoked");
		expect(await statusOf(key)).toBe(401);
	});

	it("does not affect other keys of the tenant", async () => {
		const [one, other] = [await createKey(admin), await createKey(admin)];
		await mutate(admin, "keys.revoke", { id: one.api_key.id });
		expect([await statusOf(one.key), await statusOf(other.key)]).toEqual([401, 200]);
	});

	it.each([
		["reason", ""],
		["reason", "x".repeat(201)],
		["reason", 7],
		["note", "leaked"],
	])("rejects %s = %j, and the key still works", async (field, value) => {
		const { key, api_key } = await createKey(admin);
		const answer = await mutate(admin, "keys.revoke", { id: api_key.id, [field]: value });
		expect([answer.status, fieldsOf(answer)]).toEqual([400, [field]]);
		expect(await statusOf(key)).toBe(200);
	});
});

describe("deletion", () => {
	it("removes the key: its requests are refused, it is not found or listed, and its usage is deleted", async () => {
		const { key, api_key } = await createKey(admin, { name: "doomed" });
		await asIntegration(key);
		await runDurableObjectAlarm(gateOf(api_key.id));
		const usage = () => db.select().from(usageHourly).where(eq(usageHourly.keyId, api_key.id));
		expect(await usage()).toHaveLength(1);

		const answer = await mutate(colleague, "keys.delete", { id: api_key.id });
		expect([answer.status, answer.data]).toEqual([200, { id: api_key.id, deleted: true }]);
		expect(await statusOf(key)).toBe(401);
		expect(await usage()).toEqual([]);
		expect(await db.select().from(apiKeys).where(eq(apiKeys.id, api_key.id))).toEqual([]);
		expect((await query<{ items: ApiKey[] }>(admin, "keys.list", { search: "doomed" })).data.items).toEqual([]);

		const { id } = api_key;
		const calls = [
			await query(admin, "keys.get", { id }),
			await query(admin, "keys.usage", { id }),
			await mutate(admin, "keys.update", { id, name: "back" }),
			await mutate(admin, "keys.rotate", { id }),
			await mutate(admin, "keys.revoke", { id }),
			await mutate(admin, "keys.delete", { id }),
		];
		expect(calls.map(({ status }) => status)).toEqual(Array(6).fill(404));
		expect((await mutate(admin, "keys.verify", { key })).data).toEqual({ valid: false, code: "NOT_FOUND" });
	});

	it("leaves an event with the settings of the key and who deleted it", async () => {
		const { api_key } = await createKey(admin, { name: "remembered", scopes: ["leads:read"] });
		await mutate(colleague, "keys.delete", { id: api_key.id });
		expect(await actions(api_key.id)).toEqual(["api_key.create", "api_key.delete"]);
		const gone = (await trail(api_key.id)).find(({ action }) => action === "api_key.delete");
		expect(gone).toMatchObject({
			actor: "usr_bob",
			key_id: api_key.id,
			changes: { name: { from: "remembered", to: null }, scopes: { from: ["leads:read"], to: null } },
		});
	});

	it("is not undone by a late delivery of usage", async () => {
		const { key, api_key } = await createKey(admin);
		await asIntegration(key);
		await mutate(admin, "keys.delete", { id: api_key.id });
		await runDurableObjectAlarm(gateOf(api_key.id));
		expect(await db.select().from(usageHourly).where(eq(usageHourly.keyId, api_key.id))).toEqual([]);
		expect(await db.select().from(apiKeys).where(eq(apiKeys.id, api_key.id))).toEqual([]);
		expect(await statusOf(key)).toBe(401);
	});

	it.each([
		["revoked", (id: string) => mutate(admin, "keys.revoke", { id })],
		["rotated", (id: string) => mutate(admin, "keys.rotate", { id })],
	])("works for a key that is %s", async (_how, prepare) => {
		const { key, api_key } = await createKey(admin);
		await prepare(api_key.id);
		expect((await mutate(admin, "keys.delete", { id: api_key.id })).status).toBe(200);
		expect(await statusOf(key)).toBe(401);
	});

	it("of a rotated key does not affect its successor", async () => {
		const { api_key } = await createKey(admin);
		const { key } = (await mutate<{ key: string }>(admin, "keys.rotate", { id: api_key.id })).data;
		await mutate(admin, "keys.delete", { id: api_key.id });
		expect(await statusOf(key)).toBe(200);
	});

	it("of many requests at once succeeds once and leaves one event", async () => {
		const { api_key } = await createKey(admin);
		const answers = await Promise.all(
			Array.from({ length: 5 }, () => mutate(admin, "keys.delete", { id: api_key.id })),
		);
		expect(answers.map(({ status }) => status).sort()).toEqual([200, 404, 404, 404, 404]);
		expect(await actions(api_key.id)).toEqual(["api_key.create", "api_key.delete"]);
	});
});
