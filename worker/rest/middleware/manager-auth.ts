/** Management over REST: who is calling, and in which tenant, before anything else of a request is judged. */
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { database } from "../../../db/client.ts";
import { authorIn, requireManager, requirePlatform } from "../../auth/authorize.ts";
import { authenticate, type Principal } from "../../auth/principal.ts";
import { sessionLookup } from "../../auth/session.ts";
import type { DoorEnv, ManageEnv, PlatformEnv } from "../context.ts";
import { hasJson } from "./body.ts";

/** What there is of Hono's context in every door. */
type AtTheDoor = Pick<Context<DoorEnv>, "env"> & { var: DoorEnv["Variables"]; req: Pick<Context["req"], "raw"> };

function principalOf(c: AtTheDoor): Promise<Principal> {
	const { config, info } = c.var;
	const deps = { config, gates: c.env.KEY_GATE, sessions: sessionLookup(database(c.env.DB)), now: info.now };
	return authenticate(c.req.raw, deps, info.ip);
}

/** Lets managers pass. Which tenant they act in stands in `c.var.author` after {@link inTenant}. */
export const managersOnly = createMiddleware<ManageEnv>(async (c, next) => {
	c.set("manager", requireManager(await principalOf(c)));
	await next();
});

/** Finds the tenant: a person's own, or the one that the platform names, be it in a JSON body. */
export const inTenant = createMiddleware<ManageEnv>(async (c, next) => {
	const { manager, info } = c.var;
	// What is no JSON is refused by the route; it names no tenant.
	const mayHave = manager.kind === "service_role" && c.req.method !== "GET" && hasJson(c);
	const input = mayHave ? await c.req.json().catch(() => undefined) : undefined;
	c.set("author", await authorIn(manager, info, database(c.env.DB), c.req.raw, input));
	await next();
});

/** Lets the platform pass. */
export const platformOnly = createMiddleware<PlatformEnv>(async (c, next) => {
	c.set("platform", requirePlatform(await principalOf(c), c.var.info));
	await next();
});
