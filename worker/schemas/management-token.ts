/** Management tokens: credentials of programs, such as CI. */
import { z } from "zod";
import { TOKEN_PERMISSIONS, TOKEN_STATUSES } from "../../db/enums.ts";
import { ipAllowlist, keyName } from "./api-key.ts";
import { id, nextCursor, page, tenantChoice, timestamp, timestampInput } from "./common.ts";

/** A year, and a day for leap years. */
export const TOKEN_DAYS_MAX = 366;

const permissions = z
	.array(z.enum(TOKEN_PERMISSIONS, { error: `Must be one of ${TOKEN_PERMISSIONS.join(", ")}` }))
	.min(1, "Must name at least one permission")
	.max(TOKEN_PERMISSIONS.length * 2)
	.transform((list) => TOKEN_PERMISSIONS.filter((permission) => list.includes(permission)));

/** Whether the person who created a token can still sign in. */
const CREATOR_STATUSES = ["active", "deactivated", "removed", "unknown"] as const;

export const managementTokenSchema = z
	.object({
		id,
		name: z.string(),
		last_four: z.string().describe("Last four characters of the token."),
		permissions: z.array(z.string()),
		ip_allowlist: z.array(z.string()).describe("IP addresses and CIDR blocks that may use the token. Empty: all."),
		status: z.enum(TOKEN_STATUSES),
		created_at: timestamp,
		created_by: z.string().describe("User id, or `service_role`."),
		created_by_email: z.string().nullable(),
		creator_status: z
			.enum(CREATOR_STATUSES)
			.describe(
				"Whether the person who created the token can still sign in. The token works in any case. `unknown`: the platform, or a person of an identity provider.",
			),
		expires_at: timestamp,
		revoked_at: timestamp.nullable(),
		revoked_by: z.string().nullable(),
		last_used_at: timestamp.nullable().describe("To the minute."),
		last_used_ip: z.string().nullable(),
		pepper_id: z
			.string()
			.nullable()
			.describe(
				"Identifies the pepper of the token's tag. Replace the token before that pepper is removed. Null: not known before the next use.",
			),
	})
	.meta({ id: "ManagementToken" });
export type ManagementToken = z.infer<typeof managementTokenSchema>;

/** The only response that contains the token. */
export const issuedTokenSchema = z.object({
	token: z.string().describe("The token, which is the credential. No other response contains it."),
	management_token: managementTokenSchema,
});
export type IssuedToken = z.infer<typeof issuedTokenSchema>;

export const createTokenSchema = z
	.strictObject({
		...tenantChoice,
		name: keyName.describe("What uses the token. Shown in lists and in the audit trail."),
		permissions: permissions.describe("What the token may do. Only permissions that the caller has."),
		ip_allowlist: ipAllowlist.default([]).describe("IP addresses and CIDR blocks that may use the token. Empty: all."),
		expires_in_days: z
			.number()
			.int()
			.min(1)
			.max(TOKEN_DAYS_MAX)
			.optional()
			.describe(`Days until the token expires. Send this or \`expires_at\`.`),
		expires_at: timestampInput.optional().describe(`When the token expires: at most ${TOKEN_DAYS_MAX} days from now.`),
	})
	.refine((input) => (input.expires_in_days === undefined) !== (input.expires_at === undefined), {
		path: ["expires_in_days"],
		error: "Send expires_in_days or expires_at: a management token expires, and has one expiry",
	});
export type CreateToken = z.output<typeof createTokenSchema>;

export const tokenIdSchema = z.strictObject({ ...tenantChoice, id });

/** Absent fields keep their value. */
export const updateTokenSchema = tokenIdSchema.extend({
	name: keyName.optional(),
	ip_allowlist: ipAllowlist.optional().describe("Replaces the list. Empty: all IP addresses."),
});
export type UpdateToken = z.output<typeof updateTokenSchema>;

export const listTokensSchema = z.strictObject({ ...tenantChoice, ...page });
export type ListTokens = z.output<typeof listTokensSchema>;

export const tokenListSchema = z.object({ items: z.array(managementTokenSchema), next_cursor: nextCursor });
export type TokenList = z.infer<typeof tokenListSchema>;
