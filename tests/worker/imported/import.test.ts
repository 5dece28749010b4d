/** The platform imports keys of another system with their hashes. */
import { runDurableObjectAlarm } from "cloudflare:test";
import { and, eq } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { apiKeys, auditEvents, importedHashes, quotas } from "../../../db/schema.ts";
import type { ApiKeyDetail } from "../../../worker/schemas/api-key.ts";
import type { KeysImported } from "../../../worker/schemas/key-import.ts";
import type { KeyList } from "../../../worker/schemas/key-list.ts";
import { START_SHARED_MAX } from "../../../worker/services/key-import.ts";
import { bcrypt, exported, oldKey } from "../../old-key.ts";
import { expectNoSecrets } from "../auth/auth-matrix.ts";
import { addTenant, asIntegration, createKey, db, gateOf, mutate, query, request, token } from "../fixtures.ts";
import { linkToD1 } from "../gate/gate-control.ts";
import { importAll, importKey, platformIn, sha256 } from "./importing.ts";

const tenantId = await addTenant();
const admin = await token({ tenantId });

const rowsOf = (tenant: string) => db.select().from(apiKeys).where(eq(apiKeys.tenantId, tenant));
const eventsOf = (tenant: string) => db.select().from(auditEvents).where(eq(auditEvents.tenantId, tenant));

describe("an imported key", () => {
	it("has the settings, the history and the usage that it had", async () => {
		const key = oldKey();
		const { status, data } = await importAll(tenantId, [
			exported(key, {
				name: "Partner",
				scopes: ["leads:read", "leads:write"],
				rate_limit: 500,
				ip_allowlist: ["203.0.113.0/24"],
				expires_at: "2099-01-01T00:00:00-03:00",
				last_used_at: "2026-01-02T03:04:05Z",
				usage_count: 18_204,
			}),
		]);
		expect([status, data]).toEqual([
			200,
			{
				created: 1,
				existing: 0,
				failed: 0,
				total: 1,
				items: [{ index: 0, result: "created", id: expect.stringMatching(/^\w{12}$/) }],
				accepted: true,
			},
		]);
		const id = data.items[0]?.id ?? "";
		const expected = {
			id,
			name: "Partner",
			environment: "live",
			key_prefix: key.slice(0, 16),
			last_four: "",
			scopes: ["leads:read", "leads:write"],
			rate_limit: 500,
			ip_allowlist: ["203.0.113.0/24"],
			status: "active",
			created_at: "2025-03-14T09:26:53.000Z",
			created_by: "service_role",
			expires_at: "2099-01-01T03:00:00.000Z",
			last_used_at: "2026-01-02T03:04:05.000Z",
			usage_count: 18_204,
			version: 1,
			origin: "imported",
		};
		const listed = await query<KeyList>(admin, "keys.list", { search: "Partner" });
		expect(listed.data.items).toMatchObject([expected]);
		expect((await query<ApiKeyDetail>(admin, "keys.get", { id })).data).toMatchObject(expected);
	});

	it("is in the audit trail without its hash", async () => {
		const { id } = await importKey(tenantId, { name: "Audited" });
		const events = await db.select().from(auditEvents).where(eq(auditEvents.keyId, id));
		expect(events).toMatchObject([
			{ action: "api_key.import", actor: "service_role", changes: { name: { from: null, to: "Audited" } } },
		]);
		expectNoSecrets(JSON.stringify(events));
	});

	it("that was revoked or has expired before the import is listed as such, and is not admitted", async () => {
		const tenant = await addTenant();
		const revoked = await importKey(tenant, { revoked_at: "2026-01-01T00:00:00Z" });
		const expired = await importKey(tenant, { expires_at: "2026-01-01T00:00:00Z" });
		const { data } = await query<KeyList>(await token({ tenantId: tenant }), "keys.list", { sort: "created_at" });
		expect(data.counts).toEqual({ active: 0, revoked: 1, expired: 1, expiring_soon: 0 });
		expect(new Map(data.items.map(({ id, status }) => [id, status]))).toEqual(
			new Map([
				[revoked.id, "revoked"],
				[expired.id, "expired"],
			]),
		);
		for (const { key } of [revoked, expired]) expect((await asIntegration(key)).status).toBe(401);
	});
});

