/** A change that names the version it is based on is refused if the key has changed since. */
import { describe, expect, it } from "vitest";
import type { ApiKey } from "../../../worker/schemas/api-key.ts";
import { addTenant, asIntegration, createKey, mutate, query, token } from "../fixtures.ts";

const admin = await token({ tenantId: await addTenant() });

const get = async (id: string) => (await query<ApiKey>(admin, "keys.get", { id })).data;

const CHANGES: [procedure: string, input: Record<string, unknown>][] = [
	["keys.update", { name: "Theirs" }],
	["keys.rotate", {}],
	["keys.revoke", {}],
	["keys.delete", {}],
];

it("a new key has version 1, and every change raises it by one", async () => {
	const { api_key } = await createKey(admin);
	expect(api_key.version).toBe(1);
	expect((await mutate<ApiKey>(admin, "keys.update", { id: api_key.id, name: "Second" })).data.version).toBe(2);
	expect((await mutate<{ previous: ApiKey }>(admin, "keys.rotate", { id: api_key.id })).data.previous.version).toBe(3);
	expect((await mutate<ApiKey>(admin, "keys.revoke", { id: api_key.id })).data.version).toBe(4);
	expect((await get(api_key.id)).version).toBe(4);
});

it("an update that changes nothing keeps the version, since nothing can be lost", async () => {
	const { api_key } = await createKey(admin, { name: "Same" });
	expect((await mutate<ApiKey>(admin, "keys.update", { id: api_key.id, name: "Same" })).data.version).toBe(1);
});

describe.each(CHANGES)("%s", (procedure, input) => {
	it("goes ahead with the current version", async () => {
		const { api_key } = await createKey(admin);
		await mutate(admin, "keys.update", { id: api_key.id, name: "Second" });
		const { status } = await mutate(admin, procedure, { id: api_key.id, expected_version: 2, ...input });
		expect(status).toBe(200);
	});

	it("is a conflict with an earlier version, and changes nothing", async () => {
		const { key, api_key } = await createKey(admin);
		await mutate(admin, "keys.update", { id: api_key.id, scopes: ["leads:read"] });
		const before = await get(api_key.id);
		const refused = await mutate(admin, procedure, { id: api_key.id, expected_version: 1, ...input });
		expect([refused.status, refused.error.code, refused.error.message]).toEqual([
			409,
			"CONFLICT",
			"The API key has changed since you loaded it. Reload it and try again.",
		]);
		expect(await get(api_key.id)).toEqual(before);
		expect((await asIntegration(key)).status).toBe(200);
	});

	it("lets one of two people through who start from the same version at once", async () => {
		const { api_key } = await createKey(admin);
		const change = () => mutate(admin, procedure, { id: api_key.id, expected_version: 1, ...input });
		const statuses = (await Promise.all([change(), change()])).map(({ status }) => status).sort();
		// The second of two revocations finds what it wants, and the second of two deletions finds no key.
		const second = { "keys.revoke": 200, "keys.delete": 404 }[procedure] ?? 409;
		expect(statuses).toEqual([200, second]);
	});
});

it("a key that is revoked stays so, whatever version a revocation expects", async () => {
	const { api_key } = await createKey(admin);
	await mutate(admin, "keys.revoke", { id: api_key.id });
	const again = await mutate<ApiKey>(admin, "keys.revoke", { id: api_key.id, expected_version: 1 });
	expect([again.status, again.data.status]).toEqual([200, "revoked"]);
});

it("a version that no key can have is invalid", async () => {
	const { api_key } = await createKey(admin);
	for (const expected_version of [0, 1.5, "1"])
		expect((await mutate(admin, "keys.update", { id: api_key.id, expected_version })).status).toBe(400);
});
