/** Who called lately: bounded, most recent first, and there after a restart. */
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { expect, it, vi } from "vitest";
import { RecentCallers } from "../../../worker/gate/callers.ts";
import type { ApiKeyDetail } from "../../../worker/schemas/api-key.ts";
import { addTenant, asIntegration, createKey, gateOf, query, token } from "../world.ts";
import { crash } from "./inside.ts";

const admin = await token({ tenantId: await addTenant() });

it("the list holds the twenty seen last, with their counts", () => {
	const callers = new RecentCallers([]);
	for (let n = 0; n < 30; n++) callers.see(`203.0.113.${n}`, "agent", "GET /v1/whoami", true, n);
	callers.see("203.0.113.15", "agent", "GET /v1/whoami", false, 100);
	const list = callers.describe();
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

it("a user agent of any length takes little room", () => {
	const callers = new RecentCallers([]);
	callers.see(null, "x".repeat(10_000), "GET /v1/whoami", true, 0);
	expect(callers.list()[0]).toMatchObject({ ip: "unknown", userAgent: "x".repeat(200) });
});

it("an admin sees address, agent, endpoint, last sight and count, also after the gate was restarted", async () => {
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

it("no caller is forgotten by a gate that leaves memory before its next delivery", async () => {
	vi.useFakeTimers({ toFake: ["setTimeout"] });
	try {
		const { key, api_key } = await createKey(admin);
		await asIntegration(key, "/v1/whoami", { headers: { "user-agent": "crm/2.0" } });
		await runInDurableObject(gateOf(api_key.id), () => vi.advanceTimersByTime(10_000));
		await crash(api_key.id);
		const { data } = await query<ApiKeyDetail>(admin, "keys.get", { id: api_key.id });
		expect(data.recent_callers).toMatchObject([{ user_agent: "crm/2.0", count: 1 }]);
	} finally {
		vi.useRealTimers();
	}
});
