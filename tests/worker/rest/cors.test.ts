/** CORS: pages of another origin can read responses only if CORS_ORIGINS names that origin. */
import { createExecutionContext, env, waitOnExecutionContext } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { readConfig } from "../../../worker/env.ts";
import { createFetchHandler } from "../../../worker/fetch.ts";
import { ORIGIN } from "../fixtures.ts";

const APP = "https://app.example";

/** The response of a Worker with these CORS_ORIGINS. */
async function ask(origins: string, path: string, init: RequestInit): Promise<Response> {
	const front = createFetchHandler(readConfig({ ...env, CORS_ORIGINS: origins }));
	const context = createExecutionContext();
	const response = await front(new Request(ORIGIN + path, init), env, context);
	await waitOnExecutionContext(context);
	return response;
}
const allowed = (response: Response) => response.headers.get("access-control-allow-origin");
const preflight = {
	method: "OPTIONS",
	headers: {
		origin: APP,
		"access-control-request-method": "POST",
		"access-control-request-headers": "authorization,idempotency-key",
	},
};
const from = (origin: string) => ({ headers: { origin } });

describe("without CORS_ORIGINS", () => {
	it.each(["/v1/whoami", "/v1/api-keys", "/healthz"])("%s sends no CORS headers", async (path) => {
		expect(allowed(await ask("", path, from(APP)))).toBeNull();
		const asked = await ask("", path, preflight);
		expect([asked.status, allowed(asked)]).toEqual([405, null]);
	});
});

describe("with one origin", () => {
	it("a preflight request returns the allowed methods and headers", async () => {
		const response = await ask(APP, "/v1/api-keys", preflight);
		expect(response.status).toBe(204);
		expect(allowed(response)).toBe(APP);
		expect(response.headers.get("access-control-allow-methods")).toBe("GET,POST,PATCH,DELETE");
		expect(response.headers.get("access-control-allow-headers")).toMatch(/Authorization.*Idempotency-Key/);
		expect(response.headers.get("access-control-max-age")).toBe("600");
	});

	it("its pages can read errors, and the headers that clients need", async () => {
		const response = await ask(APP, "/v1/whoami", from(APP));
		expect([response.status, allowed(response)]).toEqual([401, APP]);
		expect(response.headers.get("access-control-expose-headers")).toMatch(/Retry-After.*X-Request-Id/);
		expect(response.headers.get("vary")).toMatch(/origin/i);
	});

	it("its pages can send activities to the Default Integration", async () => {
		expect(allowed(await ask(APP, "/functions/v1/default-integration", preflight))).toBe(APP);
	});

	it("a page cannot send the session cookie", async () => {
		for (const sent of [preflight, from(APP)])
			expect((await ask(APP, "/v1/api-keys", sent)).headers.has("access-control-allow-credentials")).toBe(false);
	});

	it("other origins, and paths outside REST, get no CORS headers", async () => {
		for (const other of ["https://elsewhere.example", "https://app.example.evil.example", "null", "http://app.example"])
			expect(allowed(await ask(APP, "/v1/whoami", from(other)))).toBeNull();
		expect(allowed(await ask(APP, "/trpc/session.me", from(APP)))).toBeNull();
	});
});

it("with * every origin is allowed", async () => {
	expect(allowed(await ask("*", "/v1/whoami", from("https://any.example")))).toBe("*");
});
