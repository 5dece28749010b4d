/** Management tokens: credentials of programs, such as CI. */
import { createRoute, z } from "@hono/zod-openapi";
import { permissionsOf } from "../../auth/permissions.ts";
import { id } from "../../schemas/common.ts";
import {
	createTokenSchema,
	issuedTokenSchema,
	listTokensSchema,
	managementTokenSchema,
	updateTokenSchema,
} from "../../schemas/management-token.ts";
import { createToken, getToken, listTokens, revokeToken, updateToken } from "../../services/management-tokens.ts";
import { managerOperation, permitted, permittedWithBody } from "../define-route.ts";
import { BODY_ERRORS, conflict, MANAGER_ERRORS, notFound, TOO_LARGE } from "../openapi/errors.ts";
import * as examples from "../openapi/examples.ts";
import { created, jsonBody, ok, page } from "../openapi/responses.ts";
import { fromQuery } from "../query.ts";
import { depsOf, envelope, listEnvelope, locationOf } from "../respond.ts";
import { NO_TENANT, tenantHeaders, tenantQuery } from "../tenant-choice.ts";

const TOKENS = "/v1/management-tokens";
const ONE_TOKEN = `${TOKENS}/{id}`;
const tags = ["Management tokens"];
const params = z.object({
	id: id.meta({ description: "Id of the management token.", example: examples.managementToken.id }),
});
const NO_TOKEN = notFound("The tenant has no management token with this id, or the tenant does not exist.");

export const tokenOperations = [
	managerOperation(
		createRoute({
			...permittedWithBody("tokens:write"),
			tags,
			method: "post",
			path: TOKENS,
			operationId: "createManagementToken",
			summary: "Create a management token",
			description: "Only this response contains the token. Store it first.",
			request: {
				headers: tenantHeaders,
				query: tenantQuery,
				body: jsonBody(createTokenSchema, examples.createToken),
			},
			responses: {
				...MANAGER_ERRORS,
				...BODY_ERRORS,
				...NO_TENANT,
				...conflict("The tenant has too many management tokens."),
				201: created(issuedTokenSchema, "The token.", examples.issuedToken, `${TOKENS}/${examples.managementToken.id}`),
			},
		}),
		async (c) => {
			const { author, manager } = c.var;
			const issued = await createToken(depsOf(c), author, permissionsOf(manager), c.req.valid("json"));
			return c.json(envelope(c, issued), 201, locationOf(TOKENS, issued.management_token));
		},
	),
	managerOperation(
		createRoute({
			...permitted("tokens:read"),
			tags,
			method: "get",
			path: TOKENS,
			operationId: "listManagementTokens",
			summary: "List management tokens",
			description: "Newest first. Tokens that have ended are listed for 90 days.",
			request: { headers: tenantHeaders, query: fromQuery(listTokensSchema) },
			responses: {
				...MANAGER_ERRORS,
				...NO_TENANT,
				200: page(managementTokenSchema, "A page of management tokens.", examples.managementToken),
			},
		}),
		async (c) => c.json(listEnvelope(c, await listTokens(depsOf(c), c.var.author.tenantId, c.req.valid("query"))), 200),
	),
	managerOperation(
		createRoute({
			...permitted("tokens:read"),
			tags,
			method: "get",
			path: ONE_TOKEN,
			operationId: "getManagementToken",
			summary: "Get a management token",
			description: "Returns the management token with its last use.",
			request: { headers: tenantHeaders, params, query: tenantQuery },
			responses: {
				...MANAGER_ERRORS,
				...NO_TOKEN,
				200: ok(managementTokenSchema, "The management token.", examples.managementToken),
			},
		}),
		async (c) => c.json(envelope(c, await getToken(depsOf(c), c.var.author.tenantId, c.req.valid("param").id)), 200),
	),
	managerOperation(
		createRoute({
			...permittedWithBody("tokens:write"),
			tags,
			method: "patch",
			path: ONE_TOKEN,
			operationId: "updateManagementToken",
			summary: "Update a management token",
			description:
				"Changes the name or the allow-list, from the next request on. Permissions and expiry cannot be changed: create another token.",
			request: {
				headers: tenantHeaders,
				params,
				query: tenantQuery,
				body: jsonBody(updateTokenSchema.omit({ id: true }), examples.updateToken),
			},
			responses: {
				...MANAGER_ERRORS,
				...BODY_ERRORS,
				...NO_TOKEN,
				...conflict("The management token was revoked or has expired."),
				200: ok(managementTokenSchema, "The management token as it is now.", examples.managementToken),
			},
		}),
		async (c) => {
			const input = { ...c.req.valid("json"), ...c.req.valid("param") };
			return c.json(envelope(c, await updateToken(depsOf(c), c.var.author, input)), 200);
		},
	),
	managerOperation(
		createRoute({
			...permittedWithBody("tokens:write"),
			tags,
			method: "post",
			path: `${ONE_TOKEN}/revoke`,
			operationId: "revokeManagementToken",
			summary: "Revoke a management token",
			description: "After the response, the token is rejected everywhere. Idempotent.",
			request: { headers: tenantHeaders, params, query: tenantQuery },
			responses: {
				...MANAGER_ERRORS,
				...TOO_LARGE,
				...NO_TOKEN,
				200: ok(managementTokenSchema, "The revoked management token.", examples.revokedToken),
			},
		}),
		async (c) => c.json(envelope(c, await revokeToken(depsOf(c), c.var.author, c.req.valid("param").id)), 200),
	),
] as const;
