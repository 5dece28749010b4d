/** Errors, as the descriptions of routes name them. */
import { ERRORS, type ErrorCode } from "../../errors.ts";
import { errorEnvelope } from "./envelope.ts";
import { EXAMPLE_META } from "./examples.ts";
import { CHALLENGE, type Headers, PERMISSION_CHALLENGE, retryAfter, SCOPE_CHALLENGE } from "./headers.ts";
import { json, withRateLimit } from "./responses.ts";

function error(code: ErrorCode, description: string, headers: Headers = {}, more: Record<string, unknown> = {}) {
	const example = { code, message: ERRORS[code].message, ...more };
	return json(errorEnvelope, description, { error: example, meta: EXAMPLE_META }, headers);
}

const invalid = error(
	"VALIDATION_ERROR",
	"The request is invalid. `details` names every field.",
	{},
	{ details: [{ field: "rate_limit", message: "Must be at least 1" }] },
);
export const unavailable = (description: string) => ({
	503: error("UNAVAILABLE", description, retryAfter(5), { retry_after: 5 }),
});
const SERVER_ERRORS = {
	500: error("SERVER_ERROR", "An internal error occurred."),
	...unavailable("A part of the service cannot be reached. The request may or may not have been carried out."),
};

/** Errors of every route that takes an API key. */
export const KEY_ERRORS = {
	401: error("UNAUTHORIZED", "The API key is missing, unknown, revoked or expired.", CHALLENGE),
	403: withRateLimit(
		error(
			"FORBIDDEN",
			"The key lacks the scope, or its allow-list does not contain the caller's IP address.",
			SCOPE_CHALLENGE,
		),
	),
	429: withRateLimit(
		error(
			"RATE_LIMITED",
			"The key's requests of the current hour are used up. Nothing was changed.",
			retryAfter(1_800),
			{
				retry_after: 1_800,
			},
		),
	),
	...SERVER_ERRORS,
};

/** Errors of every route for the platform, whose calls have no quota. */
export const PLATFORM_ERRORS = {
	400: invalid,
	401: error("UNAUTHORIZED", "The credential is missing, malformed, unknown or expired.", CHALLENGE),
	403: error("FORBIDDEN", "The credential does not allow this, or another site sent the session cookie."),
	...SERVER_ERRORS,
};

/** Errors of every route about the caller themselves. */
export const PERSON_ERRORS = {
	...PLATFORM_ERRORS,
	403: error("FORBIDDEN", "The credential is not one of a person, or another site sent the session cookie."),
};

/** Errors of every route that requires a permission. */
export const MANAGER_ERRORS = {
	...PLATFORM_ERRORS,
	403: error(
		"FORBIDDEN",
		"The credential lacks the permission, which the message names, or another site sent the session cookie.",
		PERMISSION_CHALLENGE,
	),
	429: error("RATE_LIMITED", "The tenant's management calls of this minute are used up.", retryAfter(30), {
		retry_after: 30,
	}),
};

/** Errors of routes with parameters. */
export const INPUT_ERRORS = { 400: invalid };
export const TOO_LARGE = { 413: error("PAYLOAD_TOO_LARGE", "The body is larger than 1 MiB.") };
/** Errors of routes with a body. */
export const BODY_ERRORS = {
	...INPUT_ERRORS,
	...TOO_LARGE,
	415: error("UNSUPPORTED_MEDIA_TYPE", "The body is not JSON."),
};

/** One invalid activity rejects the whole batch. */
export const INVALID_ACTIVITIES = {
	400: error(
		"VALIDATION_ERROR",
		"The request is invalid. `details` names every field, and `index` the activity that it belongs to. Nothing was stored.",
		{},
		{
			message:
				"The activities payload is invalid. Nothing was stored. Item 3, activity_code: Must be a code from 001 to 999.",
			details: [{ index: 3, field: "activity_code", message: "Must be a code from 001 to 999" }],
		},
	),
};

export const notFound = (description: string) => ({ 404: error("NOT_FOUND", description) });
export const conflict = (description: string) => ({ 409: error("CONFLICT", description) });
/** What integrations send is stored whole or not at all. */
export const QUOTA_EXCEEDED = conflict("A quota of the tenant is exceeded. Nothing was stored.");
