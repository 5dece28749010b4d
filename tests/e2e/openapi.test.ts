/**
 * The OpenAPI document is valid and complete. Every operation is called with valid and invalid input. Each response must
 * have a documented status, and the body and headers that the document describes. Each documented status must occur. An
 * operation that is added without a case fails here.
 */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { createConfig, lintFromString } from "@redocly/openapi-core";
import { Validator } from "@seriousme/openapi-schema-validator";
import type { ValidateFunction } from "ajv";
import { SignJWT } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { objectsOnThisMachine } from "../../scripts/reconcile/objects.ts";
import { requestInit, type Sent, Service } from "../harness.ts";
import { Session } from "../session.ts";
import { type Content, type Described, type Document, operationsOf, schemasOf } from "./openapi.ts";

const JSON_TYPE = "application/json";
/** Statuses that need an outage. */
const NEEDS_AN_OUTAGE = new Set(["500", "503"]);

/** How many management tokens a tenant can have. */
const TOKENS_PER_TENANT = 200;

let service: Service;
let document: Document;
let operations: Described[];
/** Finds a schema of an operation. */
let schemaAt: (described: Described, ...way: string[]) => ValidateFunction;
let token: string;
let tenantId: string;
let platform: string;
const seen = new Map<string, Set<string>>();

interface Asked extends Sent {
	id?: string;
	query?: string;
}

/** Calls an operation and validates the response against the document. Only JSON is parsed into `body`. */
async function call(operationId: string, sent: Asked = {}): Promise<{ status: number; text: string; body: Body }> {
	const found = operations.find(({ operation }) => operation.operationId === operationId);
	if (!found) throw new Error(`There is no operation ${operationId}`);
	const { name, method, path, operation } = found;
	const { id = "000000000000", query = "", as = token } = sent;
	const response = await service.fetch(path.replace("{id}", id) + query, {
		method,
		...requestInit({ ...sent, as }),
	});
	const text = await response.text();
	const described = operation.responses[response.status];
	expect([name, response.status, described === undefined, text.slice(0, 200)]).toEqual([
		name,
		response.status,
		false,
		text.slice(0, 200),
	]);
	seen.set(name, (seen.get(name) ?? new Set()).add(String(response.status)));
	const headers = Object.entries(described?.headers ?? {}).filter(([, { required }]) => required);
	for (const [header] of headers)
		expect([name, response.status, header, response.headers.has(header)]).toEqual([
			name,
			response.status,
			header,
			true,
		]);
	const [type] = Object.keys(described?.content ?? {});
	const typeOfResponse = response.headers.get("content-type")?.split(";")[0];
	expect([name, response.status, typeOfResponse]).toEqual([name, response.status, type]);
	expect([name, response.status, text === ""]).toEqual([name, response.status, type === undefined]);
	const isJson = type === JSON_TYPE;
	const value: unknown = isJson ? JSON.parse(text) : text;
	if (type !== undefined) {
		const fits = schemaAt(found, "responses", String(response.status), "content", type, "schema");
		fits(value);
		expect([name, response.status, fits.errors]).toEqual([name, response.status, null]);
	}
	// The schema was checked above. If a test reads a field that this response lacks, it fails there.
	return { status: response.status, text, body: (isJson ? value : {}) as Body };
}

interface Body {
	data: { key: string; api_key: { id: string }; id: string };
	error?: { code: string };
}
/** The same, for a call that must return this status. */
async function expectStatus(status: number, operationId: string, sent?: Asked): Promise<Body> {
	const answer = await call(operationId, sent);
	expect([operationId, answer.status, answer.body.error]).toEqual([operationId, status, answer.body.error]);
	return answer.body;
}
const issue = async (body: Record<string, unknown> = {}) =>
	(await expectStatus(201, "createApiKey", { body: { name: "Contract", scopes: [], ...body } })).data;

/** The example of the operation's body. */
const exampleOf = (operationId: string) =>
	operations.find(({ operation }) => operation.operationId === operationId)?.operation.requestBody?.content[JSON_TYPE]
		?.example;

