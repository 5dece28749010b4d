/** The people of a tenant. */
import { z } from "zod";
import { ADMIN_INTEGRATIONS, MEMBER_STATUSES, ROLES } from "../../db/enums.ts";
import { accountEmail, id, line, nextCursor, page, tenantChoice, timestamp } from "./common.ts";

const NAME_MAX = 100;

/** A name of a person, as mails and screens show it. */
export const personName = line(NAME_MAX);

const role = z
	.enum(ROLES)
	.describe("`owner` and `admin` may do everything; only owners may invite, change and remove owners.");
const capabilities = z
	.array(z.enum([ADMIN_INTEGRATIONS]))
	.max(1)
	.describe("What a `member` may do beyond their role. Owners and admins have every capability.");

export const memberSchema = z
	.object({
		id,
		email: z.string(),
		name: z.string(),
		role: z.enum(ROLES),
		capabilities: z.array(z.string()).describe("Capabilities that were granted beyond those of the role."),
		status: z
			.enum(MEMBER_STATUSES)
			.describe("`invited`: has not signed in yet. `deactivated`: cannot sign in until reactivated."),
		created_at: timestamp,
		last_sign_in_at: timestamp.nullable(),
		live_keys: z
			.number()
			.int()
			.describe(
				"API keys that the member has created and that are neither revoked nor expired; at most 1,000 are counted.",
			),
	})
	.meta({ id: "Member" });
export type Member = z.infer<typeof memberSchema>;

export const listMembersSchema = z.strictObject({ ...tenantChoice, ...page });
export type ListMembers = z.output<typeof listMembersSchema>;

export const memberListSchema = z.object({ items: z.array(memberSchema), next_cursor: nextCursor });
export type MemberList = z.infer<typeof memberListSchema>;

export const memberIdSchema = z.strictObject({ ...tenantChoice, id });
export type MemberId = z.output<typeof memberIdSchema>;

export const inviteMemberSchema = z.strictObject({
	...tenantChoice,
	email: accountEmail,
	name: personName,
	role,
	capabilities: capabilities.default([]),
});
export type InviteMember = z.output<typeof inviteMemberSchema>;

export const updateMemberSchema = z.strictObject({
	...tenantChoice,
	id,
	name: personName.optional(),
	role: role.optional(),
	capabilities: capabilities.optional(),
});
export type UpdateMember = z.output<typeof updateMemberSchema>;

export const accessLinkSchema = z.object({
	url: z
		.string()
		.describe("Works once. Anyone who has it can set the member's password, so send it only to the member."),
	expires_at: timestamp,
	mailed: z.boolean().describe("Whether the link was also mailed to the member."),
});
export type AccessLink = z.infer<typeof accessLinkSchema>;

/** A member with the link that was made for them. Only this response shows the link. */
export const memberLinkSchema = z.object({ member: memberSchema, link: accessLinkSchema });
export type MemberLink = z.infer<typeof memberLinkSchema>;

export const removedMemberSchema = z.object({
	id,
	live_keys: z.number().int().describe("API keys of the removed member that are still live. They stay in use."),
});
export type RemovedMember = z.infer<typeof removedMemberSchema>;
