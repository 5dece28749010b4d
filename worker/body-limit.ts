/** How much a request may bring. */
import type { MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { AppError } from "./errors.ts";

/** 500 collaborators with every field full are under half of it. */
const BODY_MAX_BYTES = 1_048_576;

const limit = bodyLimit({
	maxSize: BODY_MAX_BYTES,
	onError: () => {
		throw new AppError("PAYLOAD_TOO_LARGE");
	},
});

/**
 * Middleware that refuses a body over 1 MiB, announced or found to be, with `PAYLOAD_TOO_LARGE`. What comes along with a
 * GET or a HEAD means nothing (RFC 9110, §9.3.1): nobody reads it, and a request cannot be made anew with it.
 */
export const limitBody: MiddlewareHandler = (c, next) =>
	c.req.method === "GET" || c.req.method === "HEAD" ? next() : limit(c, next);
