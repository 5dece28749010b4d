/** Verifying with `consume: false` changes nothing, so that testing a key doesn't count as using it. */
import { runDurableObjectAlarm } from "cloudflare:test";
import { expect, it } from "vitest";
import { addTenant, asIntegration, createKey, gateOf, mutate, query, token } from "../fixtures.ts";
import { disk } from "./gate-control.ts";

const admin = await token({ tenantId: await addTenant() });

const test = (key: string, more: object = {}) =>
	mutate<{ code: string; rate_limit?: object }>(admin, "keys.verify", { key, consume: false, ...more });

it("a key that was only tested counts as never used", async () => {
	const { key, api_key } = await createKey(admin, { rate_limit: 3 });
	for (let n = 0; n < 5; n++) expect((await test(key)).data.code).toBe("VALID");
	await test(key, { scope: "leads:read" });
	expect((await query(admin, "keys.get", { id: api_key.id })).data).toMatchObject({
		usage_count: 0,
		last_used_at: null,
		current_hour: { used: 0, remaining: 3 },
		recent_callers: [],
	});
	expect(await runDurableObjectAlarm(gateOf(api_key.id))).toBe(false);
});

it("testing a key that is in use changes neither its counts nor its disk", async () => {
	const { key, api_key } = await createKey(admin, { rate_limit: 3 });
	await asIntegration(key);
	await asIntegration(key);
	const before = [(await query(admin, "keys.get", { id: api_key.id })).data, await disk(api_key.id)];
	expect((await test(key)).data).toMatchObject({ code: "VALID", rate_limit: { limit: 3, remaining: 1 } });
	expect([(await query(admin, "keys.get", { id: api_key.id })).data, await disk(api_key.id)]).toEqual(before);
});

it("testing a revoked key counts no refusal", async () => {
	const { key, api_key } = await createKey(admin);
	await mutate(admin, "keys.revoke", { id: api_key.id });
	for (let n = 0; n < 3; n++) expect((await test(key)).data.code).toBe("REVOKED");
	const { data } = await query<{ totals: object }>(admin, "keys.usage", { id: api_key.id });
	expect(data.totals).toEqual({ allowed: 0, rate_limited: 0, denied: 0 });
});
