/** The hourly limit is exact: never an admission too many, and without a crash never one too few. */
import { runInDurableObject } from "cloudflare:test";
import { describe, expect, it, vi } from "vitest";
import { hourOf } from "../../../worker/keys/window.ts";
import { HOUR_MS } from "../../../worker/schemas/time.ts";
import { addTenant, createKey, gateOf, mutate, token } from "../fixtures.ts";
import { admit, admitMany, crash, presented } from "./gate-control.ts";

const tenantId = await addTenant();
const admin = await token({ tenantId });
/** Tests pass the time, so that no new hour begins during a test. */
const NOW = hourOf(Date.now()) + 10 * 60_000;

describe("any number of concurrent requests", () => {
	it.each([1, 7, 1_000, 2_500])("with a limit of %i, gets exactly that many admissions in an hour", async (limit) => {
		const { key } = await createKey(admin, { rate_limit: limit });
		expect(await admitMany(key, limit + 500, NOW)).toEqual({ VALID: limit, RATE_LIMITED: 500 });
	});

	it("gets the whole limit in the next hour, without the unused rest of the previous one", async () => {
		const { key } = await createKey(admin, { rate_limit: 5 });
		expect(await admitMany(key, 3, NOW)).toEqual({ VALID: 3 });
		expect(await admitMany(key, 9, NOW + HOUR_MS)).toEqual({ VALID: 5, RATE_LIMITED: 4 });
	});

	it("gets no further admissions when the clock goes back", async () => {
		const { key } = await createKey(admin, { rate_limit: 5 });
		await admitMany(key, 5, NOW + HOUR_MS);
		expect(await admitMany(key, 3, NOW)).toEqual({ RATE_LIMITED: 3 });
	});
});

describe("a limit that is changed within the hour", () => {
	it("applies to the admissions before the change, too", async () => {
		const { key, api_key } = await createKey(admin, { rate_limit: 5_000 });
		await admitMany(key, 20, NOW);
		await mutate(admin, "keys.update", { id: api_key.id, rate_limit: 15 });
		expect(await admitMany(key, 3, NOW)).toEqual({ RATE_LIMITED: 3 });
		await mutate(admin, "keys.update", { id: api_key.id, rate_limit: 25 });
		expect(await admitMany(key, 9, NOW)).toEqual({ VALID: 5, RATE_LIMITED: 4 });
	});
});

describe("refusals", () => {
	it("use nothing of the limit, whatever their reason", async () => {
		const { key } = await createKey(admin, { rate_limit: 5, ip_allowlist: ["203.0.113.7"] });
		for (let i = 0; i < 20; i++) {
			await admit(presented(key, { scope: "leads:read" }), NOW);
			await admit(presented(key, { ip: "198.51.100.1" }), NOW);
			await admit(presented(key, { secretHash: "0".repeat(64) }), NOW);
			await admit(presented(key, { consume: false }), NOW);
		}
		expect(await admitMany(key, 8, NOW)).toEqual({ VALID: 5, RATE_LIMITED: 3 });
	});

	it("are counted separately from admissions", async () => {
		const { key, api_key } = await createKey(admin, { rate_limit: 2 });
		await admitMany(key, 5, NOW);
		await admit(presented(key, { scope: "leads:read" }), NOW);
		const hours = await gateOf(api_key.id).liveHours(api_key.id, tenantId, NOW);
		expect(hours).toEqual({ code: "OK", value: [{ hour: hourOf(NOW), allowed: 2, rateLimited: 3, denied: 1 }] });
	});
});

describe("a key without requests for a while", () => {
	it("returns its unused reservation before its gate is evicted", async () => {
		vi.useFakeTimers({ toFake: ["setTimeout"] });
		try {
			const { key, api_key } = await createKey(admin, { rate_limit: 10_000 });
			await admitMany(key, 30, NOW);
			await runInDurableObject(gateOf(api_key.id), () => vi.advanceTimersByTime(10_000));
			await crash(api_key.id);
			const hours = await gateOf(api_key.id).liveHours(api_key.id, tenantId, NOW);
			expect(hours).toMatchObject({ value: [{ allowed: 30 }] });
		} finally {
			vi.useRealTimers();
		}
	});
});
