/** Whether the service is up: it asks D1 and a Durable Object, without which it cannot work. */
import { createRoute, z } from "@hono/zod-openapi";
import { AppError } from "../../errors.ts";
import { keyGates } from "../../namespaces.ts";
import { publicOperation } from "../define-route.ts";
import { INPUT_ERRORS, unavailable } from "../openapi/errors.ts";
import { ok } from "../openapi/responses.ts";
import { NO_QUERY } from "../query.ts";
import { envelope } from "../respond.ts";

/** Monitors give up after a few seconds, so a slower response would be lost anyway. */
const TIMEOUT_MS = 3_000;

export const health = publicOperation(
	createRoute({
		method: "get",
		path: "/healthz",
		tags: ["Service"],
		operationId: "health",
		summary: "Check the service",
		description: "For monitors and load balancers. Asks the database and a Durable Object. Counts nothing.",
		security: [],
		request: { query: NO_QUERY },
		responses: {
			...INPUT_ERRORS,
			200: ok(z.object({ status: z.literal("ok") }), "D1 and Durable Objects respond.", { status: "ok" }),
			...unavailable("D1 or Durable Objects do not respond."),
		},
	}),
	async (c) => {
		const responses = Promise.all([
			c.env.DB.prepare("select 1").first(),
			// A key id has 12 characters, so no key has this object.
			keyGates(c.env).getByName("healthz").ping(),
		]).then(() => true);
		try {
			if (!(await Promise.race([responses, scheduler.wait(TIMEOUT_MS).then(() => false)]))) throw new Error("too slow");
		} catch (cause) {
			throw new AppError("UNAVAILABLE", "The database or the gates do not respond.", { cause });
		}
		return c.json(envelope(c, { status: "ok" as const }), 200);
	},
);
