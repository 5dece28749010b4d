/** Random values that fit a JSON Schema of the router or of the REST document. */
import fc from "fast-check";
import type { Json } from "../operations.ts";

const FORMATS: Record<string, fc.Arbitrary<string>> = {
	email: fc.emailAddress(),
	uuid: fc.uuid(),
	date: fc
		.date({ min: new Date(0), max: new Date(Date.UTC(9999, 11, 30)), noInvalidDate: true })
		.map((date) => date.toISOString().slice(0, 10)),
	ipv4: fc.ipV4(),
	ipv6: fc.ipV6(),
	cidrv4: fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 })).map(([ip, bits]) => `${ip}/${bits}`),
	cidrv6: fc.tuple(fc.ipV6(), fc.integer({ min: 0, max: 128 })).map(([ip, bits]) => `${ip}/${bits}`),
	"date-time": fc
		.date({ min: new Date(0), max: new Date(Date.UTC(9999, 11, 30)), noInvalidDate: true })
		.map((date) => date.toISOString()),
};

/** Strings for the patterns in use that the generator can't follow. */
const CANDIDATES = [
	...["001", "042", "999", "acme", "north-wind-2", "Integração", "sk_live_h3k9", "sk_test_7c2m0a1b2c3d"],
	...["203.0.113.7", "203.0.113.0/24", "2001:db8::7", "2001:db8::/32", "::ffff:203.0.113.7"],
	...["ten_3Kd8Qm1ZrXw5Ty7Lp2Va", "0123456789abcdef".repeat(4), "0".repeat(64)],
];

function text({ format, pattern, minLength, maxLength }: Json): fc.Arbitrary<string> {
	const known = FORMATS[String(format)];
	if (known) return known;
	const length = { minLength: Number(minLength ?? 0), maxLength: Math.min(Number(maxLength ?? 200), 400) };
	const any = fc.string({ unit: "grapheme", ...length });
	if (typeof pattern !== "string") return any;
	const fits = new RegExp(pattern, "u");
	const candidates = CANDIDATES.filter((candidate) => fits.test(candidate));
	if (fits.test("any text")) return any.filter((value) => fits.test(value));
	if (candidates.length === 0) throw new Error(`Name a candidate for the pattern ${pattern}`);
	return fc.constantFrom(...candidates);
}

function number({ minimum, maximum, exclusiveMinimum, type }: Json): fc.Arbitrary<number> {
	const min = Number(minimum ?? (exclusiveMinimum === undefined ? -1_000_000 : Number(exclusiveMinimum) + 1));
	const max = Number(maximum ?? 1_000_000_000);
	const whole = fc.integer({ min: Math.ceil(min), max: Math.floor(max) });
	return type === "integer" ? whole : fc.oneof(whole, fc.double({ min, max, noNaN: true }));
}

function object(schema: Json, refs: Json): fc.Arbitrary<unknown> {
	const properties = Object.entries((schema.properties ?? {}) as Record<string, Json>);
	const required = (schema.required ?? []) as string[];
	if (properties.length === 0 && schema.additionalProperties !== false)
		return fc.dictionary(fc.string({ minLength: 1, maxLength: 20 }), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 5 });
	return fc.record(Object.fromEntries(properties.map(([name, property]) => [name, fromSchema(property, refs)])), {
		requiredKeys: required.filter((name) => properties.some(([known]) => known === name)) as never[],
	});
}

/** Values that fit the schema, whose references lead to `refs`. Refinements of zod are not part of a JSON Schema. */
export function fromSchema(schema: Json, refs: Json = (schema.$defs ?? {}) as Json): fc.Arbitrary<unknown> {
	if (typeof schema.$ref === "string") return fromSchema(refs[schema.$ref.split("/").at(-1) ?? ""] as Json, refs);
	const choices = (schema.anyOf ?? schema.oneOf) as Json[] | undefined;
	if (choices) return fc.oneof(...choices.map((choice) => fromSchema(choice, refs)));
	if ("const" in schema) return fc.constant(schema.const);
	if (Array.isArray(schema.enum)) return fc.constantFrom(...schema.enum);
	if (Array.isArray(schema.type)) return fc.oneof(...schema.type.map((type) => fromSchema({ ...schema, type }, refs)));
	switch (schema.type) {
		case "string":
			return text(schema);
		case "integer":
		case "number":
			return number(schema);
		case "boolean":
			return fc.boolean();
		case "null":
			return fc.constant(null);
		case "array":
			return fc.array(fromSchema((schema.items ?? {}) as Json, refs), {
				minLength: Number(schema.minItems ?? 0),
				maxLength: Math.min(Number(schema.maxItems ?? 5), 5),
			});
		case "object":
			return object(schema, refs);
		default:
			return fc.jsonValue({ maxDepth: 3 });
	}
}