/** A token of a tenant that has no accounts, signed as the product's sign-in signs it. */
const adminOf = (tenant: string) =>
	new SignJWT({ tenant_id: tenant, role: "admin" })
		.setProtectedHeader({ alg: "HS256" })
		.setSubject("usr_contract")
		.setIssuer("https://salesos.example")
		.setAudience("salesos-api")
		.setExpirationTime("10m")
		.sign(new TextEncoder().encode(service.vars.JWT_SECRET));

beforeAll(async () => {
	service = await Service.start();
	document = (await (await service.fetch("/v1/openapi.json")).json()) as Document;
	operations = operationsOf(document);
	const schemas = schemasOf(document);
	schemaAt = ({ path, method }, ...way) => schemas("paths", path, method.toLowerCase(), ...way);
	const { DEMO_OWNER_EMAIL: email = "", DEMO_OWNER_PASSWORD: password = "", SERVICE_ROLE_KEY = "" } = service.vars;
	const { token: issued, user } = await new Session(service, null).mutate("session.login", { email, password });
	token = issued;
	tenantId = user.tenant_id;
	platform = SERVICE_ROLE_KEY;
});
afterAll(() => service?.dispose());
// While a test computes for seconds, the service closes idle connections. Two turns of the event loop let `fetch` see it.
beforeEach(async () => {
	await turn();
	await turn();
});

