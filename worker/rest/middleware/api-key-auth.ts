/** Admission for handlers of this Worker: the handler runs only for a valid key with the scope and within its limit. */
import { createMiddleware } from "hono/factory";
import { routePath } from "hono/route";
import type { Scope } from "../../../db/enums.ts";
import { admitRequest } from "../../admission/admit-request.ts";
import { NO_KEY, refusalError, refusalOf } from "../../admission/refusal.ts";
import { analyticsOf } from "../../admission/verdict-points.ts";
import { keyGates } from "../../namespaces.ts";
import type { IntegrationEnv } from "../context.ts";

/**
 * Middleware that admits the request's API key or throws. `scope: null` admits any key. Behind it, `c.var.key` and
 * `c.var.window` describe the admitted key, and every response carries the rate-limit headers.
 */
export function apiKeyAuth({ scope }: { scope: Scope | null }) {
	return createMiddleware<IntegrationEnv>(async (c, next) => {
		const endpoint = `${c.req.method} ${routePath(c)}`;
		const { admission } = c.env.ARRIVAL ?? {};
		// `fetch.ts` has already admitted this request. A second admission would count it twice.
		const isAdmitted = admission?.route.endpoint === endpoint && admission.route.scope === scope;
		const admitted = isAdmitted
			? { verdict: admission.admitted, request: c.req.raw }
			: await admitRequest(
					c.req.raw,
					{ endpoint, scope },
					{ gates: keyGates(c.env), d1: c.env.DB, analytics: analyticsOf(c.env, c.var.config, c.req.raw) },
					c.var.config,
					c.var.info,
				);
		if (admitted === null) throw refusalError(NO_KEY);
		const { verdict, request } = admitted;
		c.req.raw = request;
		if (verdict.code !== "VALID") throw refusalError(refusalOf(verdict));
		c.set("key", verdict.key);
		c.set("window", verdict.window);
		await next();
	});
}
