/** What a tenant may store and do has quotas. The platform sets them, and the database itself enforces them. */
import { env } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { randomText } from "../../../db/ids.ts";
import { activities, collaborators, leads, productQuotas } from "../../../db/product-schema.ts";
import { PRODUCT_QUOTAS, QUOTAS } from "../../../db/quotas.ts";
import { apiKeys, auditEvents, quotas } from "../../../db/schema.ts";
import type { QuotaList } from "../../../worker/schemas/quota.ts";
import { applyLimits, repairLimits, withinQuotas } from "../../../worker/services/quotas.ts";
import { addPerson } from "../auth/populated-tenant.ts";
import { type Answer, addTenant, createKey, db, mutate, product, query, sendJson, token } from "../fixtures.ts";

async function setQuotas(tenantId: string, values: Partial<typeof quotas.$inferInsert>): Promise<void> {
	await db.update(quotas).set(values).where(eq(quotas.tenantId, tenantId));
	await applyLimits({ db, product }, tenantId);
}

async function stored(tenantId: string) {
	const [row] = await db.select().from(quotas).where(eq(quotas.tenantId, tenantId));
	if (!row) throw new Error("Every tenant has a row.");
	return row;
}

/** What the tenant stores in the product database. A tenant that has stored nothing yet has no row. */
async function storedProduct(tenantId: string) {
	const [row] = await product.select().from(productQuotas).where(eq(productQuotas.tenantId, tenantId));
	return row ?? { storedBytes: 0 };
}

/** The error of a request with an API key. */
async function refused(key: string, method: string, path: string, body: unknown) {
	const response = await sendJson(key, method, path, body);
	const { error } = (await response.json()) as { error: { code: string; message: string; details: unknown } };
	return { status: response.status, ...error };
}

describe("API keys", () => {
	it("past the quota are rejected by name, on creation and on rotation, and other tenants are not concerned", async () => {
		const tenantId = await addTenant();
		const admin = await token({ tenantId });
		await setQuotas(tenantId, { apiKeysMax: 2 });
		const { api_key } = await createKey(admin);
		const last = await createKey(admin);
		for (const [procedure, input] of [
			["keys.create", { name: "One too many" }],
			["keys.rotate", { id: api_key.id }],
		] as const) {
			const { status, error } = await mutate(admin, procedure, input);
			expect([status, error.code, error.details]).toEqual([
				409,
				"CONFLICT",
				[{ field: "api_keys", message: "At most 2" }],
			]);
			expect(error.message).toContain("at most 2 API keys");
		}
		const [{ rotatedTo } = { rotatedTo: "?" }] = await db.select().from(apiKeys).where(eq(apiKeys.id, api_key.id));
		expect(rotatedTo).toBeNull();
		await createKey(await token({ tenantId: await addTenant() }));
		await mutate(admin, "keys.delete", { id: last.api_key.id });
		await createKey(admin);
	});

	it("of creations at the same moment, only as many as fit succeed", async () => {
		const tenantId = await addTenant();
		const admin = await token({ tenantId });
		await setQuotas(tenantId, { apiKeysMax: 3 });
		const made = await Promise.all(Array.from({ length: 8 }, () => mutate(admin, "keys.create", { name: "At once" })));
		expect(made.map(({ status }) => status).sort()).toEqual([200, 200, 200, 409, 409, 409, 409, 409]);
		expect((await stored(tenantId)).apiKeys).toBe(3);
	});

	it("are rejected with the limit that applied, also if the platform changes it right after", async () => {
		const tenantId = await addTenant();
		await setQuotas(tenantId, { apiKeysMax: 1, rateLimitMax: 70, leadsMax: 1 });
		const admin = await token({ tenantId });
		const { api_key } = await createKey(admin, { rate_limit: 50 });
		const copy = async (changes: Partial<typeof apiKeys.$inferInsert>) => {
			const [row] = await db.select().from(apiKeys).where(eq(apiKeys.id, api_key.id));
			if (!row) throw new Error("The key was created above.");
			return db.insert(apiKeys).values({ ...row, id: randomText(), searchNo: 0, ...changes });
		};
		const changedAfter = (values: Partial<typeof quotas.$inferInsert>, write: () => Promise<unknown>) =>
			withinQuotas(() => write().finally(() => setQuotas(tenantId, values)));
		await expect(changedAfter({ apiKeysMax: null }, () => copy({}))).rejects.toThrow(
			"at most 1 API keys (api_keys). Delete what you no longer need, or ask the platform",
		);
		await expect(changedAfter({ rateLimitMax: null }, () => copy({ rateLimit: 71 }))).rejects.toThrow(
			"at most 70 requests an hour for each API key (rate_limit). Lower it, or ask the platform",
		);
	});

	it("cannot have a rate limit above the quota, but a rotation keeps one from before", async () => {
		const tenantId = await addTenant();
		const admin = await token({ tenantId });
		const { api_key } = await createKey(admin, { rate_limit: 5_000 });
		await setQuotas(tenantId, { rateLimitMax: 1_000 });
		for (const answer of [
			await mutate(admin, "keys.create", { name: "Greedy", rate_limit: 1_001 }),
			await mutate(admin, "keys.update", { id: api_key.id, rate_limit: 6_000 }),
		])
			expect([answer.status, answer.error.details?.[0]?.field]).toEqual([409, "rate_limit"]);
		expect((await mutate(admin, "keys.update", { id: api_key.id, name: "Renamed" })).status).toBe(200);
		const rotated = await mutate<{ api_key: { rate_limit: number } }>(admin, "keys.rotate", { id: api_key.id });
		expect(rotated.data.api_key.rate_limit).toBe(5_000);
	});

	it("can be created, rotated and revoked although the stored bytes are used up", async () => {
		const tenantId = await addTenant();
		const admin = await token({ tenantId });
		const { key, api_key } = await createKey(admin, { scopes: [] });
		await setQuotas(tenantId, { storedBytesMax: 1 });
		expect((await refused(key, "POST", "/v1/leads", { name: "Ana" })).status).toBe(409);
		await createKey(admin);
		expect((await mutate(admin, "keys.rotate", { id: api_key.id })).status).toBe(200);
		expect((await mutate(admin, "keys.revoke", { id: api_key.id })).status).toBe(200);
	});
});

