/** Deleting a tenant: when it begins, what it deletes, and what stays. */
import { env } from "cloudflare:workers";
import { eq, getTableName, sql } from "drizzle-orm";
import { getTableConfig, SQLiteTable } from "drizzle-orm/sqlite-core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { insertRows } from "../../../db/client.ts";
import { newId } from "../../../db/ids.ts";
import * as productSchema from "../../../db/product-schema.ts";
import * as schema from "../../../db/schema.ts";
import { scheduled } from "../../../worker/scheduled.ts";
import type { AuditList } from "../../../worker/schemas/audit.ts";
import type { Tenant } from "../../../worker/schemas/tenant.ts";
import { DAY_MS } from "../../../worker/schemas/time.ts";
import * as rows from "../../../worker/services/tenant-rows.ts";
import { exported, oldKey } from "../../old-key.ts";
import { addInvitation, addJob, openSession, populatedTenant } from "../auth/populated-tenant.ts";
import {
	addTenant,
	asIntegration,
	createKey,
	db,
	fieldsOf,
	gateOf,
	mutate,
	product,
	query,
	sendJson,
	token,
} from "../fixtures.ts";
import { disk } from "../gate/gate-control.ts";

const NOW = Date.parse("2031-05-06T10:20:30.000Z");
beforeEach(() => vi.useFakeTimers({ toFake: ["Date"], now: NOW }));
afterEach(() => {
	vi.useRealTimers();
	vi.restoreAllMocks();
});

const platform = env.SERVICE_ROLE_KEY;
const call = (procedure: string, id: string, input: object = {}) =>
	mutate<Tenant>(platform, `tenants.${procedure}`, { id, ...input });
const stateOf = async (id: string) => (await query<Tenant>(platform, "tenants.get", { id })).data.state;
/** What the scheduled run of a minute does, at the given time. */
const runAt = (time: number) =>
	scheduled({ scheduledTime: time, cron: "* * * * *", noRetry: () => undefined } as ScheduledController, env);

async function suspended() {
	const slug = newId("ten").toLowerCase().replace("_", "-");
	const id = await addTenant(slug);
	const { key, api_key } = await createKey(await token({ tenantId: id }), { scopes: [] });
	await asIntegration(key);
	await call("suspend", id);
	return { id, slug, key, keyId: api_key.id };
}

describe("the order", () => {
	it("needs a suspended tenant and its slug, and deletes nothing before its time", async () => {
		const { id, slug, key } = await suspended();
		const other = await addTenant("not-suspended");
		expect((await call("delete", other, { slug: "not-suspended" })).error.code).toBe("CONFLICT");
		const misspelt = await call("delete", id, { slug: `${slug}x` });
		expect([misspelt.status, fieldsOf(misspelt)]).toEqual([400, ["slug"]]);
		expect((await call("delete", id, { slug })).data).toMatchObject({
			state: "suspended",
			delete_after: "2031-06-05T10:20:30.000Z",
		});
		await runAt(NOW + 30 * DAY_MS - 1);
		expect(await stateOf(id)).toBe("suspended");
		expect((await asIntegration(key)).status).toBe(403);
	});

	it("can be cancelled until then, and the tenant can't be resumed before", async () => {
		const { id, slug, key } = await suspended();
		expect((await call("cancel_deletion", id)).error.code).toBe("CONFLICT");
		await call("delete", id, { slug, after_days: 1 });
		expect((await call("resume", id)).error.code).toBe("CONFLICT");
		expect((await call("cancel_deletion", id)).data).toMatchObject({ state: "suspended", delete_after: null });
		await runAt(NOW + 2 * DAY_MS);
		expect((await call("resume", id)).data.state).toBe("active");
		expect((await asIntegration(key)).status).toBe(200);
	});

	it.each([0, 366, 1.5])("rejects after_days %j", async (after_days) => {
		const { id, slug } = await suspended();
		expect(fieldsOf(await call("delete", id, { slug, after_days }))).toEqual(["after_days"]);
	});
});

/** Every table whose rows belong to a tenant. */
const tablesOf = (tables: object) =>
	(Object.values(tables).filter((entry) => entry instanceof SQLiteTable) as SQLiteTable[]).filter((table) =>
		getTableConfig(table).columns.some(({ name }) => name === "tenant_id"),
	);
