/**
 * D1 was restored to an earlier time, and the gates were not. The gate's truth reaches D1 with the key's next use or change,
 * and no key that is admitted stays out of the lists.
 */
import { runDurableObjectAlarm } from "cloudflare:test";
import { and, eq } from "drizzle-orm";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { apiKeys, auditEvents, gateSweeps, quotas, tenants, unlistedKeys, usageHourly } from "../../../db/schema.ts";
import { hourOf } from "../../../worker/keys/window.ts";
import type { ApiKey } from "../../../worker/schemas/api-key.ts";
import { addTenant, asIntegration, createKey, db, gateOf, mutate, query, token } from "../fixtures.ts";
import { admit, admitMany, disk, presented, restoreDisk } from "./gate-control.ts";

const tenantId = await addTenant();
const admin = await token({ tenantId });
const NOW = hourOf(Date.now()) + 10 * 60_000;

beforeEach(() => {
	vi.spyOn(console, "error").mockImplementation(() => undefined);
});
afterEach(() => {
	vi.restoreAllMocks();
});

const row = async (keyId: string) => (await db.select().from(apiKeys).where(eq(apiKeys.id, keyId)))[0];
/** Puts a row back as it was. */
async function restoreRow(yesterday: typeof apiKeys.$inferSelect | undefined): Promise<void> {
	if (!yesterday) throw new Error("There is no row to restore");
	await lose(yesterday.id);
	await db.insert(apiKeys).values(yesterday);
}
const lose = (keyId: string) => db.delete(apiKeys).where(eq(apiKeys.id, keyId));
const repairs = async (keyId: string) =>
	(
		await db
			.select()
			.from(auditEvents)
			.where(and(eq(auditEvents.keyId, keyId), eq(auditEvents.action, "api_key.repair")))
	).map(({ changes, actor }) => [actor, changes.reason?.to]);
const listed = async (who = admin) => (await query<{ items: ApiKey[] }>(who, "keys.list", { limit: 100 })).data.items;

it("inserts the row of a key that is used, with its settings and all of its usage", async () => {
	const { key, api_key } = await createKey(admin, { name: "Café", scopes: ["leads:read"] });
	await admitMany(key, 2, NOW - 3_600_000);
	await admitMany(key, 3, NOW);
	const before = await row(api_key.id);
	await lose(api_key.id);
	expect((await listed()).map(({ id }) => id)).not.toContain(api_key.id);

	await runDurableObjectAlarm(gateOf(api_key.id));
	// The trigger gives the key a number of its own.
	expect(await row(api_key.id)).toEqual({
		...before,
		usageCount: 5,
		lastUsedAt: NOW,
		pepperId: expect.any(String),
		searchNo: expect.any(Number),
	});
	const hours = await db.select().from(usageHourly).where(eq(usageHourly.keyId, api_key.id));
	expect(hours.map(({ hour, allowed, tenantId }) => [hour, allowed, tenantId])).toEqual([
		[hourOf(NOW) - 3_600_000, 2, tenantId],
		[hourOf(NOW), 3, tenantId],
	]);
	expect((await listed()).map(({ id }) => id)).toContain(api_key.id);
	const found = await query<{ items: ApiKey[] }>(admin, "keys.list", { search: "cafe" });
	expect(found.data.items.map(({ id }) => id)).toEqual([api_key.id]);
	expect(await repairs(api_key.id)).toEqual([["system", "The row was missing"]]);
});

it("keeps the usage until a row took it", async () => {
	const { key, api_key } = await createKey(admin);
	await admitMany(key, 2, NOW - 3_600_000);
	await admitMany(key, 1, NOW);
	await db
		.update(apiKeys)
		.set({ tenantId: await addTenant() })
		.where(eq(apiKeys.id, api_key.id));
	await runDurableObjectAlarm(gateOf(api_key.id));
	expect([...(await disk(api_key.id)).keys()].filter((name) => name.startsWith("hour:"))).toHaveLength(2);
	await db.update(apiKeys).set({ tenantId }).where(eq(apiKeys.id, api_key.id));
	await runDurableObjectAlarm(gateOf(api_key.id));
	expect(await row(api_key.id)).toMatchObject({ usageCount: 3 });
});

