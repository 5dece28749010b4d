/** Reads an OpenAPI document, and validates responses against it. */
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import formats from "ajv-formats";

type Json = Record<string, unknown>;
export interface Content {
	"application/json"?: { schema: Json; example?: unknown };
}
interface Operation {
	operationId: string;
	summary?: string;
	security?: Record<string, string[]>[];
	parameters?: { name: string; in: string; description?: string }[];
	requestBody?: { required: boolean; content: Content };
	responses: Record<string, { content?: Content; headers?: Record<string, { required?: boolean }> }>;
	[extension: `x-${string}`]: unknown;
}
export interface Document {
	paths: Record<string, Record<string, Operation>>;
	components: { schemas: Record<string, Json> };
}

export interface Described {
	/** `GET /v1/whoami`. */
	name: string;
	method: string;
	path: string;
	operation: Operation;
}

/** Every operation. */
export function operationsOf(document: Document): Described[] {
	return Object.entries(document.paths).flatMap(([path, item]) =>
		Object.entries(item).map(([verb, operation]) => {
			const method = verb.toUpperCase();
			return { name: `${method} ${path}`, method, path, operation };
		}),
	);
}

/** The document allows fields to be added later. Today's responses must not have fields that it does not name. */
function closed(schema: unknown): unknown {
	if (Array.isArray(schema)) return schema.map(closed);
	if (typeof schema !== "object" || schema === null) return schema;
	const all = Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, closed(value)]));
	return "properties" in all && all.type === "object" ? { additionalProperties: false, ...all } : all;
}

/** Finds a schema by its path in the document. Returns a function that validates a value: `errors` is null if it is valid. */
export function schemasOf(document: Document): (...way: string[]) => ValidateFunction {
	// Unknown formats, and patterns that need Unicode classes, are mistakes.
	const ajv = new Ajv2020({ strict: false, strictSchema: true, unicodeRegExp: false, allErrors: true });
	formats.default(ajv);
	ajv.addVocabulary(["example", ...Object.keys(document)]);
	// The whole document, so that shared schemas are compiled once.
	ajv.addSchema(closed(document) as Json, "document", false, false);
	return (...way) => {
		const pointer = way.map((name) => name.replaceAll("~", "~0").replaceAll("/", "~1")).map(encodeURIComponent);
		const schema = ajv.getSchema(`document#/${pointer.join("/")}`);
		if (!schema) throw new Error(`The document has no schema at ${way.join(" ")}`);
		return schema;
	};
}
