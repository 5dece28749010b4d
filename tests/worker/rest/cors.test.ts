/** Pages of other sites: shut out, unless the configuration names theirs. */
import { createExecutionContext, env, waitOnExecutionContext } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { readConfig } from "../../../worker/env.ts";
import { createFetchHandler } from "../../../worker/fetch.ts";
import { ORIGIN } from "../fixtures.ts";

const APP = "https://app.example";

/** The answer of a Worker that is open to these origins. */
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

describe("closed, as it is by default", () => {
	it.each(["/v1/whoami", "/v1/api-keys", "/healthz"])("%s says nothing to other sites", async (path) => {
		expect(allowed(await ask("", path, from(APP)))).toBeNull();
		const asked = await ask("", path, preflight);
		expect([asked.status, allowed(asked)]).toEqual([405, null]);
	});
});

describe("open to one site", () => {
	it("tells its pages that they may, and what", async () => {
		const response = await ask(APP, "/v1/api-keys", preflight);
		expect(response.status).toBe(204);
		expect(allowed(response)).toBe(APP);
		expect(response.headers.get("access-control-allow-methods")).toBe("GET,POST,PATCH,DELETE");
		expect(response.headers.get("access-control-allow-headers")).toMatch(/Authorization.*Idempotency-Key/);
		expect(response.headers.get("access-control-max-age")).toBe("600");
	});

	it("lets its pages read refusals, and the headers that matter", async () => {
		const response = await ask(APP, "/v1/whoami", from(APP));
		expect([response.status, allowed(response)]).toEqual([401, APP]);
		expect(response.headers.get("access-control-expose-headers")).toMatch(/Retry-After.*X-Request-Id/);
		expect(response.headers.get("vary")).toMatch(/origin/i);
	});

	it("lets its pages send activities as before, too", async () => {
		expect(allowed(await ask(APP, "/functions/v1/default-integration", preflight))).toBe(APP);
	});

	it("never lets a page send the cookie", async () => {
		for (const sent of [preflight, from(APP)])
			expect((await ask(APP, "/v1/api-keys", sent)).headers.has("access-control-allow-credentials")).toBe(false);
	});

	it("stays shut to others, and outside REST", async () => {
		for (const other of ["https://elsewhere.example", "https://app.example.evil.example", "null", "http://app.example"])
			expect(allowed(await ask(APP, "/v1/whoami", from(other)))).toBeNull();
		expect(allowed(await ask(APP, "/trpc/session.me", from(APP)))).toBeNull();
	});
});

it("open to all means all", async () => {
	expect(allowed(await ask("*", "/v1/whoami", from("https://anybody.example")))).toBe("*");
});
