/**
 * Turns routes into an OpenAPI 3.1 document. Its schemas are JSON Schema 2020-12, which zod generates, so the document can
 * say everything that a schema says. Schemas with an `id` appear once, under `components`. docs/decisions/openapi-document.md
 * says why this is not a library's work.
 */
import type { OpenAPIHono, RouteConfig } from "@hono/zod-openapi";
import { z } from "zod";

type Json = Record<string, unknown>;

interface Parameter {
	name: string;
	in: "path" | "query" | "header";
	required: boolean;
	description?: unknown;
	example?: unknown;
	schema: Json;
}
export interface Operation extends Json {
	parameters?: Parameter[];
	requestBody?: { required: boolean; content: Record<string, { schema: Json; example?: unknown }> };
	security?: Record<string, string[]>[];
	responses: Record<string, Json>;
}
export interface Document extends Json {
	paths: Record<string, Record<string, Operation>>;
	components: { schemas: Record<string, Json>; securitySchemes: Json };
}

/** Items that a service validates one by one are `unknown` to the schema. The `item` of their metadata describes them. */
function jsonSchemaOf(schema: z.core.$ZodType, io: "input" | "output"): Json & { $defs?: Json } {
	return z.toJSONSchema(schema, {
		io,
		unrepresentable: "any",
		override({ jsonSchema }) {
			if (!(jsonSchema.item instanceof z.ZodType)) return;
			const { $schema: _, ...shown } = jsonSchemaOf(jsonSchema.item, io);
			delete jsonSchema.item;
			Object.assign(jsonSchema, shown);
		},
	});
}

/** Collects the schemas that others refer to. */
class Components {
	readonly schemas: Record<string, Json> = {};

	/** The schema of what a caller sends (`input`) or receives (`output`). */
	schemaOf(schema: z.core.$ZodType, io: "input" | "output"): Json {
		const { $schema: _, $defs = {}, ...root } = jsonSchemaOf(schema, io);
		for (const [name, definition] of Object.entries($defs)) this.schemas[name] = this.#tidied(definition as Json, io);
		const { id } = root;
		if (typeof id !== "string") return this.#tidied(root, io);
		this.schemas[id] = this.#tidied(root, io);
		return { $ref: `#/components/schemas/${id}` };
	}

	/** Points references to `components`, and leaves responses open to fields that are added later. */
	#tidied(schema: Json, io: "input" | "output"): Json {
		const walk = (part: unknown): unknown => {
			if (Array.isArray(part)) return part.map(walk);
			if (typeof part !== "object" || part === null) return part;
			const { id: _, additionalProperties, ...rest } = withoutNoise(part as Json);
			const isOpen = io === "output" && additionalProperties === false;
			const kept =
				additionalProperties === undefined || isOpen ? {} : { additionalProperties: walk(additionalProperties) };
			return {
				...Object.fromEntries(
					Object.entries(rest).map(([name, value]) => {
						// The names inside are those of fields, not keywords of JSON Schema.
						if (name === "properties") return [name, mapValues(value as Json, walk)];
						if (name === "$ref") return [name, String(value).replace("#/$defs/", "#/components/schemas/")];
						return [name, name === "example" || name === "default" ? value : walk(value)];
					}),
				),
				...kept,
			};
		};
		return walk(schema) as Json;
	}
}

/** Formats that JSON Schema and OpenAPI define. Tools report zod's other formats as mistakes. */
const FORMATS = new Set(["date-time", "email", "int32", "int64", "ipv4", "ipv6", "uuid", "date"]);

const INT32 = { minimum: -(2 ** 31), maximum: 2 ** 31 - 1 };
/** Limits of number types, which zod writes into every integer. They are not limits of the service. */
const TYPE_LIMITS = new Set<unknown>([Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER, INT32.minimum, INT32.maximum]);

