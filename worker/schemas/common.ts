/** Pieces that several schemas share. */
import { z } from "zod";
import { withoutKeys } from "../errors.ts";
import { LATEST } from "./time.ts";

/** An instant as it crosses a door: ISO 8601 in UTC with milliseconds. */
export const timestamp = z.iso.datetime({ precision: 3 }).meta({ example: "2026-01-31T12:00:00.000Z" });

/** An instant as a caller may write it: ISO 8601 with any offset, from 1970 to the end of the year 9999. */
export const timestampInput = z.iso
	.datetime({ offset: true, abort: true, error: "Must be an ISO 8601 time such as 2026-01-31T12:00:00Z" })
	.refine((text) => Date.parse(text) >= 0 && Date.parse(text) <= LATEST, {
		error: "Must lie between the years 1970 and 9999",
	});

/** Id of any object. Ids of the wrong shape are simply unknown (404), so only emptiness and length are checked. */
export const id = z.string().min(1).max(64);

/** \p{Cc}, spelled out: not every reader of the OpenAPI document knows Unicode's classes. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
const CONTROL_FREE = /^[^\u0000-\u001f\u007f-\u009f]*$/;

/** A line of text for people: trimmed, without control characters. */
export const line = (max: number) =>
	z
		.string()
		.trim()
		.min(1, "Must not be empty")
		.max(max, `Must be at most ${max} characters`)
		.regex(CONTROL_FREE, "Must not contain control characters")
		// People paste what they talk about; a name or a reason is shown to others and kept.
		.refine((text) => withoutKeys(text) === text, { error: "Must not contain an API key" })
		// Half a surrogate pair is no character: a database would give back something else.
		.refine((text) => text.isWellFormed(), { error: "Must be well-formed Unicode" });

/** Text to look for something by. It stands in addresses, which are logged on their way, so no key may be in it. */
export const searchText = (max: number) =>
	z
		.string()
		.trim()
		.max(max, `Must be at most ${max} characters`)
		.refine((text) => withoutKeys(text) === text, {
			error: "Must not contain an API key: its first 12 characters find it as well",
		});

/**
 * Tenant to act on. Only the platform's `service_role` may choose one; for everybody else the tenant is the
 * credential's, and this field is ignored.
 */
export const tenantChoice = {
	tenant_id: z
		.string()
		.optional()
		.catch(undefined)
		.describe("Tenant to act in, of the `service_role` key, unless `X-Tenant-Id` names it. Ignored of everybody else."),
};

/** Far above what the longest name makes of a cursor. */
const CURSOR_MAX = 1_024;

/** Which part of a list: `cursor` is the `next_cursor` of the page before, `limit` the size of a page. */
export const page = {
	cursor: z.string().min(1).max(CURSOR_MAX).optional().describe("The `next_cursor` of the page before."),
	limit: z.number().int().min(1).max(100).default(25).describe("Size of a page."),
};

/** The page after this one, or null on the last. */
export const nextCursor = z.string().nullable();
