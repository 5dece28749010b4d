import { createRoute } from "@hono/zod-openapi";
import { keyListItemSchema, keyListSchema, listKeysSchema } from "../../../schemas/key-list.ts";
import { listFreshKeys } from "../../../services/key-list.ts";
import { managerOperation, permitted } from "../../define-route.ts";
import { MANAGER_ERRORS } from "../../openapi/errors.ts";
import * as examples from "../../openapi/examples.ts";
import { page } from "../../openapi/responses.ts";
import { fromQuery } from "../../query.ts";
import { depsOf, listEnvelope } from "../../respond.ts";
import { NO_TENANT, tenantHeaders } from "../../tenant-choice.ts";
import { KEYS, TAGS } from "./common.ts";

const { counts, counts_capped, counts_behind } = keyListSchema.shape;

export const listApiKeys = managerOperation(
	createRoute({
		...permitted("keys:read"),
		tags: TAGS,
		method: "get",
		path: KEYS,
		operationId: "listApiKeys",
		summary: "List API keys",
		description:
			"Newest first unless `sort` is given. `meta.counts` covers all keys that match `environment` and `search`. `usage_count` and `last_used_at` are at most `USAGE_FLUSH_SECONDS` old, a setting of the service (default 15).",
		request: { headers: tenantHeaders, query: fromQuery(listKeysSchema) },
		responses: {
			...MANAGER_ERRORS,
			...NO_TENANT,
			200: page(keyListItemSchema, "A page of API keys.", examples.apiKey, {
				shape: { counts, counts_capped, counts_behind },
				example: { counts: examples.counts },
			}),
		},
	}),
	async (c) =>
		c.json(listEnvelope(c, await listFreshKeys(depsOf(c), c.var.author.tenantId, c.req.valid("query"))), 200),
);
