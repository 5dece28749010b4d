/** A key can use what its scopes grant. An error names the scope that it lacks. */
import { describe, expect, it } from "vitest";
import { addTenant, createKey, token } from "../fixtures.ts";
import { call } from "./tenant-with-keys.ts";

const admin = await token({ tenantId: await addTenant() });
const { key: unrestricted } = await createKey(admin, { scopes: [] });
const { data: lead } = await call<{ id: string }>(unrestricted, "POST", "/v1/leads", { name: "Lead" });

const person = { external_id: "a", name: "A", email: "a@acme.example" };
const did = { activity_code: "001", external_id: "a", collaborator_email: "a@acme.example" };

/** Every endpoint of integrations, the scope that it requires, and a valid request. */
const ENDPOINTS = [
	["GET", "/v1/whoami", null, undefined],
	["POST", "/v1/sync_collaborators", "default:sync", { collaborators: [person] }],
	["POST", "/v1/sync_activities", "default:sync", { activities: [did] }],
	["POST", "/functions/v1/default-integration", "default:sync", { action: "sync_activities", activities: [did] }],
	["GET", "/v1/leads", "leads:read", undefined],
	["GET", "/v1/leads/:id", "leads:read", undefined],
	["POST", "/v1/leads", "leads:write", { name: "Lead" }],
	["PATCH", "/v1/leads/:id", "leads:write", { name: "Renamed" }],
] as const;

describe.each([
	[[]],
	[["default:sync"]],
	[["leads:read"]],
	[["leads:write"]],
	[["leads:read", "leads:write"]],
	[["default:sync", "leads:read", "leads:write"]],
])("a key with the scopes %j", async (scopes) => {
	const { key } = await createKey(admin, { scopes });

	it.each(ENDPOINTS)("on %s %s, which requires %s", async (method, path, scope, body) => {
		const reply = await call(key, method, path.replace(":id", lead.id), body);
		if (scope === null || scopes.length === 0 || scopes.some((granted) => granted === scope)) {
			expect([200, 201]).toContain(reply.status);
		} else {
			expect([reply.status, reply.error.code]).toEqual([403, "FORBIDDEN"]);
			expect(reply.error.message).toContain(scope);
		}
	});
});

describe("a missing scope", () => {
	it("is reported before the request is validated, so that nothing can be probed", async () => {
		const { key } = await createKey(admin, { scopes: ["default:sync"] });
		for (const [method, path, body] of [
			["GET", "/v1/leads?cursor=nonsense", undefined],
			["GET", "/v1/leads/unknown", undefined],
			["PATCH", "/v1/leads/unknown", { nonsense: 1 }],
			["POST", "/v1/leads", {}],
		] as const)
			expect((await call(key, method, path, body)).status).toBe(403);
	});
});
