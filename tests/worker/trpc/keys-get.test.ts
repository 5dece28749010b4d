/** One key, read from its gate: the current hour, and the recent callers. */
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { ApiKeyDetail } from "../../../worker/schemas/api-key.ts";
import { addTenant, asIntegration, createKey, mutate, query, sendJson, token } from "../fixtures.ts";

const NOW = Date.parse("2031-05-06T10:20:30.000Z");
vi.useFakeTimers({ toFake: ["Date"], now: NOW });
beforeEach(() => vi.setSystemTime(NOW));
afterAll(() => vi.useRealTimers());

const admin = await token({ tenantId: await addTenant(), expiresIn: 400 * 86_400 });
const get = (id: string, who = admin) => query<ApiKeyDetail>(who, "keys.get", { id });

describe("a key that is read", () => {
	it("has its whole hour left if it was not used", async () => {
		const { api_key } = await createKey(admin, { rate_limit: 5 });
		expect((await get(api_key.id)).data).toEqual({
			...api_key,
			current_hour: { used: 0, limit: 5, remaining: 5, resets_at: "2031-05-06T11:00:00.000Z" },
			recent_callers: [],
		});
	});

	it("includes every request immediately", async () => {
		const { key, api_key } = await createKey(admin, { rate_limit: 3 });
		await asIntegration(key);
		vi.setSystemTime(NOW + 1_000);
		await asIntegration(key);
		expect((await get(api_key.id)).data).toMatchObject({
			usage_count: 2,
			last_used_at: "2031-05-06T10:20:31.000Z",
			current_hour: { used: 2, limit: 3, remaining: 1 },
		});
		vi.setSystemTime(NOW + 2_000);
		for (let round = 0; round < 3; round++) await asIntegration(key);
		expect((await get(api_key.id)).data).toMatchObject({
			usage_count: 3,
			last_used_at: "2031-05-06T10:20:32.000Z",
			current_hour: { used: 3, limit: 3, remaining: 0 },
		});
	});

	it("starts at zero in a new hour, and keeps its total", async () => {
		const { key, api_key } = await createKey(admin, { rate_limit: 3 });
		for (let round = 0; round < 3; round++) await asIntegration(key);
		vi.setSystemTime(Date.parse("2031-05-06T11:00:00.000Z"));
		expect((await get(api_key.id)).data).toMatchObject({
			usage_count: 3,
			last_used_at: "2031-05-06T10:20:30.000Z",
			current_hour: { used: 0, limit: 3, remaining: 3, resets_at: "2031-05-06T12:00:00.000Z" },
		});
	});

	it("does not count a read as a request", async () => {
		const { api_key } = await createKey(admin);
		for (let round = 0; round < 3; round++) await get(api_key.id);
		expect((await get(api_key.id)).data).toMatchObject({ usage_count: 0, current_hour: { used: 0 } });
	});

	it("changes its status with the clock", async () => {
		const { api_key } = await createKey(admin, { expires_in_days: 1 });
		vi.setSystemTime(NOW + 86_400_000 - 1);
		expect((await get(api_key.id)).data.status).toBe("active");
		vi.setSystemTime(NOW + 86_400_000);
		expect((await get(api_key.id)).data.status).toBe("expired");
	});

	it("never shows the key or its hash", async () => {
		const { key, api_key } = await createKey(admin);
		await asIntegration(key);
		const text = JSON.stringify((await get(api_key.id)).data);
		expect(text).not.toContain(key.slice(20, 50));
		expect(text).not.toMatch(/hash|secret/i);
	});
});

describe("its recent callers", () => {
	it("are distinguished by IP address, user agent and endpoint, the latest first, including refused ones", async () => {
		const { key, api_key } = await createKey(admin, { scopes: ["leads:read"] });
		const from = (ip: string, userAgent: string, path = "/v1/whoami") =>
			asIntegration(key, path, { headers: { "cf-connecting-ip": ip, "user-agent": userAgent } });
		await from("203.0.113.7", "crm/1.0");
		vi.setSystemTime(NOW + 1_000);
		await from("203.0.113.8", "crm/1.0", "/v1/leads/some-lead");
		vi.setSystemTime(NOW + 2_000);
		await from("203.0.113.7", "crm/1.0");
		await sendJson(key, "POST", "/v1/leads", { name: "Ana" });
		expect((await get(api_key.id)).data.recent_callers).toEqual([
			expect.objectContaining({ ip: "unknown", endpoint: "POST /v1/leads", count: 1, refused: 1 }),
			{
				ip: "203.0.113.7",
				user_agent: "crm/1.0",
				endpoint: "GET /v1/whoami",
				last_seen_at: "2031-05-06T10:20:32.000Z",
				count: 2,
				refused: 0,
			},
			{
				ip: "203.0.113.8",
				user_agent: "crm/1.0",
				endpoint: "GET /v1/leads/:id",
				last_seen_at: "2031-05-06T10:20:31.000Z",
				count: 1,
				refused: 0,
			},
		]);
	});
});

describe("an unknown key", () => {
	it.each([
		["unknown", "000000000000"],
		["of another shape", "nonsense"],
		["with a slash", "../../etc"],
		["deleted", null],
	])("(%s) is 404", async (_why, known) => {
		let id = known;
		if (id === null) {
			id = (await createKey(admin)).api_key.id;
			await mutate(admin, "keys.delete", { id });
		}
		const answer = await get(id);
		expect([answer.status, answer.error.code]).toEqual([404, "NOT_FOUND"]);
	});

	it("has the same response as a key of another tenant, on every call", async () => {
		const { key, api_key } = await createKey(admin);
		await asIntegration(key);
		const stranger = await token({ tenantId: await addTenant(), expiresIn: 86_400 });
		const unknown = "000000000000";
		const shown = ({ status, error }: Awaited<ReturnType<typeof mutate>>) => {
			const { request_id: _request, ...rest } = error;
			return { status, ...rest };
		};
		for (const procedure of ["keys.get", "keys.usage"]) {
			const foreign = shown(await query(stranger, procedure, { id: api_key.id }));
			expect(foreign).toEqual(shown(await query(stranger, procedure, { id: unknown })));
			expect(foreign.status).toBe(404);
		}
		for (const procedure of ["keys.update", "keys.rotate", "keys.revoke", "keys.delete"]) {
			const foreign = shown(await mutate(stranger, procedure, { id: api_key.id }));
			expect(foreign).toEqual(shown(await mutate(stranger, procedure, { id: unknown })));
			expect(foreign.status).toBe(404);
		}
		expect((await get(api_key.id)).data).toMatchObject({ status: "active", usage_count: 1, rotated_to: null });
		expect((await asIntegration(key)).status).toBe(200);
	});
});
