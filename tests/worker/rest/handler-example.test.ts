/** The endpoint of docs/examples/handler.ts, which is behind `apiKeyAuth`. */
import { createExecutionContext, env, waitOnExecutionContext } from "cloudflare:test";
import { describe, expect, it } from "vitest";
import { addReportRoute } from "../../../docs/examples/handler.ts";
import { createApp } from "../../../worker/app.ts";
import { readConfig } from "../../../worker/env.ts";
import { addTenant, createKey, ORIGIN, token } from "../fixtures.ts";

const tenantId = await addTenant();
const admin = await token({ tenantId });

async function report(headers: Record<string, string>): Promise<Response> {
	const app = createApp(readConfig(env));
	// The middleware sets the variables of IntegrationEnv before the handler runs.
	addReportRoute(app as never);
	const context = createExecutionContext();
	const response = await app.fetch(new Request(`${ORIGIN}/v1/report`, { headers }), env, context);
	await waitOnExecutionContext(context);
	return response;
}

describe("an endpoint behind apiKeyAuth", () => {
	it("knows the key's tenant, and responds with the key's rate limit", async () => {
		const { key } = await createKey(admin, { scopes: ["leads:read"], rate_limit: 5, environment: "test" });
		const response = await report({ "x-api-key": key });
		expect(response.status).toBe(200);
		expect(await response.json()).toMatchObject({ data: { tenant_id: tenantId, environment: "test" } });
		expect(response.headers.get("x-ratelimit-remaining")).toBe("4");
		expect(response.headers.get("x-request-id")).not.toBeNull();
	});

	it("does not run without a key or without the scope", async () => {
		const { key } = await createKey(admin);
		const lacking = await report({ authorization: `Bearer ${key}` });
		expect([lacking.status, await lacking.json()]).toMatchObject([403, { error: { code: "FORBIDDEN" } }]);
		const withoutKey = await report({});
		expect([withoutKey.status, withoutKey.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
	});
});
