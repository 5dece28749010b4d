import { createRoute } from "@hono/zod-openapi";
import type { DeleteKey } from "../../../schemas/api-key.ts";
import { deleteKey } from "../../../services/keys.ts";
import { managerOperation, permittedWithBody } from "../../define-route.ts";
import { ifMatchHeaders, withExpectedVersion } from "../../if-match.ts";
import { conflict, MANAGER_ERRORS, TOO_LARGE } from "../../openapi/errors.ts";
import { noContent } from "../../openapi/responses.ts";
import { depsOf } from "../../respond.ts";
import { tenantHeaders, tenantQuery } from "../../tenant-choice.ts";
import { keyId, NO_KEY, ONE_KEY, TAGS } from "./common.ts";

export const deleteApiKey = managerOperation(
	createRoute({
		// The platform may name the tenant in a body, although the operation has none.
		...permittedWithBody("keys:write"),
		tags: TAGS,
		method: "delete",
		path: ONE_KEY,
		operationId: "deleteApiKey",
		summary: "Delete an API key",
		description: "Revokes the key, then deletes it with its usage. The audit trail is kept.",
		request: { headers: tenantHeaders.extend(ifMatchHeaders.shape), params: keyId, query: tenantQuery },
		responses: {
			...MANAGER_ERRORS,
			...TOO_LARGE,
			...NO_KEY,
			...conflict("The API key has another version than the expected one."),
			204: noContent("The API key is deleted."),
		},
	}),
	async (c) => {
		const input: DeleteKey = c.req.valid("param");
		await deleteKey(depsOf(c), c.var.author, withExpectedVersion(c.req.raw, input));
		return c.body(null, 204);
	},
);
