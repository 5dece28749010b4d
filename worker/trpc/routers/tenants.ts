import type { TRPCRouterRecord } from "@trpc/server";
import { z } from "zod";
import { listQuotasSchema, quotaListSchema, updateTenantSchema } from "../../schemas/quota.ts";
import {
	createdTenantSchema,
	createTenantSchema,
	listTenantsSchema,
	tenantListSchema,
	tenantSchema,
} from "../../schemas/tenant.ts";
import { listQuotas } from "../../services/quotas.ts";
import { createTenant } from "../../services/tenant-creation.ts";
import { listTenants, updateTenant } from "../../services/tenants.ts";
import { permittedProcedure, platformProcedure } from "../procedures.ts";

/** As the header `Idempotency-Key` of REST. */
const onceOnly = {
	idempotency_key: z
		.string()
		.regex(/^[!-~]{1,255}$/, "Must be 1 to 255 visible ASCII characters")
		.optional()
		.describe(
			"A new, unique value for each tenant to create, such as a UUID. A retry with the same value and input creates nothing, and returns a new link for an owner who has not come yet.",
		),
};

/** The customers. Only the platform manages them. */
export const tenantsRouter = {
	/** Adds a tenant, with a one-time link for its first owner. `CONFLICT` if the slug or the email is taken. */
	create: platformProcedure
		.input(createTenantSchema.safeExtend(onceOnly))
		.output(createdTenantSchema)
		.mutation(async ({ ctx, input: { idempotency_key, ...input } }) => {
			const { created } = await createTenant(ctx.deps, ctx.platform, ctx.links, input, idempotency_key);
			return created;
		}),

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
