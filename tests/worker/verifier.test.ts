/** Admission for other Workers: from a second real Worker (the documentation's example), and by direct calls. */
import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { Bindings } from "../../worker/env.ts";
import type { KeyPresentation } from "../../worker/schemas/key-verify.ts";
import { KeyVerifier } from "../../worker/verifier.ts";
import { addTenant, asIntegration, createKey, mutate, query, token } from "./fixtures.ts";

const NOW = Date.parse("2031-05-06T10:20:30.000Z");
vi.useFakeTimers({ toFake: ["Date"], now: NOW });
beforeEach(() => vi.setSystemTime(NOW));
afterAll(() => vi.useRealTimers());

const tenantId = await addTenant();
const admin = await token({ tenantId, expiresIn: 400 * 86_400 });
const reader = { scopes: ["leads:read"] };

/** A request of an integration to the other Worker. */
const callOther = (headers: Record<string, string>) =>
	env.OTHER_WORKER.fetch("https://reports.example/report", { headers });
/** Calls the verifier directly, without a service binding. */
const verify = (key: string | null, presentation?: KeyPresentation, bindings: Bindings = env) =>
	new KeyVerifier(createExecutionContext(), bindings).verify(key, presentation);

describe("a second Worker", () => {
	it("admits a key, gets its tenant, and forwards the rate-limit headers", async () => {
		const { key } = await createKey(admin, { ...reader, rate_limit: 50, environment: "test" });
		const response = await callOther({ authorization: `Bearer ${key}` });
		expect(response.status).toBe(200);
		expect(await response.json()).toEqual({ report: "…", tenant_id: tenantId, environment: "test" });
		expect(response.headers.get("ratelimit")).toBe('"hourly";r=49;t=2370');
		expect((await callOther({ "x-api-key": key })).headers.get("x-ratelimit-remaining")).toBe("48");
	});

	it("shares one count with every other interface", async () => {
		const { key, api_key } = await createKey(admin, { scopes: [], rate_limit: 3 });
		const headers = { authorization: `Bearer ${key}` };
		expect((await callOther(headers)).status).toBe(200);
		expect((await asIntegration(key)).status).toBe(200);
		expect((await callOther(headers)).status).toBe(200);
		const over = await callOther(headers);
		expect(over.status).toBe(429);
		expect(over.headers.get("retry-after")).toBe("2370");
		expect(await over.json()).toMatchObject({ error: { code: "RATE_LIMITED", retry_after: 2370 } });
		expect((await asIntegration(key)).status).toBe(429);
		const usage = await query<{ totals: object }>(admin, "keys.usage", { id: api_key.id });
		expect(usage.data.totals).toEqual({ allowed: 3, rate_limited: 2, denied: 0 });
	});

	it("admits exactly the limit of many concurrent requests", async () => {
		const { key } = await createKey(admin, { ...reader, rate_limit: 40 });
		const many = Array.from({ length: 120 }, () => callOther({ authorization: `Bearer ${key}` }));
		const statuses = (await Promise.all(many)).map(({ status }) => status);
		expect(statuses.filter((status) => status === 200)).toHaveLength(40);
		expect(statuses.filter((status) => status === 429)).toHaveLength(80);
	});

	it("refuses a key as soon as it is revoked", async () => {
		const { key, api_key } = await createKey(admin, reader);
		const headers = { authorization: `Bearer ${key}` };
		expect((await callOther(headers)).status).toBe(200);
		await mutate(admin, "keys.revoke", { id: api_key.id });
		const refused = await callOther(headers);
		expect(refused.status).toBe(401);
		expect(refused.headers.get("www-authenticate")).toBe('Bearer error="invalid_token"');
		expect(await refused.json()).toEqual({
			error: { code: "UNAUTHORIZED", message: expect.stringContaining("has been revoked") },
		});
	});

	it.each([
		["no key", {}, "Bearer"],
		["a made-up key", { authorization: `Bearer sk_live_${"x".repeat(48)}` }, 'Bearer error="invalid_token"'],
		["a user's token", { authorization: `Bearer ${admin}` }, 'Bearer error="invalid_token"'],
	])("refuses %s", async (_case, headers: Record<string, string>, challenge) => {
		const refused = await callOther(headers);
		expect(refused.status).toBe(401);
		expect(refused.headers.get("www-authenticate")).toBe(challenge);
	});

	it("refuses a key without the scope, and names it", async () => {
		const { key } = await createKey(admin);
		const refused = await callOther({ authorization: `Bearer ${key}` });
		expect(refused.status).toBe(403);
		expect(await refused.json()).toMatchObject({ error: { code: "FORBIDDEN", message: /leads:read/ } });
	});

	it("appears among the key's recent callers", async () => {
		const { key, api_key } = await createKey(admin, reader);
		await callOther({ authorization: `Bearer ${key}`, "cf-connecting-ip": "192.0.2.7", "user-agent": `curl/8 ${key}` });
		const { data } = await query<{ recent_callers: object[] }>(admin, "keys.get", { id: api_key.id });
		expect(data.recent_callers).toEqual([
			expect.objectContaining({ ip: "192.0.2.7", endpoint: "GET /report", user_agent: "curl/8 sk_live_…" }),
		]);
	});
});

