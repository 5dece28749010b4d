/** Misspelt parameters and fields are rejected by name. Ignoring a filter would return data that the caller did not ask for. */
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { Bindings } from "../../../worker/env.ts";
import { fieldsOf, request, token } from "../fixtures.ts";
import { isOfIntegrations, OPERATIONS, type Operation } from "../operations.ts";
import { call, read, tenantWithKeys } from "./tenant-with-keys.ts";

const { live, liveId, tenantId } = await tenantWithKeys();
const collaborator = { external_id: "c-1", name: "Ana", email: "ana@acme.example" };
const activity = { activity_code: "001", external_id: "r-0", collaborator_email: "ana@acme.example" };

async function rejectedFields(method: string, path: string, body?: unknown) {
	const reply = await call(live, method, path, body);
	return [reply.status, reply.error?.code, reply.error && fieldsOf(reply)];
}

describe("an unknown field", () => {
	it.each([
		["GET", "/v1/leads?statuss=converted", undefined, "statuss"],
		["GET", "/v1/leads/lead_1?fields=name", undefined, "fields"],
		["POST", "/v1/leads", { name: "Bruno", e_mail: "bruno@example.com" }, "e_mail"],
		["PATCH", "/v1/leads/lead_1", { state: "new" }, "state"],
		["POST", "/v1/sync_collaborators", { collaborators: [collaborator], dry_run: true }, "dry_run"],
		["POST", "/v1/sync_activities", { activities: [activity], action: "sync_activities" }, "action"],
		["POST", "/v1/sync_collaborators", { collaborators: [{ ...collaborator, tean: "South" }] }, "collaborators.0.tean"],
		["POST", "/v1/sync_activities", { activities: [activity, { ...activity, dta: {} }] }, "dta"],
	])("is named: %s %s %j", async (method, path, body, field) => {
		expect(await rejectedFields(method, path, body)).toEqual([400, "VALIDATION_ERROR", [field]]);
	});

	it("of an item rejects the whole request, so that a retry stores nothing twice", async () => {
		const misspelt = { ...collaborator, external_id: "c-2", email: "bia@acme.example", tean: "South" };
		const first = await call(live, "POST", "/v1/sync_collaborators", { collaborators: [collaborator, misspelt] });
		expect(first.status).toBe(400);
		const fixed = { ...collaborator, external_id: "c-2", email: "bia@acme.example", team: "South" };
		const second = await call(live, "POST", "/v1/sync_collaborators", { collaborators: [collaborator, fixed] });
		expect(second.data).toMatchObject({ created: 2, existing: 0, errors: [] });
	});

	it("is ignored by the Default Integration, whose clients may send more", async () => {
		const body = {
			action: "sync_collaborators",
			source: "crm",
			collaborators: [{ ...collaborator, email: "caio@acme.example", nickname: "Ani" }],
		};
		const reply = await call(live, "POST", "/functions/v1/default-integration", body);
		expect([reply.status, reply.data]).toMatchObject([200, { created: 1, errors: [] }]);
	});
});

describe("an unknown query parameter", () => {
	/** The only route that ignores them. */
	const DEFAULT_INTEGRATION = "POST /functions/v1/default-integration";
	const REST = OPERATIONS.filter(({ api, name }) => api === "rest" && name !== DEFAULT_INTEGRATION);
	// The generated type has no secrets.
	const { SERVICE_ROLE_KEY } = env as Bindings;

	const person = token({ tenantId });
	const credentialOf = async (audience: Operation["audience"]) => {
		if (isOfIntegrations(audience)) return live;
		return audience === "person" ? person : SERVICE_ROLE_KEY;
	};

	const send = async ({ method, path, audience, hasBody }: Operation, query: string) =>
		read(
			await request(path.replace("{id}", liveId) + query, {
				method,
				headers: {
					authorization: `Bearer ${await credentialOf(audience)}`,
					...(audience === "platform" ? {} : { "x-tenant-id": tenantId }),
					...(hasBody ? { "content-type": "application/json" } : {}),
				},
				...(hasBody ? { body: "{}" } : {}),
			}),
		);

	it.each(REST.map((operation) => [operation.name, operation] as const))("of %s is named", async (_, operation) => {
		const reply = await send(operation, "?dry_run=true");
		expect([reply.status, reply.error?.code]).toEqual([400, "VALIDATION_ERROR"]);
		expect(fieldsOf(reply)).toEqual(["dry_run"]);
	});

	it("of the document is named", async () => {
		const reply = await read(await request("/v1/openapi.json?version=2"));
		expect([reply.status, fieldsOf(reply)]).toEqual([400, ["version"]]);
	});

	it("is not looked at before the credential", async () => {
		const reply = await read(await request("/v1/api-keys?dry_run=true", { method: "POST" }));
		expect([reply.status, reply.error.code]).toEqual([401, "UNAUTHORIZED"]);
	});

	it("is ignored by the Default Integration, whose clients may send more", async () => {
		const body = { action: "sync_collaborators", collaborators: [collaborator] };
		const reply = await call(live, "POST", "/functions/v1/default-integration?source=crm", body);
		expect(reply.status).toBe(200);
	});
});
