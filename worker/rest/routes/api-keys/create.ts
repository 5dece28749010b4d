import { createRoute } from "@hono/zod-openapi";
import { createdKeySchema, createKeySchema } from "../../../schemas/api-key.ts";
import { attemptOf } from "../../../services/idempotency.ts";
import { createKey, createKeyOnce } from "../../../services/key-issue.ts";
import { managerOperation, permittedWithBody } from "../../define-route.ts";
import { idempotencyHeaders, idempotencyKeyOf, REPLAYED } from "../../idempotency-key.ts";
import { etagOf } from "../../if-match.ts";
import { BODY_ERRORS, conflict, MANAGER_ERRORS } from "../../openapi/errors.ts";
import * as examples from "../../openapi/examples.ts";
import { createdOnce, jsonBody } from "../../openapi/responses.ts";
import { depsOf, envelope, locationOf, replayEnvelope } from "../../respond.ts";
import { NO_TENANT, tenantHeaders, tenantQuery } from "../../tenant-choice.ts";
import { KEYS, TAGS } from "./common.ts";

export const createApiKey = managerOperation(
	createRoute({
		...permittedWithBody("keys:write"),
		tags: TAGS,
		method: "post",
		path: KEYS,
		operationId: "createApiKey",
		summary: "Create an API key",
		description: "Only this response contains the key, and the secret of a signed key. Store them first.",
		request: {
			headers: tenantHeaders.extend(idempotencyHeaders.shape),
			query: tenantQuery,
			body: jsonBody(createKeySchema, examples.createKey),
		},
		responses: {
			...MANAGER_ERRORS,
			...BODY_ERRORS,
			...NO_TENANT,
			...conflict("The `Idempotency-Key` was used for another request, or the API key that it created is deleted."),
			...createdOnce(createdKeySchema, "The key, its secret and the API key.", examples.issued, {
				replay: { ...examples.issued, key: null, secret: null },
				path: `${KEYS}/${examples.apiKey.id}`,
			}),
		},
	}),
	async (c) => {
		const input = c.req.valid("json");
		const idempotencyKey = idempotencyKeyOf(c.req.raw);
		const result =
			idempotencyKey === undefined
				? await createKey(depsOf(c), c.var.author, input)
				: await createKeyOnce(depsOf(c), c.var.author, input, attemptOf(idempotencyKey, c.var.author, input));
		if ("replay" in result)
			return c.json(replayEnvelope(c, { key: null, secret: null, api_key: result.replay }), 200, {
				...REPLAYED,
				...etagOf(result.replay),
			});
		return c.json(envelope(c, result), 201, { ...locationOf(KEYS, result.api_key), ...etagOf(result.api_key) });
	},
);
