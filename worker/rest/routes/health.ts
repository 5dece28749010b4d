/** Whether the service is up, for monitors and load balancers. */
import { createRoute, z } from "@hono/zod-openapi";
import { AppError } from "../../errors.ts";
import { coloOf } from "../../http/place.ts";
import { recentReadiness } from "../../services/readiness.ts";
import { publicOperation } from "../define-route.ts";
import { INPUT_ERRORS, unavailable } from "../openapi/errors.ts";
import { ok } from "../openapi/responses.ts";
import { NO_QUERY } from "../query.ts";
import { depsOf, envelope } from "../respond.ts";

const tags = ["Service"];

export const healthOperations = [
	publicOperation(
		createRoute({
			method: "get",
			path: "/healthz",
			tags,
			operationId: "health",
			summary: "Check that the service is alive",
			description: "Calls nothing else, so the response says only that the Worker runs.",
			security: [],
			request: { query: NO_QUERY },
			responses: {
				...INPUT_ERRORS,
				200: ok(z.object({ status: z.literal("ok") }), "The Worker runs.", { status: "ok" }),
			},
		}),
		(c) => c.json(envelope(c, { status: "ok" as const }), 200),
	),
	publicOperation(
		createRoute({
			method: "get",
			path: "/readyz",
			tags,
			operationId: "readiness",
			summary: "Check that the service can work",
			description:
				"Checks the databases, their schema, the jurisdiction of the API keys, and a Durable Object, for at most 2 seconds each. A 503 names the failed checks in `details`. A result is reused for 5 seconds.",
			security: [],
			request: { query: NO_QUERY },
			responses: {
				...INPUT_ERRORS,
				200: ok(z.object({ status: z.literal("ready") }), "The service can work.", { status: "ready" }),
				...unavailable("Something that the service needs does not respond, or the schema is too old."),
			},
		}),
		async (c) => {
			const checks = await recentReadiness(depsOf(c), coloOf(c.req.raw), c.var.info.now);
			const failed = checks.filter((check) => !check.ok);
			if (failed.length > 0)
				throw new AppError("UNAVAILABLE", `Not ready: ${failed.map(({ name }) => name).join(", ")}.`, {
					details: failed.map(({ name }) => ({ field: name, message: "The check failed" })),
				});
			return c.json(envelope(c, { status: "ready" as const }), 200);
		},
	),
] as const;
