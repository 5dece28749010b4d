/** Each key shows which pepper its tag was made with, so that no pepper is removed while keys depend on it. */
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { afterEach, describe, expect, it, vi } from "vitest";
import { apiKeys } from "../../../db/schema.ts";
import { type Bindings, readConfig } from "../../../worker/env.ts";
import { createFetchHandler } from "../../../worker/fetch.ts";
import type { KeyGate } from "../../../worker/gate/key-gate.ts";
import { type ApiKey, createKeySchema } from "../../../worker/schemas/api-key.ts";
import { listKeysSchema } from "../../../worker/schemas/key-list.ts";
import { createKey as issueKey } from "../../../worker/services/key-issue.ts";
import { listKeys } from "../../../worker/services/key-list.ts";
import { reportMissingPepper } from "../../../worker/services/peppers.ts";
import { addTenant, asIntegration, createKey, db, gateOf, mutate, ORIGIN, product, query, token } from "../fixtures.ts";
import { crash } from "./gate-control.ts";

afterEach(() => {
	vi.restoreAllMocks();
});

const NEW_PEPPER = "new-key-pepper-0123456789abcdef01234567";
const configWith = (peppers: Partial<Bindings>) => readConfig({ ...env, ...peppers });
const before = readConfig(env);
const rotated = configWith({ KEY_PEPPER: NEW_PEPPER, KEY_PEPPER_PREVIOUS: env.KEY_PEPPER });
const dropped = configWith({ KEY_PEPPER: NEW_PEPPER });

const depsWith = (config: typeof before) => ({
	db,
	product,
	gates: env.KEY_GATE,
	config,
	now: Date.now(),
	loginLimiter: { limit: async () => ({ success: true }) },
});

async function tenant() {
	const tenantId = await addTenant();
	const admin = await token({ tenantId });
	const author = { tenantId, actor: "usr_test", actorEmail: null, ip: null, userAgent: null };
	const issue = () => issueKey(depsWith(rotated), author, createKeySchema.parse({ name: "New pepper" }));
	/** Names of the keys that depend on the previous pepper. */
	const dependent = async (config = rotated) =>
		(await listKeys(depsWith(config), tenantId, listKeysSchema.parse({ pepper: "previous", sort: "name" }))).items.map(
			({ name }) => name,
		);
	return { tenantId, admin, issue, dependent };
}

const useWith = (config: typeof before, key: string) =>
	createFetchHandler(config)(
		new Request(`${ORIGIN}/v1/whoami`, { headers: { authorization: `Bearer ${key}` } }),
		env as Bindings,
	);

describe("while a pepper is rotated", () => {
	it("keys of both peppers work, and show different peppers", async () => {
		const { admin, issue } = await tenant();
		const [old, made] = [await createKey(admin), await issue()];
		for (const { key } of [old, made]) expect((await useWith(rotated, key)).status).toBe(200);
		expect(old.api_key.pepper_id).toMatch(/^[0-9a-f]{8}$/);
		expect(made.api_key.pepper_id).toMatch(/^[0-9a-f]{8}$/);
		expect(made.api_key.pepper_id).not.toBe(old.api_key.pepper_id);
	});

	it("lists find the active keys that depend on the previous pepper, and no others", async () => {
		const { admin, issue, dependent } = await tenant();
		await issue();
		const keep = await createKey(admin, { name: "A: to be rotated" });
		const revoked = await createKey(admin, { name: "B: revoked" });
		await createKey(admin, { name: "C: expired", expires_at: new Date(Date.now() + 50).toISOString() });
		await mutate(admin, "keys.revoke", { id: revoked.api_key.id });
		await vi.waitUntil(async () => (await dependent()).length === 1);
		expect(await dependent()).toEqual(["A: to be rotated"]);
		// Rotated under the new pepper, and the old key revoked, nothing depends on the previous one any more.
		await mutate(admin, "keys.revoke", { id: keep.api_key.id });
		expect(await dependent()).toEqual([]);
	});

	it("no key depends on a previous pepper before that", async () => {
		const { admin, dependent } = await tenant();
		await createKey(admin);
		expect(await dependent(before)).toEqual([]);
	});
});

describe("a key of an earlier release", () => {
	it("has an unknown pepper until it is used, and counts as dependent until then", async () => {
		const { admin, dependent } = await tenant();
		const { key, api_key } = await createKey(admin, { name: "Old release" });
		const { id } = api_key;
		await asIntegration(key);
		await runInDurableObject(gateOf(id), (_gate: KeyGate, { storage }) => {
			const { pepperId: _, ...stored } = storage.kv.get("key") as Record<string, unknown>;
			storage.kv.put("key", stored);
		});
		await db.update(apiKeys).set({ pepperId: null }).where(eq(apiKeys.id, id));
		await crash(id);
		const shown = async () => (await query<ApiKey>(admin, "keys.get", { id })).data;
		expect(await shown()).toMatchObject({ pepper_id: null, version: 1 });
		expect(await dependent(before)).toEqual(["Old release"]);

		await asIntegration(key);
		await runDurableObjectAlarm(gateOf(id));
		expect(await shown()).toMatchObject({ pepper_id: api_key.pepper_id, version: 1 });
		expect(await dependent(before)).toEqual([]);
		await crash(id);
		expect((await shown()).pepper_id).toBe(api_key.pepper_id);
	});
});

describe("the hourly check", () => {
	it("is an error with the number of keys, if active keys need a pepper that was dropped", async () => {
		const { admin } = await tenant();
		for (let n = 0; n < 3; n++) await createKey(admin);
		const log = vi.spyOn(console, "error").mockImplementation(() => undefined);
		await reportMissingPepper(depsWith(dropped));
		expect(log).toHaveBeenCalledTimes(1);
		expect(log.mock.calls[0]?.[0]).toMatch(/[1-9]\d* active API keys are refused.*KEY_PEPPER_PREVIOUS/);
		expect(log.mock.calls[0]?.[0]).not.toContain(env.KEY_PEPPER);
	});

	it("is silent while both peppers are configured", async () => {
		const log = vi.spyOn(console, "error");
		await reportMissingPepper(depsWith(rotated));
		expect(log).not.toHaveBeenCalled();
	});
});