describe("the document", () => {
	it("is valid OpenAPI 3.1", async () => {
		const validator = new Validator();
		expect(await validator.validate(structuredClone(document) as never)).toEqual({ valid: true });
		expect(validator.version).toBe("3.1");
	});

	it("passes the recommended lint rules", async () => {
		const config = await createConfig({ extends: ["recommended"] });
		// The rules reject localhost, where the service runs during the test.
		const elsewhere = { ...document, servers: [{ url: "https://keys.salesos.app" }] };
		const problems = await lintFromString({ source: JSON.stringify(elsewhere), config });
		const told = problems.map(({ ruleId, severity, message, location }) =>
			[severity, ruleId, location[0]?.pointer, message].join(" "),
		);
		expect(told.filter((line) => line.startsWith("error"))).toEqual([]);
		// Health checks have no 4xx.
		expect(told.filter((line) => !/operation-4xx-response .*(healthz|readyz)/.test(line))).toEqual([]);
	});

	it("describes what each operation does, who may call it, and how", () => {
		expect(operations.length).toBeGreaterThan(20);
		for (const { name, operation } of operations) {
			expect([name, operation.summary?.length]).toEqual([name, expect.any(Number)]);
			expect([name, operation.operationId]).toEqual([name, expect.stringMatching(/^[a-z][A-Za-z]+$/)]);
			expect([name, operation.security]).toEqual([name, expect.any(Array)]);
			const samples = operation["x-codeSamples"] as { label: string; source: string }[];
			expect([name, samples.map(({ label }) => label)]).toEqual([name, ["curl", "JavaScript"]]);
			for (const { source } of samples) expect(source).not.toMatch(/\{\w+\}'|undefined/);
		}
	});

	it("describes every parameter", () => {
		for (const { name, operation } of operations)
			for (const { name: parameter, in: place, description } of operation.parameters ?? [])
				expect([name, place, parameter, description]).toEqual([name, place, parameter, expect.any(String)]);
	});

	it("names its schemas", () => {
		const fields = (name: string) => Object.keys(document.components.schemas[name]?.properties ?? {});
		expect(fields("IssuedApiKey")).toEqual(["key", "secret", "api_key"]);
		expect(fields("RotatedApiKey")).toEqual(["key", "secret", "api_key", "previous"]);
		expect(fields("Tenant").slice(0, 5)).toEqual(["id", "name", "slug", "created_at", "state"]);
		const answers = operations.flatMap(({ operation }) => {
			const made = operation.responses["201"]?.content?.[JSON_TYPE];
			return made ? [JSON.stringify(made.schema.properties)] : [];
		});
		for (const name of ["IssuedApiKey", "RotatedApiKey", "CreatedTenant", "Lead"])
			expect(answers.filter((answer) => answer.includes(`"#/components/schemas/${name}"`))).toHaveLength(1);
	});

	it("has a valid example for every request body and response", () => {
		for (const described of operations) {
			const { name, operation } = described;
			const contents: [string[], Content | undefined][] = [
				[["requestBody"], operation.requestBody?.content],
				...Object.entries(operation.responses).map(([status, { content }]): [string[], Content | undefined] => [
					["responses", status],
					content,
				]),
			];
			for (const [way, content] of contents) {
				const part = way.join(" ");
				const json = content?.[JSON_TYPE];
				if (!json) continue;
				expect([name, part, json.example === undefined]).toEqual([name, part, false]);
				const fits = schemaAt(described, ...way, "content", JSON_TYPE, "schema");
				fits(json.example);
				expect([name, part, fits.errors]).toEqual([name, part, null]);
			}
		}
	});
});

describe("with valid input", () => {
	it("keys are created, managed and deleted", async () => {
		const headers = { "idempotency-key": randomUUID() };
		const body = { name: "Contract", scopes: ["leads:read"], ip_allowlist: ["::1", "127.0.0.1"], expires_in_days: 3 };
		const { data } = await expectStatus(201, "createApiKey", { body, headers });
		await expectStatus(200, "createApiKey", { body, headers });
		await expectStatus(409, "createApiKey", { body: { name: "Other" }, headers });
		const { id } = data.api_key;
		await expectStatus(200, "listApiKeys", { query: "?limit=2&recent_hours=2&sort=name" });
		await expectStatus(200, "getApiKey", { id });
		await expectStatus(200, "updateApiKey", { id, body: { name: "Changed", expires_at: null } });
		await expectStatus(200, "verifyApiKey", { body: { key: data.key } });
		await expectStatus(200, "verifyApiKey", { body: { key: "nonsense" } });
		await expectStatus(200, "getApiKeyUsage", { id, query: "?granularity=day" });
		const again = { "idempotency-key": randomUUID() };
		await expectStatus(201, "rotateApiKey", { id, headers: again });
		await expectStatus(200, "rotateApiKey", { id, headers: again });
		const ofEarlierVersion = { id, headers: { "if-match": '"1"' } };
		for (const change of ["revokeApiKey", "deleteApiKey"]) await expectStatus(409, change, ofEarlierVersion);
		await expectStatus(200, "revokeApiKey", { id, body: { reason: "Over" } });
		await expectStatus(409, "rotateApiKey", { id });
		await expectStatus(409, "updateApiKey", { id, body: { name: "x" } });
		await expectStatus(200, "getApiKey", { id });
		await expectStatus(204, "deleteApiKey", { id });
		await expectStatus(200, "listAuditEvents", { query: `?key_id=${id}` });
		await expectStatus(200, "listScopes");
	});

	it("integrations sync data and manage leads", async () => {
		const { key } = await issue();
		await expectStatus(200, "whoami", { as: key });
		const collaborators = [{ external_id: "c1", name: "Ana", email: "ana@acme.example" }, { name: "Without id" }];
		const activities = [
			{ activity_code: "001", external_id: "a1", collaborator_email: "ana@acme.example", data: { minutes: 3 } },
			{ activity_code: "001", external_id: "a2", collaborator_email: "unknown@acme.example" },
		];
		await expectStatus(200, "syncCollaborators", { as: key, body: { collaborators } });
		await expectStatus(200, "syncActivities", { as: key, body: { activities } });
		for (const body of [
			{ action: "sync_collaborators", collaborators },
			{ action: "sync_activities", activities },
		])
			await expectStatus(200, "defaultIntegration", { as: key, body });
		const invalid = { activities: [{ ...activities[0], activity_code: "000" }] };
		await expectStatus(400, "syncActivities", { as: key, body: invalid });
		await expectStatus(400, "defaultIntegration", { as: key, body: { action: "sync_activities", ...invalid } });
		const lead = await expectStatus(201, "createLead", { as: key, body: { name: "Bruno", custom_fields: { a: [1] } } });
		const { id } = lead.data;
		await expectStatus(200, "getLead", { as: key, id });
		await expectStatus(200, "updateLead", { as: key, id, body: { status: "contacted", phone: null } });
		await expectStatus(200, "listLeads", { as: key, query: "?limit=1&status=contacted" });
		await expectStatus(200, "listLeads", { as: key, query: "?page=1&per_page=10&sort=-updated_at" });
		await expectStatus(204, "deleteLead", { as: key, id });
	});

	it("jobs revoke keys, and can be stopped and resumed", async () => {
		const { api_key } = await issue();
		const ids = [api_key.id, "unknownKey00"];
		const { id } = (await expectStatus(201, "createJob", { body: { kind: "revoke_keys", ids } })).data;
		await expectStatus(200, "listJobs", { query: "?limit=1" });
		await expectStatus(409, "resumeJob", { id });
		await expectStatus(200, "stopJob", { id });
		await expectStatus(409, "stopJob", { id });
		await expectStatus(200, "resumeJob", { id });
		await expectStatus(200, "advanceJob", { id });
		await expectStatus(200, "getJob", { id });
		await expectStatus(200, "listJobItems", { id, query: "?outcome=failed" });
		const filter = { search: "no key has this name" };
		await expectStatus(409, "createJob", { body: { kind: "revoke_keys", filter } });
	});

	it("management tokens are created, listed, changed and revoked, and a tenant has a limited number", async () => {
		const body = exampleOf("createManagementToken");
		// The body is what the document describes.
		const made = async (sent: Asked) =>
			(await call("createManagementToken", sent)) as unknown as {
				status: number;
				body: { data: { management_token: { id: string } } };
			};
		const { id } = (await made({ body })).body.data.management_token;
		await expectStatus(200, "listManagementTokens", { query: "?limit=1" });
		await expectStatus(200, "getManagementToken", { id });
		await expectStatus(200, "updateManagementToken", { id, body: { name: "Changed" } });
		await expectStatus(200, "revokeManagementToken", { id });
		await expectStatus(409, "updateManagementToken", { id, body: { name: "Changed again" } });

		const slug = `t-${randomUUID().slice(0, 8)}`;
		const tenant = (await expectStatus(201, "createTenant", { as: platform, body: { name: "Many", slug } })).data.id;
		const inTenant = { as: platform, headers: { "x-tenant-id": tenant }, body };
		let status = 201;
		for (let tokens = 0; status === 201 && tokens <= TOKENS_PER_TENANT; tokens++)
			status = (await made(inTenant)).status;
		expect(status).toBe(409);
	});

	it("sessions are listed and ended, by their person and by an owner", async () => {
		await expectStatus(200, "listSessions");
		await expectStatus(200, "endOtherSessions");
		const body = { email: `${randomUUID()}@acme.example`, name: "Ivo", role: "member" };
		const invited = (await expectStatus(201, "inviteMember", { body })).data as unknown as { member: { id: string } };
		const { id } = invited.member;
		await expectStatus(200, "listMemberSessions", { id });
		await expectStatus(200, "endMemberSessions", { id });
	});

	it("the tenant's quotas are listed", async () => {
		await expectStatus(200, "listQuotas");
	});

	it("members are invited, changed, deactivated and removed, and the last owner stays", async () => {
		const email = `${randomUUID()}@acme.example`;
		const body = { email, name: "Ivo", role: "member" };
		const invited = (await expectStatus(201, "inviteMember", { body })).data as unknown as { member: { id: string } };
		const { id } = invited.member;
		await expectStatus(200, "listMembers", { query: "?limit=1" });
		await expectStatus(200, "getMember", { id });
		await expectStatus(200, "updateMember", { id, body: { role: "admin" } });
		await expectStatus(200, "resetMemberPassword", { id });
		await expectStatus(200, "deactivateMember", { id });
		await expectStatus(409, "resetMemberPassword", { id });
		await expectStatus(409, "inviteMember", { body });
		await expectStatus(200, "reactivateMember", { id });
		await expectStatus(200, "removeMember", { id });
		const { user: owner } = await new Session(service, token).query("session.me");
		const asPlatform = { as: platform, headers: { "x-tenant-id": tenantId }, id: owner.id };
		await expectStatus(409, "updateMember", { ...asPlatform, body: { role: "admin" } });
		await expectStatus(409, "deactivateMember", asPlatform);
		await expectStatus(409, "removeMember", asPlatform);
	});

	it("the platform creates tenants, and the service is up", async () => {
		const as = platform;
		const slug = `t-${randomUUID().slice(0, 8)}`;
		const owner = { email: `${randomUUID()}@globex.example`, name: "Gina" };
		const once = { as, body: { name: "Globex", slug, owner }, headers: { "idempotency-key": randomUUID() } };
		const { data } = await expectStatus(201, "createTenant", once);
		await expectStatus(200, "createTenant", once);
		await expectStatus(200, "getTenant", { as, id: data.id });
		const exported = await call("exportTenant", { as, id: data.id });
		const lines = exported.text.trimEnd().split("\n");
		const [first, last] = [lines.at(0), lines.at(-1)].map((line) => JSON.parse(line ?? "null"));
		expect([exported.status, first, last]).toMatchObject([200, { tenant_id: data.id }, { complete: true }]);
		await expectStatus(200, "updateTenant", { as, id: data.id, body: { name: "Globex Corporation" } });
		await expectStatus(409, "createTenant", { as, body: { name: "Globex", slug } });
		await expectStatus(200, "listTenants", { as });
		await expectStatus(200, "importApiKeys", {
			as,
			headers: { "x-tenant-id": data.id },
			body: exampleOf("importApiKeys"),
		});
		await expectStatus(409, "deleteTenant", { as, id: data.id, body: { slug } });
		await expectStatus(200, "suspendTenant", { as, id: data.id, body: { reason: "Sends spam" } });
		await expectStatus(200, "deleteTenant", { as, id: data.id, body: { slug } });
		await expectStatus(409, "resumeTenant", { as, id: data.id });
		await expectStatus(200, "cancelTenantDeletion", { as, id: data.id });
		await expectStatus(409, "cancelTenantDeletion", { as, id: data.id });
		await expectStatus(200, "resumeTenant", { as, id: data.id });
		await expectStatus(200, "findTenantsByKey", { as, body: { text: (await issue()).key } });
		for (const operationId of ["health", "readiness", "getStatus"]) await expectStatus(200, operationId, { as: null });
	});

	it("a person is exported and deleted, unless they are a member or the caller", async () => {
		const { key } = await issue();
		const body = { email: `${randomUUID()}@leads.example` };
		await expectStatus(201, "createLead", { as: key, body: { name: "Bruno", ...body } });
		const exported = (await expectStatus(200, "exportPerson", { body })).data;
		expect(exported).toMatchObject({ email: body.email, tables: { leads: [body] } });
		const { data } = await expectStatus(200, "deletePerson", { body });
		expect(data).toMatchObject({ deleted: { leads: 1 }, is_complete: true });
		const owner = { email: service.vars.DEMO_OWNER_EMAIL };
		await expectStatus(409, "deletePerson", { body: owner });
		await expectStatus(409, "deletePerson", { as: platform, headers: { "x-tenant-id": tenantId }, body: owner });
	});

	it("the platform sees the state of the service, and compares gates with the database", async () => {
		const as = platform;
		await expectStatus(200, "getOperationsOverview", { as });
		await expectStatus(200, "getOperationsSecrets", { as });
		const [{ api_key: asked }] = await Promise.all([issue(), issue(), issue()]);
		const { data } = await expectStatus(200, "getDeliveries", { as, body: { key_ids: [asked.id, "000000000000"] } });
		expect(data).toMatchObject({ items: [{ key_id: asked.id, tenant_id: tenantId, failures: 0 }] });
		interface Page {
			items: { outcome: string }[];
			next_after: string | null;
		}
		const compared = async (operationId: string, body: object) =>
			(await expectStatus(200, operationId, { as, body })).data as unknown as Page;
		const first = await compared("reconcileKeys", { limit: 2, dry_run: true });
		const second = await compared("reconcileKeys", { limit: 1, after: first.next_after });
		const { ids } = await objectsOnThisMachine(join(service.folder, ".wrangler/state"))("");
		const ofObjects = await compared("reconcileObjects", { object_ids: ids.slice(0, 2) });
		expect([first, second, ofObjects].map(({ items }) => items.length)).toEqual([2, 1, 2]);
		for (const { outcome } of [first, second, ofObjects].flatMap(({ items }) => items))
			expect(outcome).not.toBe("failed");
	});

	it("the platform lists and revokes the open management tokens of all tenants", async () => {
		await expectStatus(201, "createManagementToken", { body: exampleOf("createManagementToken") });
		const open = async (body: object) => {
			const sent = { as: platform, body: { created_before: "2100-01-01T00:00:00Z", ...body } };
			const { data } = await expectStatus(200, "listOpenTokens", sent);
			return (data as unknown as { items: { id: string }[] }).items.map(({ id }) => id);
		};
		const listed = await open({});
		expect(listed).not.toEqual([]);
		expect(await open({ revoke: true })).toEqual(listed);
		expect((await open({})).filter((id) => listed.includes(id))).toEqual([]);
	});
});

/** Operations without a body on one member. */
const STEPS_OF_MEMBERS = ["deactivateMember", "reactivateMember", "resetMemberPassword", "removeMember"];

describe("with invalid input", () => {
	const forManagers = ({ operation }: Described) => operation.security?.some((choice) => "bearer" in choice);
	const forKeys = ({ operation }: Described) => operation.security?.some((choice) => "apiKey" in choice);
	/** The document gives every operation in a tenant the header in which the platform names that tenant. */
	const ofTenant = ({ operation }: Described) =>
		operation.parameters?.some(({ name }) => name === "X-Tenant-Id") === true;
	/** Managers may also have a session. */
	const forPlatform = ({ operation }: Described) =>
		operation.security?.some((choice) => "bearer" in choice) === true &&
		!operation.security.some((choice) => "session" in choice);
	/** A credential that an operation accepts, with the tenant that the platform has to name. */
	const rightful = (described: Described, key: string): Pick<Sent, "as" | "headers"> => {
		if (forKeys(described)) return { as: key };
		if (!forPlatform(described)) return { as: token };
		return ofTenant(described) ? { as: platform, headers: { "x-tenant-id": tenantId } } : { as: platform };
	};

	it("no operation accepts a missing, forged or wrong kind of credential", async () => {
		const { key } = await issue({ scopes: ["leads:read"] });
		const { key: writer } = await issue({ scopes: ["leads:write"] });
		for (const described of operations) {
			const { operationId } = described.operation;
			if (!forManagers(described) && !forKeys(described)) continue;
			for (const as of [null, "nonsense", `sk_live_${"0".repeat(48)}`]) await expectStatus(401, operationId, { as });
			if (forManagers(described)) await expectStatus(403, operationId, { as: key });
			else if (operationId !== "whoami")
				await expectStatus(403, operationId, {
					as: operationId.endsWith("Lead") && operationId !== "getLead" ? key : writer,
				});
		}
		const { key: elsewhere } = await issue({ ip_allowlist: ["192.0.2.1"] });
		await expectStatus(403, "whoami", { as: elsewhere });
	});

	it("every operation refuses a key that has used its limit", async () => {
		const { key } = await issue({ rate_limit: 1 });
		await call("whoami", { as: key });
		for (const described of operations.filter(forKeys))
			await expectStatus(429, described.operation.operationId, { as: key });
	});

	it("every operation of a tenant refuses what exceeds a quota", async () => {
		const slug = `t-${randomUUID().slice(0, 8)}`;
		const { id } = (await expectStatus(201, "createTenant", { as: platform, body: { name: "Small", slug } })).data;
		const inTenant = { as: platform, headers: { "x-tenant-id": id } };
		const body = { name: "Integration", scopes: [] };
		const { key } = (await expectStatus(201, "createApiKey", { ...inTenant, body })).data;
		const person = { external_id: "c1", name: "Ana", email: "ana@acme.example" };
		await expectStatus(200, "syncCollaborators", { as: key, body: { collaborators: [person] } });
		const lead = (await expectStatus(201, "createLead", { as: key, body: { name: "Bruno" } })).data;

		const quotas = { api_keys: 1, stored_bytes: 0, management_calls_per_minute: 0 };
		await expectStatus(200, "updateTenant", { as: platform, id, body: { quotas } });
		const collaborators = [{ ...person, email: "bia@acme.example" }];
		const activities = [{ activity_code: "001", external_id: "a1", collaborator_email: person.email }];
		const longer = { name: "Bruno, who has a longer name now" };
		await expectStatus(409, "syncCollaborators", { as: key, body: { collaborators } });
		await expectStatus(409, "syncActivities", { as: key, body: { activities } });
		await expectStatus(409, "defaultIntegration", { as: key, body: { action: "sync_activities", activities } });
		await expectStatus(409, "createLead", { as: key, body: longer });
		await expectStatus(409, "updateLead", { as: key, id: lead.id, body: longer });
		const { keys } = exampleOf("importApiKeys") as { keys: object[] };
		const unknown = { ...keys[0], hash: "0".repeat(64), hash_kind: "sha256" };
		await expectStatus(409, "importApiKeys", { ...inTenant, body: { keys: [unknown] } });
		const admin = await adminOf(id);
		for (const described of operations.filter(ofTenant))
			if (!forPlatform(described)) await expectStatus(429, described.operation.operationId, { as: admin });
	});

	it("the size, type, syntax and fields of bodies are validated", async () => {
		const { key } = await issue();
		for (const described of operations.filter(({ operation }) => operation.requestBody)) {
			const { operationId } = described.operation;
			const by = rightful(described, key);
			await expectStatus(413, operationId, { ...by, body: "x".repeat(1_048_577) });
			const headers = { ...by.headers, "content-type": "text/plain" };
			await expectStatus(415, operationId, { ...by, body: "a=b", headers });
			for (const body of ["{", "[]", '"text"', "null", '{"__proto__":[]}', '{"limit":{"a":[[[[]]]]},"name":7}'])
				if (!(operationId === "updateLead" && body.includes("__proto__"))) await call(operationId, { ...by, body });
			await expectStatus(400, operationId, { ...by, body: "{" });
		}
		for (const withoutBody of [
			"deleteApiKey",
			"advanceJob",
			"stopJob",
			"resumeJob",
			"revokeManagementToken",
			"endMemberSessions",
			...STEPS_OF_MEMBERS,
		])
			await expectStatus(413, withoutBody, { body: "x".repeat(1_048_577) });
		for (const withoutBody of ["resumeTenant", "cancelTenantDeletion"])
			await expectStatus(413, withoutBody, { as: platform, body: "x".repeat(1_048_577) });
		await expectStatus(413, "deleteLead", { as: key, body: "x".repeat(1_048_577) });
	});

	it("parameters are validated", async () => {
		const { key } = await issue();
		for (const described of operations) {
			const { operation, path } = described;
			const { operationId, parameters = [] } = operation;
			const by = rightful(described, key);
			if (parameters.some((parameter) => parameter.in === "query" && parameter.name === "limit"))
				for (const query of ["?limit=0", "?limit=x", "?limit=", "?cursor=%00", "?limit=1&limit=2"])
					await expectStatus(400, operationId, { ...by, query });
			if (path.includes("{id}")) {
				const body = operation.requestBody?.content["application/json"]?.example;
				// Ending a session that is not open changes nothing.
				const unknown = path.startsWith("/v1/sessions") ? 200 : 404;
				await expectStatus(unknown, operationId, { ...by, body });
				await expectStatus(unknown, operationId, { ...by, id: encodeURIComponent("../\u0000'\"é"), body });
				await expectStatus(400, operationId, { ...by, id: "x".repeat(65), body });
			}
		}
		for (const described of operations.filter(({ operation }) => "400" in operation.responses)) {
			const { operationId, requestBody } = described.operation;
			// Clients of SalesOS may send parameters that this service does not know.
			if (operationId === "defaultIntegration") continue;
			const body = requestBody?.content["application/json"]?.example;
			await expectStatus(400, operationId, { ...rightful(described, key), body, query: "?colour=red" });
		}
		await expectStatus(400, "getApiKeyUsage", { query: "?granularity=second" });
	});

	it("the platform must name an existing tenant", async () => {
		for (const described of operations.filter(ofTenant)) {
			const { operationId, requestBody } = described.operation;
			const body = requestBody?.content["application/json"]?.example;
			const as = platform;
			await expectStatus(400, operationId, { as, body });
			await expectStatus(404, operationId, { as, body, headers: { "x-tenant-id": "ten_unknown" } });
			await expectStatus(400, operationId, { as, body, headers: { "x-tenant-id": "a" }, query: "?tenant_id=b" });
		}
		await expectStatus(200, "listApiKeys", { as: platform, headers: { "x-tenant-id": tenantId } });
	});
});

it("every documented status occurred, except those of outages", () => {
	const byOperation = (statusesOf: (described: Described) => Iterable<string>) =>
		Object.fromEntries(operations.map((described) => [described.name, [...statusesOf(described)].sort()]));
	const documented = byOperation(({ operation }) =>
		Object.keys(operation.responses).filter((status) => !NEEDS_AN_OUTAGE.has(status)),
	);
	expect(byOperation(({ name }) => seen.get(name) ?? [])).toEqual(documented);
});
