/** The kinds of procedures, by who may call them. */

import type { Permission } from "../../db/enums.ts";
import {
	authorIn,
	authorOf,
	platformAuthor,
	requirePermission,
	requirePerson,
	requirePlatform,
} from "../auth/authorize.ts";
import { permissionsOf } from "../auth/permissions.ts";
import { AppError } from "../errors.ts";
import { procedure } from "./init.ts";

/** For every caller. */
export const publicProcedure = procedure;

/** For every user. */
export const userProcedure = procedure.use(async ({ ctx, next }) => {
	const user = requirePerson(await ctx.principal());
	return next({ ctx: { user, author: authorOf(user, ctx.info) } });
});

/** For every user with a session of this service. Tokens of an identity provider have none. */
export const accountProcedure = procedure.use(async ({ ctx, next }) => {
	const user = requirePerson(await ctx.principal());
	if (user.sessionId === null) throw new AppError("FORBIDDEN", "Only a person who has signed in here can do this.");
	return next({ ctx: { user: { ...user, sessionId: user.sessionId }, author: authorOf(user, ctx.info) } });
});

/**
 * For callers with the permission: a user or a token in its own tenant, the platform in the one it names. `author` is the
 * caller in that tenant, and `permissions` are all that they have there.
 */
export const permittedProcedure = (permission: Permission) =>
	procedure.meta({ permission }).use(async ({ ctx, next, path, type, getRawInput }) => {
		const manager = requirePermission(await ctx.principal(), permission);
		// Only the platform names a tenant. Other input waits for its schema.
		const input = manager.kind === "service_role" ? await getRawInput() : undefined;
		const call = { permission, operation: path, isQuery: type === "query" };
		const author = await authorIn(manager, call, ctx.info, ctx.deps.db, ctx.request, input);
		return next({ ctx: { author, permissions: permissionsOf(manager) } });
	});

/** For the platform, in the tenant that it names. `author` is the platform there. */
export const tenantPlatformProcedure = procedure.use(async ({ ctx, next, path, type, getRawInput }) => {
	const platform = requirePlatform(await ctx.principal());
	const author = await authorIn(
		platform,
		{ permission: "platform", operation: path, isQuery: type === "query" },
		ctx.info,
		ctx.deps.db,
		ctx.request,
		await getRawInput(),
	);
	return next({ ctx: { author } });
});

/** For the platform, outside of tenants. */
export const platformProcedure = procedure.use(async ({ ctx, next }) => {
	const platform = platformAuthor(requirePlatform(await ctx.principal()), ctx.info);
	return next({ ctx: { platform } });
});
