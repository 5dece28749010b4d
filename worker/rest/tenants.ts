/** Tenants over REST, for the platform. */
import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import { database } from "../../db/client.ts";
import { limitBody } from "../body-limit.ts";
import { createTenantSchema, listTenantsSchema, tenantSchema } from "../schemas/tenant.ts";
import { createTenant, listTenants } from "../services/tenants.ts";
import type { DoorEnv, PlatformEnv } from "./context.ts";
import { body, conflict, MANAGER_REFUSALS, many, one, WITH_BODY } from "./describe.ts";
import { metaOf } from "./envelope.ts";
import * as examples from "./examples.ts";
import { platformOnly } from "./manager-auth.ts";
import { fromQuery } from "./query.ts";

const TENANTS = "/v1/tenants";
const byPlatform = { tags: ["Tenants"], security: [{ bearer: [] }], middleware: [platformOnly, limitBody] };

const routes = {
	create: createRoute({
		...byPlatform,
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
			201: one(tenantSchema, "The tenant", examples.tenant),
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
};

export function addTenantRoutes(door: OpenAPIHono<DoorEnv>): void {
	// The middleware of these routes sets the further variable before their handlers run.
	const app = door as unknown as OpenAPIHono<PlatformEnv>;
	app.openapi(routes.create, async (c) => {
		const deps = { db: database(c.env.DB), now: c.var.info.now };
		const tenant = await createTenant(deps, c.var.platform, c.req.valid("json"));
		return c.json({ data: tenant, meta: metaOf(c.var.info) }, 201);
	});
	app.openapi(routes.list, async (c) => {
		const { items, next_cursor } = await listTenants({ db: database(c.env.DB) }, c.req.valid("query"));
		return c.json({ data: items, meta: { ...metaOf(c.var.info), next_cursor } }, 200);
	});
}
