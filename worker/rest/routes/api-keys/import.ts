import { createRoute } from "@hono/zod-openapi";
import { importKeysSchema, keysImportedSchema } from "../../../schemas/key-import.ts";
import { importKeys } from "../../../services/key-import.ts";
import { managerOperation, platformInTenantWithBody } from "../../define-route.ts";
import { BODY_ERRORS, conflict, PLATFORM_ERRORS } from "../../openapi/errors.ts";
import * as examples from "../../openapi/examples.ts";
import { jsonBody, ok } from "../../openapi/responses.ts";
import { depsOf, envelope } from "../../respond.ts";
import { NO_TENANT, tenantHeaders, tenantQuery } from "../../tenant-choice.ts";
import { KEYS, TAGS } from "./common.ts";

export const importApiKeys = managerOperation(
	createRoute({
		...platformInTenantWithBody,
		tags: TAGS,
		method: "post",
		path: `${KEYS}/import`,
		operationId: "importApiKeys",
		summary: "Import API keys of another system",
		description:
			"For the platform. Imports keys `sk_live_…` and `sk_test_…` with 32 characters of `[a-z0-9]` by their hashes, so that their holders can go on using them. Invalid items are reported, and the others are imported. A hash that was imported before changes nothing, so a retry is safe.",
		request: { headers: tenantHeaders, query: tenantQuery, body: jsonBody(importKeysSchema, examples.importKeys) },
		responses: {
			...PLATFORM_ERRORS,
			...BODY_ERRORS,
			...NO_TENANT,
			...conflict("The tenant has no room for the new keys. None was imported."),
			200: ok(keysImportedSchema, "The result of every item.", examples.keysImported),
		},
	}),
	async (c) => c.json(envelope(c, await importKeys(depsOf(c), c.var.author, c.req.valid("json"))), 200),
);
