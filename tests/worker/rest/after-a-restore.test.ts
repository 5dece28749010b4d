/**
 * The database was put back to yesterday, and the gates were not: what every key is at its gate and in the lists, before and
 * after it is used, managed or reconciled. Rows are put back one by one, which is what a restore does to them.
 */
import { env } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import {
	apiKeys,
	auditEvents,
	idempotencyKeys,
	managementTokens,
	serviceState,
	tenants,
	unlistedKeys,
	usageHourly,
} from "../../../db/schema.ts";
import type { ApiKey } from "../../../worker/schemas/api-key.ts";
import type { Reconciled, ReconcilePage } from "../../../worker/schemas/reconcile.ts";
import { addTenant, asIntegration, createKey, db, gateOf, mutate, query, request, token } from "../fixtures.ts";
import { disk, restoreDisk } from "../gate/gate-control.ts";

const PLATFORM = env.SERVICE_ROLE_KEY;
const tenantId = await addTenant("restored");
const admin = await token({ tenantId });

beforeEach(() => {
	vi.spyOn(console, "error").mockImplementation(() => undefined);
});

interface Copy {
	keys: (typeof apiKeys.$inferSelect)[];
	usage: (typeof usageHourly.$inferSelect)[];
	events: (typeof auditEvents.$inferSelect)[];
}
/** What D1 has of a tenant's keys. */
const copy = async (tenant: string): Promise<Copy> => ({
	keys: await db.select().from(apiKeys).where(eq(apiKeys.tenantId, tenant)),
	usage: await db.select().from(usageHourly).where(eq(usageHourly.tenantId, tenant)),
	events: await db.select().from(auditEvents).where(eq(auditEvents.tenantId, tenant)),
});
/** Puts D1 back to the copy. */
async function putBack(tenant: string, { keys, usage, events }: Copy): Promise<void> {
	await db.delete(apiKeys).where(eq(apiKeys.tenantId, tenant));
	await db.delete(auditEvents).where(eq(auditEvents.tenantId, tenant));
	// The trigger numbers the rows, as those of other keys that were inserted since.
	for (const key of keys) await db.insert(apiKeys).values({ ...key, searchNo: null });
	for (const hour of usage) await db.insert(usageHourly).values(hour);
	for (const event of events) await db.insert(auditEvents).values(event);
}
const listed = async (): Promise<Map<string, ApiKey>> => {
	const { data } = await query<{ items: ApiKey[] }>(admin, "keys.list", { limit: 100 });
	return new Map(data.items.map((key) => [key.name, key]));
};
const sendPlatform = async <T>(path: string, body: unknown): Promise<T> => {
	const response = await request(path, {
		method: "POST",
		headers: { authorization: `Bearer ${PLATFORM}`, "content-type": "application/json" },
		body: JSON.stringify(body),
	});
	expect(response.status, await response.clone().text()).toBeLessThan(300);
	// The envelope of every response.
	return ((await response.json()) as { data: T }).data;
};
/** Compares every key that D1 knows, as `npm run reconcile` does. */
async function reconcileAll(dryRun: boolean): Promise<Reconciled[]> {
	const found: Reconciled[] = [];
	for (let after: string | null = ""; after !== null; ) {
		const page: ReconcilePage = await sendPlatform("/v1/operations/reconcile/keys", {
			after,
			limit: 3,
			dry_run: dryRun,
		});
		found.push(...page.items);
		after = page.next_after;
	}
	return found;
}
const objectOf = (keyId: string) => env.KEY_GATE.idFromName(keyId).toString();
const reconcileObjects = async (keyIds: string[], dry_run: boolean): Promise<Reconciled[]> =>
	(await sendPlatform<ReconcilePage>("/v1/operations/reconcile/objects", { object_ids: keyIds.map(objectOf), dry_run }))
		.items;

