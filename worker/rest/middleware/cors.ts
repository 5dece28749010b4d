/**
 * Pages of other sites (CORS, https://fetch.spec.whatwg.org/#http-cors-protocol): none may read an answer unless
 * `CORS_ORIGINS` names theirs. Never with cookies: what they send is a credential of their own.
 */
import { cors } from "hono/cors";
import type { Config } from "../../env.ts";

/** How long a browser may remember what it was told, in seconds. */
const REMEMBERED = 600;

/** Middleware for the REST door. */
export function openToOrigins({ corsOrigins }: Config) {
	return cors({
		origin: corsOrigins.includes("*") ? "*" : [...corsOrigins],
		allowMethods: ["GET", "POST", "PATCH", "DELETE"],
		allowHeaders: ["Authorization", "Content-Type", "Idempotency-Key", "X-API-Key", "X-Tenant-Id"],
		exposeHeaders: [
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
		maxAge: REMEMBERED,
	});
}
