/** The response headers that the OpenAPI document describes. */

const text = (description: string, example: string) => ({ description, schema: { type: "string" as const }, example });
const count = (description: string, example: number) => ({
	description,
	schema: { type: "integer" as const, minimum: 0 },
	example,
});

export type Headers = Record<string, ReturnType<typeof text> | ReturnType<typeof count>>;

export const REQUEST_ID: Headers = {
	"X-Request-Id": text("Identifies this request. Quote it to support.", "5e2f7a9c-7c1b-4b0e-9a53-0f4a3e6c1d22"),
};
export const CHALLENGE: Headers = { "WWW-Authenticate": text("The challenge of RFC 6750, section 3.", "Bearer") };
export const RETRY_AFTER: Headers = { "Retry-After": count("Seconds to wait before the next attempt.", 1_800) };
export const REPLAYED: Headers = {
	"Idempotency-Replayed": text("The object was created by an earlier request.", "true"),
};
/** On every response to an API key that was recognised (draft-ietf-httpapi-ratelimit-headers). */
export const RATE_LIMIT: Headers = {
	"RateLimit-Policy": text("The key's limit, and its window in seconds.", '"hourly";q=1000;w=3600'),
	RateLimit: text("Requests that remain, and seconds until the hour ends.", '"hourly";r=588;t=1800'),
	"X-RateLimit-Limit": count("Requests that the key may make per hour.", 1_000),
	"X-RateLimit-Remaining": count("Requests that remain in the current hour.", 588),
	"X-RateLimit-Reset": count("End of the current hour, in Unix seconds.", 1_770_094_800),
};

/** Where a created object can be read. */
export const location = (path: string): Headers => ({ Location: text("Path of the new object.", path) });
