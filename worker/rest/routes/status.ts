/** What the canary has measured. */
import { createRoute } from "@hono/zod-openapi";
import { serviceStatusSchema } from "../../schemas/status.ts";
import { recentStatus } from "../../services/canary/status.ts";
import { publicOperation } from "../define-route.ts";
import { INPUT_ERRORS, unavailable } from "../openapi/errors.ts";
import * as examples from "../openapi/examples.ts";
import { ok } from "../openapi/responses.ts";
import { NO_QUERY } from "../query.ts";
import { depsOf, envelope } from "../respond.ts";

export const getStatus = publicOperation(
	createRoute({
		method: "get",
		path: "/v1/status",
		tags: ["Service"],
		operationId: "getStatus",
		summary: "Get what the canary has measured",
		description:
			"Every minute, a canary makes keys of its own, uses them and revokes one. This is what it has measured in the last 30 days. `/status` shows the same as a page. The response is up to a minute old.",
		security: [],
		request: { query: NO_QUERY },
		responses: {
			...INPUT_ERRORS,
			200: ok(serviceStatusSchema, "The measurements.", examples.serviceStatus),
			...unavailable("The database does not respond."),
		},
	}),
	async (c) => c.json(envelope(c, await recentStatus(depsOf(c))), 200),
);
