/** How much a request may bring. */
import type { MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { AppError } from "../errors.ts";

/** 500 collaborators with every field full are under half of it. */
const BODY_MAX_BYTES = 1_048_576;

const limit = bodyLimit({
	maxSize: BODY_MAX_BYTES,
	onError: () => {
		throw new AppError("PAYLOAD_TOO_LARGE");
	},
});

/**
 * Reads a body. One that breaks off is the sender's mistake, `VALIDATION_ERROR`, and no failure of this side: whoever
 * reads bodies reads them here.
 */
export async function wholeBody(sent: { arrayBuffer(): Promise<ArrayBuffer> }): Promise<ArrayBuffer> {
	try {
		return await sent.arrayBuffer();
	} catch (cause) {
		throw brokenOff(cause);
	}
}

/**
 * Middleware that refuses a body over 1 MiB, announced or found to be, with `PAYLOAD_TOO_LARGE`. A body of announced size
 * is not read yet, so that those who may not send it need not be listened to. What comes along with a GET or a HEAD means
 * nothing (RFC 9110, §9.3.1): nobody reads it, and a request cannot be made anew with it.
 */
export const limitBody: MiddlewareHandler = async (c, next) => {
	if (c.req.method === "GET" || c.req.method === "HEAD") return next();
	let isWithin = false;
	try {
		return await limit(c, () => {
			isWithin = true;
			return next();
		});
	} catch (thrown) {
		// Until then, all that can go wrong is that chunks are read to find out how many there are.
		throw isWithin || thrown instanceof AppError ? thrown : brokenOff(thrown);
	}
};

const brokenOff = (cause: unknown) =>
	new AppError("VALIDATION_ERROR", "body: Was cut off before its end", {
		details: [{ field: "body", message: "Was cut off before its end" }],
		cause,
	});
