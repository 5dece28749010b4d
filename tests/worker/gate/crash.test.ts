/** A gate that is killed at any moment loses nothing it has acknowledged and never admits more than the limit. */
import { runDurableObjectAlarm } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { hourOf } from "../../../worker/keys/window.ts";
import type { ApiKey } from "../../../worker/schemas/api-key.ts";
import { HOUR_MS } from "../../../worker/schemas/time.ts";
import { addTenant, createKey, gateOf, mutate, query, token } from "../fixtures.ts";
import { admit, admitMany, crash, disk, presented } from "./gate-control.ts";

const tenantId = await addTenant();
const admin = await token({ tenantId });
const NOW = hourOf(Date.now()) + 10 * 60_000;

async function allowed(keyId: string, now = NOW): Promise<number> {
	const hours = await gateOf(keyId).liveHours(keyId, tenantId, now);
	return hours.code === "OK" ? (hours.value.at(-1)?.allowed ?? -1) : -1;
}

describe("the count after a crash", () => {
	it("is exact for a limit up to 1,000", async () => {
		const { key, api_key } = await createKey(admin, { rate_limit: 1_000 });
		let admitted = 0;
		for (const burst of [1, 120, 7, 400]) {
			admitted += (await admitMany(key, burst, NOW)).VALID ?? 0;
			await crash(api_key.id);
			expect(await allowed(api_key.id)).toBe(admitted);
		}
		expect(await admitMany(key, 1_000, NOW)).toEqual({ VALID: 1_000 - admitted, RATE_LIMITED: admitted });
	});

	it("is never lower for a larger limit, and each crash raises it by at most one percent of the limit", async () => {
		const limit = 10_000;
		const { key, api_key } = await createKey(admin, { rate_limit: limit });
		let admitted = 0;
		let crashes = 0;
		for (const burst of [1, 250, 99, 101, 3]) {
			admitted += (await admitMany(key, burst, NOW)).VALID ?? 0;
			await crash(api_key.id);
			crashes++;
			const count = await allowed(api_key.id);
			expect(count).toBeGreaterThanOrEqual(admitted);
			expect(count).toBeLessThanOrEqual(admitted + (crashes * limit) / 100);
		}
	});

	it("never allows more admissions than the limit, however many crashes there are", async () => {
		const { key, api_key } = await createKey(admin, { rate_limit: 1_200 });
		let admitted = 0;
		for (let i = 0; i < 20; i++) {
			admitted += (await admitMany(key, 100, NOW)).VALID ?? 0;
			await crash(api_key.id);
		}
		expect(admitted).toBeLessThanOrEqual(1_200);
		expect(admitted).toBeGreaterThanOrEqual(1_200 - 20 * 12);
	});

	it("is exact for a small limit that was large before, although the large one was reserved ahead", async () => {
		const { key, api_key } = await createKey(admin, { rate_limit: 100_000 });
		await admitMany(key, 3, NOW);
		await mutate(admin, "keys.update", { id: api_key.id, rate_limit: 10 });
		await crash(api_key.id);
		expect(await admitMany(key, 10, NOW)).toEqual({ VALID: 7, RATE_LIMITED: 3 });
	});

	it("keeps the total usage of the key across hours", async () => {
		const { key, api_key } = await createKey(admin);
		await admitMany(key, 4, NOW);
		await crash(api_key.id);
		await admitMany(key, 3, NOW + HOUR_MS);
		await crash(api_key.id);
		await runDurableObjectAlarm(gateOf(api_key.id));
		const { data } = await query<{ items: ApiKey[] }>(admin, "keys.list", { search: api_key.last_four });
		expect(data.items[0]?.usage_count).toBe(7);
		const { data: usage } = await query<{ totals: { allowed: number } }>(admin, "keys.usage", {
			id: api_key.id,
			from: new Date(NOW).toISOString(),
			to: new Date(NOW + HOUR_MS + 1).toISOString(),
		});
		expect(usage.totals.allowed).toBe(7);
	});

	it("keeps the total usage of a key that is only read in a new hour", async () => {
		const { key, api_key } = await createKey(admin);
		await admitMany(key, 5, NOW);
		await runDurableObjectAlarm(gateOf(api_key.id));
		await gateOf(api_key.id).describe(api_key.id, tenantId, NOW + HOUR_MS);
		await mutate(admin, "keys.update", { id: api_key.id, name: "Read in a new hour" });
		await runDurableObjectAlarm(gateOf(api_key.id));
		await crash(api_key.id);
		expect(await gateOf(api_key.id).describe(api_key.id, tenantId, NOW + HOUR_MS)).toMatchObject({
			value: { usage_count: 5, last_used_at: new Date(NOW).toISOString() },
		});
	});

	it("includes every refusal", async () => {
		const { key, api_key } = await createKey(admin, { rate_limit: 1 });
		await admitMany(key, 41, NOW);
		await crash(api_key.id);
		const hours = await gateOf(api_key.id).liveHours(api_key.id, tenantId, NOW);
		const refused = hours.code === "OK" ? (hours.value[0]?.rateLimited ?? 0) : 0;
		expect(refused).toBeGreaterThanOrEqual(40);
		expect(refused).toBeLessThanOrEqual(40 + 5);
	});
});

describe("an acknowledged change", () => {
	it.each([
		["revoke", {}, "REVOKED"],
		["update", { scopes: ["leads:read"] }, "MISSING_SCOPE"],
		["delete", {}, "NOT_FOUND"],
	])("(%s) survives a crash right after it", async (procedure, input, code) => {
		const { key, api_key } = await createKey(admin);
		await admitMany(key, 1);
		await mutate(admin, `keys.${procedure}`, { id: api_key.id, ...input });
		await crash(api_key.id);
		const verdict = await admit(presented(key, { scope: "default:sync" }));
		expect(verdict.code).toBe(code);
	});
});

it("a busy key is written to disk once per hundred admissions, not once per request", async () => {
	const { key, api_key } = await createKey(admin, { rate_limit: 10_000 });
	await admitMany(key, 1, NOW);
	const before = await disk(api_key.id);
	await admitMany(key, 99, NOW);
	expect(await disk(api_key.id)).toEqual(before);
});
