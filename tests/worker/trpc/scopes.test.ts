/** The catalogue of scopes: each scope, and what it grants. */
import { expect, it } from "vitest";
import { addTenant, createKey, query, token } from "../fixtures.ts";

const admin = await token({ tenantId: await addTenant() });

it("lists every scope with what it grants, and a key can have each of them", async () => {
	const answer = await query<{ items: { scope: string; grants: string }[] }>(admin, "scopes.list");
	expect(answer.status).toBe(200);
	const scopes = answer.data.items.map(({ scope }) => scope);
	expect(scopes).toEqual(["default:sync", "leads:read", "leads:write"]);
	for (const { grants } of answer.data.items) expect(grants.length).toBeGreaterThan(5);
	expect((await createKey(admin, { scopes })).api_key.scopes).toEqual(scopes);
});
