/** The kinds of procedures, by who may call them. */
import { notForApiKeys, type Principal, type UserPrincipal } from "../auth/principal.ts";
import { selectTenant } from "../auth/tenant.ts";
import { AppError } from "../errors.ts";
import { ADMIN_INTEGRATIONS } from "../schemas/vocabulary.ts";
import { findTenant } from "../services/tenants.ts";
import { procedure } from "./init.ts";

/** Anybody. */
export const publicProcedure = procedure;

/** A person, whatever they may do. */
export const userProcedure = procedure.use(async ({ ctx, next }) => {
	const principal = await ctx.principal();
	if (principal.kind === "api_key") throw notForApiKeys(principal.window);
	if (principal.kind === "service_role")
		throw new AppError("FORBIDDEN", "The service_role key is no person and has no session.");
	return next({ ctx: { user: principal, author: authorOf(principal, ctx.info) } });
});

/**
 * Whoever may manage the keys of a tenant: a person with the capability in their own, the platform in the one it
 * names. `author` is the caller in that tenant.
 */
export const manageProcedure = procedure.use(async ({ ctx, next, getRawInput }) => {
	const principal = await ctx.principal();
	switch (principal.kind) {
		case "api_key":
			throw notForApiKeys(principal.window);
		case "user":
			if (!principal.capabilities.includes(ADMIN_INTEGRATIONS))
				throw new AppError(
					"FORBIDDEN",
					`This takes the capability ${ADMIN_INTEGRATIONS}. Ask an admin of your company.`,
				);
			return next({ ctx: { author: authorOf(principal, ctx.info) } });
		case "service_role": {
			const tenantId = selectTenant(ctx.request, await getRawInput());
			if (!(await findTenant(ctx.deps, tenantId))) throw new AppError("NOT_FOUND", "There is no such tenant.");
			return next({ ctx: { author: { ...platform(ctx.info), tenantId } } });
		}
		default:
			return principal satisfies never;
	}
});

/** The platform, in no tenant in particular. */
export const platformProcedure = procedure.use(async ({ ctx, next }) => {
	const principal: Principal = await ctx.principal();
	if (principal.kind === "api_key") throw notForApiKeys(principal.window);
	if (principal.kind !== "service_role") throw new AppError("FORBIDDEN", "Only the service_role key may do this.");
	return next({ ctx: { platform: platform(ctx.info) } });
});

type From = { ip: string | null; userAgent: string | null };

/** A person as the author of changes in their tenant. */
export function authorOf(user: UserPrincipal, { ip, userAgent }: From) {
	return { tenantId: user.tenantId, actor: user.id, actorEmail: user.email, ip, userAgent };
}

function platform({ ip, userAgent }: From) {
	return { actor: "service_role", actorEmail: null, ip, userAgent };
}
