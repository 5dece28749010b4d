/** Bodies of REST requests, before their routes look at them. */
import { isUtf8 } from "node:buffer";
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { invalidField } from "../../errors.ts";
import { limitBody, wholeBody } from "../../http/body.ts";

/** Whether the request brings what routes read as JSON, such as `application/merge-patch+json; charset=utf-8` too. */
export const hasJson = (c: Pick<Context, "req">): boolean =>
	c.req.raw.body !== null && /^application\/([a-z.-]+\+)?json\s*(;|$)/i.test(c.req.header("content-type") ?? "");

/**
 * Reads the body, which is kept for whoever asks for it afterwards. Bytes that are no UTF-8 would be read as `\ufffd`, and
 * names of people kept with it (RFC 8259, §8.1: JSON is UTF-8).
 */
const inUtf8 = createMiddleware(async (c, next) => {
	const { method, raw } = c.req;
	if (method !== "GET" && method !== "HEAD" && raw.body !== null) {
		const bytes = await wholeBody(c.req);
		if (hasJson(c) && !isUtf8(new Uint8Array(bytes))) throw invalidField("body", "Must be encoded in UTF-8");
	}
	await next();
});

/** Middleware for routes with a body: not too large, whole, and text. */
export const readableBody = [limitBody, inUtf8];

/** A body that is announced but empty, as `curl -X POST` with a content type sends it, is as good as none. */
export const emptyIsNone = createMiddleware(async (c, next) => {
	if ((await c.req.text()).trim() === "") {
		const headers = new Headers(c.req.raw.headers);
		headers.delete("content-type");
		c.req.raw = new Request(c.req.url, { method: c.req.method, headers });
	}
	await next();
});
