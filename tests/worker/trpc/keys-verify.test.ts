/** The verdict on a key that another back end was sent. */
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { Verification } from "../../../worker/schemas/key-verify.ts";
import { addTenant, asIntegration, createKey, fieldsOf, mutate, query, token } from "../fixtures.ts";

const NOW = Date.parse("2031-05-06T10:20:30.000Z");
vi.useFakeTimers({ toFake: ["Date"], now: NOW });
beforeEach(() => vi.setSystemTime(NOW));
afterAll(() => vi.useRealTimers());

const admin = await token({ tenantId: await addTenant(), expiresIn: 400 * 86_400 });
const verify = (input: Record<string, unknown>, who = admin) => mutate<Verification>(who, "keys.verify", input);
const resets_at = "2031-05-06T11:00:00.000Z";

describe("the code", () => {
	it("is VALID for a key that would be admitted, with the key and its hour", async () => {
		const { key, api_key } = await createKey(admin, { rate_limit: 5 });
		const answer = await verify({ key });
		expect(answer.status).toBe(200);
		expect(answer.data).toEqual({
			valid: true,
			code: "VALID",
			api_key: { ...api_key, usage_count: 1, last_used_at: "2031-05-06T10:20:30.000Z" },
			rate_limit: { limit: 5, remaining: 4, resets_at },
		});
	});

	it.each([
		["of another form", "nonsense"],
		["made up", `sk_live_${"0".repeat(48)}`],
		["empty but for a space", " "],
		["far too long", "sk_live_".padEnd(100_000, "x")],
	])("is NOT_FOUND for a key that is %s, without further details", async (_what, key) => {
		const answer = await verify({ key });
		expect([answer.status, answer.data]).toEqual([200, { valid: false, code: "NOT_FOUND" }]);
	});

	it("is NOT_FOUND for a key of another tenant, which is neither described nor counted", async () => {
		const stranger = await token({ tenantId: await addTenant(), expiresIn: 86_400 });
		const { key, api_key } = await createKey(admin);
		expect((await verify({ key }, stranger)).data).toEqual({ valid: false, code: "NOT_FOUND" });
		expect((await query(admin, "keys.get", { id: api_key.id })).data).toMatchObject({
			usage_count: 0,
			recent_callers: [],
		});
	});

	it("is NOT_FOUND for a key that was deleted", async () => {
		const { key, api_key } = await createKey(admin);
		await mutate(admin, "keys.delete", { id: api_key.id });
		expect((await verify({ key })).data).toEqual({ valid: false, code: "NOT_FOUND" });
	});

	it("is REVOKED", async () => {
		const { key, api_key } = await createKey(admin, { expires_in_days: 1 });
		await mutate(admin, "keys.revoke", { id: api_key.id });
		vi.setSystemTime(NOW + 2 * 86_400_000);
		expect((await verify({ key })).data).toMatchObject({
			valid: false,
			code: "REVOKED",
			api_key: { id: api_key.id, status: "revoked" },
		});
	});

	it("is EXPIRED", async () => {
		const { key, api_key } = await createKey(admin, { expires_in_days: 1 });
		vi.setSystemTime(NOW + 86_400_000);
		expect((await verify({ key })).data).toMatchObject({
			valid: false,
			code: "EXPIRED",
			api_key: { id: api_key.id, status: "expired" },
		});
	});

	it("is MISSING_SCOPE if the key does not grant the requested scope", async () => {
		const { key } = await createKey(admin, { scopes: ["leads:read"], rate_limit: 5 });
		expect((await verify({ key, scope: "leads:write" })).data).toMatchObject({
			valid: false,
			code: "MISSING_SCOPE",
			rate_limit: { limit: 5, remaining: 5, resets_at },
		});
		expect((await verify({ key, scope: "leads:read" })).data.code).toBe("VALID");
		expect((await verify({ key })).data.code).toBe("VALID");
		const unrestricted = await createKey(admin, { scopes: [] });
		expect((await verify({ key: unrestricted.key, scope: "leads:write" })).data.code).toBe("VALID");
	});

	it("is ADDRESS_NOT_ALLOWED by the IP address in the request, not by that of the back end", async () => {
		const { key } = await createKey(admin, { ip_allowlist: ["203.0.113.0/24"] });
		expect((await verify({ key, ip: "203.0.113.9" })).data.code).toBe("VALID");
		expect((await verify({ key, ip: "198.51.100.1" })).data.code).toBe("ADDRESS_NOT_ALLOWED");
		expect((await verify({ key })).data.code).toBe("ADDRESS_NOT_ALLOWED");
		const own = { authorization: `Bearer ${admin}`, "cf-connecting-ip": "203.0.113.9" };
		expect((await mutate<Verification>(own, "keys.verify", { key })).data.code).toBe("ADDRESS_NOT_ALLOWED");
	});

	it("is RATE_LIMITED when the hour is used up, on every interface", async () => {
		const { key } = await createKey(admin, { rate_limit: 3 });
		await asIntegration(key);
		expect((await verify({ key })).data.rate_limit?.remaining).toBe(1);
		expect((await verify({ key })).data).toMatchObject({ valid: true, rate_limit: { remaining: 0 } });
		expect((await verify({ key })).data).toMatchObject({
			valid: false,
			code: "RATE_LIMITED",
			rate_limit: { limit: 3, remaining: 0, resets_at },
		});
		expect((await asIntegration(key)).status).toBe(429);
	});
});

describe("verification without consuming", () => {
	it("counts nothing, adds no caller, and has the true remaining requests", async () => {
		const { key, api_key } = await createKey(admin, { rate_limit: 2 });
		for (let round = 0; round < 5; round++)
			expect((await verify({ key, consume: false })).data).toMatchObject({
				valid: true,
				code: "VALID",
				rate_limit: { limit: 2, remaining: 2, resets_at },
			});
		expect((await query(admin, "keys.get", { id: api_key.id })).data).toMatchObject({
			usage_count: 0,
			last_used_at: null,
			current_hour: { used: 0, remaining: 2 },
			recent_callers: [],
		});
		expect([(await asIntegration(key)).status, (await asIntegration(key)).status]).toEqual([200, 200]);
		expect((await verify({ key, consume: false })).data).toMatchObject({ valid: false, code: "RATE_LIMITED" });
	});

	it("counts nothing for a refused key either", async () => {
		const { key, api_key } = await createKey(admin, { scopes: ["leads:read"] });
		await verify({ key, scope: "leads:write", consume: false });
		const usage = await query<{ totals: unknown }>(admin, "keys.usage", { id: api_key.id });
		expect(usage.data.totals).toEqual({ allowed: 0, rate_limited: 0, denied: 0 });
	});
});

describe("input", () => {
	it.each([
		["key", undefined],
		["key", ""],
		["key", 7],
		["scope", "nonsense"],
		["ip", 7],
		["ip", ["203.0.113.7"]],
		["consume", "no"],
		["scopes", []],
	])("is rejected if %s is %j, and the error names the field", async (field, value) => {
		const { key } = await createKey(admin);
		const answer = await verify({ key, [field]: value });
		expect([answer.status, answer.error.code, fieldsOf(answer)]).toEqual([400, "VALIDATION_ERROR", [field]]);
		expect(JSON.stringify(answer.error)).not.toContain(key.slice(20, 50));
	});
});
