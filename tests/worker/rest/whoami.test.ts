/** `whoami`: whether a key is valid, and what the response says about it. */
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import { addTenant, asIntegration, createKey, gateOf, mutate, request, token } from "../fixtures.ts";
import { call, read, visit } from "./tenant-with-keys.ts";

const NOW = Date.parse("2031-05-06T10:20:30.000Z");
vi.useFakeTimers({ toFake: ["Date"], now: NOW });
beforeEach(() => vi.setSystemTime(NOW));
afterAll(() => vi.useRealTimers());

const tenantId = await addTenant();
const admin = await token({ tenantId, expiresIn: 400 * 86_400 });

describe("a valid key", () => {
	it("gets its settings, its scopes and its current hour", async () => {
		const { key, api_key } = await createKey(admin, {
			name: "Form on the website",
			scopes: ["leads:write", "leads:read"],
			rate_limit: 50,
			expires_in_days: 2,
		});
		await call(key, "GET", "/v1/whoami");
		const reply = await call(key, "GET", "/v1/whoami");
		expect(reply.status).toBe(200);
		expect(reply.data).toEqual({
			id: api_key.id,
			tenant_id: tenantId,
			name: "Form on the website",
			environment: "live",
			scopes: ["leads:write", "leads:read"],
			expires_at: "2031-05-08T10:20:30.000Z",
			rate_limit: 50,
			current_hour: { used: 2, limit: 50, remaining: 48, resets_at: "2031-05-06T11:00:00.000Z" },
		});
	});

	it("of the test environment that never expires is described as such", async () => {
		const { key } = await createKey(admin, { environment: "test" });
		expect((await call(key, "GET", "/v1/whoami")).data).toMatchObject({
			environment: "test",
			expires_at: null,
			scopes: ["default:sync"],
			rate_limit: 1_000,
		});
	});

	it("is never in the response", async () => {
		const { key } = await createKey(admin);
		const response = await asIntegration(key);
		expect(JSON.stringify([await response.text(), [...response.headers]])).not.toContain(key.slice(20));
	});

	it.each([
		["Authorization: Bearer", (key: string) => ({ authorization: `Bearer ${key}` })],
		["a scheme in lower case", (key: string) => ({ authorization: `bearer ${key}` })],
		["X-API-Key", (key: string) => ({ "x-api-key": key })],
	])("may be sent as %s", async (_way, headers) => {
		const { key } = await createKey(admin);
		expect((await request("/v1/whoami", { headers: headers(key) })).status).toBe(200);
	});
});

describe("without a valid key", () => {
	const unknown = `sk_live_${"0".repeat(48)}`;
	const INVALID_TOKEN = 'Bearer error="invalid_token"';

	it.each([
		["nothing at all", {}, "Bearer"],
		["an empty X-API-Key", { "x-api-key": "" }, "Bearer"],
		["another scheme", { authorization: `Basic ${btoa("key:secret")}` }, "Bearer"],
		["no scheme", { authorization: unknown }, "Bearer"],
		["a made-up key", { authorization: `Bearer ${unknown}` }, INVALID_TOKEN],
		["a made-up key in X-API-Key", { "x-api-key": unknown }, INVALID_TOKEN],
		["Bearer without a credential", { authorization: "Bearer" }, INVALID_TOKEN],
		["two words after the scheme", { authorization: `Bearer ${unknown} ${unknown}` }, INVALID_TOKEN],
		["text that is not a key", { authorization: "Bearer hello" }, INVALID_TOKEN],
		["the token of a user", { authorization: `Bearer ${admin}` }, INVALID_TOKEN],
	])("%s is 401 with a challenge", async (_what, headers: Record<string, string>, challenge) => {
		const reply = await visit("/v1/whoami", { headers });
		expect([reply.status, reply.error.code]).toEqual([401, "UNAUTHORIZED"]);
		expect(reply.headers.get("www-authenticate")).toBe(challenge);
	});

	it.each(["Basic c3RhZ2luZzpzZWNyZXQ=", "Digest username=proxy", "sk_live_", "Bearer-ish x", ""])(
		"an Authorization of another scheme (%j) is ignored beside an X-API-Key",
		async (authorization) => {
			const { key } = await createKey(admin);
			expect((await visit("/v1/whoami", { headers: { authorization, "x-api-key": key } })).status).toBe(200);
		},
	);

	it("a malformed Bearer is 401, also beside a valid X-API-Key", async () => {
		const { key } = await createKey(admin);
		for (const authorization of ["Bearer", "bearer a b", "Bearer\tx", "Bearer,x"]) {
			const reply = await visit("/v1/whoami", { headers: { authorization, "x-api-key": key } });
			expect([authorization, reply.status]).toEqual([authorization, 401]);
		}
	});

	it.each(["api_key", "key", "apikey", "access_token", "token"])(
		"a key in the URL as ?%s= is ignored",
		async (name) => {
			const { key, api_key } = await createKey(admin);
			const reply = await visit(`/v1/whoami?${name}=${key}`);
			expect([reply.status, reply.error.code]).toEqual([401, "UNAUTHORIZED"]);
			expect(JSON.stringify(reply)).not.toContain(key);
			const described = await gateOf(api_key.id).describe(api_key.id, tenantId);
			expect(described).toMatchObject({ value: { current_hour: { used: 0 }, recent_callers: [] } });
		},
	);

	it("a mistyped key is 401", async () => {
		const { key } = await createKey(admin);
		const mistyped = key.slice(0, 30) + (key[30] === "a" ? "b" : "a") + key.slice(31);
		for (const wrong of [mistyped, key.slice(0, -1), `${key}0`, key.toUpperCase(), key.replace("live", "test")])
			expect((await asIntegration(wrong)).status).toBe(401);
		expect((await asIntegration(key)).status).toBe(200);
	});

	it("the response to a revoked key says that it is revoked", async () => {
		const { key, api_key } = await createKey(admin);
		await mutate(admin, "keys.revoke", { id: api_key.id });
		const reply = await call(key, "GET", "/v1/whoami");
		expect([reply.status, reply.error.code]).toEqual([401, "UNAUTHORIZED"]);
		expect(reply.error.message).toContain("revoked");
		expect(reply.headers.get("www-authenticate")).toBe(INVALID_TOKEN);
	});

	it("the response to an expired key says that it is expired, from that moment on", async () => {
		const { key } = await createKey(admin, { expires_in_days: 1 });
		vi.setSystemTime(NOW + 86_400_000 - 1);
		expect((await asIntegration(key)).status).toBe(200);
		vi.setSystemTime(NOW + 86_400_000);
		const reply = await read(await asIntegration(key));
		expect([reply.status, reply.error.code]).toEqual([401, "UNAUTHORIZED"]);
		expect(reply.error.message).toContain("expired");
	});
});