describe("data of integrations", () => {
	const person = (id: string, extra = {}) => ({ external_id: id, name: "Ana", email: `${id}@acme.example`, ...extra });

	it("past the quota is rejected whole, and existing rows can still be updated", async () => {
		const tenantId = await addTenant();
		const { key } = await createKey(await token({ tenantId }), { scopes: [] });
		await setQuotas(tenantId, { collaboratorsMax: 2, activitiesMax: 1, leadsMax: 1 });
		const sync = (people: unknown[]) => refused(key, "POST", "/v1/sync_collaborators", { collaborators: people });
		const { status, code, message } = await sync([person("a"), person("b"), person("c")]);
		expect([status, code]).toEqual([409, "CONFLICT"]);
		expect(message).toContain("at most 2 collaborators");
		expect(await product.select().from(collaborators).where(eq(collaborators.tenantId, tenantId))).toEqual([]);
		const send = (path: string, body: object) => sendJson(key, "POST", path, body);
		expect((await send("/v1/sync_collaborators", { collaborators: [person("a"), person("b")] })).status).toBe(200);
		expect((await send("/v1/sync_collaborators", { collaborators: [person("a", { team: "North" })] })).status).toBe(
			200,
		);
		const activity = (id: string) => ({ activity_code: "001", external_id: id, collaborator_email: "a@acme.example" });
		expect((await send("/v1/sync_activities", { activities: [activity("1")] })).status).toBe(200);
		expect((await send("/v1/sync_activities", { activities: [activity("1")] })).status).toBe(200);
		expect((await refused(key, "POST", "/v1/sync_activities", { activities: [activity("2")] })).message).toContain(
			"at most 1 activities",
		);
		expect((await send("/v1/leads", { name: "Ana" })).status).toBe(201);
		expect((await refused(key, "POST", "/v1/leads", { name: "Bia" })).message).toContain("at most 1 leads");
	});

	it("is counted in bytes as it grows, shrinks and goes", async () => {
		const tenantId = await addTenant();
		const { key } = await createKey(await token({ tenantId }), { scopes: [] });
		const bytes = async () => (await storedProduct(tenantId)).storedBytes;
		const empty = await bytes();
		const created = await sendJson(key, "POST", "/v1/leads", {
			name: "Ana",
			custom_fields: { text: "x".repeat(10_000) },
		});
		const { data } = (await created.json()) as { data: { id: string } };
		const full = await bytes();
		expect(full - empty).toBeGreaterThan(10_000);
		await sendJson(key, "PATCH", `/v1/leads/${data.id}`, { custom_fields: {} });
		expect(full - (await bytes())).toBe(JSON.stringify({ text: "x".repeat(10_000) }).length - 2);
		await product.delete(leads).where(eq(leads.id, data.id));
		expect(await bytes()).toBe(empty);
		await setQuotas(tenantId, { storedBytesMax: empty + 5_000 });
		const big = { name: "Bia", custom_fields: { text: "x".repeat(10_000) } };
		expect((await refused(key, "POST", "/v1/leads", big)).message).toContain("stored_bytes");
	});

	it("is counted to the byte: what was created, changed and deleted again counts nothing", async () => {
		const tenantId = await addTenant();
		const { key } = await createKey(await token({ tenantId }), { scopes: [] });
		const { storedBytes: before } = await storedProduct(tenantId);
		const send = async (method: string, path: string, body: object) => {
			const response = await sendJson(key, method, path, body);
			expect(response.status).toBeLessThan(300);
			return (await response.json()) as { data: { id: string } };
		};
		const lead = {
			name: "Ana",
			email: "ana@acme.example",
			phone: "+55 11 5555-0100",
			company: "Ação",
			position: "Head",
			source: "form",
			tags: ["a"],
			custom_fields: { seats: 1 },
		};
		const { data } = await send("POST", "/v1/leads", lead);
		const longer = { email: "ana.maria@acme.example", phone: "+55 11 5555-01000", company: "Ações", position: "Heads" };
		await send("PATCH", `/v1/leads/${data.id}`, { ...longer, name: "Ana Maria", source: "forms", tags: ["a", "b"] });
		for (const [field, value] of Object.entries(lead)) await send("PATCH", `/v1/leads/${data.id}`, { [field]: value });
		await send("PATCH", `/v1/leads/${data.id}`, {
			email: null,
			phone: null,
			company: null,
			position: null,
			source: null,
		});
		const collaborator = person("a", { team: "North", role: "Closer", phone: "1", document: "2", metadata: { a: 1 } });
		const changed = {
			external_id: "of another CRM",
			team: "South-West",
			role: null,
			phone: "+55",
			document: "",
			metadata: {},
		};
		for (const changes of [{}, changed, { name: "Ana Maria" }])
			await send("POST", "/v1/sync_collaborators", { collaborators: [{ ...collaborator, ...changes }] });
		const activity = { activity_code: "001", external_id: "r1", collaborator_email: "a@acme.example", data: { a: 1 } };
		await send("POST", "/v1/sync_activities", { activities: [activity, { ...activity, external_id: "r2" }] });
		expect((await storedProduct(tenantId)).storedBytes).toBeGreaterThan(before);
		for (const table of [activities, collaborators, leads])
			await product.delete(table).where(eq(table.tenantId, tenantId));
		expect(await storedProduct(tenantId)).toMatchObject({
			storedBytes: before,
			activities: 0,
			collaborators: 0,
			leads: 0,
		});
	});
});

