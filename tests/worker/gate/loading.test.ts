/** A gate reads its key from D1 once: when it is first called. */
import { eq } from "drizzle-orm";
import { expect, it } from "vitest";
import { apiKeys } from "../../../db/schema.ts";
import { addTenant, asIntegration, createKey, db, gateOf, mutate, token } from "../fixtures.ts";
import { admit, admitMany, crash, disk, linkToD1, presented } from "./gate-control.ts";

const admin = await token({ tenantId: await addTenant() });

it("concurrent first requests cost one read of D1, and later requests cost none", async () => {
	const { key, api_key } = await createKey(admin);
	const link = await linkToD1(api_key.id);
	expect(await admitMany(key, 50)).toEqual({ VALID: 50 });
	expect(link.statements).toBe(1);
	await admitMany(key, 50);
	expect(link.statements).toBe(1);
});

it("a gate that was killed restores its key without D1", async () => {
	const { key, api_key } = await createKey(admin);
	await admitMany(key, 1);
	await crash(api_key.id);
	const link = await linkToD1(api_key.id);
	link.down = true;
	expect(await admitMany(key, 5)).toEqual({ VALID: 5 });
	expect(link.statements).toBe(0);
});

it("a change made directly in D1 has no effect on admission", async () => {
	const { key, api_key } = await createKey(admin, { scopes: ["leads:read"] });
	await admitMany(key, 1);
	await db.update(apiKeys).set({ scopes: [], rateLimit: 1 }).where(eq(apiKeys.id, api_key.id));
	expect((await admit(presented(key, { scope: "leads:write" }))).code).toBe("MISSING_SCOPE");
});

it("a key that is not in D1 stores nothing at its gate", async () => {
	const { key, api_key } = await createKey(admin);
	await db.delete(apiKeys).where(eq(apiKeys.id, api_key.id));
	expect((await asIntegration(key)).status).toBe(401);
	expect((await disk(api_key.id)).size).toBe(0);
});

it("a deleted key stays deleted, even if a backup of D1 restores its row", async () => {
	const { key, api_key } = await createKey(admin);
	const [row] = await db.select().from(apiKeys).where(eq(apiKeys.id, api_key.id));
	await mutate(admin, "keys.delete", { id: api_key.id });
	if (row) await db.insert(apiKeys).values(row);
	await crash(api_key.id);
	expect((await admit(presented(key))).code).toBe("NOT_FOUND");
	expect((await mutate(admin, "keys.rotate", { id: api_key.id })).status).toBe(404);
	// Only the tombstone is kept.
	expect([...(await disk(api_key.id)).keys()]).toEqual(["key"]);
});

it("a successor that is discarded while its gate reads it from D1 stays discarded", async () => {
	const tenantId = await addTenant();
	const { key, api_key } = await createKey(await token({ tenantId }));
	const link = await linkToD1(api_key.id);
	const read = Promise.withResolvers<void>();
	const held = Promise.withResolvers<void>();
	link.interceptRead = async (load) => {
		const rows = await load();
		read.resolve();
		await held.promise;
		return rows;
	};
	const first = admit(presented(key));
	await read.promise;
	await gateOf(api_key.id).discardSuccessor(api_key.id, tenantId, "its predecessor");
	held.resolve();
	expect((await first).code).toBe("NOT_FOUND");
	expect((await admit(presented(key))).code).toBe("NOT_FOUND");
});
