/**
 * What the server will say to an input, asked of its own schemas. This brings zod along (28 kB compressed): only screens
 * that are loaded when somebody goes there may import it.
 */
import "./jitless.ts";
import type { z } from "zod";
import { createKeySchema, updateKeySchema } from "../../../../worker/schemas/api-key.ts";

/** What `keys.create` takes. */
export type CreateInput = z.input<typeof createKeySchema>;
/** What `keys.update` takes. */
export type UpdateInput = z.input<typeof updateKeySchema>;

/** One thing that is wrong. */
export interface FieldIssue {
	/** Where, as the server names it too: `name`, `ip_allowlist.2`. */
	field: string;
	/** zod's kind of mistake, such as `too_big`; null where the server gave none. */
	code: string | null;
	/** The most that is allowed, where that is what was passed. */
	maximum?: number;
	/** The schema's own sentence, in English. */
	message: string;
}

/** Takes anything: the input of a form that is being filled in is nothing in particular yet. */
export const checkCreate = (input: object): FieldIssue[] => issuesOf(createKeySchema.safeParse(input));

export const checkUpdate = (input: object): FieldIssue[] => issuesOf(updateKeySchema.safeParse(input));

function issuesOf(result: z.ZodSafeParseResult<unknown>): FieldIssue[] {
	if (result.success) return [];
	return result.error.issues.map((issue) => ({
		field: issue.path.map(String).join("."),
		code: issue.code,
		message: issue.message,
		...(issue.code === "too_big" ? { maximum: Number(issue.maximum) } : {}),
	}));
}
