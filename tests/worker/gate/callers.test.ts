/** The recent callers of a key: a bounded list, most recent first, that survives a restart. */
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { RecentCallers } from "../../../worker/keys/recent-callers.ts";
import type { ApiKeyDetail } from "../../../worker/schemas/api-key.ts";
import { addTenant, asIntegration, createKey, gateOf, query, token } from "../fixtures.ts";
import { crash } from "./gate-control.ts";

const AGENT = { userAgent: "agent", endpoint: "GET /v1/whoami" };

const admin = await token({ tenantId: await addTenant() });

it("callers that were not seen for 90 days are forgotten, when another one comes or someone looks", () => {
	const DAY_MS = 86_400_000;
	const callers = new RecentCallers([]);
	callers.record({ ip: "203.0.113.1", ...AGENT }, true, 0);
	callers.record({ ip: "203.0.113.2", ...AGENT }, true, 5 * DAY_MS);
	expect(callers.describe(90 * DAY_MS)).toHaveLength(2);
	callers.record({ ip: "203.0.113.3", ...AGENT }, true, 91 * DAY_MS);
	expect(callers.list().map(({ ip }) => ip)).toEqual(["203.0.113.2", "203.0.113.3"]);
	expect(callers.describe(96 * DAY_MS).map(({ ip }) => ip)).toEqual(["203.0.113.3"]);
});

it("the list has the twenty most recent callers with their counts", () => {
	const callers = new RecentCallers([]);
	for (let n = 0; n < 30; n++) callers.record({ ip: `203.0.113.${n}`, ...AGENT }, true, n);
	callers.record({ ip: "203.0.113.15", ...AGENT }, false, 100);
	const list = callers.describe(100);
	expect(list).toHaveLength(20);
	expect(list[0]).toEqual({
		ip: "203.0.113.15",
		user_agent: "agent",
		endpoint: "GET /v1/whoami",
		last_seen_at: "1970-01-01T00:00:00.100Z",
		count: 2,
		refused: 1,
	});
	expect(list.some(({ ip }) => ip === "203.0.113.9")).toBe(false);
});

it("a long user agent is truncated", () => {
	const callers = new RecentCallers([]);
	callers.record({ ip: null, userAgent: "x".repeat(10_000), endpoint: "GET /v1/whoami" }, true, 0);
	expect(callers.list()[0]).toMatchObject({ ip: "unknown", userAgent: "x".repeat(200) });
});

it("an admin sees the IP address, user agent, endpoint and counts, also after a restart of the gate", async () => {
	const { key, api_key } = await createKey(admin, { scopes: [] });
	const headers = { "cf-connecting-ip": "198.51.100.9", "user-agent": "crm/2.0" };
	await asIntegration(key, "/v1/leads/lead_x", { headers });
	await asIntegration(key, "/v1/leads/lead_y", { headers });
	await asIntegration(key, "/v1/whoami", { headers });
	await runDurableObjectAlarm(gateOf(api_key.id));
	await crash(api_key.id);
	const { data } = await query<ApiKeyDetail>(admin, "keys.get", { id: api_key.id });
	expect(data.recent_callers.map(({ last_seen_at, ...caller }) => caller)).toEqual([
		{ ip: "198.51.100.9", user_agent: "crm/2.0", endpoint: "GET /v1/whoami", count: 1, refused: 0 },
		{ ip: "198.51.100.9", user_agent: "crm/2.0", endpoint: "GET /v1/leads/:id", count: 2, refused: 0 },
	]);
});

describe("a gate that is evicted before its next delivery", () => {
	beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
	afterEach(() => void vi.useRealTimers());

	// Up to 1,000 an hour, each admission is persisted at once. Above that, a timer persists the exact count.
	it.each([1_000, 50_000])("loses no caller of a key with a limit of %d", async (rate_limit) => {
		const { key, api_key } = await createKey(admin, { rate_limit });
		for (const agent of ["crm/2.0", "forms/1.1"])
			await asIntegration(key, "/v1/whoami", { headers: { "user-agent": agent } });
		await runInDurableObject(gateOf(api_key.id), () => vi.advanceTimersByTime(10_000));
		await crash(api_key.id);
		const { data } = await query<ApiKeyDetail>(admin, "keys.get", { id: api_key.id });
		expect(data.recent_callers).toMatchObject([
			{ user_agent: "forms/1.1", count: 1 },
			{ user_agent: "crm/2.0", count: 1 },
		]);
	});

	it.each([
		[1_000, 56],
		[50_000, 56],
	])("with a limit of %d, keeps the count of a burst of %d requests", async (rate_limit, requests) => {
		const { key, api_key } = await createKey(admin, { rate_limit });
		const headers = { "user-agent": "crm/2.0" };
		for (let n = 0; n < requests; n++) await asIntegration(key, "/v1/whoami", { headers });
		await runInDurableObject(gateOf(api_key.id), () => vi.advanceTimersByTime(10_000));
		await crash(api_key.id);
		const callers = async () =>
			(await query<ApiKeyDetail>(admin, "keys.get", { id: api_key.id })).data.recent_callers.map(({ count }) => count);
		expect(await callers()).toEqual([requests]);
		// Counting continues from there, also after the whole list was written.
		await asIntegration(key, "/v1/whoami", { headers });
		await runDurableObjectAlarm(gateOf(api_key.id));
		await crash(api_key.id);
		expect(await callers()).toEqual([requests + 1]);
	});

	it.each([
		[1_000, 0],
		[50_000, 1],
	])(
		"with a limit of %d, has %d timers: the platform bills for memory while a timer runs",
		async (rate_limit, timers) => {
			const { key } = await createKey(admin, { rate_limit });
			await asIntegration(key);
			await asIntegration(key);
			expect(vi.getTimerCount()).toBe(timers);
		},
	);
});
