/** Identifies the caller of a management route, and the tenant, before anything else of the request is validated. */
import { createMiddleware } from "hono/factory";
import { routePath } from "hono/route";
import { database } from "../../../db/client.ts";
import type { Permission } from "../../../db/enums.ts";
import {
	authorIn,
	authorOf,
	platformAuthor,
	requirePermission,
	requirePerson,
	requirePlatform,
} from "../../auth/authorize.ts";
import { authenticate, type Principal } from "../../auth/principal.ts";
import { isJson } from "../../http/body.ts";
import { keyGates } from "../../namespaces.ts";
import type { ManageEnv, PersonEnv, PlatformEnv, RestContext } from "../context.ts";

function principalOf(c: RestContext): Promise<Principal> {
	const { config, info } = c.var;
	return authenticate(c.req.raw, { config, gates: keyGates(c.env), db: database(c.env.DB) }, info);
}

/** Admits callers with the permission. {@link inTenant} then sets `c.var.author`, which names their tenant. */
export const permittedOnly = (permission: Permission) =>
	createMiddleware<ManageEnv>(async (c, next) => {
		c.set("manager", requirePermission(await principalOf(c), permission));
		c.set("permission", permission);
		await next();
	});

/** Admits people. Sets `c.var.user`, and `c.var.author` for what they change. */
export const personOnly = createMiddleware<PersonEnv>(async (c, next) => {
	const user = requirePerson(await principalOf(c));
	c.set("user", user);
	c.set("author", authorOf(user, c.var.info));
	await next();
});

/** Admits the platform alone, for a route in a tenant. {@link inTenant} then sets `c.var.author`. */
export const platformInTenantOnly = createMiddleware<ManageEnv>(async (c, next) => {
	c.set("manager", requirePlatform(await principalOf(c)));
	c.set("permission", "platform");
	await next();
});

/** Finds the tenant: a person's own, or the one that the platform names in a header, the query or a JSON body. */
export const inTenant = createMiddleware<ManageEnv>(async (c, next) => {
	const { manager, permission, info } = c.var;
	// A body that is not JSON names no tenant. The route rejects it.
	const isQuery = ["GET", "HEAD"].includes(c.req.method);
	const mayHave = manager.kind === "service_role" && !isQuery && isJson(c.req.raw);
	const input = mayHave ? await c.req.json().catch(() => undefined) : undefined;
	c.set(
		"author",
		await authorIn(
			manager,
			{ permission, operation: `${c.req.method} ${routePath(c)}`, isQuery },
			info,
			database(c.env.DB),
			c.req.raw,
			input,
		),
	);
	await next();
});

/** Admits the platform. */
export const platformOnly = createMiddleware<PlatformEnv>(async (c, next) => {
	c.set("platform", platformAuthor(requirePlatform(await principalOf(c)), c.var.info));
	await next();
});
