import { createRoute } from "@hono/zod-openapi";
import { usageQuerySchema, usageSchema } from "../../../schemas/usage.ts";
import { keyUsage } from "../../../services/usage.ts";
import { managerOperation, permitted } from "../../define-route.ts";
import { MANAGER_ERRORS } from "../../openapi/errors.ts";
import * as examples from "../../openapi/examples.ts";
import { ok } from "../../openapi/responses.ts";
import { fromQuery } from "../../query.ts";
import { depsOf, envelope } from "../../respond.ts";
import { tenantHeaders } from "../../tenant-choice.ts";
import { keyId, NO_KEY, ONE_KEY, TAGS } from "./common.ts";

export const getApiKeyUsage = managerOperation(
	createRoute({
		...permitted("keys:read"),
		tags: TAGS,
		method: "get",
		path: `${ONE_KEY}/usage`,
		operationId: "getApiKeyUsage",
		summary: "Get the usage of an API key",
		description: "Requests per UTC hour or day, by outcome. Buckets without requests are included.",
		request: { headers: tenantHeaders, params: keyId, query: fromQuery(usageQuerySchema.omit({ id: true })) },
		responses: { ...MANAGER_ERRORS, ...NO_KEY, 200: ok(usageSchema, "The usage.", examples.usage) },
	}),
	async (c) => {
		const input = { ...c.req.valid("query"), ...c.req.valid("param") };
		return c.json(envelope(c, await keyUsage(depsOf(c), c.var.author.tenantId, input)), 200);
	},
);
