import { createRoute } from "@hono/zod-openapi";
import { apiKeySchema, updateKeySchema } from "../../../schemas/api-key.ts";
import { updateKey } from "../../../services/keys.ts";
import { managerOperation, permittedWithBody } from "../../define-route.ts";
import { etagOf, ifMatchHeaders, withExpectedVersion } from "../../if-match.ts";
import { BODY_ERRORS, conflict, MANAGER_ERRORS } from "../../openapi/errors.ts";
import * as examples from "../../openapi/examples.ts";
import { ETAG } from "../../openapi/headers.ts";
import { jsonBody, ok } from "../../openapi/responses.ts";
import { depsOf, envelope } from "../../respond.ts";
import { tenantHeaders, tenantQuery } from "../../tenant-choice.ts";
import { keyId, NO_KEY, ONE_KEY, TAGS } from "./common.ts";

export const updateApiKey = managerOperation(
	createRoute({
		...permittedWithBody("keys:write"),
		tags: TAGS,
		method: "patch",
		path: ONE_KEY,
		operationId: "updateApiKey",
		summary: "Update an API key",
		description: "Changes the fields that are sent. The next request is checked against the new settings.",
		request: {
			headers: tenantHeaders.extend(ifMatchHeaders.shape),
			params: keyId,
			query: tenantQuery,
			body: jsonBody(updateKeySchema.omit({ id: true }), examples.updateKey),
		},
		responses: {
			...MANAGER_ERRORS,
			...BODY_ERRORS,
			...NO_KEY,
			...conflict(
				"The API key is revoked, has another version than the expected one, or would become unrestricted without `unrestricted: true`.",
			),
			200: ok(apiKeySchema, "The API key with its new settings.", examples.apiKey, ETAG),
		},
	}),
	async (c) => {
		const input = withExpectedVersion(c.req.raw, { ...c.req.valid("json"), ...c.req.valid("param") });
		const apiKey = await updateKey(depsOf(c), c.var.author, input);
		return c.json(envelope(c, apiKey), 200, etagOf(apiKey));
	},
);
