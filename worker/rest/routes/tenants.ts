/** Tenants, for the platform. */
import { createRoute, z } from "@hono/zod-openapi";
import { id } from "../../schemas/common.ts";
import { findByKeySchema, foundKeysSchema } from "../../schemas/leaked-key.ts";
import { listQuotasSchema, quotaSchema, updateTenantSchema } from "../../schemas/quota.ts";
import {
	createdTenantSchema,
	createTenantSchema,
	deleteTenantSchema,
	exportTenantSchema,
	listTenantsSchema,
	suspendTenantSchema,
	tenantSchema,
} from "../../schemas/tenant.ts";
import { findByKey } from "../../services/leaked-keys.ts";
import { listQuotas } from "../../services/quotas.ts";
import { createTenant } from "../../services/tenant-creation.ts";
import { cancelDeletion, deleteTenant } from "../../services/tenant-deletion.ts";
import { exportTenant } from "../../services/tenant-export.ts";
import { resumeTenant, suspendTenant } from "../../services/tenant-state.ts";
import { getTenant, listTenants, updateTenant } from "../../services/tenants.ts";
import {
	managerOperation,
	permitted,
	platform,
	platformOperation,
	platformWithBody,
	platformWithOptionalBody,
} from "../define-route.ts";
import { idempotencyHeaders, idempotencyKeyOf, REPLAYED } from "../idempotency-key.ts";
import { BODY_ERRORS, conflict, MANAGER_ERRORS, notFound, PLATFORM_ERRORS, TOO_LARGE } from "../openapi/errors.ts";
import * as examples from "../openapi/examples.ts";
import { REPLAYED as REPLAYED_HEADER } from "../openapi/headers.ts";
import { created, jsonBody, ok, optionalJsonBody, page } from "../openapi/responses.ts";
import { fromQuery, NO_QUERY } from "../query.ts";
import { depsOf, envelope, linksOf, listEnvelope, locationOf } from "../respond.ts";
import { NO_TENANT, tenantHeaders } from "../tenant-choice.ts";

const TENANTS = "/v1/tenants";
const tags = ["Tenants"];
const tenantId = z.object({ id: id.meta({ description: "Id of the tenant.", example: examples.tenant.id }) });