it("inserts a row that a quota or a suspension would reject, and still rejects every other", async () => {
	const tenantId = await addTenant();
	const admin = await token({ tenantId });
	const { key, api_key } = await createKey(admin, { rate_limit: 500 });
	await admitMany(key, 1);
	await lose(api_key.id);
	await createKey(admin);
	await db.update(quotas).set({ apiKeysMax: 1, rateLimitMax: 10 }).where(eq(quotas.tenantId, tenantId));
	await db.update(tenants).set({ suspendedAt: NOW, suspensionNo: 1 }).where(eq(tenants.id, tenantId));

	await runDurableObjectAlarm(gateOf(api_key.id));
	expect(await row(api_key.id)).toMatchObject({ rateLimit: 500 });
	// The key was not listed when the tenant was suspended, so its gate learns it now.
	expect((await asIntegration(key)).status).toBe(403);
	const [quota] = await db.select().from(quotas).where(eq(quotas.tenantId, tenantId));
	expect(quota).toMatchObject({ apiKeys: 2, apiKeysMax: 1, unchecked: 0 });
	const values = { ...(await row(api_key.id)), id: "another", searchNo: null } as typeof apiKeys.$inferInsert;
	await expect(db.insert(apiKeys).values(values)).rejects.toThrow();
	await db.update(tenants).set({ suspendedAt: null }).where(eq(tenants.id, tenantId));
	await expect(db.insert(apiKeys).values(values)).rejects.toThrow();
});

it("brings an outdated row up to date with the next use", async () => {
	const { key, api_key } = await createKey(admin);
	await admitMany(key, 1, NOW);
	await runDurableObjectAlarm(gateOf(api_key.id));
	const yesterday = await row(api_key.id);
	await mutate(admin, "keys.update", { id: api_key.id, name: "New name", rate_limit: 7, scopes: ["leads:read"] });
	await restoreRow(yesterday);
	expect(await row(api_key.id)).toMatchObject({ name: "Test key", version: 1 });

	await admitMany(key, 1, NOW);
	await runDurableObjectAlarm(gateOf(api_key.id));
	expect(await row(api_key.id)).toMatchObject({ name: "New name", rateLimit: 7, version: 2, usageCount: 2 });
	expect(await repairs(api_key.id)).toEqual([["system", "The row was outdated"]]);
});

it("reports a key whose tenant is missing, keeps its usage and sets no alarm", async () => {
	const tenantId = await addTenant();
	const { key, api_key } = await createKey(await token({ tenantId }));
	await admitMany(key, 2, NOW - 3_600_000);
	const tenant = (await db.select().from(tenants).where(eq(tenants.id, tenantId)))[0];
	const saved = await db.select().from(auditEvents).where(eq(auditEvents.tenantId, tenantId));
	await lose(api_key.id);
	await db.delete(auditEvents).where(eq(auditEvents.tenantId, tenantId));
	await db.delete(tenants).where(eq(tenants.id, tenantId));

	const logged = vi.spyOn(console, "error").mockImplementation(() => undefined);
	await admitMany(key, 1, NOW);
	await runDurableObjectAlarm(gateOf(api_key.id));
	expect(await db.select().from(unlistedKeys).where(eq(unlistedKeys.keyId, api_key.id))).toMatchObject([{ tenantId }]);
	const line = logged.mock.calls.flat().join("\n");
	expect(line).toContain(api_key.id);
	expect(line).toContain(tenantId);
	expect(await runDurableObjectAlarm(gateOf(api_key.id))).toBe(false);

	// The tenant is back: the next use lists the key, with everything that the gate has kept.
	if (tenant) await db.insert(tenants).values(tenant);
	await admitMany(key, 1, NOW);
	await runDurableObjectAlarm(gateOf(api_key.id));
	expect(await row(api_key.id)).toMatchObject({ usageCount: 4, tenantId });
	expect(await db.select().from(unlistedKeys).where(eq(unlistedKeys.keyId, api_key.id))).toEqual([]);
	expect(saved.length).toBeGreaterThan(0);
});