/** Without a format, generators for Java, Go and others choose 32 bits. Wider integers need 64. */
function integerFormat({ minimum, maximum }: Json): "int32" | "int64" {
	const fits = Number(minimum ?? Number.NaN) >= INT32.minimum && Number(maximum ?? Number.NaN) <= INT32.maximum;
	return fits ? "int32" : "int64";
}

/** Removes what zod adds to a schema on its own, and names the size of integers. */
function withoutNoise({ format, pattern, minimum, maximum, ...rest }: Json): Json {
	const knownFormat = rest.type === "integer" ? integerFormat({ minimum, maximum }) : format;
	return {
		...rest,
		// The format is enough. zod's patterns reject `::ffff:192.0.2.1`, which the format includes.
		...(pattern === undefined || format === "ipv4" || format === "ipv6" ? {} : { pattern }),
		...(FORMATS.has(knownFormat as string) ? { format: knownFormat } : {}),
		...(minimum === undefined || TYPE_LIMITS.has(minimum) ? {} : { minimum }),
		...(maximum === undefined || TYPE_LIMITS.has(maximum) ? {} : { maximum }),
	};
}

const mapValues = (object: Json, change: (value: unknown) => unknown): Json =>
	Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value)]));

/** Describes all registered routes. `frame` is the rest of the document. */
export function documentOf(app: OpenAPIHono, frame: Json, securitySchemes: Json): Document {
	const components = new Components();
	const paths: Document["paths"] = {};
	for (const definition of app.openAPIRegistry.definitions) {
		if (definition.type !== "route") continue;
		const { path, method } = definition.route;
		paths[path] = { ...paths[path], [method]: operationOf(definition.route, components) };
	}
	const schemas = Object.fromEntries(Object.entries(components.schemas).sort(([a], [b]) => (a < b ? -1 : 1)));
	return { ...frame, paths, components: { schemas, securitySchemes } };
}

function operationOf(route: RouteConfig, components: Components): Operation {
	const { tags, summary, description, operationId, security, request, responses } = route;
	const parameters = [
		...parametersOf("path", request?.params, components),
		...parametersOf("query", request?.query, components),
		...parametersOf("header", Array.isArray(request?.headers) ? undefined : request?.headers, components),
	];
	const body = request?.body;
	return {
		...(operationId ? { operationId } : {}),
		...(tags ? { tags } : {}),
		...(summary ? { summary } : {}),
		...(description ? { description } : {}),
		...(security ? { security } : {}),
		...(parameters.length > 0 ? { parameters } : {}),
		...(body
			? { requestBody: { required: body.required === true, content: contentOf(body.content, "input", components) } }
			: {}),
		responses: Object.fromEntries(
			Object.entries(responses).map(([status, response]) => [
				status,
				"content" in response && response.content
					? { ...response, content: contentOf(response.content, "output", components) }
					: { ...response },
			]),
		),
	};
}

function contentOf(content: object, io: "input" | "output", components: Components) {
	return mapValues(content as Json, (media) => {
		const { schema, ...rest } = media as { schema: z.core.$ZodType };
		return { schema: components.schemaOf(schema, io), ...rest };
	}) as Record<string, { schema: Json; example?: unknown }>;
}

/** Describes every field of an object as a parameter. */
function parametersOf(place: Parameter["in"], given: z.core.$ZodType | undefined, components: Components): Parameter[] {
	if (!given) return [];
	// The schema of a query string follows the transform that `fromQuery` puts before it.
	const schema = given instanceof z.ZodPipe && given.in instanceof z.ZodTransform ? given.out : given;
	const { properties = {}, required = [] } = components.schemaOf(schema, "input") as {
		properties?: Record<string, Json>;
		required?: string[];
	};
	return Object.entries(properties).map(([name, { description, example, ...field }]) => ({
		// Routes name headers in lower case; the document writes them as `Idempotency-Key`.
		name: place === "header" ? name.replace(/\b[a-z]/g, (letter) => letter.toUpperCase()) : name,
		in: place,
		required: required.includes(name),
		...(description === undefined ? {} : { description }),
		...(example === undefined ? {} : { example }),
		schema: field,
	}));
}
