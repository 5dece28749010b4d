/** The schema of every REST response: `{data, meta}` or `{error, meta}`. */
import { z } from "@hono/zod-openapi";
import { nextCursor, timestamp } from "../../schemas/common.ts";

const meta = z.object({ request_id: z.string(), timestamp }).meta({ id: "Meta" });

/** The envelope around an object. */
export const enveloped = <T extends z.ZodType>(data: T) => z.object({ data, meta });

/** The envelope around a page of a list. `more` describes what `meta` holds besides the cursor. */
export const envelopedList = <T extends z.ZodType, M extends z.ZodRawShape = Record<never, never>>(item: T, more?: M) =>
	z.object({ data: z.array(item), meta: meta.extend({ next_cursor: nextCursor }).extend(more ?? ({} as M)) });

/** The envelope around a new object, or around the object that an earlier request created. */
export const envelopedCreation = <T extends z.ZodType>(data: T) =>
	z.object({
		data,
		meta: meta.extend({
			idempotent_replay: z
				.literal(true)
				.optional()
				.describe("Present if an earlier request with this `Idempotency-Key` created the object."),
		}),
	});

export const errorEnvelope = z
	.object({
		error: z.object({
			code: z.string(),
			message: z.string(),
			details: z
				.array(
					z.object({
						index: z.int32().optional().describe("Which item of a batch."),
						field: z.string(),
						message: z.string(),
					}),
				)
				.optional(),
			retry_after: z.int32().optional(),
		}),
		meta,
	})
	.meta({ id: "Failure" });
