/**
 * Validates input with the service's own schemas before it is sent. Imports zod (28 kB compressed), so only screens that
 * load on demand may import this.
 */
import "./zod-without-eval.ts";
import type { z } from "zod";
import { createKeySchema, updateKeySchema } from "../../../../worker/schemas/api-key.ts";

/** One error in an input. */
export interface FieldIssue {
	/** Path of the field, as the service names it: `name`, `ip_allowlist.2`. */
	field: string;
	/** zod's issue code, such as `too_big`; null for an error that the service returned. */
	code: string | null;
	/** The maximum, if it was exceeded. */
	maximum?: number;
	/** The schema's message, in English. */
	message: string;
}

/** Takes any object, since a form that is being filled in has incomplete input. */
export const checkCreate = (input: object): FieldIssue[] => issuesOf(createKeySchema.safeParse(input));

export const checkUpdate = (input: object): FieldIssue[] => issuesOf(updateKeySchema.safeParse(input));

/** The errors of an input that a schema has parsed. */
export function issuesOf(result: z.ZodSafeParseResult<unknown>): FieldIssue[] {
	if (result.success) return [];
	return result.error.issues.map((issue) => ({
		field: issue.path.map(String).join("."),
		code: issue.code,
		message: issue.message,
		...(issue.code === "too_big" ? { maximum: Number(issue.maximum) } : {}),
	}));
}