const TABLES = [
	...tablesOf(schema).map((table) => ({ name: getTableName(table), database: db, table })),
	...tablesOf(productSchema).map((table) => ({ name: `product ${getTableName(table)}`, database: product, table })),
];
async function rowsOf(tenantId: string): Promise<Record<string, number>> {
	const counts: Record<string, number> = {};
	for (const { name, database, table } of TABLES) {
		const [row] = await database.all<{ rows: number }>(
			sql`select count(*) as rows from ${table} where tenant_id = ${tenantId}`,
		);
		counts[name] = row?.rows ?? 0;
	}
	return counts;
}

/** Copies the tenant's product data to the tables of the other database, where it stays for a while after a move. */
async function leaveProductDataBehind(tenantId: string): Promise<void> {
	const ofTenant = eq(productSchema.collaborators.tenantId, tenantId);
	const [person] = await product.select().from(productSchema.collaborators).where(ofTenant);
	const [activity] = await product
		.select()
		.from(productSchema.activities)
		.where(eq(productSchema.activities.tenantId, tenantId));
	const leads = await product.select().from(productSchema.leads).where(eq(productSchema.leads.tenantId, tenantId));
	const [merged] = await product
		.select()
		.from(productSchema.mergedCollaborators)
		.where(eq(productSchema.mergedCollaborators.tenantId, tenantId));
	if (!person || !activity || !merged) throw new Error("The tenant has rows in every table.");
	await insertRows(db, schema.collaborators, [person]);
	await insertRows(db, schema.activities, [activity]);
	await insertRows(db, schema.leads, leads);
	await insertRows(db, schema.mergedCollaborators, [merged]);
}

/** A tenant with rows in every table. */
async function fullTenant() {
	const tenant = await populatedTenant();
	const { tenantId, keys } = tenant;
	const { id: userId } = await addInvitation(tenantId);
	await openSession(tenantId);
	await addJob(tenantId, "stopped");
	await sendJson(keys.live.key, "POST", "/v1/sync_collaborators", {
		collaborators: [{ external_id: "1", name: "Ana", email: "ana@acme.example" }],
	});
	await sendJson(keys.live.key, "POST", "/v1/sync_activities", {
		activities: [{ activity_code: "001", external_id: "a", collaborator_email: "ana@acme.example" }],
	});
	await mutate({ authorization: `Bearer ${platform}`, "x-tenant-id": tenantId }, "keys.import", {
		keys: [exported(oldKey())],
	});
	const [collaborator] = await product
		.select()
		.from(productSchema.collaborators)
		.where(eq(productSchema.collaborators.tenantId, tenantId));
	await product.insert(productSchema.mergedCollaborators).values({
		id: newId("col"),
		tenantId,
		environment: "live",
		createdAt: NOW,
		writtenBy: keys.live.api_key.id,
		externalId: "2",
		name: "Ana",
		email: "ana@acme.example",
		updatedAt: NOW,
		mergedInto: collaborator?.id ?? "",
	});
	await db
		.insert(schema.userIdentities)
		.values({ issuer: "https://idp.example", subject: userId, tenantId, userId, createdAt: NOW });
	await db.insert(schema.managementTokens).values({
		id: `tok_${tenantId}`,
		tenantId,
		name: "CI",
		secretHash: `hash of ${tenantId}`,
		lastFour: "abcd",
		permissions: ["keys:read"],
		ipAllowlist: [],
		createdAt: NOW,
		createdBy: userId,
		expiresAt: NOW + DAY_MS,
	});
	await db.insert(schema.usageHourly).values({
		keyId: keys.live.api_key.id,
		hour: 0,
		tenantId,
		allowed: 1,
		rateLimited: 0,
		denied: 0,
	});
	await db
		.insert(schema.usageDaily)
		.values({ keyId: keys.live.api_key.id, day: 0, tenantId, allowed: 1, rateLimited: 0, denied: 0 });
	await db
		.insert(schema.unlistedKeys)
		.values({ keyId: `lost-${tenantId}`, tenantId, firstSeenAt: NOW, lastSeenAt: NOW });
	await db.insert(schema.idempotencyKeys).values({
		tenantId,
		nameHash: `hash of ${tenantId}`,
		inputHash: "",
		keyId: keys.live.api_key.id,
		createdAt: NOW,
	});
	await leaveProductDataBehind(tenantId);
	return tenant;
}

