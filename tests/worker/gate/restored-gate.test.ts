/**
 * A gate's storage was lost or put back to an earlier time, and D1 was not. The gate takes over what D1 knows of a later state:
 * the higher version, every revocation and deletion, and what was counted in the current hour.
 */
import { runDurableObjectAlarm } from "cloudflare:test";
import { eq } from "drizzle-orm";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { apiKeys, auditEvents } from "../../../db/schema.ts";
import { hourOf } from "../../../worker/keys/window.ts";
import type { ApiKey } from "../../../worker/schemas/api-key.ts";
import { addTenant, asIntegration, createKey, db, gateOf, mutate, query, token } from "../fixtures.ts";
import { admit, admitMany, disk, linkToD1, presented, restoreDisk } from "./gate-control.ts";

const tenantId = await addTenant();
const admin = await token({ tenantId });
const NOW = hourOf(Date.now()) + 10 * 60_000;
const NO_STORAGE = new Map<string, unknown>();

beforeEach(() => {
	vi.spyOn(console, "error").mockImplementation(() => undefined);
});
afterEach(() => {
	vi.restoreAllMocks();
});

const row = async (keyId: string) => (await db.select().from(apiKeys).where(eq(apiKeys.id, keyId)))[0];
const actions = async (keyId: string) =>
	(await db.select().from(auditEvents).where(eq(auditEvents.keyId, keyId))).map(({ action }) => action).sort();

it("a gate without storage admits no more in the hour than its limit, as far as its usage was delivered", async () => {
	const { key, api_key } = await createKey(admin, { rate_limit: 3 });
	expect(await admitMany(key, 3, NOW)).toEqual({ VALID: 3 });
	await runDurableObjectAlarm(gateOf(api_key.id));
	await restoreDisk(api_key.id, NO_STORAGE);
	expect(await admitMany(key, 3, NOW + 60_000)).toEqual({ RATE_LIMITED: 3 });
	await runDurableObjectAlarm(gateOf(api_key.id));
	expect(await row(api_key.id)).toMatchObject({ usageCount: 3 });
	expect(await admitMany(key, 4, NOW + 3_600_000)).toEqual({ VALID: 3, RATE_LIMITED: 1 });
	await runDurableObjectAlarm(gateOf(api_key.id));
	expect(await row(api_key.id)).toMatchObject({ usageCount: 6 });
});

it("a gate without storage keeps a revocation and a deletion", async () => {
	const revoked = await createKey(admin);
	const deleted = await createKey(admin);
	for (const { key } of [revoked, deleted]) await admitMany(key, 1);
	await mutate(admin, "keys.revoke", { id: revoked.api_key.id });
	await mutate(admin, "keys.delete", { id: deleted.api_key.id });
	for (const { api_key } of [revoked, deleted]) await restoreDisk(api_key.id, NO_STORAGE);
	expect((await admit(presented(revoked.key))).code).toBe("REVOKED");
	expect((await admit(presented(deleted.key))).code).toBe("NOT_FOUND");
});

it("a gate that was put back takes over a revocation as soon as it delivers, and then refuses", async () => {
	const { key, api_key } = await createKey(admin, { rate_limit: 5 });
	await admitMany(key, 1, NOW);
	const yesterday = await disk(api_key.id);
	await admitMany(key, 3, NOW);
	await mutate(admin, "keys.update", { id: api_key.id, name: "New name" });
	await mutate(admin, "keys.revoke", { id: api_key.id, reason: "Leaked" });
	await restoreDisk(api_key.id, yesterday);
	// Until then it does not know: asking D1 for every request would make D1 part of admission.
	expect((await admit(presented(key), NOW)).code).toBe("VALID");
	await runDurableObjectAlarm(gateOf(api_key.id));
	expect((await admit(presented(key), NOW)).code).toBe("REVOKED");
	await runDurableObjectAlarm(gateOf(api_key.id));
	expect(await row(api_key.id)).toMatchObject({ name: "New name", version: 3, revokedBy: "usr_test" });
	expect(await actions(api_key.id)).toContain("api_key.repair");
});

it("a gate that was put back counts what D1 has counted in the hour", async () => {
	const { key, api_key } = await createKey(admin, { rate_limit: 5 });
	await admitMany(key, 1, NOW);
	const yesterday = await disk(api_key.id);
	await admitMany(key, 4, NOW);
	await runDurableObjectAlarm(gateOf(api_key.id));
	await restoreDisk(api_key.id, yesterday);
	expect(await gateOf(api_key.id).reconcile(api_key.id, true, NOW)).toMatchObject({ outcome: "behind" });
	expect(await gateOf(api_key.id).reconcile(api_key.id, false, NOW)).toMatchObject({
		outcome: "behind",
		isRepaired: true,
	});
	expect(await admitMany(key, 2, NOW)).toEqual({ RATE_LIMITED: 2 });
});

