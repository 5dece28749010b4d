/** Pieces that the descriptions of routes are made of. The OpenAPI document is generated from them. */
import type { z } from "@hono/zod-openapi";
import { errorEnvelope } from "./envelope.ts";

const text = (description: string, example: string) => ({ description, schema: { type: "string" as const }, example });
const whole = (description: string, example: number) => ({
	description,
	schema: { type: "integer" as const, minimum: 0 },
	example,
});

/** On every answer. */
const COMMON_HEADERS = {
	"X-Request-Id": text("Names this request; quote it to support", "5e2f7a9c-7c1b-4b0e-9a53-0f4a3e6c1d22"),
};
const LOCATION = { Location: text("Address of what was made", "/v1/api-keys/4fK9aZ81LmQx") };
const CHALLENGE = { "WWW-Authenticate": text("RFC 6750", "Bearer") };
const RETRY_AFTER = { "Retry-After": whole("Seconds until another try makes sense", 1_800) };
/** On every answer to an API key that was recognised. */
const RATE_LIMIT_HEADERS = {
	"RateLimit-Policy": text("The key's limit and its window in seconds", '"hourly";q=1000;w=3600'),
	RateLimit: text("What is left, and seconds until the window ends", '"hourly";r=999;t=1800'),
	"X-RateLimit-Limit": whole("Requests in an hour", 1_000),
	"X-RateLimit-Remaining": whole("Requests left in this hour", 999),
	"X-RateLimit-Reset": whole("End of the hour, in Unix seconds", 1_767_182_400),
};

type Headers = Record<string, ReturnType<typeof text> | ReturnType<typeof whole>>;

/** A JSON answer. */
export const json = <T extends z.ZodType>(schema: T, description: string, headers: Headers = {}) => ({
	description,
	headers: { ...COMMON_HEADERS, ...headers },
	content: { "application/json": { schema } },
});

/** 201 for something that has an address of its own. */
export const created = <T extends z.ZodType>(schema: T, description: string, headers: Headers = {}) =>
	json(schema, description, { ...LOCATION, ...headers });

/** 204. */
export const nothing = (description: string) => ({ description, headers: COMMON_HEADERS });

/** A JSON body that has to be there. */
export const body = <T extends z.ZodType>(schema: T) => ({
	required: true,
	content: { "application/json": { schema } },
});

/** A JSON body that may be left out. */
export const optionalBody = <T extends z.ZodType>(schema: T) => ({
	required: false,
	content: { "application/json": { schema } },
});

const refusal = (description: string, headers: Headers = {}) => json(errorEnvelope, description, headers);

const FROM_ANYBODY = {
	500: refusal("Something failed on our side"),
	503: refusal("A dependency cannot be reached right now; what was asked may or may not have been done"),
};
const BAD_INPUT = { 400: refusal("The request is not valid; `details` names every field") };
const BAD_BODY = {
	413: refusal("The body is over 1 MiB"),
	415: refusal("The body is not JSON"),
};

/** What routes for integrations refuse with, whatever they do. */
export const KEY_REFUSALS = {
	401: refusal("No API key, or one that is unknown, revoked or expired", CHALLENGE),
	403: refusal("The key lacks the scope, or may not be used from this address", RATE_LIMIT_HEADERS),
	429: refusal("The hour's limit is reached", { ...RATE_LIMIT_HEADERS, ...RETRY_AFTER }),
	...FROM_ANYBODY,
};

/** What routes for managers refuse with, whatever they do. */
export const MANAGER_REFUSALS = {
	...BAD_INPUT,
	401: refusal("No credential, or one that is malformed, unknown or expired", CHALLENGE),
	403: refusal("The credential may not manage API keys, or a cookie was sent along by another site"),
	404: refusal("There is no such tenant, or none of what was asked for in it"),
	...FROM_ANYBODY,
};

export const WITH_INPUT = BAD_INPUT;
export const WITH_BODY = { ...BAD_INPUT, ...BAD_BODY };
export const notFound = (description: string) => ({ 404: refusal(description) });
export const conflict = (description: string) => ({ 409: refusal(description) });

/** Names a schema: it stands once in the document, and others point to it. */
export { RATE_LIMIT_HEADERS };
