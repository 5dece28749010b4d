import { createRoute } from "@hono/zod-openapi";
import { scopeList, scopeListSchema } from "../../schemas/api-key.ts";
import { managerOperation, permitted } from "../define-route.ts";
import { MANAGER_ERRORS } from "../openapi/errors.ts";
import { page } from "../openapi/responses.ts";
import { listEnvelope } from "../respond.ts";
import { NO_TENANT, tenantHeaders, tenantQuery } from "../tenant-choice.ts";

export const listScopes = managerOperation(
	createRoute({
		...permitted("keys:read"),
		tags: ["API keys"],
		method: "get",
		path: "/v1/scopes",
		operationId: "listScopes",
		summary: "List scopes",
		description: "The scopes that an API key can have, and what each grants. One page holds all of them.",
		request: { headers: tenantHeaders, query: tenantQuery },
		responses: {
			...MANAGER_ERRORS,
			...NO_TENANT,
			200: page(scopeListSchema.shape.items.element, "All scopes.", { scope: "leads:read", grants: "Read leads." }),
		},
	}),
	(c) => c.json(listEnvelope(c, { ...scopeList, next_cursor: null }), 200),
);