it("a change to a gate that was put back is made to the version that D1 lists", async () => {
	const { key, api_key } = await createKey(admin);
	await admitMany(key, 1, NOW);
	const yesterday = await disk(api_key.id);
	await mutate(admin, "keys.update", { id: api_key.id, name: "New name", rate_limit: 7 });
	await restoreDisk(api_key.id, yesterday);
	const changed = await mutate<ApiKey>(admin, "keys.update", {
		id: api_key.id,
		scopes: ["leads:read"],
		expected_version: 2,
	});
	expect(changed.data).toMatchObject({ name: "New name", rate_limit: 7, scopes: ["leads:read"], version: 3 });
	expect(await row(api_key.id)).toMatchObject({ name: "New name", rateLimit: 7, scopes: ["leads:read"], version: 3 });
});

it("a revocation that was made on a gate that was put back is kept, with the settings of D1", async () => {
	const { key, api_key } = await createKey(admin);
	await admitMany(key, 1, NOW);
	const yesterday = await disk(api_key.id);
	await mutate(admin, "keys.update", { id: api_key.id, name: "Second" });
	await mutate(admin, "keys.update", { id: api_key.id, name: "Third" });
	await restoreDisk(api_key.id, yesterday);
	// As a Worker of the release before calls it: it doesn't say which version D1 lists.
	const author = { tenantId, actor: "usr_test", actorEmail: null, ip: null, userAgent: null };
	await gateOf(api_key.id).revoke({ keyId: api_key.id, author }, null);
	await runDurableObjectAlarm(gateOf(api_key.id));
	expect(await row(api_key.id)).toMatchObject({ name: "Third", revokedBy: "usr_test", version: 4 });
	expect((await asIntegration(key)).status).toBe(401);
});

it("a revocation that D1 has is kept, however often a gate that was put back is changed while D1 is down", async () => {
	for (const changes of [1, 2, 3]) {
		const { key, api_key } = await createKey(admin);
		await admitMany(key, 1, NOW);
		const yesterday = await disk(api_key.id);
		await mutate(admin, "keys.revoke", { id: api_key.id });
		await restoreDisk(api_key.id, yesterday);
		const link = await linkToD1(api_key.id);
		link.down = true;
		const author = { tenantId, actor: "usr_test", actorEmail: null, ip: null, userAgent: null };
		for (let no = 1; no <= changes; no++)
			await gateOf(api_key.id).update({ keyId: api_key.id, author }, { name: `Name ${no}` });
		link.down = false;
		for (let run = 0; run < 3; run++) await gateOf(api_key.id).reconcile(api_key.id, false);
		expect((await admit(presented(key), NOW)).code).toBe("REVOKED");
		expect((await row(api_key.id))?.revokedAt).not.toBeNull();
		expect(await gateOf(api_key.id).reconcile(api_key.id, true)).toMatchObject({ outcome: "agrees" });
	}
});

it("a gate that D1 does not differ from is not repaired, also if it keeps fields of the next release", async () => {
	const { key, api_key } = await createKey(admin);
	await admitMany(key, 1, NOW);
	await runDurableObjectAlarm(gateOf(api_key.id));
	const stored = await disk(api_key.id);
	const newer = { ...(stored.get("key") as Record<string, unknown>), fieldOfTheNextRelease: 1 };
	await restoreDisk(api_key.id, new Map([...stored, ["key", newer]]));
	expect(await gateOf(api_key.id).reconcile(api_key.id, false)).toMatchObject({ outcome: "agrees", isRepaired: true });
	expect(await actions(api_key.id)).toEqual(["api_key.create"]);
});

it("an update of a gate that was put back fails while D1 does not say what is later", async () => {
	const { key, api_key } = await createKey(admin);
	await admitMany(key, 1, NOW);
	const yesterday = await disk(api_key.id);
	await mutate(admin, "keys.update", { id: api_key.id, name: "New name" });
	await restoreDisk(api_key.id, yesterday);
	const link = await linkToD1(api_key.id);
	link.down = true;
	expect((await mutate(admin, "keys.update", { id: api_key.id, rate_limit: 7 })).status).toBe(503);
	link.down = false;
	expect((await mutate(admin, "keys.update", { id: api_key.id, rate_limit: 7 })).status).toBe(200);
	expect(await row(api_key.id)).toMatchObject({ name: "New name", rateLimit: 7, version: 3 });
});

it("a key that was never used has no storage, and a used one that has none was lost", async () => {
	const unused = await createKey(admin);
	const used = await createKey(admin);
	await admitMany(used.key, 1, NOW);
	await runDurableObjectAlarm(gateOf(used.api_key.id));
	await restoreDisk(used.api_key.id, NO_STORAGE);
	const outcome = async (id: string, isDryRun: boolean) => (await gateOf(id).reconcile(id, isDryRun)).outcome;
	expect(await outcome(unused.api_key.id, false)).toBe("unused");
	expect((await disk(unused.api_key.id)).size).toBe(0);
	expect(await outcome(used.api_key.id, true)).toBe("lost");
	expect((await disk(used.api_key.id)).size).toBe(0);
	expect(await outcome(used.api_key.id, false)).toBe("lost");
	expect(await outcome(used.api_key.id, false)).toBe("agrees");
	expect((await query<ApiKey>(admin, "keys.get", { id: used.api_key.id })).data.usage_count).toBe(1);
});
