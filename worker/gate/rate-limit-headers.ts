/** Where a key stands in its hour, as response headers. Pure. */

import { HOUR_MS } from "../units.ts";
import type { WindowState } from "./verdict.ts";

/**
 * `RateLimit-Policy` and `RateLimit` of the IETF draft (draft-ietf-httpapi-ratelimit-headers: q quota, w window in
 * seconds, r remaining, t seconds to reset), and the older `X-RateLimit-*` (reset in Unix seconds).
 */
export function rateLimitHeaders(window: WindowState): Record<string, string> {
	return {
		"RateLimit-Policy": `"hourly";q=${window.limit};w=${HOUR_MS / 1_000}`,
		RateLimit: `"hourly";r=${window.remaining};t=${window.resetSeconds}`,
		"X-RateLimit-Limit": String(window.limit),
		"X-RateLimit-Remaining": String(window.remaining),
		"X-RateLimit-Reset": String(window.resetsAt / 1_000),
	};
}
