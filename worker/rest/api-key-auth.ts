/** Admission for handlers of this Worker: right key, right scope, within its hour, or no handler at all. */
import { createMiddleware } from "hono/factory";
import { routePath } from "hono/route";
import { presentedKey } from "../auth/principal.ts";
import { admit } from "../gate/admit.ts";
import { rateLimitHeaders } from "../gate/rate-limit-headers.ts";
import { noKeyError, refusalError } from "../gate/refusal.ts";
import type { Scope } from "../schemas/vocabulary.ts";
import type { IntegrationEnv } from "./context.ts";

/**
 * Middleware that admits the request's API key or throws. `scope: null` takes any key. Behind it, `c.var.key` and
 * `c.var.window` tell what was admitted, and every answer carries the rate limit headers.
 */
export function apiKeyAuth({ scope }: { scope: Scope | null }) {
	return createMiddleware<IntegrationEnv>(async (c, next) => {
		const key = presentedKey(c.req.raw);
		if (key === null) throw noKeyError();
		const { ip, userAgent, now } = c.var.info;
		const endpoint = `${c.req.method} ${routePath(c)}`;
		const presented = { scope, ip, userAgent, endpoint, tenantId: null, consume: true };
		const admission = await admit(c.env.KEY_GATE, c.var.config.peppers, key, presented, now);
		if (admission.code !== "VALID") throw refusalError(admission);
		c.set("key", admission.key);
		c.set("window", admission.window);
		// Set ahead of the handler, so that its failures carry them too.
		for (const [name, value] of Object.entries(rateLimitHeaders(admission.window))) c.header(name, value);
		await next();
	});
}
