/** Is the service up? Asks what it cannot do without: D1 and a Durable Object. */
import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { AppError } from "../../errors.ts";
import { metaOf } from "../../http/response.ts";
import type { DoorEnv } from "../context.ts";
import { one, unavailable } from "../openapi/describe.ts";

/** A monitor waits a few seconds at most; an answer that late is as good as none. */
const PATIENCE_MS = 3_000;

const healthRoute = createRoute({
	method: "get",
	path: "/healthz",
	tags: ["Service"],
	operationId: "health",
	summary: "Is the service up?",
	description: "For monitors and load balancers. Asks the database and a Durable Object, and counts nothing.",
	security: [],
	responses: {
		200: one(z.object({ status: z.literal("ok") }), "D1 and Durable Objects answer", { status: "ok" }),
		...unavailable("One of them does not"),
	},
});

export function addHealthRoute(app: OpenAPIHono<DoorEnv>): void {
	app.openapi(healthRoute, async (c) => {
		const answers = Promise.all([
			c.env.DB.prepare("select 1").first(),
			// An object of its own, that no key can have.
			c.env.KEY_GATE.getByName("healthz").ping(),
		]).then(() => true);
		try {
			if (!(await Promise.race([answers, scheduler.wait(PATIENCE_MS).then(() => false)]))) throw new Error("too slow");
		} catch (cause) {
			throw new AppError("UNAVAILABLE", "The database or the gates do not answer.", { cause });
		}
		return c.json({ data: { status: "ok" as const }, meta: metaOf(c.var.info) }, 200);
	});
}