describe("the platform", () => {
	const platform = { authorization: `Bearer ${env.SERVICE_ROLE_KEY}` };

	it("sets the quotas of a tenant, which its managers see, and restores the default", async () => {
		const tenantId = await addTenant();
		const admin = await token({ tenantId });
		await createKey(admin);
		const seen = async () => {
			const { data } = await query<QuotaList>(admin, "tenants.quotas");
			return Object.fromEntries(data.items.map(({ name, ...rest }) => [name, rest]));
		};
		expect((await seen()).api_keys).toEqual({ used: 1, limit: 200_000, is_default: true });
		const update = (quotas: object) => mutate(platform, "tenants.update", { id: tenantId, quotas });
		expect((await update({ api_keys: 1, rate_limit: 50 })).status).toBe(200);
		expect((await seen()).api_keys).toEqual({ used: 1, limit: 1, is_default: false });
		expect((await seen()).rate_limit).toEqual({ used: null, limit: 50, is_default: false });
		expect((await mutate(admin, "keys.create", { name: "One too many" })).status).toBe(409);
		await update({ api_keys: null });
		expect((await seen()).api_keys?.is_default).toBe(true);
		const events = await db.select().from(auditEvents).where(eq(auditEvents.tenantId, tenantId));
		expect(events.filter(({ action }) => action === "tenant.update").map(({ changes }) => changes)).toEqual([
			{ api_keys: { from: null, to: 1 }, rate_limit: { from: null, to: 50 } },
			{ api_keys: { from: 1, to: null } },
		]);
		expect((await mutate(platform, "tenants.update", { id: "ten_unknown", name: "Nothing" })).status).toBe(404);
		expect((await mutate(admin, "tenants.update", { id: tenantId, quotas: { api_keys: 9 } })).status).toBe(403);
	});

	it("sets the quotas of product data, which apply at once and show what is stored", async () => {
		const tenantId = await addTenant();
		const admin = await token({ tenantId });
		const { key } = await createKey(admin, { scopes: [] });
		const update = (limits: object) => mutate(platform, "tenants.update", { id: tenantId, quotas: limits });
		await update({ leads: 1 });
		expect((await sendJson(key, "POST", "/v1/leads", { name: "Ana" })).status).toBe(201);
		expect((await refused(key, "POST", "/v1/leads", { name: "Bia" })).message).toContain("at most 1 leads");
		const { items } = (await query<QuotaList>(admin, "tenants.quotas")).data;
		const { storedBytes } = await storedProduct(tenantId);
		expect(items.find(({ name }) => name === "leads")).toEqual({ name: "leads", used: 1, limit: 1, is_default: false });
		expect(items.find(({ name }) => name === "stored_bytes")?.used).toBe(storedBytes);
		await update({ leads: null });
		expect((await sendJson(key, "POST", "/v1/leads", { name: "Bia" })).status).toBe(201);
	});

	it("applies a quota that the product database missed: with the next call, and with the hourly run", async () => {
		const [first, second, third] = [await addTenant(), await addTenant(), await addTenant()];
		for (const id of [first, second]) await db.update(quotas).set({ leadsMax: 5 }).where(eq(quotas.tenantId, id));
		await product.insert(productQuotas).values({ tenantId: third, leadsMax: 7 });
		const applied = async () => {
			const rows = await product.select().from(productQuotas);
			const maxOf = (id: string) => rows.find(({ tenantId }) => tenantId === id)?.leadsMax ?? null;
			return [first, second, third].map(maxOf);
		};
		expect(await applied()).toEqual([null, null, 7]);
		await mutate(platform, "tenants.update", { id: first, quotas: { leads: 5 } });
		expect(await applied()).toEqual([5, null, 7]);
		await repairLimits({ db, product });
		expect(await applied()).toEqual([5, 5, null]);
	});

	it("limits the management calls of a tenant a minute, but not its own", async () => {
		const [tenantId, other] = [await addTenant(), await addTenant()];
		const [admin, neighbour] = [await token({ tenantId }), await token({ tenantId: other })];
		await setQuotas(tenantId, { managementCallsPerMinuteMax: 3 });
		const answers: Answer<unknown>[] = [];
		for (let call = 0; call < 8; call++) answers.push(await query(admin, "keys.list"));
		const refusals = answers.filter(({ status }) => status === 429);
		// A minute may end in between.
		expect(refusals.length).toBeGreaterThanOrEqual(2);
		expect(refusals[0]?.error.message).toContain("at most 3 management calls a minute");
		expect(Number(refusals[0]?.headers.get("retry-after"))).toBeGreaterThan(0);
		expect((await query(neighbour, "keys.list")).status).toBe(200);
		expect((await query({ ...platform, "x-tenant-id": tenantId }, "keys.list")).status).toBe(200);
	});
});

describe("the defaults", () => {
	it.each([
		["the keys", env.DB, Object.keys(QUOTAS)],
		["the product data", env.PRODUCT_DB, [...PRODUCT_QUOTAS]],
	] satisfies [string, D1Database, string[]][])(
		"of the database of %s are those of the table",
		async (_, d1, names: string[]) => {
			const { results } = await d1
				.prepare("select sql from sqlite_schema where name in ('quotas_checked', 'api_keys_added')")
				.all<{ sql: string }>();
			const text = results.map(({ sql }) => sql).join("\n");
			for (const [name, { default: value }] of Object.entries(QUOTAS)) {
				if (name === "management_calls_per_minute" || !names.includes(name)) continue;
				expect(text, name).toContain(`coalesce(${name === "rate_limit" ? "" : "new."}${name}_max, ${value})`);
			}
		},
	);

	it("apply to a user past the quota", async () => {
		const tenantId = await addTenant();
		await setQuotas(tenantId, { usersMax: 1 });
		await addPerson(tenantId);
		await expect(addPerson(tenantId)).rejects.toThrow();
		expect((await stored(tenantId)).users).toBe(1);
	});
});
