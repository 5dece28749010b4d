import type { TRPCRouterRecord } from "@trpc/server";
import { listQuotasSchema, quotaListSchema, updateTenantSchema } from "../../schemas/quota.ts";
import { createTenantSchema, listTenantsSchema, tenantListSchema, tenantSchema } from "../../schemas/tenant.ts";
import { listQuotas } from "../../services/quotas.ts";
import { createTenant, listTenants, updateTenant } from "../../services/tenants.ts";
import { permittedProcedure, platformProcedure } from "../procedures.ts";

/** The customers. Only the platform manages them. */
export const tenantsRouter = {
	/** Adds a tenant. `CONFLICT` if the slug is taken. */
	create: platformProcedure
		.input(createTenantSchema)
		.output(tenantSchema)
		.mutation(({ ctx, input }) => createTenant(ctx.deps, ctx.platform, input)),

	/** Changes the name or the quotas of a tenant. */
	update: platformProcedure
		.input(updateTenantSchema)
		.output(tenantSchema)
		.mutation(({ ctx, input }) => updateTenant(ctx.deps, ctx.platform, input)),

	/** What the caller's tenant stores and may store. */
	quotas: permittedProcedure("keys:read")
		.input(listQuotasSchema.prefault({}))
		.output(quotaListSchema)
		.query(({ ctx }) => listQuotas(ctx.deps, ctx.author.tenantId)),

	/** Newest first. */
	list: platformProcedure
		.input(listTenantsSchema.prefault({}))
		.output(tenantListSchema)
		.query(({ ctx, input }) => listTenants(ctx.deps, input)),
} satisfies TRPCRouterRecord;
