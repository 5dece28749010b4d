/** The rate-limit headers on every response to a key, and which requests do not count. */
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import { addTenant, asIntegration, createKey, mutate, query, request, sendJson, token } from "../fixtures.ts";
import { call, read } from "./tenant-with-keys.ts";

/** In the middle of an hour and of a second: reset times are still whole seconds. */
const NOW = Date.parse("2031-05-06T10:20:30.250Z");
const HOUR_END = Date.parse("2031-05-06T11:00:00.000Z");
vi.useFakeTimers({ toFake: ["Date"], now: NOW });
beforeEach(() => vi.setSystemTime(NOW));
afterAll(() => vi.useRealTimers());

const admin = await token({ tenantId: await addTenant(), expiresIn: 86_400 });
const newKey = async (input: Record<string, unknown> = {}) => (await createKey(admin, { scopes: [], ...input })).key;

/** The five headers, checked against each other. */
function standing(headers: Headers): { limit: number; remaining: number; secondsLeft: number } {
	const text = (name: string) => headers.get(name) ?? `no ${name}`;
	const [, quota, width] = /^"hourly";q=(\d+);w=(\d+)$/.exec(text("ratelimit-policy")) ?? [];
	const [, remaining, secondsLeft] = /^"hourly";r=(\d+);t=(\d+)$/.exec(text("ratelimit")) ?? [];
	expect(width).toBe("3600");
	expect(text("x-ratelimit-limit")).toBe(quota);
	expect(text("x-ratelimit-remaining")).toBe(remaining);
	const reset = Number(text("x-ratelimit-reset")) * 1_000;
	expect(reset % 3_600_000).toBe(0);
	expect(Number(secondsLeft)).toBe(Math.ceil((reset - Date.now()) / 1_000));
	return { limit: Number(quota), remaining: Number(remaining), secondsLeft: Number(secondsLeft) };
}

