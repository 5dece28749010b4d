/** JSON objects whose fields the sender chooses. */
import { z } from "zod";

/** Enough for a long form, and far below the size limit of a row. */
const MAX_CHARACTERS = 16_384;

/** Deeper than any form. Walking JSON with thousands of levels would exhaust the stack. */
const MAX_DEPTH = 10;

function isShallow(value: unknown, depth: number): boolean {
	if (typeof value !== "object" || value === null) return true;
	return depth > 0 && Object.values(value).every((inner) => isShallow(inner, depth - 1));
}

/** The bounds of an object of any shape, for `refine`. */
const DEPTH = { error: `Must have at most ${MAX_DEPTH} levels of nesting`, abort: true };
const isWithinDepth = (object: unknown) => isShallow(object, 1 + MAX_DEPTH);
const SIZE = { error: `Must be at most ${MAX_CHARACTERS} characters as JSON` };
const isWithinSize = (object: unknown) => JSON.stringify(object).length <= MAX_CHARACTERS;

/** An object whose fields have names of up to 100 characters. */
export const customFields = z
	.record(z.string().min(1).max(100), z.unknown())
	.refine(isWithinDepth, DEPTH)
	.refine(isWithinSize, SIZE);

/**
 * An object that is stored in the text that was sent, whose bounds {@link boundsError} checks. Not a `z.record`, which
 * would copy an object of any size.
 */
export const asSent = z
	.unknown()
	.refine((value) => typeof value === "object" && value !== null && !Array.isArray(value), {
		error: "Must be an object",
	})
	.meta({ item: z.record(z.string(), z.unknown()) });

/**
 * Why the text of an object cannot be stored, or undefined. The parsed object would not show it: of members with the same
 * name it has only the last. SQLite cannot read JSON with more than 1,000 levels.
 */
export function boundsError({ depth, length }: { depth: number; length: number }): string | undefined {
	if (depth > 1 + MAX_DEPTH) return DEPTH.error;
	return length > MAX_CHARACTERS ? SIZE.error : undefined;
}
