/** The running service, for the platform's operators. */
import { createRoute } from "@hono/zod-openapi";
import {
	deliveriesInput,
	deliveriesSchema,
	operationsOverviewSchema,
	operationsSecretsSchema,
} from "../../schemas/operations.ts";
import {
	openTokenListSchema,
	openTokensSchema,
	reconcileKeysSchema,
	reconcileObjectsSchema,
	reconcilePageSchema,
} from "../../schemas/reconcile.ts";
import { deliveries } from "../../services/deliveries.ts";
import { operationsOverview } from "../../services/operations-overview.ts";
import { openTokens, reconcileKeys, reconcileObjects } from "../../services/reconcile.ts";
import { operationsSecrets } from "../../services/secrets.ts";
import { platform, platformOperation, platformWithBody } from "../define-route.ts";
import { BODY_ERRORS, PLATFORM_ERRORS } from "../openapi/errors.ts";
import * as examples from "../openapi/examples.ts";
import { jsonBody, ok } from "../openapi/responses.ts";
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
			description:
				"Checks what the service needs. Returns the checks, the version, the canary, unfinished work and scheduled tasks.",
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
				"Since when each secret is in use, what still depends on the previous one, and when the previous one can be removed. Reveals no secret.",
			request: { query: NO_QUERY },
			responses: {
				...PLATFORM_ERRORS,
				200: ok(operationsSecretsSchema, "The secrets.", examples.operationsSecrets),
			},
		}),
		async (c) => c.json(envelope(c, await operationsSecrets(depsOf(c))), 200),
	),
	platformOperation(
		createRoute({
			...platformWithBody,
			tags,
			method: "post",
			path: `${OPERATIONS}/deliveries`,
			operationId: "getDeliveries",
			summary: "Get how far the database is behind the gates of API keys",
			description:
				"Asks the gate of each API key since when changes and usage wait for the database, and how often their delivery has failed. Changes nothing.",
			request: { query: NO_QUERY, body: jsonBody(deliveriesInput, examples.deliveriesInput) },
			responses: {
				...PLATFORM_ERRORS,
				...BODY_ERRORS,
				200: ok(deliveriesSchema, "The state of the deliveries.", examples.deliveries),
			},
		}),
		async (c) => c.json(envelope(c, await deliveries(depsOf(c), c.req.valid("json"))), 200),
	),
	platformOperation(
		createRoute({
			...platformWithBody,
			tags,
			method: "post",
			path: `${OPERATIONS}/reconcile/keys`,
			operationId: "reconcileKeys",
			summary: "Compare the gates of API keys with the database",
			description:
				"Compares the next API keys of the database with their gates, and repairs differences that a restore has made. `npm run reconcile` calls it until `next_after` is null.",
			request: { query: NO_QUERY, body: jsonBody(reconcileKeysSchema, examples.reconcileKeys) },
			responses: {
				...PLATFORM_ERRORS,
				...BODY_ERRORS,
				200: ok(reconcilePageSchema, "What was found and repaired.", examples.reconcilePage),
			},
		}),
		async (c) => c.json(envelope(c, await reconcileKeys(depsOf(c), c.req.valid("json"))), 200),
	),
	platformOperation(
		createRoute({
			...platformWithBody,
			tags,
			method: "post",
			path: `${OPERATIONS}/reconcile/objects`,
			operationId: "reconcileObjects",
			summary: "Compare gates with the database by the ids of their objects",
			description:
				"Finds API keys that the database has lost. Send only ids that Cloudflare lists: asking for another id creates an object.",
			request: { query: NO_QUERY, body: jsonBody(reconcileObjectsSchema, examples.reconcileObjects) },
			responses: {
				...PLATFORM_ERRORS,
				...BODY_ERRORS,
				200: ok(reconcilePageSchema, "What was found and repaired.", examples.reconcilePage),
			},
		}),
		async (c) => c.json(envelope(c, await reconcileObjects(depsOf(c), c.req.valid("json"))), 200),
	),
	platformOperation(
		createRoute({
			...platformWithBody,
			tags,
			method: "post",
			path: `${OPERATIONS}/open-tokens`,
			operationId: "listOpenTokens",
			summary: "List or revoke the management tokens of all tenants",
			description:
				"Returns management tokens that are valid and were created before a time. After a restore of the database, one that was revoked since the backup is valid again.",
			request: { query: NO_QUERY, body: jsonBody(openTokensSchema, examples.openTokens) },
			responses: {
				...PLATFORM_ERRORS,
				...BODY_ERRORS,
				200: ok(openTokenListSchema, "The tokens.", examples.openTokenList),
			},
		}),
		async (c) => c.json(envelope(c, await openTokens(depsOf(c), c.var.platform, c.req.valid("json"))), 200),
	),
] as const;