describe("importing twice", () => {
	it("changes nothing, also where the key was changed or deleted meanwhile", async () => {
		const tenant = await addTenant();
		const keys = [oldKey(), oldKey(), oldKey("test")];
		const items = keys.map((key) => exported(key));
		const first = await importAll(tenant, items);
		const [changed, deleted, untouched] = first.data.items.map(({ id }) => id);
		const manager = await token({ tenantId: tenant });
		await mutate(manager, "keys.update", { id: changed, name: "Renamed" });
		await mutate(manager, "keys.delete", { id: deleted });
		const before = [await rowsOf(tenant), await eventsOf(tenant)];

		const second = await importAll(tenant, items);
		expect(second.data).toMatchObject({ created: 0, existing: 3, failed: 0, total: 3 });
		expect(second.data.items.map(({ id }) => id)).toEqual([changed, deleted, untouched]);
		expect([await rowsOf(tenant), await eventsOf(tenant)]).toEqual(before);
	});

	it("by its SHA-256 finds the key that was imported by bcrypt and presented since", async () => {
		const { id, key } = await importKey(tenantId);
		expect((await asIntegration(key)).status).toBe(200);
		await mutate(admin, "keys.revoke", { id });
		const item = exported(key, { hash: sha256(key), hash_kind: "sha256" });
		expect((await importAll(tenantId, [item])).data).toMatchObject({ created: 0, items: [{ result: "existing", id }] });
		const other = await addTenant();
		expect((await importAll(other, [item])).data).toMatchObject({
			failed: 1,
			items: [{ errors: [{ field: "hash", message: "Belongs to an API key of another tenant" }] }],
		});
		expect(await rowsOf(other)).toEqual([]);
		expect((await asIntegration(key)).status).toBe(401);
	});

	it.each([
		["D1 has", true],
		["D1 doesn't have", false],
	])("by its SHA-256 doesn't bring back a deleted key, if %s that", async (_, isDelivered) => {
		const { id, key } = await importKey(tenantId);
		expect((await query(admin, "keys.get", { id })).status).toBe(200);
		const link = await linkToD1(id);
		link.down = !isDelivered;
		expect((await asIntegration(key)).status).toBe(200);
		link.down = false;
		await mutate(admin, "keys.delete", { id });
		const item = exported(key, { hash: sha256(key), hash_kind: "sha256" });
		expect((await importAll(tenantId, [item])).data).toMatchObject({ created: 0, items: [{ result: "existing", id }] });
		expect((await asIntegration(key)).status).toBe(401);
	});

	it("by its SHA-256 finds the key as soon as the first presentation was admitted", async () => {
		const { id, key } = await importKey(tenantId);
		expect((await asIntegration(key)).status).toBe(200);
		const hashes = db.select().from(importedHashes).where(eq(importedHashes.keyId, id));
		expect((await hashes).map(({ hash }) => hash)).toContain(sha256(key));
	});

	it("at the same moment imports each key once", async () => {
		const tenant = await addTenant();
		const items = Array.from({ length: 20 }, () => exported(oldKey()));
		const answers = await Promise.all(Array.from({ length: 5 }, () => importAll(tenant, items)));
		expect(answers.reduce((sum, { data }) => sum + data.created, 0)).toBe(20);
		expect(answers.reduce((sum, { data }) => sum + data.existing, 0)).toBe(80);
		expect(await rowsOf(tenant)).toHaveLength(20);
		expect(await eventsOf(tenant)).toHaveLength(20);
		const ids = answers.map(({ data }) => data.items.map(({ id }) => id).join());
		expect(new Set(ids).size).toBe(1);
	});

	it("in one request imports the key once", async () => {
		const tenant = await addTenant();
		const item = exported(oldKey());
		const { data } = await importAll(tenant, [item, item]);
		expect(data.items.map(({ result }) => result)).toEqual(["created", "existing"]);
		expect(await rowsOf(tenant)).toHaveLength(1);
	});

	it("into another tenant is an error, and the key stays where it is", async () => {
		const item = exported(oldKey());
		await importAll(tenantId, [item]);
		const other = await addTenant();
		const { data } = await importAll(other, [item]);
		expect(data.items).toEqual([
			{
				index: 0,
				result: "error",
				id: null,
				errors: [{ field: "hash", message: "Belongs to an API key of another tenant" }],
			},
		]);
		expect(await rowsOf(other)).toEqual([]);
	});
});

