import { createRoute } from "@hono/zod-openapi";
import { apiKeyDetailSchema } from "../../../schemas/api-key.ts";
import { getKey } from "../../../services/keys.ts";
import { managerOperation, permitted } from "../../define-route.ts";
import { etagOf } from "../../if-match.ts";
import { MANAGER_ERRORS } from "../../openapi/errors.ts";
import * as examples from "../../openapi/examples.ts";
import { ETAG } from "../../openapi/headers.ts";
import { ok } from "../../openapi/responses.ts";
import { depsOf, envelope } from "../../respond.ts";
import { tenantHeaders, tenantQuery } from "../../tenant-choice.ts";
import { keyId, NO_KEY, ONE_KEY, TAGS } from "./common.ts";

export const getApiKey = managerOperation(
	createRoute({
		...permitted("keys:read"),
		tags: TAGS,
		method: "get",
		path: ONE_KEY,
		operationId: "getApiKey",
		summary: "Get an API key",
		description: "Live, with the current hour and the recent callers.",
		request: { headers: tenantHeaders, params: keyId, query: tenantQuery },
		responses: {
			...MANAGER_ERRORS,
			...NO_KEY,
			200: ok(apiKeyDetailSchema, "The API key.", examples.apiKeyDetail, ETAG),
		},
	}),
	async (c) => {
		const apiKey = await getKey(depsOf(c), c.var.author.tenantId, c.req.valid("param").id);
		return c.json(envelope(c, apiKey), 200, etagOf(apiKey));
	},
);