describe("the headers", () => {
	const text = { method: "POST", headers: { "content-type": "text/plain" }, body: "lead" };
	const broken = { method: "POST", headers: { "content-type": "application/json" }, body: "{" };

	it.each([
		[200, "of a good request", (key: string) => asIntegration(key)],
		[201, "of a new lead", (key: string) => sendJson(key, "POST", "/v1/leads", { name: "Ana" })],
		[400, "of a wrong field", (key: string) => sendJson(key, "POST", "/v1/leads", {})],
		[400, "of broken JSON", (key: string) => asIntegration(key, "/v1/leads", broken)],
		[400, "of a wrong query", (key: string) => asIntegration(key, "/v1/leads?limit=0")],
		[404, "of an unknown lead", (key: string) => asIntegration(key, "/v1/leads/lead_unknown")],
		[415, "of a body that is no JSON", (key: string) => asIntegration(key, "/v1/leads", text)],
	])("on a %i (%s) count the request and agree with each other", async (status, _what, send) => {
		const key = await newKey({ rate_limit: 77 });
		const response = await send(key);
		expect(response.status).toBe(status);
		expect(standing(response.headers)).toEqual({ limit: 77, remaining: 76, secondsLeft: 2_370 });
	});

	it("are on a 413, because the key is checked before the body is read", async () => {
		const key = await newKey({ rate_limit: 77 });
		const reply = await read(await sendJson(key, "POST", "/v1/leads", { name: "x".repeat(1_100_000) }));
		expect([reply.status, reply.error.code]).toEqual([413, "PAYLOAD_TOO_LARGE"]);
		expect(standing(reply.headers)).toMatchObject({ limit: 77, remaining: 76 });
	});

	it("are the same on HEAD and GET", async () => {
		const key = await newKey({ rate_limit: 77 });
		const response = await asIntegration(key, "/v1/whoami", { method: "HEAD" });
		expect([response.status, await response.text()]).toEqual([200, ""]);
		expect(standing(response.headers)).toMatchObject({ limit: 77, remaining: 76 });
	});

	it("on a 403 for the scope or the IP address do not count the request", async () => {
		const scoped = await newKey({ rate_limit: 77, scopes: ["leads:read"] });
		const noScope = await sendJson(scoped, "POST", "/v1/leads", { name: "Ana" });
		const bound = await newKey({ rate_limit: 77, ip_allowlist: ["203.0.113.0/24"] });
		const noAddress = await asIntegration(bound, "/v1/whoami", { headers: { "cf-connecting-ip": "198.51.100.1" } });
		for (const response of [noScope, noAddress]) {
			expect(response.status).toBe(403);
			expect(standing(response.headers)).toEqual({ limit: 77, remaining: 77, secondsLeft: 2_370 });
		}
	});

	it("on a 429 agree with Retry-After and the body", async () => {
		const key = await newKey({ rate_limit: 1 });
		await asIntegration(key);
		for (const send of [() => asIntegration(key), () => sendJson(key, "POST", "/v1/leads", {})]) {
			const reply = await read(await send());
			expect([reply.status, reply.error.code]).toEqual([429, "RATE_LIMITED"]);
			expect(standing(reply.headers)).toEqual({ limit: 1, remaining: 0, secondsLeft: 2_370 });
			expect(reply.headers.get("retry-after")).toBe("2370");
			expect(reply.error.retry_after).toBe(2_370);
		}
	});

	it("on a 401 for a revoked or expired key show that nothing remains", async () => {
		const revoked = await createKey(admin, { rate_limit: 77 });
		await mutate(admin, "keys.revoke", { id: revoked.api_key.id });
		const expired = await newKey({ rate_limit: 77, expires_at: new Date(NOW + 1_000).toISOString() });
		vi.setSystemTime(NOW + 1_000);
		for (const key of [revoked.key, expired]) {
			const response = await asIntegration(key);
			expect(response.status).toBe(401);
			expect(standing(response.headers)).toMatchObject({ limit: 77, remaining: 0 });
		}
	});

	it("on the 403 of a management request do not count it, and show what remains", async () => {
		const key = await newKey({ rate_limit: 77 });
		for (const answer of [await query(key, "keys.list"), await mutate(key, "keys.create", { name: "x" })]) {
			expect([answer.status, answer.error.code]).toEqual([403, "FORBIDDEN"]);
			expect(standing(answer.headers)).toEqual({ limit: 77, remaining: 77, secondsLeft: 2_370 });
		}
		expect(standing((await asIntegration(key)).headers).remaining).toBe(76);
	});

	it("decrease by one with every request", async () => {
		const key = await newKey({ rate_limit: 3 });
		const seen: number[] = [];
		for (let request = 0; request < 4; request++) seen.push(standing((await asIntegration(key)).headers).remaining);
		expect(seen).toEqual([2, 1, 0, 0]);
	});

	it("are on no response to a caller without a key", async () => {
		for (const path of ["/v1/whoami", "/v1/leads", "/healthz"]) {
			const { headers } = await request(path);
			expect([...headers.keys()].filter((name) => name.includes("ratelimit"))).toEqual([]);
		}
	});
});

describe("the hour", () => {
	it("is not used up by refusals", async () => {
		const key = await newKey({ rate_limit: 2, scopes: ["default:sync"], ip_allowlist: ["203.0.113.7"] });
		const from = (ip: string, path: string) => asIntegration(key, path, { headers: { "cf-connecting-ip": ip } });
		const statuses: number[] = [];
		for (let round = 0; round < 5; round++) {
			statuses.push((await from("203.0.113.7", "/v1/leads")).status);
			statuses.push((await from("203.0.113.8", "/v1/whoami")).status);
			statuses.push((await query(key, "keys.list")).status);
		}
		expect(new Set(statuses)).toEqual(new Set([403]));
		const admitted: number[] = [];
		for (let round = 0; round < 6; round++) admitted.push((await from("203.0.113.7", "/v1/whoami")).status);
		expect(admitted).toEqual([200, 200, 429, 429, 429, 429]);
	});

	it("starts with the full limit after any number of 429s", async () => {
		const key = await newKey({ rate_limit: 2 });
		for (let round = 0; round < 10; round++) await asIntegration(key);
		vi.setSystemTime(HOUR_END - 1);
		const last = await call(key, "GET", "/v1/whoami");
		expect([last.status, last.error.retry_after]).toEqual([429, 1]);
		vi.setSystemTime(HOUR_END);
		const first = await asIntegration(key);
		expect(first.status).toBe(200);
		expect(standing(first.headers)).toEqual({ limit: 2, remaining: 1, secondsLeft: 3_600 });
		expect([(await asIntegration(key)).status, (await asIntegration(key)).status]).toEqual([200, 429]);
	});
});