describe("once its time has come", () => {
	it("no row of the tenant stays in any table but the summary, and other tenants keep all", {
		timeout: 60_000,
	}, async () => {
		const [ours, others] = [await fullTenant(), await fullTenant()];
		const before = await rowsOf(ours.tenantId);
		const empty = Object.entries(before).filter(([name, count]) => count === 0 && !name.startsWith("gate_sweep"));
		expect(empty, "tables that this test doesn't fill").toEqual([]);
		const kept = await rowsOf(others.tenantId);
		const [tenant] = await db.select().from(schema.tenants).where(eq(schema.tenants.id, ours.tenantId));

		await call("suspend", ours.tenantId);
		await call("delete", ours.tenantId, { slug: tenant?.slug, after_days: 1 });
		for (let run = 0; run < 20 && (await stateOf(ours.tenantId)) !== "deleted"; run++)
			await runAt(NOW + DAY_MS + run * 60_000);
		expect(await stateOf(ours.tenantId)).toBe("deleted");

		const after = await rowsOf(ours.tenantId);
		expect(Object.entries(after).filter(([name, count]) => count > 0 && name !== "audit_events")).toEqual([]);
		const events = await db.select().from(schema.auditEvents).where(eq(schema.auditEvents.tenantId, ours.tenantId));
		const summary = events.filter(({ action }) => action !== "platform.read");
		expect(summary).toMatchObject([
			{
				action: "tenant.deleted",
				actor: "service_role",
				changes: { api_keys: { from: null, to: 3 }, leads: { from: null, to: 2 }, users: { from: null, to: 2 } },
			},
		]);
		expect(await rowsOf(others.tenantId)).toEqual(kept);
		for (const { key, api_key } of Object.values(ours.keys)) {
			expect((await asIntegration(key)).status).toBe(401);
			expect([...(await disk(api_key.id)).keys()]).toEqual(["key"]);
		}
		expect((await asIntegration(others.keys.live.key)).status).toBe(200);
		// Nothing can be written any more.
		const here = { authorization: `Bearer ${platform}`, "x-tenant-id": ours.tenantId };
		expect((await mutate(here, "keys.create", { name: "Late" })).status).toBe(409);
		expect((await call("resume", ours.tenantId)).status).toBe(409);
		expect((await query<AuditList>(here, "audit.list")).status).toBe(200);
	});

	it("a key stays dead, even if a backup of D1 restores its row and its tenant", async () => {
		const { id, slug, key, keyId } = await suspended();
		const [row] = await db.select().from(schema.apiKeys).where(eq(schema.apiKeys.id, keyId));
		const [quota] = await db.select().from(schema.quotas).where(eq(schema.quotas.tenantId, id));
		await call("delete", id, { slug, after_days: 1 });
		await runAt(NOW + DAY_MS);
		expect(await stateOf(id)).toBe("deleted");
		await db
			.update(schema.tenants)
			.set({ suspendedAt: null, deletedAt: null, deleteAfter: null })
			.where(eq(schema.tenants.id, id));
		if (quota) await db.insert(schema.quotas).values(quota);
		if (!row) throw new Error("The key had no row");
		const { endsAt: _ends, authentication: _authentication, ...copy } = row;
		await db.insert(schema.apiKeys).values(copy);
		expect((await asIntegration(key)).status).toBe(401);
		expect(await gateOf(keyId).ping()).toBe("pong");
	});

	it("a run that is interrupted is continued by the next one", { timeout: 60_000 }, async () => {
		const { tenantId } = await fullTenant();
		const [tenant] = await db.select().from(schema.tenants).where(eq(schema.tenants.id, tenantId));
		await call("suspend", tenantId);
		await call("delete", tenantId, { slug: tenant?.slug, after_days: 1 });
		let failures = 2;
		const real = rows.deleteRows;
		vi.spyOn(rows, "deleteRows").mockImplementation(async (deps, id) => {
			if (failures-- > 0) throw new Error("The run was interrupted");
			return real(deps, id);
		});
		const due = NOW + DAY_MS;
		for (let run = 0; run < 20 && (await stateOf(tenantId)) !== "deleted"; run++)
			await runAt(due + run * 60_000).catch(() => undefined);
		expect(await stateOf(tenantId)).toBe("deleted");
		expect((await call("cancel_deletion", tenantId)).status).toBe(409);
	});
});
