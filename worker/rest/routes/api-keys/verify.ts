import { createRoute } from "@hono/zod-openapi";
import { verificationSchema, verifyKeySchema } from "../../../schemas/key-verify.ts";
import { verifyKey } from "../../../services/key-verify.ts";
import { managerOperation, permittedWithBody } from "../../define-route.ts";
import { BODY_ERRORS, MANAGER_ERRORS } from "../../openapi/errors.ts";
import * as examples from "../../openapi/examples.ts";
import { jsonBody, ok } from "../../openapi/responses.ts";
import { depsOf, envelope } from "../../respond.ts";
import { NO_TENANT, tenantHeaders, tenantQuery } from "../../tenant-choice.ts";
import { KEYS, TAGS } from "./common.ts";

export const verifyApiKey = managerOperation(
	createRoute({
		...permittedWithBody("keys:verify"),
		tags: TAGS,
		method: "post",
		path: `${KEYS}/verify`,
		operationId: "verifyApiKey",
		summary: "Verify an API key",
		description:
			"For back ends elsewhere that receive API keys. Every verdict has status 200, so check `valid`. Counts as a request of the key unless `consume` is false.",
		request: { headers: tenantHeaders, query: tenantQuery, body: jsonBody(verifyKeySchema, examples.verifyKey) },
		responses: {
			...MANAGER_ERRORS,
			...BODY_ERRORS,
			...NO_TENANT,
			200: ok(verificationSchema, "The verdict.", examples.verification),
		},
	}),
	async (c) => c.json(envelope(c, await verifyKey(depsOf(c), c.var.author, c.req.valid("json"))), 200),
);
