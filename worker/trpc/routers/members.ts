import type { TRPCRouterRecord } from "@trpc/server";
import {
	inviteMemberSchema,
	listMembersSchema,
	memberIdSchema,
	memberLinkSchema,
	memberListSchema,
	memberSchema,
	removedMemberSchema,
	updateMemberSchema,
} from "../../schemas/member.ts";
import { openSessionListSchema, sessionsEndedSchema } from "../../schemas/open-session.ts";
import { managerOf } from "../../services/member-authority.ts";
import { inviteMember, resetPassword } from "../../services/member-links.ts";
import {
	deactivateMember,
	endMemberSessions,
	getMember,
	listMemberSessions,
	listMembers,
	reactivateMember,
	removeMember,
	updateMember,
} from "../../services/members.ts";
import { permittedProcedure } from "../procedures.ts";

const readProcedure = permittedProcedure("members:read");
const writeProcedure = permittedProcedure("members:write").use(async ({ ctx, next }) =>
	next({ ctx: { manager: managerOf(await ctx.principal(), ctx.author) } }),
);

/** The people of a tenant. */
export const membersRouter = {
	/** In the order of their emails. */
	list: readProcedure
		.input(listMembersSchema.prefault({}))
		.output(memberListSchema)
		.query(({ ctx, input }) => listMembers(ctx.deps, ctx.author.tenantId, input)),

	get: readProcedure
		.input(memberIdSchema)
		.output(memberSchema)
		.query(({ ctx, input }) => getMember(ctx.deps, ctx.author.tenantId, input)),

	/** Makes a one-time link for a new member, or a new one for a person who was invited and has not joined. */
	invite: writeProcedure
		.input(inviteMemberSchema)
		.output(memberLinkSchema)
		.mutation(({ ctx, input }) => inviteMember(ctx.deps, ctx.manager, ctx.links, input)),

	/** Changes name, role or capabilities. */
	update: writeProcedure
		.input(updateMemberSchema)
		.output(memberSchema)
		.mutation(({ ctx, input }) => updateMember(ctx.deps, ctx.manager, input)),

	/** Ends the member's sessions and links, and stops them from signing in. */
	deactivate: writeProcedure
		.input(memberIdSchema)
		.output(memberSchema)
		.mutation(({ ctx, input }) => deactivateMember(ctx.deps, ctx.manager, input)),

	/** Lets a deactivated member sign in again. */
	reactivate: writeProcedure
		.input(memberIdSchema)
		.output(memberSchema)
		.mutation(({ ctx, input }) => reactivateMember(ctx.deps, ctx.manager, input)),

	/** Removes the member for good. Their keys stay in use. */
	remove: writeProcedure
		.input(memberIdSchema)
		.output(removedMemberSchema)
		.mutation(({ ctx, input }) => removeMember(ctx.deps, ctx.manager, input)),

	/** Makes a one-time link with which the member sets a new password. */
	resetPassword: writeProcedure
		.input(memberIdSchema)
		.output(memberLinkSchema)
		.mutation(({ ctx, input }) => resetPassword(ctx.deps, ctx.manager, ctx.links, input)),

	/** Where the member is signed in. */
	sessions: writeProcedure
		.input(memberIdSchema)
		.output(openSessionListSchema)
		.query(({ ctx, input }) => listMemberSessions(ctx.deps, ctx.manager, input)),

	/** Ends every session of the member. */
	endSessions: writeProcedure
		.input(memberIdSchema)
		.output(sessionsEndedSchema)
		.mutation(({ ctx, input }) => endMemberSessions(ctx.deps, ctx.manager, input)),
} satisfies TRPCRouterRecord;
