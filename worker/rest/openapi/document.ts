/**
 * Routes as an OpenAPI 3.1 document. Its schemas are JSON Schema of 2020-12, which is what zod itself writes; so nothing
 * that a schema can say is beyond the document. Schemas that have an `id` stand once, under `components`.
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

/** An item that a service judges by itself is taken as anything; what it should be stands in its metadata. */
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

/** Collects what schemas refer to. */
class Components {
	readonly schemas: Record<string, Json> = {};

	/** What a caller sends (`input`) or gets (`output`). */
	schemaOf(schema: z.core.$ZodType, io: "input" | "output"): Json {
		const { $schema: _, $defs = {}, ...root } = jsonSchemaOf(schema, io);
		for (const [name, definition] of Object.entries($defs)) this.schemas[name] = this.#tidied(definition as Json, io);
		const { id } = root;
		if (typeof id !== "string") return this.#tidied(root, io);
		this.schemas[id] = this.#tidied(root, io);
		return { $ref: `#/components/schemas/${id}` };
	}

	/** With references to where the document keeps things, and answers open to fields that are added one day. */
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
						// By name, not by keyword: a property may be called anything.
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

/** Formats of JSON Schema and OpenAPI. zod has more, which tools of others take for mistakes. */
const FORMATS = new Set(["date-time", "email", "ipv4", "ipv6"]);

/** A schema without what zod says of it beyond what was asked for. */
function withoutNoise({ format, pattern, minimum, maximum, ...rest }: Json): Json {
	return {
		...rest,
		// Addresses are judged by their format; zod's patterns know nothing of `::ffff:192.0.2.1`.
		...(pattern === undefined || format === "ipv4" || format === "ipv6" ? {} : { pattern }),
		...(FORMATS.has(format as string) ? { format } : {}),
		// What a number of JavaScript can be is no limit of the service's.
		...(minimum === undefined || minimum === Number.MIN_SAFE_INTEGER ? {} : { minimum }),
		...(maximum === undefined || maximum === Number.MAX_SAFE_INTEGER ? {} : { maximum }),
	};
}

const mapValues = (object: Json, change: (value: unknown) => unknown): Json =>
	Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value)]));

/** The document of all routes that were registered, beside what `frame` says. */
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

/** Every field of an object as a parameter. */
function parametersOf(place: Parameter["in"], given: z.core.$ZodType | undefined, components: Components): Parameter[] {
	if (!given) return [];
	// Of a query string, what follows the reading of numbers.
	const schema = given instanceof z.ZodPipe && given.in instanceof z.ZodTransform ? given.out : given;
	const { properties = {}, required = [] } = components.schemaOf(schema, "input") as {
		properties?: Record<string, Json>;
		required?: string[];
	};
	return Object.entries(properties).map(([name, { description, example, ...field }]) => ({
		// Routes see headers in lower case; people write them as `Idempotency-Key`.
		name: place === "header" ? name.replace(/\b[a-z]/g, (letter) => letter.toUpperCase()) : name,
		in: place,
		required: required.includes(name),
		...(description === undefined ? {} : { description }),
		...(example === undefined ? {} : { example }),
		schema: field,
	}));
}
