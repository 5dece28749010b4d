/** D1 is asked when a gate wakes that has never seen its key, and never again. */
import { eq } from "drizzle-orm";
import { expect, it } from "vitest";
import { apiKeys } from "../../../db/schema.ts";
import { addTenant, asIntegration, createKey, db, gateOf, mutate, token } from "../fixtures.ts";
import { admit, admitMany, crash, disk, linkToD1, presented } from "./gate-control.ts";

const admin = await token({ tenantId: await addTenant() });

it("the first request costs one read, however many come at once; the next cost none", async () => {
	const { key, api_key } = await createKey(admin);
	const link = await linkToD1(api_key.id);
	expect(await admitMany(key, 50)).toEqual({ VALID: 50 });
	expect(link.statements).toBe(1);
	await admitMany(key, 50);
	expect(link.statements).toBe(1);
});

it("a gate that was killed wakes with its key, without D1", async () => {
	const { key, api_key } = await createKey(admin);
	await admitMany(key, 1);
	await crash(api_key.id);
	const link = await linkToD1(api_key.id);
	link.down = true;
	expect(await admitMany(key, 5)).toEqual({ VALID: 5 });
	expect(link.statements).toBe(0);
});

it("what somebody changes in D1 behind the gate's back changes nothing", async () => {
	const { key, api_key } = await createKey(admin, { scopes: ["leads:read"] });
	await admitMany(key, 1);
	await db.update(apiKeys).set({ scopes: [], rateLimit: 1 }).where(eq(apiKeys.id, api_key.id));
	expect((await admit(presented(key, { scope: "leads:write" }))).code).toBe("MISSING_SCOPE");
});

it("a key that D1 does not know leaves nothing behind in its gate", async () => {
	const { key, api_key } = await createKey(admin);
	await db.delete(apiKeys).where(eq(apiKeys.id, api_key.id));
	expect((await asIntegration(key)).status).toBe(401);
	expect((await disk(api_key.id)).size).toBe(0);
});

it("a deleted key stays deleted, even when a backup of D1 brings its row back", async () => {
	const { key, api_key } = await createKey(admin);
	const [row] = await db.select().from(apiKeys).where(eq(apiKeys.id, api_key.id));
	await mutate(admin, "keys.delete", { id: api_key.id });
	if (row) await db.insert(apiKeys).values(row);
	await crash(api_key.id);
	expect((await admit(presented(key))).code).toBe("NOT_FOUND");
	expect((await mutate(admin, "keys.rotate", { id: api_key.id })).status).toBe(404);
	// All that is kept is the tombstone.
	expect([...(await disk(api_key.id)).keys()]).toEqual(["key"]);
});

it("a key that was taken back while its gate was asking D1 for it stays taken back", async () => {
	const tenantId = await addTenant();
	const { key, api_key } = await createKey(await token({ tenantId }));
	const link = await linkToD1(api_key.id);
	const read = Promise.withResolvers<void>();
	const held = Promise.withResolvers<void>();
	link.interceptRead = async (answer) => {
		const rows = await answer();
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
