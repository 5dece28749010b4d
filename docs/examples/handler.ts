/** An endpoint of this Worker that takes only API keys with the scope `leads:read`. */
import type { Hono } from "hono";
import { metaOf } from "../../worker/http/response.ts";
import type { IntegrationEnv } from "../../worker/rest/context.ts";
import { apiKeyAuth } from "../../worker/rest/middleware/api-key-auth.ts";

export function addReportRoute(app: Hono<IntegrationEnv>): void {
	app.get("/v1/report", apiKeyAuth({ scope: "leads:read" }), (c) => {
		const { tenantId, environment } = c.var.key;
		return c.json({ data: { report: "…", tenant_id: tenantId, environment }, meta: metaOf(c.var.info) });
	});
}