export const tenantOperations = [
	platformOperation(
		createRoute({
			...platform,
			tags,
			method: "get",
			path: `${TENANTS}/{id}/export`,
			operationId: "exportTenant",
			summary: "Export a tenant",
			description:
				"Everything that is stored about the tenant, as JSON Lines, in parts of up to 40,000 rows: first a line that says what is left out, then one line for each row of each table, and last `next_cursor` for the next part, or the number of rows by table of all parts. Without the last line, repeat the request. Contains no hashes of secrets.",
			request: { params: tenantId, query: fromQuery(exportTenantSchema) },
			responses: {
				...PLATFORM_ERRORS,
				...notFound("No tenant has this id."),
				200: {
					description: "The rows of the tenant.",
					content: {
						"application/x-ndjson": {
							schema: z.string().meta({ example: '{"table":"api_keys","row":{"id":"7fK2mWq5Zt1b","name":"CRM"}}' }),
						},
					},
				},
			},
		}),
		async (c) => {
			const { id } = c.req.valid("param");
			const lines = await exportTenant(depsOf(c), c.var.platform, id, c.var.info, c.req.valid("query").cursor);
			const headers = { "content-type": "application/x-ndjson; charset=utf-8", "cache-control": "no-store" };
			// The document says text, and the type of a streamed response is not that of a text.
			return c.body(lines, 200, headers) as never;
		},
	),
	platformOperation(
		createRoute({
			...platformWithBody,
			tags,
			method: "post",
			path: TENANTS,
			operationId: "createTenant",
			summary: "Create a tenant",
			description:
				"A tenant is a customer company. Its first owner gets a one-time link, which only this response contains. For a new link, invite the owner again with `POST /v1/members`.",
			request: {
				headers: idempotencyHeaders,
				query: NO_QUERY,
				body: jsonBody(createTenantSchema, examples.createTenant),
			},
			responses: {
				...PLATFORM_ERRORS,
				...BODY_ERRORS,
				...conflict("Another tenant has this slug, or another account has the owner's email."),
				201: created(createdTenantSchema, "The tenant.", examples.createdTenant, `${TENANTS}/${examples.tenant.id}`),
				200: ok(
					createdTenantSchema,
					"An earlier request with this `Idempotency-Key` created the tenant. An owner who has not joined yet gets a new link.",
					examples.createdTenant,
					REPLAYED_HEADER,
				),
			},
		}),
		async (c) => {
			const { created: tenant, isReplay } = await createTenant(
				depsOf(c),
				c.var.platform,
				linksOf(c),
				c.req.valid("json"),
				idempotencyKeyOf(c.req.raw),
			);
			if (isReplay) return c.json(envelope(c, tenant), 200, REPLAYED);
			return c.json(envelope(c, tenant), 201, locationOf(TENANTS, tenant));
		},
	),
	platformOperation(
		createRoute({
			...platform,
			tags,
			method: "get",
			path: `${TENANTS}/{id}`,
			operationId: "getTenant",
			summary: "Get a tenant",
			description: "Returns the tenant with this id, which API keys carry as `tenant_id`.",
			request: { params: tenantId, query: NO_QUERY },
			responses: {
				...PLATFORM_ERRORS,
				...notFound("No tenant has this id."),
				200: ok(tenantSchema, "The tenant.", examples.tenant),
			},
		}),
		async (c) => c.json(envelope(c, await getTenant(depsOf(c), c.req.valid("param").id)), 200),
	),
	platformOperation(
		createRoute({
			...platform,
			tags,
			method: "get",
			path: TENANTS,
			operationId: "listTenants",
			summary: "List tenants",
			description: "Newest first.",
			request: { query: fromQuery(listTenantsSchema) },
			responses: { ...PLATFORM_ERRORS, 200: page(tenantSchema, "A page of tenants.", examples.tenant) },
		}),
		async (c) => c.json(listEnvelope(c, await listTenants(depsOf(c), c.req.valid("query"))), 200),
	),
	platformOperation(
		createRoute({
			...platformWithBody,
			tags,
			method: "patch",
			path: `${TENANTS}/{id}`,
			operationId: "updateTenant",
			summary: "Update a tenant",
			description: "Changes the name or the quotas. Fields that are left out keep their values.",
			request: {
				params: tenantId,
				query: NO_QUERY,
				body: jsonBody(updateTenantSchema.omit({ id: true }), examples.updateTenant),
			},
			responses: {
				...PLATFORM_ERRORS,
				...BODY_ERRORS,
				...notFound("No tenant has this id."),
				200: ok(tenantSchema, "The tenant as it is now.", examples.tenant),
			},
		}),
		async (c) => {
			const input = { ...c.req.valid("json"), ...c.req.valid("param") };
			return c.json(envelope(c, await updateTenant(depsOf(c), c.var.platform, input)), 200);
		},
	),
	platformOperation(
		createRoute({
			...platformWithOptionalBody,
			tags,
			method: "post",
			path: `${TENANTS}/{id}/suspend`,
			operationId: "suspendTenant",
			summary: "Suspend a tenant",
			description:
				"Once the response has the state `suspended`, no API key of the tenant is admitted any more: requests get 403. The tenant's people can sign in and read, and change nothing. In the state `suspending`, some API keys have not been reached yet. Repeat the request: each one works on it for up to 8 seconds. Without further requests, the service completes it.",
			request: {
				params: tenantId,
				query: NO_QUERY,
				body: optionalJsonBody(suspendTenantSchema.omit({ id: true }), examples.suspendTenant),
			},
			responses: {
				...PLATFORM_ERRORS,
				...BODY_ERRORS,
				...notFound("No tenant has this id."),
				200: ok(tenantSchema, "The tenant as it is now.", examples.suspendedTenant),
			},
		}),
		async (c) => {
			const input = { ...c.req.valid("json"), ...c.req.valid("param") };
			return c.json(envelope(c, await suspendTenant(depsOf(c), c.var.platform, input)), 200);
		},
	),
	platformOperation(
		createRoute({
			...platformWithBody,
			tags,
			method: "post",
			path: `${TENANTS}/{id}/resume`,
			operationId: "resumeTenant",
			summary: "Resume a tenant",
			description: "The opposite of `suspend`. In the state `resuming`, repeat the request.",
			request: { params: tenantId, query: NO_QUERY },
			responses: {
				...PLATFORM_ERRORS,
				...TOO_LARGE,
				...notFound("No tenant has this id."),
				...conflict("The tenant will be deleted, or is."),
				200: ok(tenantSchema, "The tenant as it is now.", examples.tenant),
			},
		}),
		async (c) => c.json(envelope(c, await resumeTenant(depsOf(c), c.var.platform, c.req.valid("param"))), 200),
	),
	platformOperation(
		createRoute({
			...platformWithBody,
			tags,
			method: "delete",
			path: `${TENANTS}/{id}`,
			operationId: "deleteTenant",
			summary: "Delete a tenant",
			description:
				"Orders the deletion of a suspended tenant. After `after_days`, 30 by default, its API keys, its people and its data are deleted. Until then the deletion can be cancelled. One event stays, which sums up the audit log.",
			request: {
				params: tenantId,
				query: NO_QUERY,
				body: jsonBody(deleteTenantSchema.omit({ id: true }), examples.deleteTenant),
			},
			responses: {
				...PLATFORM_ERRORS,
				...BODY_ERRORS,
				...notFound("No tenant has this id."),
				...conflict("The tenant is not suspended."),
				200: ok(tenantSchema, "The tenant as it is now.", examples.tenantToDelete),
			},
		}),
		async (c) => {
			const input = { ...c.req.valid("json"), ...c.req.valid("param") };
			return c.json(envelope(c, await deleteTenant(depsOf(c), c.var.platform, input)), 200);
		},
	),
	platformOperation(
		createRoute({
			...platformWithBody,
			tags,
			method: "post",
			path: `${TENANTS}/{id}/cancel-deletion`,
			operationId: "cancelTenantDeletion",
			summary: "Cancel the deletion of a tenant",
			description: "The tenant stays suspended.",
			request: { params: tenantId, query: NO_QUERY },
			responses: {
				...PLATFORM_ERRORS,
				...TOO_LARGE,
				...notFound("No tenant has this id."),
				...conflict("No deletion is ordered, or it has begun."),
				200: ok(tenantSchema, "The tenant as it is now.", examples.suspendedTenant),
			},
		}),
		async (c) => c.json(envelope(c, await cancelDeletion(depsOf(c), c.var.platform, c.req.valid("param"))), 200),
	),
	platformOperation(
		createRoute({
			...platformWithBody,
			tags,
			method: "post",
			path: `${TENANTS}/find-by-key`,
			operationId: "findTenantsByKey",
			summary: "Find the tenants of leaked API keys",
			description:
				"Finds the API keys whose keys are in the text. The response doesn't repeat the keys. Each found key leaves an event in the audit log of its tenant. An imported key is found from its first use on.",
			request: { query: NO_QUERY, body: jsonBody(findByKeySchema, examples.findByKey) },
			responses: {
				...PLATFORM_ERRORS,
				...BODY_ERRORS,
				200: ok(foundKeysSchema, "The API keys with their tenants.", examples.foundKeys),
			},
		}),
		async (c) => c.json(envelope(c, await findByKey(depsOf(c), c.var.platform, c.req.valid("json"))), 200),
	),
	managerOperation(
		createRoute({
			...permitted("keys:read"),
			tags,
			method: "get",
			path: "/v1/quotas",
			operationId: "listQuotas",
			summary: "List the quotas of the tenant",
			description: "What the tenant stores, and how much the platform allows. All quotas at once.",
			request: { headers: tenantHeaders, query: fromQuery(listQuotasSchema) },
			responses: { ...MANAGER_ERRORS, ...NO_TENANT, 200: page(quotaSchema, "All quotas.", examples.quota) },
		}),
		async (c) => {
			const { items } = await listQuotas(depsOf(c), c.var.author.tenantId);
			return c.json(listEnvelope(c, { items, next_cursor: null }), 200);
		},
	),
] as const;
