/** The documentation's endpoint behind `apiKeyAuth`, in the Worker as it is. */
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
	// The middleware sets the further variables before the handler runs, as it does for the Worker's own routes.
	addReportRoute(app as never);
	const context = createExecutionContext();
	const response = await app.fetch(new Request(`${ORIGIN}/v1/report`, { headers }), env, context);
	await waitOnExecutionContext(context);
	return response;
}

describe("an endpoint behind apiKeyAuth", () => {
	it("knows whose the key is, and answers with the key's rate limit", async () => {
		const { key } = await createKey(admin, { scopes: ["leads:read"], rate_limit: 5, environment: "test" });
		const response = await report({ "x-api-key": key });
		expect(response.status).toBe(200);
		expect(await response.json()).toMatchObject({ data: { tenant_id: tenantId, environment: "test" } });
		expect(response.headers.get("x-ratelimit-remaining")).toBe("4");
		expect(response.headers.get("x-request-id")).not.toBeNull();
	});

	it("is not reached without the scope, and not without a key", async () => {
		const { key } = await createKey(admin);
		const lacking = await report({ authorization: `Bearer ${key}` });
		expect([lacking.status, await lacking.json()]).toMatchObject([403, { error: { code: "FORBIDDEN" } }]);
		const nobody = await report({});
		expect([nobody.status, nobody.headers.get("www-authenticate")]).toEqual([401, "Bearer"]);
	});
});
