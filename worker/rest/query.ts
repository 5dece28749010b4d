/** Validates query strings, in which every value arrives as text. */
import { z } from "zod";

/** A number in decimal notation. `1e3`, `0x10` and an empty value stay text, which the schema then rejects. */
const NUMBER = /^-?\d+(\.\d+)?$/;

/** The `+` of an offset such as `+03:00` that was not written as `%2B`: in a query string it means a space. */
const UNESCAPED_PLUS = / (?=\d\d(:?\d\d)?$)/;

/** Whether a field takes a time, alone or as one of several forms. */
const isTime = (type: z.core.$ZodType): boolean =>
	type instanceof z.ZodISODateTime || (type instanceof z.ZodUnion && type.options.some(isTime));

/** The query as Hono parses it: one text per name, or several. */
type QueryInput = Record<string, string | string[]>;

/** The schema inside `optional` and `default`. */
function inner(field: z.core.$ZodType): z.core.$ZodType {
	if (field instanceof z.ZodOptional || field instanceof z.ZodDefault) return inner(field.unwrap());
	return field;
}

/**
 * Turns the schema of an input into the schema of a query string: text becomes a number where the input takes one.
 * Parameters named in `ignored` are left out before the schema rejects those that it does not know.
 */
export function fromQuery<T extends z.ZodObject>(
	schema: T,
	ignored: readonly string[] = [],
): z.ZodPipe<z.ZodTransform<unknown, QueryInput>, T> {
	const read = z.transform((given: QueryInput): unknown => {
		const input: Record<string, unknown> = { ...given };
		for (const name of ignored) delete input[name];
		for (const [name, field] of Object.entries(schema.shape)) {
			const value = input[name];
			if (typeof value !== "string") continue;
			const type = inner(field);
			if (type instanceof z.ZodNumber && NUMBER.test(value)) input[name] = Number(value);
			// Forms and API tools send `sort=` for a choice that was not made.
			if (type instanceof z.ZodEnum && value === "") delete input[name];
			if (isTime(type)) input[name] = value.replace(UNESCAPED_PLUS, "+");
		}
		return input;
	});
	return z.pipe(read, schema as never) as never;
}

/** The query of routes without parameters. */
export const NO_QUERY = fromQuery(z.strictObject({}));

/** Parameters that routes of integrations ignore: the tenant is the key's, whatever the request says. */
export const IGNORED_OF_INTEGRATIONS = ["tenant_id"];

/** The query of integrations' routes without parameters. */
export const NO_QUERY_OF_INTEGRATIONS = fromQuery(z.strictObject({}), IGNORED_OF_INTEGRATIONS);
