/** The window of a key as response headers. Pure. */

import type { WindowState } from "../keys/verdict.ts";
import { HOUR_MS } from "../schemas/time.ts";

/**
 * `RateLimit-Policy` and `RateLimit` of the IETF draft (draft-ietf-httpapi-ratelimit-headers: q quota, w window in
 * seconds, r remaining, t seconds to reset), and the older `X-RateLimit-*` (reset in Unix seconds).
 */
export function rateLimitHeaders(window: WindowState): Record<string, string> {
	return { ...policyHeaders(window), ...remainingHeaders(window) };
}

/** The headers that stay the same until the hour ends. */
export function policyHeaders({ limit, resetsAt }: Pick<WindowState, "limit" | "resetsAt">): Record<string, string> {
	return {
		"RateLimit-Policy": `"hourly";q=${limit};w=${HOUR_MS / 1_000}`,
		"X-RateLimit-Limit": String(limit),
		"X-RateLimit-Reset": String(resetsAt / 1_000),
	};
}

/** The headers that change with every request. */
export function remainingHeaders({ remaining, resetSeconds }: Pick<WindowState, "remaining" | "resetSeconds">) {
	return {
		RateLimit: `"hourly";r=${remaining};t=${resetSeconds}`,
		"X-RateLimit-Remaining": String(remaining),
	};
}
