/** Tenants, which the platform's `service_role` manages. */
import { z } from "zod";
import { TENANT_STATES } from "../../db/enums.ts";
import {
	accountEmail,
	id,
	line,
	locationHint,
	nextCursor,
	optionalLine,
	page,
	tenantChoice,
	timestamp,
} from "./common.ts";
import { accessLinkSchema, memberSchema, personName } from "./member.ts";

export const tenantSchema = z
	.object({
		id,
		name: z.string(),
		slug: z.string(),
		created_at: timestamp,
		state: z
			.enum(TENANT_STATES)
			.describe(
				"`suspended`: no API key of the tenant is admitted. `suspending` and `resuming`: some API keys have not been reached yet. `deleting`, `deleted`: the data of the tenant is being deleted, or is.",
			),
		suspended_at: timestamp.nullable(),
		delete_after: timestamp
			.nullable()
			.describe("When the data of the tenant is deleted. Until then, the deletion can be cancelled."),
		deleted_at: timestamp.nullable().describe("When the deletion was complete."),
		location_hint: locationHint.describe(
			"Where the gates of the tenant's API keys are created: a location hint of Cloudflare. Null: where the configuration says, or near the first caller of each API key.",
		),
		progress: z
			.object({
				done: z.number().int().describe("API keys that have been reached."),
				total: z.number().int().describe("API keys that the tenant had at the beginning."),
			})
			.nullable()
			.describe(
				"How far suspending, resuming or deleting has got. Null in the states `active`, `suspended` and `deleted`.",
			),
	})
	.meta({ id: "Tenant" });
export type Tenant = z.infer<typeof tenantSchema>;

export const createTenantSchema = z.strictObject({
	...tenantChoice,
	id: z
		.string()
		.regex(/^ten_[0-9A-Za-z]{20}$/, "Must be an id that this service has made, such as ten_3Kd8Qm1ZrXw5Ty7Lp2Va")
		.optional()
		.describe(
			"The id of a tenant that the database has lost. Its API keys are listed again as soon as their gates report them. Leave it out for a new customer.",
		),
	name: line(100),
	location_hint: locationHint
		.optional()
		.describe("Where the gates of the tenant's API keys are created, such as `sam` for South America."),
	owner: z
		.strictObject({ email: accountEmail, name: personName })
		.optional()
		.describe("The first owner. They are invited: the response contains their one-time link."),
	slug: z
		.string()
		.min(2)
		.max(63)
		.regex(
			/^[a-z0-9]+(-[a-z0-9]+)*$/,
			"Must contain only lower-case letters and digits, with single hyphens between them",
		),
});
/** A new tenant with its first owner. Only this response shows the link. */
export const createdTenantSchema = z
	.object({
		...tenantSchema.shape,
		owner: z
			.object({
				member: memberSchema,
				link: accessLinkSchema.nullable().describe("Null if the owner has joined already."),
			})
			.nullable()
			.describe("Null if the request named no owner."),
	})
	.meta({ id: "CreatedTenant" });
export type CreatedTenant = z.infer<typeof createdTenantSchema>;

export type CreateTenant = z.output<typeof createTenantSchema>;

export const getTenantSchema = z.strictObject({ ...tenantChoice, id });

export const suspendTenantSchema = z.strictObject({ ...tenantChoice, id, reason: line(200).optional() });
export type SuspendTenant = z.output<typeof suspendTenantSchema>;

export const resumeTenantSchema = z.strictObject({ ...tenantChoice, id });
export type ResumeTenant = z.output<typeof resumeTenantSchema>;

/** A month, in which customers change their minds. */
const RETENTION_DAYS = 30;

export const deleteTenantSchema = z.strictObject({
	...tenantChoice,
	id,
	slug: z.string().max(63).describe("The slug of the tenant, to confirm."),
	after_days: z.int32().min(1).max(365).default(RETENTION_DAYS).describe("Days until the data is deleted."),
});
export type DeleteTenant = z.output<typeof deleteTenantSchema>;

export const cancelDeletionSchema = z.strictObject({ ...tenantChoice, id });
export type CancelDeletion = z.output<typeof cancelDeletionSchema>;

/** States that a list can be limited to. `suspended` includes `suspending`, and tenants that will be deleted. */
const LISTED_STATES = ["active", "suspended", "deleted"] as const;

export const listTenantsSchema = z.strictObject({
	...tenantChoice,
	...page,
	search: optionalLine(100).optional().describe("The id or the slug, or a part of the name or slug, in any case."),
	state: z
		.enum(LISTED_STATES)
		.optional()
		.describe("`suspended` includes tenants that are being suspended, and those that will be deleted."),
});
export type ListTenants = z.output<typeof listTenantsSchema>;

export const tenantListSchema = z.object({ items: z.array(tenantSchema), next_cursor: nextCursor });
export type TenantList = z.infer<typeof tenantListSchema>;

/** A cursor of an export has the rows of each table so far. */
const EXPORT_CURSOR_MAX = 4_000;

export const exportTenantSchema = z.strictObject({
	cursor: z.string().min(1).max(EXPORT_CURSOR_MAX).optional().describe("`next_cursor` of the previous part."),
});
