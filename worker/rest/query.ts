/** Validates query strings, in which every value arrives as text. */
import { z } from "zod";

/** A number in decimal notation. `1e3`, `0x10` and an empty value stay text, which the schema then rejects. */
const NUMBER = /^-?\d+(\.\d+)?$/;

/** The query as Hono parses it: one text per name, or several. */
type QueryInput = Record<string, string | string[]>;

/** The schema inside `optional` and `default`. */
function inner(field: z.core.$ZodType): z.core.$ZodType {
	if (field instanceof z.ZodOptional || field instanceof z.ZodDefault) return inner(field.unwrap());
	return field;
}

/** Turns the schema of an input into the schema of a query string: text becomes a number where the input takes one. */
export function fromQuery<T extends z.ZodObject>(schema: T): z.ZodPipe<z.ZodTransform<unknown, QueryInput>, T> {
	const numbers = Object.entries(schema.shape).flatMap(([name, field]) =>
		inner(field) instanceof z.ZodNumber ? [name] : [],
	);
	const read = z.transform((given: QueryInput): unknown => {
		const input: Record<string, unknown> = { ...given };
		for (const name of numbers) {
			const value = input[name];
			if (typeof value === "string" && NUMBER.test(value)) input[name] = Number(value);
		}
		return input;
	});
	return z.pipe(read, schema as never) as never;
}