describe("keys that were changed since the copy", () => {
	const made: Record<string, { key: string; api_key: ApiKey }> = {};
	const use = async (name: string) => (await asIntegration(made[name]?.key ?? "")).status;
	const idOf = (name: string) => made[name]?.api_key.id ?? "";
	let yesterday: Copy;

	beforeAll(async () => {
		for (const name of ["revoked", "revoked again", "deleted", "deleted again", "changed", "rotated", "untouched"])
			made[name] = await createKey(admin, { name });
		for (const name of Object.keys(made)) await use(name);
		for (const name of Object.keys(made)) await gateOf(idOf(name)).reconcile(idOf(name), false);
		yesterday = await copy(tenantId);

		for (const name of ["revoked", "revoked again"]) await mutate(admin, "keys.revoke", { id: idOf(name) });
		for (const name of ["deleted", "deleted again"]) await mutate(admin, "keys.delete", { id: idOf(name) });
		await mutate(admin, "keys.update", { id: idOf("changed"), rate_limit: 7, scopes: ["leads:read"] });
		const rotation = await mutate<{ key: string; api_key: ApiKey }>(admin, "keys.rotate", { id: idOf("rotated") });
		made.successor = rotation.data;
		made.created = await createKey(admin, { name: "created" });
		made["never used"] = await createKey(admin, { name: "never used" });
		for (const name of ["successor", "created"]) await use(name);
		await putBack(tenantId, yesterday);
	});

	it("admit and refuse as before the restore", async () => {
		const statuses = await Promise.all(Object.keys(made).map(async (name) => [name, await use(name)]));
		expect(Object.fromEntries(statuses)).toEqual({
			revoked: 401,
			"revoked again": 401,
			deleted: 401,
			"deleted again": 401,
			changed: 200,
			rotated: 200,
			untouched: 200,
			successor: 200,
			created: 200,
			// Only the database knew it.
			"never used": 401,
		});
	});

	it("are repaired by managing them: revoking and reading again", async () => {
		expect((await mutate(admin, "keys.revoke", { id: idOf("revoked again") })).status).toBe(200);
		expect((await listed()).get("revoked again")?.status).toBe("revoked");
		for (const key of yesterday.keys.filter(({ name }) => name === "deleted again"))
			await db
				.insert(apiKeys)
				.values({ ...key, searchNo: null })
				.onConflictDoNothing();
		expect((await query(admin, "keys.get", { id: idOf("deleted again") })).status).toBe(404);
		expect((await listed()).has("deleted again")).toBe(false);
	});

	it("are listed as their gates know them after a comparison, which a dry run only reports", async () => {
		const before = await copy(tenantId);
		await reconcileAll(true);
		await reconcileObjects(Object.keys(made).map(idOf), true);
		expect(await copy(tenantId)).toEqual(before);

		const outcomes = new Map((await reconcileAll(false)).map(({ key_id, outcome }) => [key_id, outcome]));
		expect(outcomes.get(idOf("untouched"))).toBe("agrees");
		const objects = await reconcileObjects(["successor", "created", "never used"].map(idOf), false);
		expect(objects.map(({ key_id, repaired }) => [key_id, repaired])).toEqual([
			[idOf("successor"), true],
			[idOf("created"), true],
			[null, true],
		]);
		const list = await listed();
		expect([...list.keys()].sort()).toEqual(["changed", "created", "revoked", "revoked again", "rotated", "untouched"]);
		expect(list.get("revoked")?.status).toBe("revoked");
		expect(list.get("changed")).toMatchObject({ rate_limit: 7, scopes: ["leads:read"], version: 2 });
		expect(list.get("created")).toMatchObject({ status: "active" });
		for (const name of ["changed", "created", "untouched"]) {
			const { data } = await query<ApiKey>(admin, "keys.get", { id: idOf(name) });
			expect(list.get(name)).toMatchObject({
				usage_count: data.usage_count,
				version: data.version,
				status: data.status,
			});
		}
		// Nothing is left to do.
		expect((await reconcileAll(false)).filter(({ outcome }) => !["agrees", "unused"].includes(outcome))).toEqual([]);
	});
});

