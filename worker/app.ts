/** The doors: what every request gets on its way in and out, and where it goes. */
import { OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { secureHeaders } from "hono/secure-headers";
import type { Config } from "./env.ts";
import { AppError, toAppError, validationError } from "./errors.ts";
import { limitBody } from "./http/body.ts";
import { pageFor } from "./http/dashboard-page.ts";
import { requestInfo } from "./http/request-info.ts";
import { failure } from "./http/response.ts";
import { logError } from "./log.ts";
import type { RestEnv } from "./rest/context.ts";
import { openToOrigins } from "./rest/middleware/cors.ts";
import { addOpenApiRoute } from "./rest/openapi/index.ts";
import { addRoutes } from "./rest/routes/index.ts";
import { handleTrpc, TRPC_PATH, trpcErrorResponse } from "./trpc/door.ts";

/** The zod-openapi targets, by the name that a caller knows them by. */
const TARGET_NAMES: Record<string, string> = { json: "body", query: "query", param: "path" };

export function createApp(config: Config): OpenAPIHono<RestEnv> {
	const app = new OpenAPIHono<RestEnv>({
		defaultHook(result) {
			if (!result.success) throw validationError(result.error.issues, TARGET_NAMES[result.target]);
		},
	});

	app.use(async (c, next) => {
		const info = c.env.ARRIVAL?.info ?? requestInfo(c.req.raw);
		c.set("info", info);
		c.set("config", config);
		await next();
		c.header("X-Request-Id", info.requestId);
		// Answers are about somebody's keys or data, and some carry a key: no cache may keep them.
		if (!c.res.headers.has("Cache-Control")) c.header("Cache-Control", "no-store");
	});
	app.use(async (c, next) => (await pageFor(c.req.raw, c.env.ASSETS)) ?? next());
	app.use(
		secureHeaders({
			contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
			xFrameOptions: "DENY",
		}),
	);

	if (config.corsOrigins.length > 0)
		for (const path of ["/v1/*", "/functions/v1/*"]) app.use(path, openToOrigins(config));

	addRoutes(app);
	addOpenApiRoute(app);
	refuseOtherMethods(app);
	app.all(`${TRPC_PATH}/*`, limitBody, (c) => handleTrpc(c.req.raw, c.env, config, c.var.info));

	app.notFound((c) => fail(c, new AppError("NOT_FOUND", `No route matches ${c.req.path}.`)));
	app.onError((thrown, c) => {
		const error = thrown instanceof HTTPException ? fromHono(thrown) : toAppError(thrown);
		if (error.status >= 500)
			logError(`${c.req.method} ${c.req.path}: ${error.code}`, error.cause, c.var.info.requestId);
		return fail(c, error);
	});
	return app;
}

/** The failure in the shape of the door that the request knocked at. */
function fail(c: Context<RestEnv>, error: AppError): Response {
	const { info } = c.var;
	const response = c.req.path.startsWith(`${TRPC_PATH}/`)
		? trpcErrorResponse(error, info.requestId)
		: failure(error, info);
	// Headers that middleware has set for whatever answer there will be, such as the rate limit.
	c.res.headers.forEach((value, name) => {
		if (/^(x-)?ratelimit/i.test(name) && !response.headers.has(name)) response.headers.set(name, value);
	});
	return response;
}

/** What Hono and its validators throw about a request. */
function fromHono(thrown: HTTPException): AppError {
	if (thrown.status === 415) return new AppError("UNSUPPORTED_MEDIA_TYPE");
	if (thrown.status === 400)
		return new AppError("VALIDATION_ERROR", "The body is not valid JSON.", {
			details: [{ field: "body", message: "Must be JSON" }],
		});
	return toAppError(thrown);
}

/** After all routes: a known path with a method it does not have is 405 and names those it has (RFC 9110, §15.5.6). */
function refuseOtherMethods(app: OpenAPIHono<RestEnv>): void {
	const methods = new Map<string, Set<string>>();
	for (const { method, path } of app.routes) {
		if (method === "ALL") continue;
		const known = methods.get(path) ?? new Set();
		methods.set(path, known.add(method));
		if (method === "GET") known.add("HEAD");
	}
	for (const [path, known] of methods) {
		const allow = [...known].sort().join(", ");
		app.all(path, () => {
			throw new AppError("METHOD_NOT_ALLOWED", `Method not allowed. Allowed methods: ${allow}.`, {
				headers: { Allow: allow },
			});
		});
	}
}
