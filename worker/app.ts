/** REST, tRPC and the dashboard as one Hono app: the middleware that all requests share, and the routes. */
import { OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { methodNotAllowed } from "hono/method-not-allowed";
import type { Config } from "./env.ts";
import { AppError, toAppError, validationError } from "./errors.ts";
import { pageFor } from "./http/dashboard-page.ts";
import { logFailure } from "./http/log-failure.ts";
import { rateLimitHeaders } from "./http/rate-limit-headers.ts";
import { requestInfo } from "./http/request-info.ts";
import { errorResponse } from "./http/response.ts";
import { SECURITY_HEADERS } from "./http/security-headers.ts";
import { STATUS_HEADERS, statusLanguage, statusPage } from "./http/status-page.ts";
import { logError } from "./log.ts";
import type { RestEnv } from "./rest/context.ts";
import { openToOrigins } from "./rest/middleware/cors.ts";
import { addOpenApiRoute } from "./rest/openapi/index.ts";
import { depsOf, envelope } from "./rest/respond.ts";
import { addRoutes } from "./rest/routes/index.ts";
import { recentStatus } from "./services/canary/status.ts";
import { guardTrpc, handleTrpc, TRPC_PATH, trpcErrorResponse } from "./trpc/handler.ts";

/** The targets of zod-openapi by the names that callers know. */
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
	});
	app.use(async (c, next) => (await pageFor(c.req.raw, c.env.ASSETS)) ?? next());
	app.use(async (c, next) => {
		await next();
		for (const [name, value] of Object.entries(SECURITY_HEADERS)) c.header(name, value);
		// Set by `apiKeyAuth` for the key that was admitted. An error of the handler carries them too.
		if (c.var.page) for (const [name, value] of Object.entries(c.var.page)) c.header(name, value);
		if (c.var.window) for (const [name, value] of Object.entries(rateLimitHeaders(c.var.window))) c.header(name, value);
	});
	app.use(
		methodNotAllowed({
			app,
			// RFC 9110, §15.5.6: the response names the methods of the path.
			onMethodNotAllowed: (_, methods) => {
				const allow = methods.sort().join(", ");
				throw new AppError("METHOD_NOT_ALLOWED", `Method not allowed. Allowed methods: ${allow}.`, {
					headers: { Allow: allow },
				});
			},
		}),
	);

	if (config.corsOrigins.length > 0)
		for (const path of ["/v1/*", "/functions/v1/*"]) app.use(path, openToOrigins(config));

	addRoutes(app);
	addOpenApiRoute(app);
	app.get("/status", async (c) => {
		const status = await recentStatus(depsOf(c));
		if (!c.req.header("accept")?.includes("text/html")) return c.json(envelope(c, status));
		// After the middleware, which sets the headers of responses that are data.
		c.set("page", STATUS_HEADERS);
		return c.body(statusPage(status, statusLanguage(c.req.raw)));
	});
	// Loaded on demand: most isolates serve no sign-in with a provider.
	app.get("/auth/sso/start", async (c) => (await import("./sso/routes.ts")).startSignIn(c));
	app.get("/auth/sso/callback", async (c) => (await import("./sso/routes.ts")).completeSignIn(c));
	app.all(`${TRPC_PATH}/*`, guardTrpc, (c) =>
		handleTrpc(c.req.raw, c.env, config, c.var.info, (work) => workAfter(c, work)),
	);

	app.notFound((c) => respond(c, new AppError("NOT_FOUND", `No route matches ${c.req.path}.`)));
	app.onError((thrown, c) => {
		const error = thrown instanceof HTTPException ? fromHono(thrown) : toAppError(thrown);
		logFailure(`${c.req.method} ${c.req.path}`, error, c.var.info);
		return respond(c, error);
	});
	return app;
}

/** Keeps the Worker running until the work is done, after the response. A failure is only logged. */
function workAfter(c: Context<RestEnv>, work: Promise<unknown>): void {
	c.executionCtx.waitUntil(
		work.catch((thrown: unknown) => logError("Work after a response failed", thrown, c.var.info)),
	);
}

/** The error in the shape of the interface that was called. */
function respond(c: Context<RestEnv>, error: AppError): Response {
	const { info } = c.var;
	return c.req.path.startsWith(`${TRPC_PATH}/`) ? trpcErrorResponse(error, info.requestId) : errorResponse(error, info);
}

/** Turns what Hono and its validators throw into our errors. */
function fromHono(thrown: HTTPException): AppError {
	if (thrown.status === 415) return new AppError("UNSUPPORTED_MEDIA_TYPE");
	if (thrown.status === 400)
		return new AppError("VALIDATION_ERROR", "The body is not valid JSON.", {
			details: [{ field: "body", message: "Must be JSON" }],
		});
	return toAppError(thrown);
}
