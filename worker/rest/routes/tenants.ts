/** Tenants over REST, for the platform. */
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { database } from "../../../db/client.ts";
import { AppError } from "../../errors.ts";
import { metaOf } from "../../http/response.ts";
import { id } from "../../schemas/common.ts";
import { createTenantSchema, listTenantsSchema, tenantSchema } from "../../schemas/tenant.ts";
import { createTenant, findTenant, listTenants } from "../../services/tenants.ts";
import type { DoorEnv, PlatformEnv } from "../context.ts";
import { readableBody } from "../middleware/body.ts";
import { platformOnly } from "../middleware/manager-auth.ts";
import { body, conflict, MANAGER_REFUSALS, made, many, notFound, one, WITH_BODY } from "../openapi/describe.ts";
import * as examples from "../openapi/examples.ts";
import { fromQuery } from "../query.ts";

const TENANTS = "/v1/tenants";
const byPlatform = { tags: ["Tenants"], security: [{ bearer: [] }], middleware: [platformOnly] };
const tenantId = z.object({ id: id.meta({ example: examples.tenant.id }) });

const routes = {
	create: createRoute({
		...byPlatform,
		middleware: [platformOnly, ...readableBody],
		method: "post",
		path: TENANTS,
		operationId: "createTenant",
		summary: "Add a tenant",
		description: "A customer company. Its people are added elsewhere.",
		request: { body: body(createTenantSchema, examples.createTenant) },
		responses: {
			...MANAGER_REFUSALS,
			...WITH_BODY,
			...conflict("The slug is taken"),
			201: made(tenantSchema, "The tenant", examples.tenant, `${TENANTS}/${examples.tenant.id}`),
		},
	}),
	list: createRoute({
		...byPlatform,
		method: "get",
		path: TENANTS,
		operationId: "listTenants",
		summary: "List tenants",
		description: "Newest first.",
		request: { query: fromQuery(listTenantsSchema) },
		responses: { ...MANAGER_REFUSALS, 200: many(tenantSchema, "A page of tenants", examples.tenant) },
	}),
	get: createRoute({
		...byPlatform,
		method: "get",
		path: `${TENANTS}/{id}`,
		operationId: "getTenant",
		summary: "Read a tenant",
		description: "By the id that its keys carry.",
		request: { params: tenantId },
		responses: {
			...MANAGER_REFUSALS,
			...notFound("There is no such tenant"),
			200: one(tenantSchema, "The tenant", examples.tenant),
		},
	}),
};

export function addTenantRoutes(door: OpenAPIHono<DoorEnv>): void {
	// The middleware of these routes sets the further variable before their handlers run.
	const app = door as unknown as OpenAPIHono<PlatformEnv>;
	app.openapi(routes.create, async (c) => {
		const deps = { db: database(c.env.DB), now: c.var.info.now };
		const tenant = await createTenant(deps, c.var.platform, c.req.valid("json"));
		return c.json({ data: tenant, meta: metaOf(c.var.info) }, 201, { Location: `${TENANTS}/${tenant.id}` });
	});
	app.openapi(routes.get, async (c) => {
		const tenant = await findTenant({ db: database(c.env.DB) }, c.req.valid("param").id);
		if (tenant === null) throw new AppError("NOT_FOUND");
		return c.json({ data: tenant, meta: metaOf(c.var.info) }, 200);
	});
	app.openapi(routes.list, async (c) => {
		const { items, next_cursor } = await listTenants({ db: database(c.env.DB) }, c.req.valid("query"));
		return c.json({ data: items, meta: { ...metaOf(c.var.info), next_cursor } }, 200);
	});
}
