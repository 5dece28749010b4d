/** Pieces that the descriptions of routes are made of. The OpenAPI document is generated from them. */
import type { z } from "@hono/zod-openapi";
import { ERRORS, type ErrorCode } from "../../errors.ts";
import { enveloped, envelopedList, errorEnvelope, replayed } from "./envelope.ts";

const META = { request_id: "5e2f7a9c-7c1b-4b0e-9a53-0f4a3e6c1d22", timestamp: "2026-02-03T04:05:06.789Z" };

const text = (description: string, example: string) => ({ description, schema: { type: "string" as const }, example });
const whole = (description: string, example: number) => ({
	description,
	schema: { type: "integer" as const, minimum: 0 },
	example,
});
type Headers = Record<string, ReturnType<typeof text> | ReturnType<typeof whole>>;

/** On every answer. */
const COMMON_HEADERS: Headers = { "X-Request-Id": text("Names this request; quote it to support", META.request_id) };
const CHALLENGE: Headers = { "WWW-Authenticate": text("RFC 6750, §3", "Bearer") };
const RETRY_AFTER: Headers = { "Retry-After": whole("Seconds until another try makes sense", 1_800) };
const REPLAYED: Headers = { "Idempotency-Replayed": text("This was made before", "true") };
/** On every answer to an API key that was recognised (draft-ietf-httpapi-ratelimit-headers). */
const RATE_LIMIT: Headers = {
	"RateLimit-Policy": text("The key's limit, and its window in seconds", '"hourly";q=1000;w=3600'),
	RateLimit: text("Requests left, and seconds until the hour ends", '"hourly";r=588;t=1800'),
	"X-RateLimit-Limit": whole("Requests that the key may make in an hour", 1_000),
	"X-RateLimit-Remaining": whole("Requests left in this hour", 588),
	"X-RateLimit-Reset": whole("End of the hour, in Unix seconds", 1_770_094_800),
};

/** A JSON answer. */
function json<T extends z.ZodType>(schema: T, description: string, example: unknown, headers: Headers = {}) {
	return {
		description,
		headers: { ...COMMON_HEADERS, ...headers },
		content: { "application/json": { schema, example } },
	};
}

/** An object in its envelope. */
export const one = <T extends z.ZodType>(data: T, description: string, example: z.input<T>, headers: Headers = {}) =>
	json(enveloped(data), description, { data: example, meta: META }, headers);

/** An object that was made, and its address. */
export const made = <T extends z.ZodType>(data: T, description: string, example: z.input<T>, address: string) =>
	one(data, description, example, { Location: text("Address of what was made", address) });

/** What was made before, when it is asked for again. */
export const madeBefore = <T extends z.ZodType>(data: T, example: z.input<T>) =>
	json(
		replayed(data),
		"Nothing was made: this `Idempotency-Key` has made it before. The key itself was shown then, and is not again.",
		{ data: example, meta: { ...META, idempotent_replay: true } },
		REPLAYED,
	);

/** A page of a list. `more` is what `meta` tells besides, with its example. */
export const many = <T extends z.ZodType, M extends z.ZodRawShape = Record<never, never>>(
	item: T,
	description: string,
	example: z.input<T>,
	more?: { shape: M; example: Record<string, unknown> },
) =>
	json(envelopedList(item, more?.shape), description, {
		data: [example],
		meta: { ...META, next_cursor: null, ...more?.example },
	});

/** 204. */
export const nothing = (description: string) => ({ description, headers: COMMON_HEADERS });

/** The same with the headers of an API key's rate limit. */
export const toKey = <R extends { headers: Headers }>(response: R): R => ({
	...response,
	headers: { ...response.headers, ...RATE_LIMIT },
});

/** A JSON body that has to be there. */
export const body = <T extends z.ZodType>(schema: T, example: z.input<T>) => ({
	required: true,
	content: { "application/json": { schema, example } },
});

/** A JSON body that may be left out. */
export const optionalBody = <T extends z.ZodType>(schema: T, example: z.input<T>) => ({
	...body(schema, example),
	required: false,
});

/** A refusal, by the code that it carries. */
function refusal(code: ErrorCode, description: string, headers: Headers = {}, more: Record<string, unknown> = {}) {
	const error = { code, message: ERRORS[code].message, ...more };
	return json(errorEnvelope, description, { error, meta: META }, headers);
}

const NOT_VALID = { details: [{ field: "rate_limit", message: "Too small: expected number to be >=1" }] };
const badInput = () => refusal("VALIDATION_ERROR", "Not valid; `details` names every field", {}, NOT_VALID);
export const TOO_LARGE = { 413: refusal("PAYLOAD_TOO_LARGE", "The body is over 1 MiB") };
const BAD_BODY = {
	...TOO_LARGE,
	415: refusal("UNSUPPORTED_MEDIA_TYPE", "The body is not JSON"),
};
const TROUBLE = {
	500: refusal("SERVER_ERROR", "An internal error occurred"),
	503: refusal("UNAVAILABLE", "Something that this takes cannot be reached; it may or may not have been done"),
};

/** What every route for integrations refuses with. */
export const KEY_REFUSALS = {
	401: refusal("UNAUTHORIZED", "No API key, or one that is unknown, revoked or expired", CHALLENGE),
	403: toKey(refusal("FORBIDDEN", "The key lacks the scope, or may not be used from this address")),
	429: toKey(
		refusal("RATE_LIMITED", "The hour's requests are used up; nothing was done", RETRY_AFTER, { retry_after: 1_800 }),
	),
	...TROUBLE,
};

/** What every route for managers refuses with. */
export const MANAGER_REFUSALS = {
	400: badInput(),
	401: refusal("UNAUTHORIZED", "No credential, or one that is malformed, unknown or expired", CHALLENGE),
	403: refusal("FORBIDDEN", "The credential may not do this, or a cookie was sent along by another site"),
	...TROUBLE,
};

/** What routes refuse with that take parameters, a body, or the address of something. */
export const WITH_INPUT = { 400: badInput() };
export const WITH_BODY = { ...WITH_INPUT, ...BAD_BODY };
export const notFound = (description: string) => ({ 404: refusal("NOT_FOUND", description) });
export const conflict = (description: string) => ({ 409: refusal("CONFLICT", description) });
export const unavailable = (description: string) => ({ 503: refusal("UNAVAILABLE", description) });
