import type { TRPCRouterRecord } from "@trpc/server";
import { createTenantSchema, listTenantsSchema, tenantListSchema, tenantSchema } from "../../schemas/tenant.ts";
import { createTenant, listTenants } from "../../services/tenants.ts";
import { platformProcedure } from "../procedures.ts";

/** The customers, for the platform only. */
export const tenantsRouter = {
	/** Adds a tenant. `CONFLICT` if the slug is taken. */
	create: platformProcedure
		.input(createTenantSchema)
		.output(tenantSchema)
		.mutation(({ ctx, input }) => createTenant(ctx.deps, ctx.platform, input)),

	/** Newest first. */
	list: platformProcedure
		.input(listTenantsSchema.prefault({}))
		.output(tenantListSchema)
		.query(({ ctx, input }) => listTenants(ctx.deps, input)),
} satisfies TRPCRouterRecord;
