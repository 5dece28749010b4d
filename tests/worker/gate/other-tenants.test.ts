/**
 * A gate writes only rows of its key's tenant. Ids are unique, so this matters only after another failure, such as a
 * database that was restored wrongly. Then no damage must spread to another tenant.
 */
import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { apiKeys, usageHourly } from "../../../db/schema.ts";
import { Secret } from "../../../worker/env.ts";
import { newRow } from "../../../worker/gate/delivery/d1-records.ts";
import { mintKey } from "../../../worker/keys/format.ts";
import { snapshotOf } from "../../../worker/keys/snapshot.ts";
import { addTenant, createKey, db, gateOf, mutate, token } from "../fixtures.ts";
import { admitMany, disk, linkToD1 } from "./gate-control.ts";

const tenantId = await addTenant();
const otherTenant = await addTenant();
const admin = await token({ tenantId });
beforeEach(() => {
	vi.spyOn(console, "error").mockImplementation(() => undefined);
});
afterEach(() => {
	vi.restoreAllMocks();
});

const rowOf = async (id: string) => (await db.select().from(apiKeys).where(eq(apiKeys.id, id)))[0];

const author = { tenantId: otherTenant, actor: "usr_other", actorEmail: null, ip: null, userAgent: null };

it("does nothing for another tenant, and reveals nothing to it", async () => {
	const { key, api_key } = await createKey(admin);
	await admitMany(key, 1);
	const { id } = api_key;
	const gate = gateOf(id);
	const call = { keyId: id, author };
	const { material } = mintKey("live", new Secret(env.KEY_PEPPER));
	const results = [
		await gate.describe(id, otherTenant),
		await gate.liveHours(id, otherTenant),
		await gate.update(call, { name: "Taken" }),
		await gate.rotate(call, { material, lifeMs: null, overlapMs: 0 }),
		await gate.revoke(call, null),
		await gate.remove(call),
	];
	expect(results).toEqual(results.map(() => ({ code: "NOT_FOUND" })));
	expect(await gate.describe(id, tenantId)).toMatchObject({ value: { name: "Test key", status: "active" } });
	expect(await admitMany(key, 1)).toEqual({ VALID: 1 });
});

/** A key that its gate knows, but whose row in D1 belongs to another tenant. */
async function misplacedKey() {
	const { key, api_key } = await createKey(admin);
	await admitMany(key, 2);
	await db.update(apiKeys).set({ tenantId: otherTenant }).where(eq(apiKeys.id, api_key.id));
	return { id: api_key.id, row: await rowOf(api_key.id) };
}

type Gate = ReturnType<typeof gateOf>;
type Call = Parameters<Gate["remove"]>[0];
it.each<[string, (gate: Gate, call: Call) => Promise<{ code: string }>]>([
	["update", (gate, call) => gate.update(call, { name: "Changed" })],
	["revoke", (gate, call) => gate.revoke(call, null)],
	["remove", (gate, call) => gate.remove(call)],
])("%s does not change the other tenant's row", async (_name, change) => {
	const { id, row } = await misplacedKey();
	const call = { keyId: id, author: { ...author, tenantId } };
	expect((await change(gateOf(id), call)).code).toBe("OK");
	expect(await rowOf(id)).toEqual(row);
});

it("usage is not written to the other tenant's row", async () => {
	const { id, row } = await misplacedKey();
	await runDurableObjectAlarm(gateOf(id));
	expect(await rowOf(id)).toEqual(row);
	expect(await db.select().from(usageHourly).where(eq(usageHourly.keyId, id))).toEqual([]);
});

it("discarding a successor does not delete the other tenant's row", async () => {
	const { key, api_key } = await createKey(admin);
	await admitMany(key, 1);
	const link = await linkToD1(api_key.id);
	link.down = true;
	expect((await mutate(admin, "keys.rotate", { id: api_key.id })).status).toBe(503);
	link.down = false;
	const order = [...(await disk(api_key.id)).keys()].find((name) => name.startsWith("discard:"));
	const id = order?.replace("discard:", "") ?? "";
	const own = await rowOf(api_key.id);
	if (!own) throw new Error("The key has been created");
	await db.insert(apiKeys).values(newRow({ ...snapshotOf(own), id, tenantId: otherTenant }));
	await runDurableObjectAlarm(gateOf(api_key.id));
	expect(await rowOf(id)).toBeDefined();
});
