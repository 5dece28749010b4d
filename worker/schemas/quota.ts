/** What a tenant stores and may store. */
import { z } from "zod";
import { QUOTA_NAMES, QUOTAS, type QuotaName } from "../../db/quotas.ts";
import { id, line, locationHint, tenantChoice } from "./common.ts";

const description = `One of ${QUOTA_NAMES.map((name) => `\`${name}\` (${QUOTAS[name].unit})`).join(", ")}.`;

export const quotaSchema = z
	.object({
		name: z.enum(QUOTA_NAMES).describe(description),
		used: z
			.number()
			.int()
			.nullable()
			.describe("What the tenant stores. `stored_bytes` is an estimate. Null for a quota that nothing is stored for."),
		limit: z
			.number()
			.int()
			.describe(
				"`management_calls_per_minute` is counted by each instance of the service, so a tenant that several serve can make more.",
			),
		is_default: z.boolean().describe("False if the platform has set the limit for this tenant."),
	})
	.meta({ id: "Quota" });
export type Quota = z.infer<typeof quotaSchema>;

export const listQuotasSchema = z.strictObject({ ...tenantChoice });
export const quotaListSchema = z.object({ items: z.array(quotaSchema) });
export type QuotaList = z.infer<typeof quotaListSchema>;

const limit = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER).nullable();

/** Limits by name. A name that is left out stays as it is; null is the default again. */
const quotaLimitsSchema = z
	.strictObject(
		// The names of the object are those of the quotas.
		Object.fromEntries(QUOTA_NAMES.map((name) => [name, limit.optional().describe(QUOTAS[name].unit)])) as Record<
			QuotaName,
			z.ZodOptional<typeof limit>
		>,
	)
	.describe("Limits by name. A name that is left out keeps its limit; null restores the default.");

export const updateTenantSchema = z.strictObject({
	...tenantChoice,
	id,
	name: line(100).optional(),
	quotas: quotaLimitsSchema.optional(),
	location_hint: locationHint
		.optional()
		.describe(
			"Where the gates of API keys that were never used are created. Null: where the configuration says. Gates that exist stay where they are.",
		),
});
export type UpdateTenant = z.output<typeof updateTenantSchema>;
