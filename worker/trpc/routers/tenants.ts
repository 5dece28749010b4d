import type { TRPCRouterRecord } from "@trpc/server";
import { z } from "zod";
import { findByKeySchema, foundKeysSchema } from "../../schemas/leaked-key.ts";
import { listQuotasSchema, quotaListSchema, updateTenantSchema } from "../../schemas/quota.ts";
import {
	cancelDeletionSchema,
	createdTenantSchema,
	createTenantSchema,
	deleteTenantSchema,
	getTenantSchema,
	listTenantsSchema,
	resumeTenantSchema,
	suspendTenantSchema,
	tenantListSchema,
	tenantSchema,
} from "../../schemas/tenant.ts";
import { findByKey } from "../../services/leaked-keys.ts";
import { listQuotas } from "../../services/quotas.ts";
import { createTenant } from "../../services/tenant-creation.ts";
import { cancelDeletion, deleteTenant } from "../../services/tenant-deletion.ts";
import { resumeTenant, suspendTenant } from "../../services/tenant-state.ts";
import { getTenant, listTenants, updateTenant } from "../../services/tenants.ts";
import { permittedProcedure, platformProcedure } from "../procedures.ts";

/** As the header `Idempotency-Key` of REST. */
const onceOnly = {
	idempotency_key: z
		.string()
		.regex(/^[!-~]{1,255}$/, "Must be 1 to 255 visible ASCII characters")
		.optional()
		.describe(
			"A new, unique value for each tenant to create, such as a UUID. A retry with the same value and input creates nothing, and returns a new link for an owner who has not joined yet.",
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

	/**
	 * Suspends a tenant. Once the result has the state `suspended`, no API key of the tenant is admitted any more. In the state
	 * `suspending`, call again: each call works on it for up to 8 seconds.
	 */
	suspend: platformProcedure
		.input(suspendTenantSchema)
		.output(tenantSchema)
		.mutation(({ ctx, input }) => suspendTenant(ctx.deps, ctx.platform, input)),

	/** Resumes a tenant. In the state `resuming`, call again. */
	resume: platformProcedure
		.input(resumeTenantSchema)
		.output(tenantSchema)
		.mutation(({ ctx, input }) => resumeTenant(ctx.deps, ctx.platform, input)),

	/** Orders the deletion of a suspended tenant. Its data is deleted after 30 days, or after `after_days`. */
	delete: platformProcedure
		.input(deleteTenantSchema)
		.output(tenantSchema)
		.mutation(({ ctx, input }) => deleteTenant(ctx.deps, ctx.platform, input)),

	/** Cancels a deletion that has not begun. The tenant stays suspended. */
	cancel_deletion: platformProcedure
		.input(cancelDeletionSchema)
		.output(tenantSchema)
		.mutation(({ ctx, input }) => cancelDeletion(ctx.deps, ctx.platform, input)),

	/** Whose keys a text contains. A mutation, so that the text is in no URL. */
	find_by_key: platformProcedure
		.input(findByKeySchema)
		.output(foundKeysSchema)
		.mutation(({ ctx, input }) => findByKey(ctx.deps, ctx.platform, input)),

	/** What the caller's tenant stores and may store. */
	quotas: permittedProcedure("keys:read")
		.input(listQuotasSchema.prefault({}))
		.output(quotaListSchema)
		.query(({ ctx }) => listQuotas(ctx.deps, ctx.author.tenantId)),

	/** One tenant. `NOT_FOUND` if no tenant has the id. */
	get: platformProcedure
		.input(getTenantSchema)
		.output(tenantSchema)
		.query(({ ctx, input }) => getTenant(ctx.deps, input.id)),

	/** Newest first. */
	list: platformProcedure
		.input(listTenantsSchema.prefault({}))
		.output(tenantListSchema)
		.query(({ ctx, input }) => listTenants(ctx.deps, input)),
} satisfies TRPCRouterRecord;
