/** The running service, for the platform's operators. */
import { createRoute } from "@hono/zod-openapi";
import { operationsOverviewSchema, operationsSecretsSchema } from "../../schemas/operations.ts";
import { operationsOverview } from "../../services/operations-overview.ts";
import { operationsSecrets } from "../../services/secrets.ts";
import { platform, platformOperation } from "../define-route.ts";
import { PLATFORM_ERRORS } from "../openapi/errors.ts";
import * as examples from "../openapi/examples.ts";
import { ok } from "../openapi/responses.ts";
import { NO_QUERY } from "../query.ts";
import { depsOf, envelope } from "../respond.ts";

const OPERATIONS = "/v1/operations";
const tags = ["Operations"];

export const operationsOperations = [
	platformOperation(
		createRoute({
			...platform,
			tags,
			method: "get",
			path: `${OPERATIONS}/overview`,
			operationId: "getOperationsOverview",
			summary: "Get the state of the service",
			description: "Asks what the service needs, and returns what it knows of itself.",
			request: { query: NO_QUERY },
			responses: {
				...PLATFORM_ERRORS,
				200: ok(operationsOverviewSchema, "The state of the service.", examples.operationsOverview),
			},
		}),
		async (c) => c.json(envelope(c, await operationsOverview(depsOf(c))), 200),
	),
	platformOperation(
		createRoute({
			...platform,
			tags,
			method: "get",
			path: `${OPERATIONS}/secrets`,
			operationId: "getOperationsSecrets",
			summary: "Get the generations of the secrets",
			description:
				"Since when each secret is in use, what still depends on the previous one, and when that one can be deleted. Reveals no secret.",
			request: { query: NO_QUERY },
			responses: {
				...PLATFORM_ERRORS,
				200: ok(operationsSecretsSchema, "The secrets.", examples.operationsSecrets),
			},
		}),
		async (c) => c.json(envelope(c, await operationsSecrets(depsOf(c))), 200),
	),
] as const;