describe("a tenant that the database has lost", () => {
	it("is created again with its id, and its keys are listed and can be ended", async () => {
		const lost = await sendPlatform<{ id: string }>("/v1/tenants", { name: "Lost", slug: "lost" });
		const owner = await token({ tenantId: lost.id });
		const keys = [await createKey(owner, { name: "One" }), await createKey(owner, { name: "Two" })];
		for (const { key } of keys) expect((await asIntegration(key)).status).toBe(200);
		for (const table of [apiKeys, auditEvents, idempotencyKeys])
			await db.delete(table).where(eq(table.tenantId, lost.id));
		await db.delete(tenants).where(eq(tenants.id, lost.id));

		const ids = keys.map(({ api_key }) => api_key.id);
		expect((await reconcileObjects(ids, true)).map(({ outcome }) => outcome)).toEqual(["unlisted", "unlisted"]);
		expect(await db.select().from(unlistedKeys)).toEqual([]);
		const reported = await reconcileObjects(ids, false);
		expect(reported.map(({ tenant_id, outcome, repaired }) => [tenant_id, outcome, repaired])).toEqual([
			[lost.id, "unlisted", true],
			[lost.id, "unlisted", true],
		]);
		expect(await db.select().from(unlistedKeys)).toHaveLength(2);

		expect(await sendPlatform("/v1/tenants", { id: lost.id, name: "Lost", slug: "lost" })).toMatchObject({
			id: lost.id,
		});
		const { data } = await query<{ items: ApiKey[] }>(owner, "keys.list", {});
		expect(data.items.map(({ name }) => name).sort()).toEqual(["One", "Two"]);
		expect(await db.select().from(unlistedKeys)).toEqual([]);
		expect((await mutate(owner, "keys.revoke", { id: keys[0]?.api_key.id })).status).toBe(200);
		expect((await asIntegration(keys[0]?.key ?? "")).status).toBe(401);
	});

	it("is not created with the id of another tenant, nor with an invalid id", async () => {
		const send = (id: string) =>
			mutate({ authorization: `Bearer ${PLATFORM}` }, "tenants.create", { id, name: "X", slug: "x-y" });
		const taken = await send(tenantId);
		expect([taken.status, taken.error.details?.[0]?.field]).toEqual([409, "id"]);
		expect((await send("ten_short")).status).toBe(400);
	});
});

it("a suspension that the database has lost is taken over from the gates, and reaches keys that were never used", async () => {
	const { id } = await sendPlatform<{ id: string }>("/v1/tenants", { name: "Suspended", slug: "suspended-since" });
	const owner = await token({ tenantId: id });
	const used = await createKey(owner);
	const unused = await createKey(owner);
	await asIntegration(used.key);
	await sendPlatform(`/v1/tenants/${id}/suspend`, {});
	expect((await asIntegration(used.key)).status).toBe(403);
	await db.update(tenants).set({ suspendedAt: null, suspensionNo: 0 }).where(eq(tenants.id, id));
	await restoreDisk(unused.api_key.id, new Map());

	const compare = (dry_run: boolean) =>
		sendPlatform<ReconcilePage>("/v1/operations/reconcile/objects", {
			object_ids: [objectOf(used.api_key.id)],
			dry_run,
		});
	expect((await compare(true)).suspensions).toEqual([{ tenant_id: id, suspended: true }]);
	expect((await compare(false)).suspensions).toEqual([{ tenant_id: id, suspended: true }]);
	expect((await compare(false)).suspensions).toEqual([]);
	expect((await asIntegration(unused.key)).status).toBe(403);
	await sendPlatform(`/v1/tenants/${id}/resume`, {});
	expect((await asIntegration(used.key)).status).toBe(200);
	expect((await asIntegration(unused.key)).status).toBe(200);
	const events = await db.select().from(auditEvents).where(eq(auditEvents.tenantId, id));
	expect(events.filter(({ actor }) => actor === "system").map(({ action }) => action)).toEqual(["tenant.suspend"]);
});

it("an object that has no key says so, and stores nothing", async () => {
	const empty = "0123456789ab";
	await disk(empty);
	expect(await reconcileObjects([empty], false)).toMatchObject([{ key_id: null, outcome: "empty", repaired: true }]);
	await restoreDisk(empty, new Map());
	expect((await disk(empty)).size).toBe(0);
});

it("management tokens from before the restore are listed and revoked, each with an event", async () => {
	const created = await mutate<{ token: string; management_token: { id: string } }>(
		await token({ tenantId, role: "owner" }),
		"tokens.create",
		{ name: "CI", permissions: ["keys:read"], expires_in_days: 30 },
	);
	const { id } = created.data.management_token;
	const created_before = new Date(Date.now() + 60_000).toISOString();
	const open = (revoke: boolean) =>
		sendPlatform<{ items: { id: string }[] }>("/v1/operations/open-tokens", { created_before, revoke });
	expect((await open(false)).items.map((item) => item.id)).toContain(id);
	expect((await query(created.data.token, "keys.list", {})).status).toBe(200);
	await open(true);
	expect((await query(created.data.token, "keys.list", {})).status).toBe(401);
	expect((await open(false)).items).toEqual([]);
	const [stored] = await db.select().from(managementTokens).where(eq(managementTokens.id, id));
	expect(stored?.revokedBy).toBe("service_role");
	const events = await db.select().from(auditEvents).where(eq(auditEvents.targetId, id));
	expect(events.map(({ action }) => action).sort()).toEqual(["token.create", "token.revoke"]);
	await db.delete(serviceState);
});
