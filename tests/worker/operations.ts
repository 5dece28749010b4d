/**
 * Every operation of the service with its name, its input and its audience, read from the tRPC router and from the OpenAPI
 * document. Nothing is written by hand for a single operation, so a new one is in every test that iterates over this list.
 */
import { z } from "zod";
import { PERMISSIONS, type Permission, SCOPES, type Scope } from "../../db/enums.ts";
import {
	accountProcedure,
	platformProcedure,
	tenantPlatformProcedure,
	userProcedure,
} from "../../worker/trpc/procedures.ts";
import { appRouter } from "../../worker/trpc/root.ts";
import { request } from "./fixtures.ts";

export type Json = Record<string, unknown>;

/** Who may call an operation. For integrations, the scope that their key must have. */
export type Audience =
	/** Anyone, with or without a credential. */
	| "public"
	/** Any signed-in person. */
	| "person"
	/** A person with an account and a session of this service. */
	| "account"
	/** Callers who have the permission in a tenant. */
	| Permission
	/** The platform's `service_role`, in the tenant that it names. */
	| "platform in a tenant"
	/** The platform's `service_role`. */
	| "platform"
	/** Any API key. */
	| "any key"
	| Scope;

/** The permission, if the audience is one. */
export const permissionOf = (audience: Audience | undefined): Permission | undefined =>
	PERMISSIONS.find((permission) => permission === audience);

/** Whether the audience is API keys. */
export const isOfIntegrations = (audience: Audience | undefined): boolean =>
	audience === "any key" || SCOPES.some((scope) => scope === audience);

/** An operation as it declares itself. */
export interface Operation {
	/** `keys.create`, or `POST /v1/api-keys`. */
	name: string;
	api: "trpc" | "rest";
	method: string;
	/** With placeholders such as `{id}`. */
	path: string;
	/** undefined: the operation declares none of them. */
	audience: Audience | undefined;
	/** The fields by their place. With tRPC, all are in the body, or in the query parameter `input` as JSON. */
	takes: { path: Json; query: Json; body: Json };
	hasBody: boolean;
	/** A valid body, if the document has an example. */
	example: Json;
	/** Schema of a success by status; null: it has no body. With tRPC, the schema of `result.data`. */
	answers: Record<number, z.ZodType | null>;
}

const NO_FIELDS: Json = { type: "object", properties: {}, additionalProperties: false };

/** At run time the router's record is flat, with full names as keys. Its type doesn't say so. */
type Procedure = {
	_def: {
		type: string;
		inputs: z.ZodType[];
		output?: z.ZodType;
		middlewares: unknown[];
		meta?: { permission?: Permission };
	};
};
const procedures = appRouter._def.procedures as unknown as Record<string, Procedure>;

/** The middleware that identifies which of the base procedures without a permission a procedure is built on. */
const lastOf = (base: { _def: object }) => (base as unknown as Procedure)._def.middlewares.at(-1);
const BASES: [unknown, Audience][] = [
	[lastOf(userProcedure), "person"],
	[lastOf(accountProcedure), "account"],
	[lastOf(tenantPlatformProcedure), "platform in a tenant"],
	[lastOf(platformProcedure), "platform"],
];

function audienceOfProcedure({ _def }: Procedure): Audience | undefined {
	const found = BASES.filter(([middleware]) => _def.middlewares.includes(middleware)).map(([, audience]) => audience);
	if (_def.meta?.permission) found.push(_def.meta.permission);
	return found.length === 0 ? "public" : found.length === 1 ? found[0] : undefined;
}

/** Resolves a schema that is only a reference. Keeps the definitions that it refers to. */
function opened(schema: Json): Json {
	const { $ref, $defs } = schema as { $ref?: string; $defs?: Record<string, Json> };
	const named = $ref === undefined ? undefined : $defs?.[$ref.replace("#/$defs/", "")];
	return named === undefined ? schema : opened({ ...named, $defs });
}

function fromRouter(): Operation[] {
	return Object.entries(procedures).map(([name, procedure]) => {
		const { type, inputs, output } = procedure._def;
		const schemas = inputs.map((input) =>
			opened(z.toJSONSchema(input, { io: "input", unrepresentable: "any" }) as Json),
		);
		const fields = schemas[0] ?? NO_FIELDS;
		const isQuery = type === "query";
		return {
			name,
			api: "trpc",
			method: isQuery ? "GET" : "POST",
			path: `/trpc/${name}`,
			audience: audienceOfProcedure(procedure),
			takes: { path: NO_FIELDS, query: isQuery ? fields : NO_FIELDS, body: isQuery ? NO_FIELDS : fields },
			hasBody: !isQuery,
			example: {},
			answers: { 200: output ?? z.unknown() },
		};
	});
}

interface Described {
	security?: Record<string, string[]>[];
	parameters?: { name: string; in: "path" | "query" | "header"; required: boolean; schema: Json }[];
	requestBody?: { content: Record<string, { schema: Json; example?: Json }> };
	responses: Record<string, { content?: Record<string, { schema: Json }> }>;
}
interface Document {
	paths: Record<string, Record<string, Described>>;
	components: { schemas: Record<string, Json> };
}

/** The OpenAPI document as the service serves it. */
async function document(): Promise<Document> {
	const response = await request("/v1/openapi.json");
	// If a part is missing, the test fails where it reads it.
	return (await response.json()) as Document;
}

