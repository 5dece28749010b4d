/** Tenants, for the platform. */
import { createRoute, z } from "@hono/zod-openapi";
import { AppError } from "../../errors.ts";
import { id } from "../../schemas/common.ts";
import { listQuotasSchema, quotaSchema, updateTenantSchema } from "../../schemas/quota.ts";
import { createdTenantSchema, createTenantSchema, listTenantsSchema, tenantSchema } from "../../schemas/tenant.ts";
import { listQuotas } from "../../services/quotas.ts";
import { createTenant } from "../../services/tenant-creation.ts";
import { findTenant, listTenants, updateTenant } from "../../services/tenants.ts";
import { managerOperation, permitted, platform, platformOperation, platformWithBody } from "../define-route.ts";
import { idempotencyHeaders, idempotencyKeyOf, REPLAYED } from "../idempotency-key.ts";
import { BODY_ERRORS, conflict, MANAGER_ERRORS, notFound, PLATFORM_ERRORS } from "../openapi/errors.ts";
import * as examples from "../openapi/examples.ts";
import { REPLAYED as REPLAYED_HEADER } from "../openapi/headers.ts";
import { created, jsonBody, ok, page } from "../openapi/responses.ts";
import { fromQuery, NO_QUERY } from "../query.ts";
import { depsOf, envelope, linksOf, listEnvelope, locationOf } from "../respond.ts";
import { NO_TENANT, tenantHeaders } from "../tenant-choice.ts";

const TENANTS = "/v1/tenants";
const tags = ["Tenants"];
const tenantId = z.object({ id: id.meta({ description: "Id of the tenant.", example: examples.tenant.id }) });

export const tenantOperations = [
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
					"An earlier request with this `Idempotency-Key` created the tenant. An owner who has not come yet gets a new link.",
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
		async (c) => {
			const tenant = await findTenant(depsOf(c), c.req.valid("param").id);
			if (tenant === null) throw new AppError("NOT_FOUND");
			return c.json(envelope(c, tenant), 200);
		},
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
