/**
 * CORS (https://fetch.spec.whatwg.org/#http-cors-protocol): pages of another origin may read responses only if
 * `CORS_ORIGINS` names that origin. Cookies are never allowed: such pages send a credential of their own.
 */
import { cors } from "hono/cors";
import type { Config } from "../../env.ts";

/** How long a browser may cache a preflight response. Older versions of Chromium cap it at ten minutes. */
const MAX_AGE_SECONDS = 600;

/** Middleware for the REST interface. */
export function openToOrigins({ corsOrigins }: Config) {
	return cors({
		origin: corsOrigins.includes("*") ? "*" : [...corsOrigins],
		allowMethods: ["GET", "POST", "PATCH", "DELETE"],
		allowHeaders: ["Authorization", "Content-Type", "Idempotency-Key", "If-Match", "X-API-Key", "X-Tenant-Id"],
		exposeHeaders: [
			"ETag",
			"Idempotency-Replayed",
			"Location",
			"RateLimit",
			"RateLimit-Policy",
			"Retry-After",
			"X-RateLimit-Limit",
			"X-RateLimit-Remaining",
			"X-RateLimit-Reset",
			"X-Request-Id",
		],
		maxAge: MAX_AGE_SECONDS,
	});
}