describe("an invalid item", () => {
	const key = oldKey();
	it.each([
		["no name", { name: undefined }, ["name"]],
		["another environment than its prefix", { environment: "test" }, ["environment"]],
		["a prefix without characters of the key", { key_prefix: "sk_live_" }, ["key_prefix"]],
		["a whole key as its prefix", { key_prefix: key }, ["key_prefix"]],
		["the hash of another kind", { hash_kind: "sha256" }, ["hash"]],
		["a bcrypt hash that costs a minute", { hash: bcrypt(key).replace("$04$", "$20$") }, ["hash"]],
		["a truncated hash", { hash: bcrypt(key).slice(0, -1) }, ["hash"]],
		["a scope that doesn't exist", { scopes: ["leads:all"] }, ["scopes.0"]],
		["a misspelt field", { ip_allow_list: [] }, ["ip_allow_list"]],
		["an IP range that is none", { ip_allowlist: ["203.0.113.0/33"] }, ["ip_allowlist.0"]],
		["a limit above the tenant's quota", { rate_limit: 900_000 }, ["rate_limit"]],
		["a creation in the future", { created_at: "2099-01-01T00:00:00Z" }, ["created_at"]],
		["a negative usage", { usage_count: -1 }, ["usage_count"]],
		["a usage that leaves no room to count", { usage_count: Number.MAX_SAFE_INTEGER }, ["usage_count"]],
	])("with %s is reported by index and field, and the others are imported", async (_, more, fields) => {
		const tenant = await addTenant();
		await db.update(quotas).set({ rateLimitMax: 800_000 }).where(eq(quotas.tenantId, tenant));
		const { status, data } = await importAll(tenant, [exported(oldKey()), exported(key, more), exported(oldKey())]);
		expect([status, data.created, data.failed]).toEqual([200, 2, 1]);
		const { errors, ...item } = data.items[1] ?? {};
		expect(item).toEqual({ index: 1, result: "error", id: null });
		expect(errors?.map(({ field }) => field)).toEqual(fields);
		expectNoSecrets(JSON.stringify(data));
	});

	it.each([[null], ["text"], [7], [[]], [{}]])("that is %j is reported", async (item) => {
		const { data } = await importAll(tenantId, [item]);
		expect(data).toMatchObject({ created: 0, failed: 1, items: [{ index: 0, result: "error" }] });
	});
});

describe("limits", () => {
	it("reject more than 500 keys at once, and none", async () => {
		expect((await importAll(tenantId, [])).status).toBe(400);
		expect((await importAll(tenantId, Array(501).fill({}))).status).toBe(400);
	});

	it("import 500 keys with one batch", async () => {
		const tenant = await addTenant();
		// One hash for all would be one key.
		const items = Array.from({ length: 500 }, () => {
			const key = oldKey();
			return exported(key, { hash: sha256(key), hash_kind: "sha256", ip_allowlist: Array(20).fill("203.0.113.0/24") });
		});
		expect((await importAll(tenant, items)).data).toMatchObject({ created: 500, failed: 0 });
		expect(await rowsOf(tenant)).toHaveLength(500);
	});

	it("import 500 keys whose names take the most space in the texts for search and sorting", async () => {
		const tenant = await addTenant();
		const items = Array.from({ length: 500 }, () => {
			const key = oldKey();
			return exported(key, { hash: sha256(key), hash_kind: "sha256", name: "\ufdfa".repeat(100) });
		});
		expect((await importAll(tenant, items)).data).toMatchObject({ created: 500, failed: 0 });
		expect(await rowsOf(tenant)).toHaveLength(500);
		expect(await eventsOf(tenant)).toHaveLength(500);
	});

	it("reject the request where the tenant has no room for the new keys, and import none", async () => {
		const tenant = await addTenant();
		await db.update(quotas).set({ apiKeysMax: 2 }).where(eq(quotas.tenantId, tenant));
		const items = Array.from({ length: 3 }, () => exported(oldKey()));
		const { status, error } = await importAll(tenant, items);
		expect([status, error.details]).toEqual([409, [{ field: "api_keys", message: "At most 2" }]]);
		expect(await rowsOf(tenant)).toEqual([]);
		expect(await db.select().from(importedHashes).where(eq(importedHashes.tenantId, tenant))).toEqual([]);

		expect((await importAll(tenant, items.slice(1))).data.created).toBe(2);
		// Those that exist need no room.
		expect((await importAll(tenant, items.slice(1))).data.existing).toBe(2);
	});

	it(`let ${START_SHARED_MAX} keys wait for their first use that begin alike, however long their prefixes are`, async () => {
		const start = oldKey().slice(0, 12);
		const more = "0123456789".slice(0, START_SHARED_MAX);
		// Every prefix begins with the one before it, so the last key is compared with the hashes of all.
		const keys = Array.from({ length: START_SHARED_MAX + 1 }, (_, index) => {
			const key_prefix = start + more.slice(0, index);
			return { key: start + more + oldKey().slice(12 + more.length), key_prefix };
		});
		const { data } = await importAll(
			tenantId,
			keys.map(({ key, key_prefix }) => exported(key, { key_prefix })),
		);
		expect(data).toMatchObject({ created: START_SHARED_MAX, failed: 1 });
		expect(data.items.at(-1)?.errors).toMatchObject([
			{ field: "key_prefix", message: expect.stringContaining(`already begin with ${start}`) },
		]);
		for (const { key } of keys.slice(0, -1)) expect((await asIntegration(key)).status).toBe(200);
		expect((await asIntegration(keys.at(-1)?.key ?? "")).status).toBe(401);
	});

	it("don't count revoked keys, which never hide an active one", async () => {
		const key_prefix = oldKey().slice(0, 12);
		const importOne = async (more: object = {}) => {
			const key = key_prefix + oldKey().slice(12);
			const { data } = await importAll(tenantId, [exported(key, { key_prefix, ...more })]);
			return { key, id: data.items[0]?.id, result: data.items[0]?.result };
		};
		const unused = [];
		for (let i = 0; i < START_SHARED_MAX; i++) {
			expect(await importOne({ revoked_at: "2026-01-01T00:00:00Z" })).toMatchObject({ result: "created" });
			unused.push(await importOne());
		}
		expect(unused.map(({ result }) => result)).toEqual(Array(START_SHARED_MAX).fill("created"));
		expect(await importOne()).toMatchObject({ result: "error" });
		await mutate(admin, "keys.revoke", { id: unused[0]?.id });
		const last = await importOne();
		expect(last.result).toBe("created");
		expect((await asIntegration(last.key)).status).toBe(200);
	});
});

