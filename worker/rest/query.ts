/** Query strings, in which everything arrives as text. */
import { z } from "zod";

/** A whole or decimal number as people write it. `1e3`, `0x10` and the empty text are mistakes, and told as such. */
const NUMBER = /^-?\d+(\.\d+)?$/;

/** What Hono gives: text by name, or several under one. */
type QueryInput = Record<string, string | string[]>;

/** What is inside `optional` and `default`. */
function inner(field: z.core.$ZodType): z.core.$ZodType {
	if (field instanceof z.ZodOptional || field instanceof z.ZodDefault) return inner(field.unwrap());
	return field;
}

/** The schema of an input as the schema of a query string: where a number belongs, one that is written out is read. */
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
