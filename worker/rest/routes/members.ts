/** The people of a tenant. */
import { createRoute, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { id } from "../../schemas/common.ts";
import {
	inviteMemberSchema,
	listMembersSchema,
	memberLinkSchema,
	memberSchema,
	removedMemberSchema,
	updateMemberSchema,
} from "../../schemas/member.ts";
import { openSessionSchema, sessionsEndedSchema } from "../../schemas/open-session.ts";
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
import type { ManageEnv } from "../context.ts";
import { managerOperation, permitted, permittedWithBody } from "../define-route.ts";
import { BODY_ERRORS, conflict, MANAGER_ERRORS, notFound, TOO_LARGE } from "../openapi/errors.ts";
import * as examples from "../openapi/examples.ts";
import { created, jsonBody, ok, page } from "../openapi/responses.ts";
import { fromQuery } from "../query.ts";
import { depsOf, envelope, linksOf, listEnvelope, locationOf } from "../respond.ts";
import { NO_TENANT, tenantHeaders, tenantQuery } from "../tenant-choice.ts";

const MEMBERS = "/v1/members";
const ONE_MEMBER = `${MEMBERS}/{id}`;
const tags = ["Members"];
const params = z.object({ id: id.meta({ description: "Id of the member.", example: examples.member.id }) });
const NO_MEMBER = notFound("The tenant has no member with this id, or the tenant does not exist.");
const active = { ...examples.member, status: "active" as const };

const LAST_OWNER = conflict("The member is the last active owner, or has changed meanwhile.");

const othersSession = { ...examples.session, current: false };

/** Who manages the members in this request. */
const manager = (c: Context<ManageEnv>) => managerOf(c.var.manager, c.var.author);

/** A step with one member, which has no input but the tenant. */
const step = <S extends z.ZodType, E extends object>(
	name: "deactivate" | "reactivate" | "reset-password",
	operationId: string,
	summary: string,
	description: string,
	success: { schema: S; description: string; example: z.input<S> },
	conflicts: E,
) =>
	createRoute({
		...permittedWithBody("members:write"),
		tags,
		method: "post",
		path: `${ONE_MEMBER}/${name}`,
		operationId,
		summary,
		description,
		request: { headers: tenantHeaders, params, query: tenantQuery },
		responses: {
			...MANAGER_ERRORS,
			...TOO_LARGE,
			...NO_MEMBER,
			...conflicts,
			200: ok(success.schema, success.description, success.example),
		},
	});

export const memberOperations = [
	managerOperation(
		createRoute({
			...permittedWithBody("members:write"),
			tags,
			method: "post",
			path: MEMBERS,
			operationId: "inviteMember",
			summary: "Invite a member",
			description:
				"Makes a one-time link that works for 7 days. Only this response contains it; where mail is configured, it is also mailed. Inviting a person again who has not joined yet makes a new link and ends the old one.",
			request: {
				headers: tenantHeaders,
				query: tenantQuery,
				body: jsonBody(inviteMemberSchema, examples.inviteMember),
			},
			responses: {
				...MANAGER_ERRORS,
				...BODY_ERRORS,
				...NO_TENANT,
				...conflict("The email belongs to a member or to another account."),
				201: created(
					memberLinkSchema,
					"The member and the link.",
					examples.memberLink,
					`${MEMBERS}/${examples.member.id}`,
				),
			},
		}),
		async (c) => {
			const invited = await inviteMember(depsOf(c), manager(c), linksOf(c), c.req.valid("json"));
			return c.json(envelope(c, invited), 201, locationOf(MEMBERS, invited.member));
		},
	),
	managerOperation(
		createRoute({
			...permitted("members:read"),
			tags,
			method: "get",
			path: MEMBERS,
			operationId: "listMembers",
			summary: "List members",
			description: "In the order of their emails.",
			request: { headers: tenantHeaders, query: fromQuery(listMembersSchema) },
			responses: { ...MANAGER_ERRORS, ...NO_TENANT, 200: page(memberSchema, "A page of members.", active) },
		}),
		async (c) => {
			const found = await listMembers(depsOf(c), c.var.author.tenantId, c.req.valid("query"));
			return c.json(listEnvelope(c, found), 200);
		},
	),
	managerOperation(
		createRoute({
			...permitted("members:read"),
			tags,
			method: "get",
			path: ONE_MEMBER,
			operationId: "getMember",
			summary: "Get a member",
			description: "Returns one member.",
			request: { headers: tenantHeaders, params, query: tenantQuery },
			responses: { ...MANAGER_ERRORS, ...NO_MEMBER, 200: ok(memberSchema, "The member.", active) },
		}),
		async (c) => c.json(envelope(c, await getMember(depsOf(c), c.var.author.tenantId, c.req.valid("param"))), 200),
	),
	managerOperation(
		createRoute({
			...permittedWithBody("members:write"),
			tags,
			method: "patch",
			path: ONE_MEMBER,
			operationId: "updateMember",
			summary: "Update a member",
			description:
				"Changes name, role or capabilities. Fields that are left out keep their values. The change applies to the member's next request.",
			request: {
				headers: tenantHeaders,
				params,
				query: tenantQuery,
				body: jsonBody(updateMemberSchema.omit({ id: true }), examples.updateMember),
			},
			responses: {
				...MANAGER_ERRORS,
				...BODY_ERRORS,
				...NO_MEMBER,
				...LAST_OWNER,
				200: ok(memberSchema, "The member as they are now.", active),
			},
		}),
		async (c) => {
			const input = { ...c.req.valid("json"), ...c.req.valid("param") };
			return c.json(envelope(c, await updateMember(depsOf(c), manager(c), input)), 200);
		},
	),
	managerOperation(
		step(
			"deactivate",
			"deactivateMember",
			"Deactivate a member",
			"Ends the member's sessions and links at once, and stops them from signing in. Their API keys stay in use: `live_keys` says how many.",
			{ schema: memberSchema, description: "The member.", example: { ...active, status: "deactivated" } },
			LAST_OWNER,
		),
		async (c) => c.json(envelope(c, await deactivateMember(depsOf(c), manager(c), c.req.valid("param"))), 200),
	),
	managerOperation(
		step(
			"reactivate",
			"reactivateMember",
			"Reactivate a member",
			"Lets a deactivated member sign in again, with the password from before.",
			{ schema: memberSchema, description: "The member.", example: active },
			{},
		),
		async (c) => c.json(envelope(c, await reactivateMember(depsOf(c), manager(c), c.req.valid("param"))), 200),
	),
	managerOperation(
		step(
			"reset-password",
			"resetMemberPassword",
			"Make a password link",
			"Makes a one-time link with which the member sets a new password. It works for one hour, and ends earlier links. A member who has not joined yet gets a new invitation instead.",
			{ schema: memberLinkSchema, description: "The member and the link.", example: examples.memberLink },
			conflict("The member is deactivated."),
		),
		async (c) => c.json(envelope(c, await resetPassword(depsOf(c), manager(c), linksOf(c), c.req.valid("param"))), 200),
	),
	managerOperation(
		createRoute({
			// The platform may name the tenant in a body, although the operation has none.
			...permittedWithBody("members:write"),
			tags,
			method: "delete",
			path: ONE_MEMBER,
			operationId: "removeMember",
			summary: "Remove a member",
			description:
				"Removes the member for good. Their sessions and links end. Their API keys stay in use, and the audit trail is kept.",
			request: { headers: tenantHeaders, params, query: tenantQuery },
			responses: {
				...MANAGER_ERRORS,
				...TOO_LARGE,
				...NO_MEMBER,
				...LAST_OWNER,
				200: ok(removedMemberSchema, "The number of keys that stay in use.", examples.removedMember),
			},
		}),
		async (c) => c.json(envelope(c, await removeMember(depsOf(c), manager(c), c.req.valid("param"))), 200),
	),
	managerOperation(
		createRoute({
			...permitted("members:write"),
			tags,
			method: "get",
			path: `${ONE_MEMBER}/sessions`,
			operationId: "listMemberSessions",
			summary: "List the sessions of a member",
			description: "Where the member is signed in, the newest first. All sessions at once.",
			request: { headers: tenantHeaders, params, query: tenantQuery },
			responses: { ...MANAGER_ERRORS, ...NO_MEMBER, 200: page(openSessionSchema, "The open sessions.", othersSession) },
		}),
		async (c) => {
			const { items } = await listMemberSessions(depsOf(c), manager(c), c.req.valid("param"));
			return c.json(listEnvelope(c, { items, next_cursor: null }), 200);
		},
	),
	managerOperation(
		createRoute({
			// The platform may name the tenant in a body, although the operation has none.
			...permittedWithBody("members:write"),
			tags,
			method: "delete",
			path: `${ONE_MEMBER}/sessions`,
			operationId: "endMemberSessions",
			summary: "End the sessions of a member",
			description:
				"Ends every session of the member: their next request is rejected. They can sign in again; deactivate a member to prevent that.",
			request: { headers: tenantHeaders, params, query: tenantQuery },
			responses: {
				...MANAGER_ERRORS,
				...TOO_LARGE,
				...NO_MEMBER,
				200: ok(sessionsEndedSchema, "How many sessions have ended.", { ended: 2 }),
			},
		}),
		async (c) => c.json(envelope(c, await endMemberSessions(depsOf(c), manager(c), c.req.valid("param"))), 200),
	),
] as const;