it("reports a key whose tenant is missing when the platform revokes it, and delivers the event later", async () => {
	const tenantId = await addTenant();
	const { key, api_key } = await createKey(await token({ tenantId }));
	await admitMany(key, 1, NOW);
	const [tenant] = await db.select().from(tenants).where(eq(tenants.id, tenantId));
	await lose(api_key.id);
	await db.delete(auditEvents).where(eq(auditEvents.tenantId, tenantId));
	await db.delete(tenants).where(eq(tenants.id, tenantId));
	const author = { tenantId, actor: "service_role", actorEmail: null, ip: null, userAgent: null };
	expect(await gateOf(api_key.id).revoke({ keyId: api_key.id, author }, "Lost")).toMatchObject({ code: "OK" });
	expect((await asIntegration(key)).status).toBe(401);
	expect(await db.select().from(unlistedKeys).where(eq(unlistedKeys.keyId, api_key.id))).toHaveLength(1);

	if (tenant) await db.insert(tenants).values(tenant);
	expect(await gateOf(api_key.id).reconcile(api_key.id, false)).toMatchObject({ outcome: "missing", isRepaired: true });
	expect(await row(api_key.id)).toMatchObject({ revokedBy: "service_role" });
	const events = await db.select().from(auditEvents).where(eq(auditEvents.keyId, api_key.id));
	expect(events.map(({ action }) => action).sort()).toEqual(["api_key.repair", "api_key.revoke"]);
});

it("keeps the event of a deleted key whose tenant is missing, and sets no alarm for it", async () => {
	const tenantId = await addTenant();
	const { key, api_key } = await createKey(await token({ tenantId }));
	await admitMany(key, 1, NOW);
	const [tenant] = await db.select().from(tenants).where(eq(tenants.id, tenantId));
	await lose(api_key.id);
	await db.delete(auditEvents).where(eq(auditEvents.tenantId, tenantId));
	await db.delete(tenants).where(eq(tenants.id, tenantId));
	const author = { tenantId, actor: "service_role", actorEmail: null, ip: null, userAgent: null };
	await gateOf(api_key.id).remove({ keyId: api_key.id, author });
	await runDurableObjectAlarm(gateOf(api_key.id));
	expect(await runDurableObjectAlarm(gateOf(api_key.id))).toBe(false);

	if (tenant) await db.insert(tenants).values(tenant);
	await gateOf(api_key.id).reconcile(api_key.id, false);
	const events = await db.select().from(auditEvents).where(eq(auditEvents.keyId, api_key.id));
	expect(events.map(({ action }) => action)).toEqual(["api_key.delete"]);
});

it("deletes the row of a deleted key again when the key is used", async () => {
	const { key, api_key } = await createKey(admin);
	await admitMany(key, 1, NOW);
	const yesterday = await row(api_key.id);
	await mutate(admin, "keys.delete", { id: api_key.id });
	await restoreRow(yesterday);
	expect((await admit(presented(key))).code).toBe("NOT_FOUND");
	await vi.waitFor(async () => expect(await row(api_key.id)).toBeUndefined(), { timeout: 5_000 });
	expect(await repairs(api_key.id)).toEqual([["system", "The deleted key was listed"]]);
});

it("does not list a key again that D1 knows as deleted, and refuses it", async () => {
	const { key, api_key } = await createKey(admin);
	await admitMany(key, 1, NOW);
	const stub = gateOf(api_key.id);
	const before = await disk(api_key.id);
	await mutate(admin, "keys.delete", { id: api_key.id });
	await restoreDisk(api_key.id, before);
	expect((await admit(presented(key), NOW)).code).toBe("VALID");
	await runDurableObjectAlarm(stub);
	expect(await row(api_key.id)).toBeUndefined();
	expect((await admit(presented(key), NOW)).code).toBe("NOT_FOUND");
});

it("does not list a key of a tenant that is deleted or being deleted", async () => {
	for (const isFinished of [true, false]) {
		const tenantId = await addTenant();
		const { key, api_key } = await createKey(await token({ tenantId }));
		await admitMany(key, 1, NOW);
		await lose(api_key.id);
		await db.delete(auditEvents).where(eq(auditEvents.tenantId, tenantId));
		if (isFinished) await db.update(tenants).set({ deletedAt: NOW }).where(eq(tenants.id, tenantId));
		else
			await db
				.insert(gateSweeps)
				.values({ tenantId, kind: "delete", suspensionNo: 1, total: 0, createdAt: NOW, updatedAt: NOW });
		await runDurableObjectAlarm(gateOf(api_key.id));
		expect(await row(api_key.id)).toBeUndefined();
		expect((await asIntegration(key)).status).toBe(401);
		expect([...(await disk(api_key.id)).keys()]).toEqual(["key"]);
	}
});
