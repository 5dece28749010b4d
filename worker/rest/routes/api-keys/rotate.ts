import { createRoute } from "@hono/zod-openapi";
import { rotatedOrReplayedSchema, rotateKeySchema } from "../../../schemas/api-key.ts";
import { attemptOf } from "../../../services/idempotency.ts";
import { rotateOnce } from "../../../services/key-issue.ts";
import { managerOperation, permittedWithOptionalBody } from "../../define-route.ts";
import { idempotencyHeaders, idempotencyKeyOf, REPLAYED } from "../../idempotency-key.ts";
import { etagOf, ifMatchHeaders, withExpectedVersion } from "../../if-match.ts";
import { BODY_ERRORS, conflict, MANAGER_ERRORS } from "../../openapi/errors.ts";
import * as examples from "../../openapi/examples.ts";
import { createdOnce, optionalJsonBody } from "../../openapi/responses.ts";
import { depsOf, envelope, locationOf, replayEnvelope } from "../../respond.ts";
import { tenantHeaders, tenantQuery } from "../../tenant-choice.ts";
import { KEYS, keyId, NO_KEY, ONE_KEY, TAGS } from "./common.ts";

export const rotateApiKey = managerOperation(
	createRoute({
		...permittedWithOptionalBody("keys:write"),
		tags: TAGS,
		method: "post",
		path: `${ONE_KEY}/rotate`,
		operationId: "rotateApiKey",
		summary: "Rotate an API key",
		description:
			"Creates a successor with the same settings. The old key works until it is revoked, or until `revoke_previous_after_hours` have passed.",
		request: {
			params: keyId,
			query: tenantQuery,
			headers: tenantHeaders.extend(ifMatchHeaders.shape).extend(idempotencyHeaders.shape),
			body: optionalJsonBody(rotateKeySchema.omit({ id: true }), examples.rotateKey),
		},
		responses: {
			...MANAGER_ERRORS,
			...BODY_ERRORS,
			...NO_KEY,
			...conflict(
				"The API key is revoked or was changed meanwhile, or the `Idempotency-Key` was used for another request.",
			),
			...createdOnce(
				rotatedOrReplayedSchema,
				"The successor's key and secret, the successor, and the old key.",
				examples.rotated,
				{ replay: { ...examples.rotated, key: null, secret: null }, path: `${KEYS}/${examples.rotated.api_key.id}` },
			),
		},
	}),
	async (c) => {
		const input = withExpectedVersion(c.req.raw, { ...c.req.valid("json"), ...c.req.valid("param") });
		const idempotencyKey = idempotencyKeyOf(c.req.raw);
		const attempt = idempotencyKey === undefined ? undefined : attemptOf(idempotencyKey, c.var.author, input);
		const result = await rotateOnce(depsOf(c), c.var.author, input, attempt);
		if ("replay" in result)
			return c.json(replayEnvelope(c, { key: null, secret: null, ...result.replay }), 200, {
				...REPLAYED,
				...etagOf(result.replay.api_key),
			});
		return c.json(envelope(c, result), 201, { ...locationOf(KEYS, result.api_key), ...etagOf(result.api_key) });
	},
);
