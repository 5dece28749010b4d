import { createRoute } from "@hono/zod-openapi";
import { apiKeySchema, revokeKeySchema } from "../../../schemas/api-key.ts";
import { revokeKey } from "../../../services/keys.ts";
import { managerOperation, permittedWithOptionalBody } from "../../define-route.ts";
import { etagOf, ifMatchHeaders, withExpectedVersion } from "../../if-match.ts";
import { BODY_ERRORS, conflict, MANAGER_ERRORS } from "../../openapi/errors.ts";
import * as examples from "../../openapi/examples.ts";
import { ETAG } from "../../openapi/headers.ts";
import { ok, optionalJsonBody } from "../../openapi/responses.ts";
import { depsOf, envelope } from "../../respond.ts";
import { tenantHeaders, tenantQuery } from "../../tenant-choice.ts";
import { keyId, NO_KEY, ONE_KEY, TAGS } from "./common.ts";

export const revokeApiKey = managerOperation(
	createRoute({
		...permittedWithOptionalBody("keys:write"),
		tags: TAGS,
		method: "post",
		path: `${ONE_KEY}/revoke`,
		operationId: "revokeApiKey",
		summary: "Revoke an API key",
		description: "After the response, no request with this key is admitted anywhere. Idempotent.",
		request: {
			headers: tenantHeaders.extend(ifMatchHeaders.shape),
			params: keyId,
			query: tenantQuery,
			body: optionalJsonBody(revokeKeySchema.omit({ id: true }), examples.revokeKey),
		},
		responses: {
			...MANAGER_ERRORS,
			...BODY_ERRORS,
			...NO_KEY,
			...conflict("The API key has another version than the expected one."),
			200: ok(apiKeySchema, "The revoked API key.", examples.revoked, ETAG),
		},
	}),
	async (c) => {
		const input = withExpectedVersion(c.req.raw, { ...c.req.valid("json"), ...c.req.valid("param") });
		const apiKey = await revokeKey(depsOf(c), c.var.author, input);
		return c.json(envelope(c, apiKey), 200, etagOf(apiKey));
	},
);
