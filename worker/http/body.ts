/** Request bodies: how large they may be, and how they are read. */
import type { MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { AppError, invalidField } from "../errors.ts";

/** More than twice the size of 500 collaborators with every field full. */
const BODY_MAX_BYTES = 1_048_576;

const limit = bodyLimit({
	maxSize: BODY_MAX_BYTES,
	onError: () => {
		throw new AppError("PAYLOAD_TOO_LARGE");
	},
});

/** Whether the request declares a JSON body. Suffixes count too, such as `application/merge-patch+json; charset=utf-8`. */
export function isJson({ headers }: Pick<Request, "headers">): boolean {
	return /^application\/([a-z.-]+\+)?json\s*(;|$)/i.test(headers.get("content-type") ?? "");
}

/** Reads a body. One that is cut off is the sender's mistake, so it is a `VALIDATION_ERROR`. */
export async function wholeBody(sent: { arrayBuffer(): Promise<ArrayBuffer> }): Promise<ArrayBuffer> {
	try {
		return await sent.arrayBuffer();
	} catch (cause) {
		throw cutOff(cause);
	}
}

/**
 * Middleware that rejects a body over 1 MiB with `PAYLOAD_TOO_LARGE`. It checks `Content-Length`, and counts a chunked
 * body while reading it. A body of announced size isn't read here, so that authentication can come first. The body of a
 * GET or a HEAD is ignored: it has no meaning (RFC 9110, §9.3.1), and `new Request` refuses it.
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
		// Before `next`, the only other failure is that the chunks end early.
		throw isWithin || thrown instanceof AppError ? thrown : cutOff(thrown);
	}
};

function cutOff(cause: unknown): AppError {
	const { message, details = [] } = invalidField("body", "Was cut off before its end");
	return new AppError("VALIDATION_ERROR", message, { details, cause });
}
