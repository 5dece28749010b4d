/** The kinds of procedures, by who may call them. */
import { authorIn, authorOf, requireManager, requirePerson, requirePlatform } from "../auth/authorize.ts";
import { procedure } from "./init.ts";

/** Anybody. */
export const publicProcedure = procedure;

/** A person, whatever they may do. */
export const userProcedure = procedure.use(async ({ ctx, next }) => {
	const user = requirePerson(await ctx.principal());
	return next({ ctx: { user, author: authorOf(user, ctx.info) } });
});

/**
 * Whoever may manage the keys of a tenant: a person with the capability in their own, the platform in the one it
 * names. `author` is the caller in that tenant.
 */
export const manageProcedure = procedure.use(async ({ ctx, next, getRawInput }) => {
	const manager = requireManager(await ctx.principal());
	// What a person sends is not looked at before their own input is judged.
	const input = manager.kind === "service_role" ? await getRawInput() : undefined;
	return next({ ctx: { author: await authorIn(manager, ctx.info, ctx.deps.db, ctx.request, input) } });
});

/** The platform, in no tenant in particular. */
export const platformProcedure = procedure.use(async ({ ctx, next }) =>
	next({ ctx: { platform: requirePlatform(await ctx.principal(), ctx.info) } }),
);
