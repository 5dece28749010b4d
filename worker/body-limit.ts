/** How much a request may bring. */
import type { MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { AppError, invalidField } from "./errors.ts";

/** 500 collaborators with every field full are under half of it. */
const BODY_MAX_BYTES = 1_048_576;

const limit = bodyLimit({
	maxSize: BODY_MAX_BYTES,
	onError: () => {
		throw new AppError("PAYLOAD_TOO_LARGE");
	},
});

/**
 * Middleware that refuses a body over 1 MiB, announced or found to be, with `PAYLOAD_TOO_LARGE`, and one that breaks off
 * with `VALIDATION_ERROR`. What comes along with a GET or a HEAD means nothing (RFC 9110, §9.3.1): nobody reads it, and a
 * request cannot be made anew with it.
 */
export const limitBody: MiddlewareHandler = async (c, next) => {
	if (c.req.method === "GET" || c.req.method === "HEAD") return next();
	let isWhole = false;
	try {
		return await limit(c, async () => {
			// Read here, or else nobody could tell a sender that has gone from a failure on this side.
			if (c.req.raw.body !== null) c.req.raw = new Request(c.req.raw, { body: await c.req.arrayBuffer() });
			isWhole = true;
			await next();
		});
	} catch (thrown) {
		if (isWhole || thrown instanceof AppError) throw thrown;
		throw invalidField("body", "Must arrive whole: it ended before its length was reached");
	}
};
