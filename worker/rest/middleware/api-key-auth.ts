/** Admission for handlers of this Worker: right key, right scope, within its hour, or no handler at all. */
import { createMiddleware } from "hono/factory";
import { routePath } from "hono/route";
import type { Scope } from "../../../db/enums.ts";
import { admitRequest } from "../../admission/admit-request.ts";
import { noKeyError, refusalError } from "../../admission/refusal.ts";
import { rateLimitHeaders } from "../../http/rate-limit-headers.ts";
import type { IntegrationEnv } from "../context.ts";

/**
 * Middleware that admits the request's API key or throws. `scope: null` takes any key. Behind it, `c.var.key` and
 * `c.var.window` tell what was admitted, and every answer carries the rate limit headers.
 */
export function apiKeyAuth({ scope }: { scope: Scope | null }) {
	return createMiddleware<IntegrationEnv>(async (c, next) => {
		const endpoint = `${c.req.method} ${routePath(c)}`;
		const { admission } = c.env.ARRIVAL ?? {};
		// Admitted on arrival, for just this: to ask once more would count the request twice.
		const isAdmitted = admission?.route.endpoint === endpoint && admission.route.scope === scope;
		const verdict = isAdmitted
			? admission.admitted
			: await admitRequest(c.req.raw, { endpoint, scope }, c.env, c.var.config, c.var.info);
		if (verdict === null) throw noKeyError();
		if (verdict.code !== "VALID") throw refusalError(verdict);
		c.set("key", verdict.key);
		c.set("window", verdict.window);
		// Set ahead of the handler, so that its failures carry them too.
		for (const [name, value] of Object.entries(rateLimitHeaders(verdict.window))) c.header(name, value);
		await next();
	});
}
