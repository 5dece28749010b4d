/** What integrations write is in a database of its own, if one is bound: it can neither fill nor slow that of the keys. */
import { env } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { databases } from "../../../db/client.ts";
import * as productSchema from "../../../db/product-schema.ts";
import { listQuotas } from "../../../worker/services/quotas.ts";
import { deleteRows } from "../../../worker/services/tenant-rows.ts";
import { db, mutate, product, query } from "../fixtures.ts";
import { integration, workerWith } from "./worker-with.ts";

/** A D1 whose statements fail with the error. */
function failing(message: string): D1Database {
	const fail = () => Promise.reject(new Error(message));
	return new Proxy(env.PRODUCT_DB, {
		get(target, property) {
			if (property === "batch") return fail;
			if (property !== "prepare") return Reflect.get(target, property);
			const statement = { bind: () => statement, all: fail, raw: fail, run: fail, first: fail };
			return () => statement;
		},
	});
}

/** A D1 that counts its statements. */
function counting(d1: D1Database) {
	const counted = { statements: 0 };
	const binding = new Proxy(d1, {
		get(target, property) {
			if (property === "prepare") counted.statements++;
			const value: unknown = Reflect.get(target, property);
			return typeof value === "function" ? value.bind(target) : value;
		},
	});
	return { binding, counted };
}

const PEOPLE = { collaborators: [{ external_id: "1", name: "Ana", email: "ana@acme.example" }] };
const ACTIVITIES = { activities: [{ activity_code: "001", external_id: "a", collaborator_email: "ana@acme.example" }] };

/** Every operation of integrations, on a lead of its own. */
async function everyOperation(call: ReturnType<typeof workerWith>, key: string) {
	const created = await call(key, "POST", "/v1/leads", { name: "Ana" });
	const lead = `/v1/leads/${created.data.id}`;
	const others: [string, string, unknown?][] = [
		["GET", "/v1/leads?page=1"],
		["GET", "/v1/leads?search=ana"],
		["GET", lead],
		["PATCH", lead, { name: "Ana Maria" }],
		["POST", "/v1/sync_collaborators", PEOPLE],
		["POST", "/v1/sync_activities", ACTIVITIES],
		["POST", "/functions/v1/default-integration", { action: "sync_activities", ...ACTIVITIES }],
		["DELETE", lead],
	];
	const statuses = [created.status];
	for (const [method, path, body] of others) statuses.push((await call(key, method, path, body)).status);
	return statuses;
}
const DONE = [201, 200, 200, 200, 200, 200, 200, 200, 204];