function audienceOfRoute({ security, parameters = [] }: Described): Audience | undefined {
	if (!security) return undefined;
	const schemes = security.flatMap((choice) => Object.keys(choice)).sort();
	switch (schemes.join(" ")) {
		case "":
			return "public";
		case "bearer session":
			return requiredOf<Audience>(security, PERMISSIONS, "person");
		case "bearer":
			return parameters.some(({ name }) => name.toLowerCase() === "x-tenant-id") ? "platform in a tenant" : "platform";
		case "apiKey apiKeyHeader signature":
			return requiredOf(security, SCOPES, "any key");
		default:
			return undefined;
	}
}

/** In OpenAPI 3.1, each security scheme has a list of what a caller must have. Here it is one scope or permission. */
function requiredOf<A extends Audience>(
	security: Record<string, string[]>[],
	known: readonly A[],
	none?: Audience,
): Audience | undefined {
	const [required = [], ...others] = security.flatMap((choice) => Object.values(choice));
	if (others.some((other) => other.join() !== required.join()) || required.length > 1) return undefined;
	return required.length === 0 ? none : known.find((one) => one === required[0]);
}

function fromDocument({ paths, components }: Document): Operation[] {
	/** The schema with its definitions in `$defs`, as zod reads it. */
	const whole = (schema: Json): Json =>
		JSON.parse(
			JSON.stringify({ ...schema, $defs: components.schemas }).replaceAll("#/components/schemas/", "#/$defs/"),
		) as Json;
	return Object.entries(paths).flatMap(([path, item]) =>
		Object.entries(item).map(([verb, described]): Operation => {
			const method = verb.toUpperCase();
			const parameters = (place: string): Json => {
				const known = (described.parameters ?? []).filter((parameter) => parameter.in === place);
				return {
					...NO_FIELDS,
					properties: Object.fromEntries(known.map(({ name, schema }) => [name, schema])),
					required: known.filter(({ required }) => required).map(({ name }) => name),
				};
			};
			const json = described.requestBody?.content["application/json"];
			const successes = Object.entries(described.responses).filter(([status]) => status.startsWith("2"));
			return {
				name: `${method} ${path}`,
				api: "rest",
				method,
				path,
				audience: audienceOfRoute(described),
				takes: {
					path: parameters("path"),
					query: parameters("query"),
					body: json ? opened(whole(json.schema)) : NO_FIELDS,
				},
				hasBody: json !== undefined,
				example: json?.example ?? {},
				answers: Object.fromEntries(
					successes.map(([status, { content }]) => {
						const schema = content?.["application/json"]?.schema;
						return [Number(status), schema ? z.fromJSONSchema(whole(schema) as never) : null];
					}),
				),
			};
		}),
	);
}

/** Every procedure of the router and every operation of the document. */
export const OPERATIONS: readonly Operation[] = [...fromRouter(), ...fromDocument(await document())];

/** Names of all fields that an operation takes. */
export function fieldsOf({ takes }: Operation): Set<string> {
	const names = Object.values(takes).flatMap((schema) => [
		...Object.keys((schema.properties as Json | undefined) ?? {}),
		...((schema.oneOf ?? schema.anyOf ?? []) as Json[]).flatMap((one) => Object.keys((one.properties as Json) ?? {})),
	]);
	return new Set(names);
}

/** A credential, and the tenant that the request names. */
export interface Credential {
	headers: Record<string, string>;
	/** `tenant_id` in the body, or in the input of a query. */
	inBody?: string;
	/** `tenant_id` in the query string. */
	inUrl?: string;
	/** Makes the value of `Authorization` from the rest of the request. */
	sign?: (request: { method: string; path: string; body: string }) => string;
}

function search(parameters: Record<string, unknown>): string {
	const given = Object.entries(parameters).flatMap(([name, value]) =>
		value === undefined ? [] : [[name, String(value)] as [string, string]],
	);
	return given.length > 0 ? `?${new URLSearchParams(given)}` : "";
}

/** Calls the operation with these fields, each in its place. */
export function send(operation: Operation, credential: Credential, input: Json = {}): Promise<Response> {
	return request(...requestOf(operation, credential, input));
}

/** The path and the options of the call. */
export function requestOf(
	operation: Operation,
	{ headers, inBody, inUrl, sign }: Credential,
	input: Json = {},
): [path: string, init: RequestInit] {
	const { method, hasBody, api } = operation;
	const inPath = new Set([...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name));
	const path = operation.path.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(String(input[name])));
	const rest = Object.fromEntries(Object.entries(input).filter(([name]) => !inPath.has(name)));
	const named = { ...rest, ...(inBody === undefined ? {} : { tenant_id: inBody }) };
	const inQuery = hasBody ? {} : api === "trpc" ? { input: JSON.stringify(named) } : named;
	const target = path + search({ ...inQuery, ...(inUrl === undefined ? {} : { tenant_id: inUrl }) });
	const body = hasBody ? JSON.stringify(named) : undefined;
	const sent = {
		...(hasBody ? { "content-type": "application/json" } : {}),
		...headers,
		...(sign ? { authorization: sign({ method, path: target, body: body ?? "" }) } : {}),
	};
	return [target, { method, headers: sent, ...(body === undefined ? {} : { body }) }];
}
