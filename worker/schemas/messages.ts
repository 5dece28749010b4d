/**
 * What is wrong with a field, in words for people who call the API. zod's own messages name types of JavaScript. A schema
 * that has a message of its own keeps it.
 */
import { z } from "zod";

const TYPES: Record<string, string> = {
	array: "a list",
	boolean: "true or false",
	int: "an integer",
	number: "a number",
	object: "an object",
	record: "an object",
	string: "a string",
};

/** A limit with its unit, such as `50 items`; undefined for numbers, which have none. */
function withUnit(origin: string, limit: number | bigint): string | undefined {
	const unit = origin === "string" ? "character" : origin === "array" ? "item" : undefined;
	if (unit === undefined) return undefined;
	return `${limit} ${unit}${limit === 1 ? "" : "s"}`;
}

function messageOf(issue: z.core.$ZodRawIssue): string | undefined {
	switch (issue.code) {
		case "invalid_type": {
			if (issue.input === undefined) return "Is required";
			const type = TYPES[issue.expected];
			return type === undefined ? undefined : `Must be ${type}`;
		}
		case "too_small": {
			const { origin, minimum, inclusive } = issue;
			if (origin === "string" && minimum === 1) return "Must not be empty";
			const size = withUnit(origin, minimum);
			if (size !== undefined) return `Must have at least ${size}`;
			return inclusive === false ? `Must be greater than ${minimum}` : `Must be at least ${minimum}`;
		}
		case "too_big": {
			const { origin, maximum, inclusive } = issue;
			const size = withUnit(origin, maximum);
			if (size !== undefined) return `Must have at most ${size}`;
			return inclusive === false ? `Must be less than ${maximum}` : `Must be at most ${maximum}`;
		}
		case "invalid_value":
			return `Must be one of: ${issue.values.map(String).join(", ")}`;
		default:
			return undefined;
	}
}

z.config({ customError: messageOf });
