/** The response headers that the OpenAPI document describes. */

const text = (description: string, example: string, required = true) => ({
	description,
	required,
	schema: { type: "string" as const },
	example,
});
const count = (description: string, example: number, format: "int32" | "int64" = "int32") => ({
	description,
	required: true,
	schema: { type: "integer" as const, format, minimum: 0 },
	example,
});

export type Headers = Record<string, ReturnType<typeof text> | ReturnType<typeof count>>;

export const REQUEST_ID: Headers = {
	"X-Request-Id": text("Identifies this request. Quote it to support.", "5e2f7a9c-7c1b-4b0e-9a53-0f4a3e6c1d22"),
};
/** On a 401 (RFC 6750, section 3). */
export const CHALLENGE: Headers = {
	"WWW-Authenticate": text(
		'`Bearer` without a credential. `Bearer error="invalid_token"` if the credential is not valid.',
		'Bearer error="invalid_token"',
	),
};
/** On a 403 to a key that lacks the scope (RFC 6750, section 3). */
export const SCOPE_CHALLENGE: Headers = {
	"WWW-Authenticate": text(
		"Present if the key lacks the scope, which it names.",
		'Bearer error="insufficient_scope", scope="leads:read"',
		false,
	),
};
/** On a 403 to a caller who lacks the permission. */
export const PERMISSION_CHALLENGE: Headers = {
	"WWW-Authenticate": text(
		"Present if the credential lacks the permission, which it names.",
		'Bearer error="insufficient_scope", scope="keys:write"',
		false,
	),
};
export const retryAfter = (seconds: number): Headers => ({
	"Retry-After": count("Seconds to wait before the next attempt.", seconds),
});
export const REPLAYED: Headers = {
	"Idempotency-Replayed": text("The object was created by an earlier request.", "true"),
};
/** On every response to an API key that was recognised (draft-ietf-httpapi-ratelimit-headers). */
export const RATE_LIMIT: Headers = {
	"RateLimit-Policy": text("The key's limit, and its window in seconds.", '"hourly";q=1000;w=3600'),
	RateLimit: text("Requests that remain, and seconds until the hour ends.", '"hourly";r=588;t=1800'),
	"X-RateLimit-Limit": count("Requests that the key may make per hour.", 1_000),
	"X-RateLimit-Remaining": count("Requests that remain in the current hour.", 588),
	"X-RateLimit-Reset": count("End of the current hour, in Unix seconds.", 1_770_094_800, "int64"),
};

/** On every response that contains one API key. */
export const ETAG: Headers = {
	ETag: text("The API key's `version`. Send it as `If-Match` to avoid overwriting a concurrent change.", '"3"'),
};
/** Where a created object can be read. */
export const location = (path: string): Headers => ({ Location: text("Path of the new object.", path) });
