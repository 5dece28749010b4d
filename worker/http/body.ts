/** Request bodies: how large they may be, and how they are read. */
import type { MiddlewareHandler } from "hono";
import { AppError } from "../errors.ts";
import { announcedLength, BODY_MAX_BYTES, cutOff, readUpTo } from "./raw-body.ts";

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
 * Middleware that rejects larger bodies with `PAYLOAD_TOO_LARGE`. A body of announced size isn't read here, so that
 * authentication can come first. A chunked body is read while it is counted. The body of a GET or a HEAD is ignored: it
 * has no meaning (RFC 9110, §9.3.1), and `new Request` refuses it.
 */
function limitBodyTo(maxBytes: number, message?: string): MiddlewareHandler {
	return async (c, next) => {
		const { method, body, headers } = c.req.raw;
		if (method === "GET" || method === "HEAD" || body === null) return next();
		const encodings = (headers.get("content-encoding") ?? "").split(",").map((name) => name.trim().toLowerCase());
		const encoding = encodings.find((name) => name !== "" && name !== "identity");
		if (encoding !== undefined) throw encoded(encoding);
		if (announcedLength(c.req.raw, maxBytes, message) === null) {
			const bytes = await readUpTo(maxBytes, body);
			if (bytes === null) throw new AppError("PAYLOAD_TOO_LARGE", message);
			c.req.raw = new Request(c.req.raw, { body: bytes });
		}
		return next();
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
