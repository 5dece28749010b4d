/** The catalogue of scopes: everything that a key can be given, and what it grants. */
import { expect, it } from "vitest";
import { addTenant, createKey, query, token } from "../fixtures.ts";

const admin = await token({ tenantId: await addTenant() });

it("lists every scope with what it grants, and every one of them can be given to a key", async () => {
	const answer = await query<{ items: { scope: string; grants: string }[] }>(admin, "scopes.list");
	expect(answer.status).toBe(200);
	const scopes = answer.data.items.map(({ scope }) => scope);
	expect(scopes).toEqual(["default:sync", "leads:read", "leads:write"]);
	for (const { grants } of answer.data.items) expect(grants.length).toBeGreaterThan(5);
	expect((await createKey(admin, { scopes })).api_key.scopes).toEqual(scopes);
});
