/** Tenants, which the platform's `service_role` manages. */
import { z } from "zod";
import { accountEmail, id, line, nextCursor, page, tenantChoice, timestamp } from "./common.ts";
import { accessLinkSchema, memberSchema, personName } from "./member.ts";

export const tenantSchema = z
	.object({ id, name: z.string(), slug: z.string(), created_at: timestamp })
	.meta({ id: "Tenant" });
export type Tenant = z.infer<typeof tenantSchema>;

export const createTenantSchema = z.strictObject({
	...tenantChoice,
	name: line(100),
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
				link: accessLinkSchema.nullable().describe("Null if the owner has come already."),
			})
			.nullable()
			.describe("Null if the request named no owner."),
	})
	.meta({ id: "CreatedTenant" });
export type CreatedTenant = z.infer<typeof createdTenantSchema>;

export type CreateTenant = z.output<typeof createTenantSchema>;

export const listTenantsSchema = z.strictObject({ ...tenantChoice, ...page });
export type ListTenants = z.output<typeof listTenantsSchema>;

export const tenantListSchema = z.object({ items: z.array(tenantSchema), next_cursor: nextCursor });
export type TenantList = z.infer<typeof tenantListSchema>;
