import { createRoute } from "@hono/zod-openapi";
import { apiKeySchema, revokeKeySchema } from "../../../schemas/api-key.ts";
import { revokeKey } from "../../../services/keys.ts";
import { managedWithOptionalBody, managerOperation } from "../../define-route.ts";
import { BODY_ERRORS, MANAGER_ERRORS } from "../../openapi/errors.ts";
import * as examples from "../../openapi/examples.ts";
import { ok, optionalJsonBody } from "../../openapi/responses.ts";
import { depsOf, envelope } from "../../respond.ts";
import { tenantHeaders } from "../../tenant-choice.ts";
import { keyId, NO_KEY, ONE_KEY, TAGS } from "./common.ts";

export const revokeApiKey = managerOperation(
	createRoute({
		...managedWithOptionalBody,
		tags: TAGS,
		method: "post",
		path: `${ONE_KEY}/revoke`,
		operationId: "revokeApiKey",
		summary: "Revoke an API key",
		description: "After the response, no request with this key is admitted anywhere. Idempotent.",
		request: {
			headers: tenantHeaders,
			params: keyId,
			body: optionalJsonBody(revokeKeySchema.omit({ id: true }), examples.revokeKey),
		},
		responses: {
			...MANAGER_ERRORS,
			...BODY_ERRORS,
			...NO_KEY,
			200: ok(apiKeySchema, "The revoked API key.", examples.revoked),
		},
	}),
	async (c) => {
		const input = { ...c.req.valid("json"), ...c.req.valid("param") };
		return c.json(envelope(c, await revokeKey(depsOf(c), c.var.author, input)), 200);
	},
);
