/** The lines of the log that operators search for. */
import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { readConfig } from "../../../worker/env.ts";
import { createFetchHandler } from "../../../worker/fetch.ts";
import { logEvent, nameVersion } from "../../../worker/log.ts";
import { addTenant, ORIGIN, token } from "../fixtures.ts";

const RAY = "8f2a1b3c4d5e6f70-GRU";
const EMAIL = "ana@acme.example";
const IP = "203.0.113.77";

// As `index.ts` does at start.
nameVersion(env.CF_VERSION_METADATA);

let lines: Record<string, unknown>[] = [];
beforeEach(() => {
	lines = [];
	for (const level of ["error", "warn", "info"] as const)
		vi.spyOn(console, level).mockImplementation((line) => void lines.push(JSON.parse(line)));
});
afterEach(() => {
	vi.restoreAllMocks();
});
const eventsOf = (name: string) => lines.filter(({ event }) => event === name);

const handle = createFetchHandler(readConfig(env));
const send = (path: string, headers: Record<string, string>, init: RequestInit = {}) =>
	handle(
		new Request(ORIGIN + path, {
			...init,
			headers: { "cf-ray": RAY, "cf-connecting-ip": IP, "content-type": "application/json", ...headers },
		}),
		env,
		createExecutionContext(),
	);

describe("a line of the log", () => {
	it("names a refused management credential with the request, the ray and the version, and never shows it", async () => {
		const secret = `smt_${"x".repeat(36)}`;
		const response = await send("/v1/api-keys", { authorization: `Bearer ${secret}` });
		expect(response.status).toBe(401);
		expect(eventsOf("management_refused")).toEqual([
			{
				level: "warn",
				event: "management_refused",
				what: "A management credential was refused",
				credential: "management_token",
				code: "UNAUTHORIZED",
				request_id: response.headers.get("x-request-id"),
				ray_id: RAY,
				version: env.CF_VERSION_METADATA.id,
			},
		]);
		expect(JSON.stringify(lines)).not.toContain(secret.slice(0, 12));
		expect(JSON.stringify(lines)).not.toContain(IP);
	});

	it("is not written for a request without a credential", async () => {
		expect((await send("/v1/api-keys", {})).status).toBe(401);
		expect(lines).toEqual([]);
	});

	it("names a wrong service_role key of an operator", async () => {
		const body = JSON.stringify({ key: "not the key, but as long as one would be" });
		const response = await send("/trpc/platform.login", { origin: ORIGIN }, { method: "POST", body });
		expect(response.status).toBe(401);
		expect(eventsOf("management_refused")).toMatchObject([{ place: "tRPC platform.login", ray_id: RAY }]);
		expect(JSON.stringify(lines)).not.toContain("as long as one would be");
	});

	it("names a throttled sign-in without the email and the IP address", async () => {
		const body = JSON.stringify({ email: EMAIL, password: "a wrong password" });
		const over = { ...env, LOGIN_LIMITER: { limit: async () => ({ success: false }) } };
		const response = await handle(
			new Request(`${ORIGIN}/trpc/session.login`, {
				method: "POST",
				headers: { origin: ORIGIN, "content-type": "application/json", "cf-ray": RAY, "cf-connecting-ip": IP },
				body,
			}),
			over,
			createExecutionContext(),
		);
		expect(response.status).toBe(429);
		expect(eventsOf("sign_in_throttled")).toMatchObject([
			{ level: "warn", place: "POST /trpc/session.login", ray_id: RAY },
		]);
		expect(JSON.stringify(lines)).not.toContain(EMAIL);
		expect(JSON.stringify(lines)).not.toContain(IP);
	});

	it("names what the platform reads in a tenant, once an hour", async () => {
		const tenantId = await addTenant();
		const headers = { authorization: `Bearer ${env.SERVICE_ROLE_KEY}`, "x-tenant-id": tenantId };
		for (let i = 0; i < 2; i++) expect((await send("/v1/api-keys", headers)).status).toBe(200);
		expect(eventsOf("platform_read")).toMatchObject([
			{ level: "info", operation: "GET /v1/api-keys", tenant_id: tenantId, ray_id: RAY },
		]);
	});

	it("is not written for a valid credential", async () => {
		const admin = await token({ tenantId: await addTenant() });
		expect((await send("/v1/api-keys", { authorization: `Bearer ${admin}` })).status).toBe(200);
		expect(lines).toEqual([]);
	});
});

describe("many events at once", () => {
	it("write a bounded number of lines a minute, and the next line says how many were left out", () => {
		// Later than every line that was written before.
		let now = performance.now() + 120_000;
		vi.spyOn(performance, "now").mockImplementation(() => now);
		for (let i = 0; i < 100; i++) logEvent("unknown_protocol", { key_id: "a" });
		expect(eventsOf("unknown_protocol")).toHaveLength(60);
		// Another event has lines of its own.
		logEvent("unreadable_record", { key_id: "a" });
		expect(eventsOf("unreadable_record")).toHaveLength(1);
		now += 60_001;
		logEvent("unknown_protocol", { key_id: "a" });
		expect(eventsOf("unknown_protocol").at(-1)).toMatchObject({ suppressed: 40 });
		logEvent("unknown_protocol", { key_id: "a" });
		expect(eventsOf("unknown_protocol").at(-1)).not.toHaveProperty("suppressed");
	});
});