describe("a verdict", () => {
	it("describes a valid key, without its secret", async () => {
		const { key, api_key } = await createKey(admin, { ...reader, name: "Reports", expires_in_days: 1, rate_limit: 5 });
		const verdict = await verify(key, { scope: "leads:read" });
		expect(verdict).toEqual({
			valid: true,
			code: "VALID",
			api_key: {
				id: api_key.id,
				tenant_id: tenantId,
				name: "Reports",
				environment: "live",
				scopes: ["leads:read"],
				expires_at: "2031-05-07T10:20:30.000Z",
			},
			rate_limit: { limit: 5, remaining: 4, resets_at: "2031-05-06T11:00:00.000Z" },
			headers: expect.objectContaining({ "X-RateLimit-Remaining": "4" }),
		});
		expect(JSON.stringify(verdict)).not.toContain(key.slice(20));
	});

	it("covers every tenant, because the platform's own Workers serve all tenants", async () => {
		const other = await addTenant();
		const { key } = await createKey(await token({ tenantId: other }), {});
		expect(await verify(key)).toMatchObject({ valid: true, api_key: { tenant_id: other } });
	});

	it("counts nothing with consume: false", async () => {
		const { key } = await createKey(admin, { rate_limit: 2 });
		for (let time = 0; time < 3; time++)
			expect(await verify(key, { consume: false })).toMatchObject({ rate_limit: { remaining: 2 } });
		expect(await verify(key)).toMatchObject({ rate_limit: { remaining: 1 } });
	});

	it.each([
		["MISSING", null, "Bearer"],
		["MISSING", "", "Bearer"],
		["NOT_FOUND", "sk_live_short", 'Bearer error="invalid_token"'],
		["NOT_FOUND", "x".repeat(100_000), 'Bearer error="invalid_token"'],
	])("is %s for text that is not a key", async (code, key, challenge) => {
		expect(await verify(key)).toMatchObject({
			valid: false,
			code,
			status: 401,
			error: { code: "UNAUTHORIZED" },
			headers: { "WWW-Authenticate": challenge },
		});
	});

	it("is EXPIRED after the expiry", async () => {
		const { key } = await createKey(admin, { expires_in_days: 1 });
		vi.setSystemTime(NOW + 86_400_000);
		expect(await verify(key)).toMatchObject({ valid: false, code: "EXPIRED", status: 401 });
	});

	it("is ADDRESS_NOT_ALLOWED for another IP address, and without one", async () => {
		const { key } = await createKey(admin, { ip_allowlist: ["192.0.2.0/24"] });
		expect(await verify(key, { ip: "192.0.2.9" })).toMatchObject({ valid: true });
		expect(await verify(key, { ip: "::ffff:192.0.2.9" })).toMatchObject({ valid: true });
		for (const presentation of [{ ip: "198.51.100.9" }, {}])
			expect(await verify(key, presentation)).toMatchObject({ code: "ADDRESS_NOT_ALLOWED", status: 403 });
	});

	it("is UNAVAILABLE and admits nothing if the gate fails", async () => {
		const { key } = await createKey(admin);
		const silent = { getByName: () => ({ admitPacked: () => Promise.reject(new Error("The object is gone")) }) };
		const log = vi.spyOn(console, "error").mockImplementation(() => {});
		const verdict = await verify(key, {}, { ...env, KEY_GATE: silent as unknown as typeof env.KEY_GATE });
		expect(log.mock.calls.join()).toContain("The object is gone");
		log.mockRestore();
		expect(verdict).toMatchObject({ valid: false, code: "UNAVAILABLE", status: 503, error: { code: "UNAVAILABLE" } });
	});

	it.each([
		["an unknown scope", { scope: "everything" }, "scope: Unknown scope"],
		["a misspelt field", { scopes: ["leads:read"] }, "scopes: Unknown field"],
		["an IP address that is not text", { ip: 7 }, "ip: "],
		["null instead of a presentation", null, "presentation"],
	])("is replaced by an error for %s", async (_case, presentation, message) => {
		const { key, api_key } = await createKey(admin);
		await expect(verify(key, presentation as never)).rejects.toThrow(message);
		const usage = await query<{ totals: object }>(admin, "keys.usage", { id: api_key.id });
		expect(usage.data.totals).toMatchObject({ allowed: 0 });
	});

	it("is replaced by an error for a key that is not text", async () => {
		await expect(verify(42 as never)).rejects.toThrow("key: Must be text");
	});
});
