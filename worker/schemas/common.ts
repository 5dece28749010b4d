/** The types that several schemas share. */
import { z } from "zod";
import { LOCATION_HINTS } from "../../db/places.ts";
import { withoutKeys } from "./key-pattern.ts";
import "./messages.ts";
import { LATEST } from "./time.ts";

/** A time in a response: ISO 8601 in UTC with milliseconds. */
export const timestamp = z.iso.datetime({ precision: 3 }).meta({ example: "2026-01-31T12:00:00.000Z" });

/** A time in a request: ISO 8601 with any offset, from 1970 to the end of the year 9999. */
export const timestampInput = z.iso
	.datetime({ offset: true, abort: true, error: "Must be an ISO 8601 time such as 2026-01-31T12:00:00Z" })
	.refine((text) => Date.parse(text) >= 0 && Date.parse(text) <= LATEST, {
		error: "Must be between the years 1970 and 9999",
	});

/** The same, or a date, which stands for its beginning in UTC. */
export const timestampOrDateInput = z.union([timestampInput, z.iso.date()], {
	error: "Must be an ISO 8601 time such as 2026-01-31T12:00:00Z, or a date",
});

/** A UUID of any version (RFC 9562), which is written in lower case. */
export const uuidInput = z.guid("Must be a UUID").toLowerCase().meta({ format: "uuid" });

/** Id of any object. An id of the wrong shape is unknown (404), so only its length is validated. */
export const id = z.string().min(1).max(64);

/** Where Cloudflare creates an object (docs/configuration.md lists the places). */
export const locationHint = z.enum(LOCATION_HINTS).nullable();

/** `\p{Cc}` written out: not every tool that reads the OpenAPI document supports Unicode classes. */
const NO_CONTROL_CHARACTERS = {
	// biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern excludes them
	pattern: /^[^\u0000-\u001f\u007f-\u009f]*$/,
	error: "Must not contain control characters",
};

/** A line of text that may be empty: trimmed, without control characters. One pattern only: code generators cannot combine two. */
export const optionalLine = (max: number, { pattern, error } = NO_CONTROL_CHARACTERS) =>
	z
		.string()
		.trim()
		.max(max, `Must be at most ${max} characters`)
		.regex(pattern, error)
		// People paste keys into names and reasons, which are stored and shown to others.
		.refine((text) => withoutKeys(text) === text, { error: "Must not contain an API key or a management token" })
		// A database does not return half a surrogate pair as it was written.
		.refine((text) => text.isWellFormed(), { error: "Must be well-formed Unicode" });

/** A line of text for people. */
export const line = (max: number, allowed = NO_CONTROL_CHARACTERS) =>
	optionalLine(max, allowed).min(1, "Must not be empty");

/**
 * An email as mail servers accept it, in any script (RFC 6531): zod's own pattern takes only ASCII letters. Quoted local
 * parts are not accepted, since no mail provider hands them out.
 */
const EMAIL =
	// biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern excludes them
	/^[^\s@"(),:;<>[\\\]\u0000-\u001f\u007f-\u009f]{1,64}@(?:[^\s@"(),:;<>[\\\].\u0000-\u001f\u007f-\u009f]{1,63}\.)+[^\s@"(),:;<>[\\\].\u0000-\u001f\u007f-\u009f]{2,63}$/;
/** RFC 5321, section 4.5.3.1.3, without the angle brackets. */
const EMAIL_MAX = 254;

const email = z.email({ pattern: EMAIL, error: "Must be an email address" });

export const emailInput = z
	.string()
	.trim()
	.max(EMAIL_MAX, `Must be at most ${EMAIL_MAX} characters`)
	.pipe(email)
	.refine((text) => withoutKeys(text) === text, { error: "Must not contain an API key or a management token" })
	.refine((text) => text.isWellFormed(), { error: "Must be well-formed Unicode" })
	// The document shows the schema of a text that is trimmed already.
	.meta({ item: email.max(EMAIL_MAX) });

/** The email of a person with an account: in lower case, since it identifies them. */
export const accountEmail = z.string().trim().toLowerCase().max(EMAIL_MAX).pipe(z.email("Must be an email address"));

/** A search text. It is part of the URL, which proxies log, so it must not contain a key. */
export const searchText = (max: number) =>
	z
		.string()
		.trim()
		.max(max, `Must be at most ${max} characters`)
		.refine((text) => withoutKeys(text) === text, {
			error: "Must not contain an API key or a management token. Search for the first 12 characters of a key instead.",
		});

/**
 * The tenant of a request. Only the platform's `service_role` key may choose it. For all other callers it is the
 * credential's tenant, and this field is ignored.
 */
export const tenantChoice = {
	tenant_id: z
		.string()
		.optional()
		.catch(undefined)
		.describe(
			"Only for the `service_role` key: the tenant of the request, unless `X-Tenant-Id` names it. Ignored for all other callers.",
		),
};

/** A cursor holds one value of a row, such as a name. The longest stays far below this. */
const CURSOR_MAX = 1_024;

/** Which page of a list to return. */
export const page = {
	cursor: z.string().min(1).max(CURSOR_MAX).optional().describe("`next_cursor` of the previous page."),
	limit: z.number().int().min(1).max(100).default(25).describe("Items per page."),
};

/** Where the next page starts; null on the last page. */
export const nextCursor = z.string().nullable();
