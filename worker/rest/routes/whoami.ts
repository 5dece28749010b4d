import { createRoute } from "@hono/zod-openapi";
import { whoami } from "../../admission/whoami.ts";
import { whoamiSchema } from "../../schemas/whoami.ts";
import { integrationOperation, keyRoute } from "../define-route.ts";
import { INPUT_ERRORS, KEY_ERRORS } from "../openapi/errors.ts";
import * as examples from "../openapi/examples.ts";
import { ok, withRateLimit } from "../openapi/responses.ts";
import { NO_QUERY_OF_INTEGRATIONS } from "../query.ts";
import { envelope } from "../respond.ts";

/**
 * Handles only what `fetch.ts` leaves to the router: other spellings of the path, requests with a query, and requests of
 * other origins.
 */
export const whoamiOperation = integrationOperation(
	createRoute({
		...keyRoute("whoami"),
		summary: "Check that my key works",
		description: "Takes every valid key. Counts as a request.",
		request: { query: NO_QUERY_OF_INTEGRATIONS },
		responses: {
			...KEY_ERRORS,
			...INPUT_ERRORS,
			200: withRateLimit(ok(whoamiSchema, "The key, and its current hour.", examples.whoami)),
		},
	}),
	(c) => c.json(envelope(c, whoami(c.var)), 200),
);