describe("with a product database", () => {
	it("no request of an integration sends a statement to the database of the keys", async () => {
		const { key } = await integration();
		const { binding, counted } = counting(env.DB);
		expect(await everyOperation(workerWith({ DB: binding }), key)).toEqual(DONE);
		expect(counted.statements).toBe(0);
	});

	it("the database of the keys gets no row of product data", async () => {
		const { key, tenantId } = await integration();
		await everyOperation(workerWith({}), key);
		for (const table of [productSchema.collaborators, productSchema.activities]) {
			expect(await product.$count(table, eq(table.tenantId, tenantId))).toBe(1);
			expect(await db.$count(table, eq(table.tenantId, tenantId))).toBe(0);
		}
	});

	it.each([
		["D1_ERROR: database or disk is full: SQLITE_FULL", "600", "The service can't store more data."],
		["D1_ERROR: Exceeded maximum DB size", "600", "The service can't store more data."],
		["D1_ERROR: product data is being moved: SQLITE_CONSTRAINT", "30", "The service is moving its data."],
		["D1_ERROR: Network connection lost.", "5", "The service is temporarily unavailable."],
	])(
		"that fails with %j, writes get 503 and %s seconds, and keys work and are managed",
		async (failure, seconds, says) => {
			const { key, keyId, admin } = await integration();
			const call = workerWith({ PRODUCT_DB: failing(failure) });
			for (const [method, path, body] of [
				["POST", "/v1/leads", { name: "Ana" }],
				["POST", "/v1/sync_collaborators", PEOPLE],
				["POST", "/v1/sync_activities", ACTIVITIES],
			] as const) {
				const { status, retryAfter, error } = await call(key, method, path, body);
				expect([status, retryAfter, error.code]).toEqual([503, seconds, "UNAVAILABLE"]);
				expect(error.message).toContain(says);
				expect(error.message).not.toMatch(/D1|SQLITE/);
			}
			expect((await call(key, "GET", "/v1/whoami")).status).toBe(200);
			const made = await call(admin, "POST", "/v1/api-keys", { name: "Made meanwhile" });
			expect(made.status).toBe(201);
			expect((await call(admin, "PATCH", `/v1/api-keys/${keyId}`, { name: "Renamed" })).status).toBe(200);
			expect((await call(admin, "POST", `/v1/api-keys/${keyId}/revoke`, {})).status).toBe(200);
			expect((await call(admin, "GET", "/v1/audit-events")).status).toBe(200);
			const limited = await mutate({ authorization: `Bearer ${env.SERVICE_ROLE_KEY}` }, "tenants.update", {
				id: (await integration()).tenantId,
				quotas: { api_keys: 9 },
			});
			expect(limited.status).toBe(200);
		},
	);
});

describe("without a product database", () => {
	const alone = databases({ DB: env.DB });

	it("every operation of integrations works on the database of the keys", async () => {
		const { key, tenantId } = await integration();
		expect(await everyOperation(workerWith({ PRODUCT_DB: undefined }), key)).toEqual(DONE);
		for (const table of [productSchema.collaborators, productSchema.activities])
			expect(await db.$count(table, eq(table.tenantId, tenantId))).toBe(1);
		expect(await product.$count(productSchema.collaborators, eq(productSchema.collaborators.tenantId, tenantId))).toBe(
			0,
		);
	});

	it("quotas are enforced and listed", async () => {
		const { key, tenantId } = await integration();
		const call = workerWith({ PRODUCT_DB: undefined });
		const set = await call(env.SERVICE_ROLE_KEY, "PATCH", `/v1/tenants/${tenantId}`, { quotas: { leads: 1 } });
		expect(set.status).toBe(200);
		expect((await call(key, "POST", "/v1/leads", { name: "Ana" })).status).toBe(201);
		expect((await call(key, "POST", "/v1/leads", { name: "Bia" })).error.message).toContain("at most 1 leads");
		const { items } = await listQuotas(alone, tenantId);
		expect(items.find(({ name }) => name === "leads")).toMatchObject({ used: 1, limit: 1 });
		expect(items.find(({ name }) => name === "api_keys")).toMatchObject({ used: 1 });
	});

	it("a tenant's rows are deleted", async () => {
		const { key, tenantId } = await integration();
		await everyOperation(workerWith({ PRODUCT_DB: undefined }), key);
		while (!(await deleteRows(alone, tenantId)));
		for (const table of [productSchema.collaborators, productSchema.activities, productSchema.productQuotas])
			expect(await db.$count(table, eq(table.tenantId, tenantId))).toBe(0);
	});
});

it("a tenant that has stored nothing yet has empty lists and counts", async () => {
	const { key, admin } = await integration();
	const call = workerWith({});
	for (const path of [
		"/v1/leads",
		"/v1/leads?page=1&status=new",
		"/v1/leads?search=ana",
		"/v1/leads?search=ana&limit=5",
	])
		expect(await call(key, "GET", path)).toMatchObject({ status: 200, data: [] });
	const { items } = (await query<{ items: { name: string; used: number }[] }>(admin, "tenants.quotas")).data;
	expect(items.filter(({ name }) => ["leads", "stored_bytes"].includes(name)).map(({ used }) => used)).toEqual([0, 0]);
});
