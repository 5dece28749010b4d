/** The bodies of REST requests, before the handlers of routes read them. */
import { isUtf8 } from "node:buffer";
import { createMiddleware } from "hono/factory";
import { invalidField } from "../../errors.ts";
import { isJson, limitBody, wholeBody } from "../../http/body.ts";

/**
 * Reads the whole body, which Hono keeps for the handler, and rejects JSON that is not UTF-8 (RFC 8259, section 8.1).
 * Otherwise each bad byte would be decoded as `\ufffd` and stored in people's names.
 */
const inUtf8 = createMiddleware(async (c, next) => {
	const { method, raw } = c.req;
	if (method !== "GET" && method !== "HEAD" && raw.body !== null) {
		const bytes = await wholeBody(c.req);
		if (isJson(raw) && !isUtf8(new Uint8Array(bytes))) throw invalidField("body", "Must be encoded in UTF-8");
	}
	await next();
});

/** Middleware for routes with a body: limits its size, reads it whole, and validates its encoding. */
export const readableBody = [limitBody, inUtf8];

/** Bodies that clients send for "no body": `curl` with a content type sends nothing, axios sends `null` or `""`. */
const NO_BODY = new Set(["", "null", '""']);

/** Treats them as no body, so that revoking a key in an emergency does not fail over them. */
export const ignoreEmptyBody = createMiddleware(async (c, next) => {
	if (NO_BODY.has((await c.req.text()).trim())) {
		const headers = new Headers(c.req.raw.headers);
		headers.delete("content-type");
		c.req.raw = new Request(c.req.url, { method: c.req.method, headers });
	}
	await next();
});
