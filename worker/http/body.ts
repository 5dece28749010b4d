/** Request bodies: how large they may be, and how they are read. */
import type { MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { AppError, invalidField } from "../errors.ts";

/** More than twice the size of 500 collaborators with every field full. */
const BODY_MAX_BYTES = 1_048_576;

const limitedTo = (maxSize: number, message?: string) =>
	bodyLimit({
		maxSize,
		onError: () => {
			throw new AppError("PAYLOAD_TOO_LARGE", message);
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
 * Middleware that rejects larger bodies with `PAYLOAD_TOO_LARGE`. It checks `Content-Length`, and counts a chunked body
 * while reading it. A body of announced size isn't read here, so that authentication can come first. The body of a GET or
 * a HEAD is ignored: it has no meaning (RFC 9110, §9.3.1), and `new Request` refuses it.
 */
function limitBodyTo(maxSize: number, message?: string): MiddlewareHandler {
	const limit = limitedTo(maxSize, message);
	return async (c, next) => {
		if (c.req.method === "GET" || c.req.method === "HEAD") return next();
		const encoding = c.req.header("content-encoding") ?? "identity";
		if (encoding.toLowerCase() !== "identity") throw encoded(encoding);
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
}

/** For all requests. */
export const limitBody = limitBodyTo(BODY_MAX_BYTES);
/** For sign-in, which every caller may send: an email and a password of the longest kind fit twice. */
export const limitSignInBody = limitBodyTo(4_096, "The request body of a sign-in is larger than 4 KiB.");

/** RFC 9110, §12.5.3 and §15.5.16: the response names the encodings that are supported. */
const encoded = (encoding: string) =>
	new AppError(
		"UNSUPPORTED_MEDIA_TYPE",
		`Content-Encoding ${encoding.slice(0, 50)} is not supported. Send the body uncompressed.`,
		{
			headers: { "Accept-Encoding": "identity" },
		},
	);

function cutOff(cause: unknown): AppError {
	const { message, details = [] } = invalidField("body", "Was cut off before its end");
	return new AppError("VALIDATION_ERROR", message, { details, cause });
}