describe("POST /v1/api-keys/import", () => {
	it("imports as keys.import does", async () => {
		const tenant = await addTenant();
		const body = JSON.stringify({ keys: [exported(oldKey())] });
		const headers = { "content-type": "application/json", ...platformIn(tenant) };
		const response = await request("/v1/api-keys/import", { method: "POST", headers, body });
		const { data } = (await response.json()) as { data: KeysImported };
		expect([response.status, data.created]).toEqual([200, 1]);
		const stored = and(eq(apiKeys.tenantId, tenant), eq(apiKeys.id, data.items[0]?.id ?? ""));
		expect(await db.$count(apiKeys, stored)).toBe(1);
	});
});

describe("the list of keys", () => {
	it("finds an imported key by pieces that screens and logs show of it, before and after its first use", async () => {
		const found = async (search: string) => {
			const { data } = await query<KeyList>(admin, "keys.list", { search });
			return data.items.map(({ id }) => id);
		};
		const { id, key } = await importKey(tenantId);
		const prefix = key.slice(0, 16);
		for (const search of [prefix, `${prefix}…`, key.slice(0, 12), key.slice(0, 20), id])
			expect(await found(search), search).toEqual([id]);
		expect((await asIntegration(key)).status).toBe(200);
		await runDurableObjectAlarm(gateOf(id));
		for (const search of [prefix, `${prefix}…${key.slice(-4)}`, `${prefix}...${key.slice(-4)}`, key.slice(0, 20)])
			expect(await found(search), search).toEqual([id]);
		expect((await query(admin, "keys.list", { search: key })).status).toBe(400);
	});

	it("finds by the start of one key no other key that begins with the same four characters", async () => {
		const tenant = await addTenant();
		const manager = await token({ tenantId: tenant });
		const [key, other] = [oldKey(), oldKey()];
		const alike = key.slice(0, 12) + other.slice(12);
		const { data } = await importAll(tenant, [exported(key), exported(alike)]);
		const search = key.slice(0, 20);
		const found = await query<KeyList>(manager, "keys.list", { search });
		expect(found.data.items.map(({ id }) => id)).toEqual([data.items[0]?.id]);
		const job = await mutate<{ total: number }>(manager, "jobs.create", { kind: "revoke_keys", filter: { search } });
		expect(job.data.total).toBe(1);
		expect((await asIntegration(alike)).status).toBe(200);
	});

	it("shows imported keys alone, and those that were used last first", async () => {
		const tenant = await addTenant();
		const manager = await token({ tenantId: tenant });
		const own = await createKey(manager);
		const unused = await importKey(tenant);
		const used = await importKey(tenant, { last_used_at: "2026-01-01T00:00:00Z" });
		const ids = async (input: object) =>
			(await query<KeyList>(manager, "keys.list", input)).data.items.map(({ id }) => id);
		expect(await ids({ origin: "imported", sort: "-last_used_at" })).toEqual([used.id, unused.id]);
		expect(await ids({ origin: "created" })).toEqual([own.api_key.id]);
		await mutate(manager, "keys.revoke", { id: unused.id });
		expect(await ids({ origin: "imported", status: "active" })).toEqual([used.id]);
		expect(await ids({ origin: "imported", environment: "test" })).toEqual([]);
		expect(await ids({ origin: "imported", search: "website" })).toHaveLength(2);
		// They have no tag, so no pepper is needed for them.
		expect(await ids({ pepper: "previous" })).toEqual([]);
	});
});
