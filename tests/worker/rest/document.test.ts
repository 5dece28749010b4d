/** What code generators and API tools need from the OpenAPI document. tests/proofs runs four generators on it. */
import { describe, expect, it } from "vitest";
import { request } from "../fixtures.ts";

type Json = Record<string, unknown>;
interface Parameter {
	name: string;
	in: string;
	required: boolean;
	description?: string;
	example?: unknown;
	schema: Json;
}
interface Operation {
	operationId: string;
	security: Json[];
	parameters?: Parameter[];
	responses: Record<string, { headers?: Record<string, Json>; content?: { "application/json": { schema: Json } } }>;
}
interface Document {
	paths: Record<string, Record<string, Operation>>;
	components: { schemas: Record<string, { properties: Record<string, Json> }>; securitySchemes: Record<string, Json> };
	info: { version: string };
}

// The shape is OpenAPI's; tests/e2e validates the document against it.
const document = (await (await request("/v1/openapi.json")).json()) as Document;
const operations = Object.values(document.paths).flatMap((item) => Object.values(item));
const named = (operationId: string) => {
	const found = operations.find((operation) => operation.operationId === operationId);
	if (!found) throw new Error(`The document has no operation ${operationId}`);
	return found;
};

/** Every schema of the document, with the path to it. */
function* schemasIn(value: unknown, path: string): Generator<[string, Json]> {
	if (Array.isArray(value)) for (const [index, part] of value.entries()) yield* schemasIn(part, `${path}/${index}`);
	else if (typeof value === "object" && value !== null) {
		yield [path, value as Json];
		for (const [name, part] of Object.entries(value)) if (name !== "example") yield* schemasIn(part, `${path}/${name}`);
	}
}
const schemas = [...schemasIn(document.paths, ""), ...schemasIn(document.components, "components")];

describe("for code generators", () => {
	it.each(["createApiKey", "rotateApiKey"])("%s has one schema for a new key and for a replay", (operationId) => {
		const { responses } = named(operationId);
		const schemaOf = (status: number) => responses[status]?.content?.["application/json"].schema;
		expect(schemaOf(200)).toBeDefined();
		expect(schemaOf(200)).toEqual(schemaOf(201));
	});

	it("the secret is a string or null", () => {
		for (const name of ["IssuedApiKey", "RotatedApiKey"])
			expect(document.components.schemas[name]?.properties.key?.type).toEqual(["string", "null"]);
	});

	it("no schema needs allOf, which generators read as any", () => {
		expect(schemas.filter(([, schema]) => "allOf" in schema).map(([path]) => path)).toEqual([]);
	});

	it("every integer names its size, and counts that grow have 64 bits", () => {
		const integers = schemas.filter(([, { type }]) => type === "integer");
		expect(integers.length).toBeGreaterThan(50);
		for (const [path, { format }] of integers)
			expect([path, format]).toEqual([path, expect.stringMatching(/^int(32|64)$/)]);
		const { ApiKey, Usage, CurrentHour } = document.components.schemas;
		expect(ApiKey?.properties.usage_count?.format).toBe("int64");
		expect(Usage?.properties.totals).toMatchObject({
			properties: { allowed: { format: "int64" }, rate_limited: { format: "int64" }, denied: { format: "int64" } },
		});
		expect(ApiKey?.properties.rate_limit?.format).toBe("int32");
		expect(CurrentHour?.properties.used?.format).toBe("int32");
	});
});

describe("for integrations", () => {
	it("describes signed requests as a credential of every operation that takes an API key", () => {
		const withKey = operations.filter(({ security }) => security.some((scheme) => "apiKey" in scheme));
		expect(withKey.length).toBeGreaterThan(5);
		for (const { operationId, security } of operations) {
			const scopesOf = (name: string) => security.find((scheme) => name in scheme)?.[name];
			expect([operationId, scopesOf("signature")]).toEqual([operationId, scopesOf("apiKey")]);
		}
		expect(document.components.securitySchemes.signature).toMatchObject({ type: "http", scheme: "P2S-SIGN-V1" });
	});
});

describe("for API tools", () => {
	const parameters = operations.flatMap(({ operationId, parameters = [] }) =>
		parameters.map((parameter) => ({ operationId, ...parameter })),
	);

	it("describes every parameter, in the path too", () => {
		const undescribed = parameters.filter(({ description }) => !description);
		expect(undescribed.map(({ operationId, name }) => `${operationId} ${name}`)).toEqual([]);
	});

	it("gives Idempotency-Key no example, since a constant value would only return replays", () => {
		const found = parameters.filter(({ name }) => name === "Idempotency-Key");
		expect(found.map(({ operationId }) => operationId)).toEqual(["createApiKey", "rotateApiKey", "createTenant"]);
		for (const { example, schema } of found) expect([example, schema.example]).toEqual([undefined, undefined]);
	});

	it("gives times in queries an example, with `from` before `to`", () => {
		for (const operationId of ["getApiKeyUsage", "listAuditEvents"]) {
			const [from, to] = ["from", "to"].map((name) =>
				Date.parse(String(named(operationId).parameters?.find((parameter) => parameter.name === name)?.example)),
			);
			expect(from).toBeLessThan(Number(to));
		}
	});

	it("describes X-Tenant-Id for every operation of managers", () => {
		for (const { operationId, security, parameters = [] } of operations) {
			// Without a permission, the operation is about the person who calls.
			if (!security.some(({ session }) => Array.isArray(session) && session.length > 0)) continue;
			const header = parameters.find(({ name }) => name === "X-Tenant-Id");
			expect([operationId, header]).toMatchObject([operationId, { in: "header", required: false }]);
		}
	});

	it("describes Retry-After for every 429 and 503", () => {
		for (const { operationId, responses } of operations)
			for (const status of ["429", "503"])
				if (responses[status])
					expect([operationId, status, responses[status].headers]).toHaveProperty("2.Retry-After.required", true);
	});
});
