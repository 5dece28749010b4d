/** Changing a key: only the fields of the request change, and the very next request is judged by them. */
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { ApiKey } from "../../../worker/schemas/api-key.ts";
import { addTenant, asIntegration, createKey, fieldsOf, mutate, query, request, sendJson, token } from "../fixtures.ts";

const NOW = Date.parse("2031-05-06T10:20:30.000Z");
vi.useFakeTimers({ toFake: ["Date"], now: NOW });
beforeEach(() => vi.setSystemTime(NOW));
afterAll(() => vi.useRealTimers());

const admin = await token({ tenantId: await addTenant(), expiresIn: 400 * 86_400 });
const update = (id: string, changes: Record<string, unknown>) =>
	mutate<ApiKey>(admin, "keys.update", { id, ...changes });
const statusOf = async (answer: Promise<Response>) => (await answer).status;
const later = (ms: number) => new Date(NOW + ms).toISOString();

describe("the very next request", () => {
	it("is judged by new scopes", async () => {
		const { key, api_key } = await createKey(admin, { scopes: ["leads:read"] });
		expect(await statusOf(asIntegration(key, "/v1/leads"))).toBe(200);
		expect((await update(api_key.id, { scopes: ["default:sync"] })).data.scopes).toEqual(["default:sync"]);
		expect(await statusOf(asIntegration(key, "/v1/leads"))).toBe(403);
		await update(api_key.id, { scopes: [], unrestricted: true });
		expect(await statusOf(asIntegration(key, "/v1/leads"))).toBe(200);
		expect(await statusOf(sendJson(key, "POST", "/v1/leads", { name: "Ana" }))).toBe(201);
	});

	it("is not judged by an empty list of scopes, unless the caller confirms that the key becomes unrestricted", async () => {
		const { key, api_key } = await createKey(admin, { scopes: ["leads:read"] });
		for (const unrestricted of [undefined, false]) {
			const refused = await update(api_key.id, { scopes: [], unrestricted, rate_limit: 7 });
			expect([refused.status, refused.error.code]).toEqual([409, "CONFLICT"]);
			expect(refused.error.message).toContain("unrestricted: true");
		}
		expect((await query<ApiKey>(admin, "keys.get", { id: api_key.id })).data).toMatchObject({
			scopes: ["leads:read"],
			rate_limit: api_key.rate_limit,
		});
		expect(await statusOf(sendJson(key, "POST", "/v1/leads", { name: "Ana" }))).toBe(403);
		const patched = await request(`/v1/api-keys/${api_key.id}`, {
			method: "PATCH",
			headers: { "content-type": "application/json", authorization: `Bearer ${admin}` },
			body: JSON.stringify({ scopes: [] }),
		});
		expect(patched.status).toBe(409);
		const open = await createKey(admin, { scopes: [] });
		expect((await update(open.api_key.id, { scopes: [] })).status).toBe(200);
	});

	it("is judged by a new limit, which counts what was used before", async () => {
		const { key, api_key } = await createKey(admin, { rate_limit: 2 });
		for (const expected of [200, 200, 429]) expect(await statusOf(asIntegration(key))).toBe(expected);
		await update(api_key.id, { rate_limit: 3 });
		for (const expected of [200, 429]) expect(await statusOf(asIntegration(key))).toBe(expected);
		await update(api_key.id, { rate_limit: 1 });
		expect(await statusOf(asIntegration(key))).toBe(429);
	});

	it("is judged by a new allow-list", async () => {
		const { key, api_key } = await createKey(admin);
		const from = (ip: string) => statusOf(asIntegration(key, "/v1/whoami", { headers: { "cf-connecting-ip": ip } }));
		expect(await from("198.51.100.1")).toBe(200);
		await update(api_key.id, { ip_allowlist: ["203.0.113.0/24", "2001:db8::/32"] });
		expect(await from("198.51.100.1")).toBe(403);
		expect(await from("203.0.113.200")).toBe(200);
		expect(await from("2001:db8:1::1")).toBe(200);
		expect(await from("2001:db9::1")).toBe(403);
		// An unknown IP address is on no allow-list.
		expect(await statusOf(asIntegration(key))).toBe(403);
		await update(api_key.id, { ip_allowlist: [] });
		expect(await from("198.51.100.1")).toBe(200);
	});

	it("is judged by a new expiry", async () => {
		const { key, api_key } = await createKey(admin);
		await update(api_key.id, { expires_at: later(1_000) });
		vi.setSystemTime(NOW + 999);
		expect(await statusOf(asIntegration(key))).toBe(200);
		vi.setSystemTime(NOW + 1_000);
		expect(await statusOf(asIntegration(key))).toBe(401);
	});

	it("of an expired key is admitted again after its expiry is moved or removed", async () => {
		const { key, api_key } = await createKey(admin, { expires_at: later(1_000) });
		vi.setSystemTime(NOW + 1_000);
		expect(await statusOf(asIntegration(key))).toBe(401);
		const put = await update(api_key.id, { expires_at: later(5_000) });
		expect(put.data).toMatchObject({ status: "active", expires_at: later(5_000) });
		expect(await statusOf(asIntegration(key))).toBe(200);
		vi.setSystemTime(NOW + 5_000);
		expect(await statusOf(asIntegration(key))).toBe(401);
		expect((await update(api_key.id, { expires_at: null })).data).toMatchObject({ status: "active", expires_at: null });
		expect(await statusOf(asIntegration(key))).toBe(200);
	});

	it("has the new name", async () => {
		const { key, api_key } = await createKey(admin, { name: "old" });
		expect((await update(api_key.id, { name: "  new  " })).data.name).toBe("new");
		const whoami = await (await asIntegration(key)).json<{ data: { name: string } }>();
		expect(whoami.data.name).toBe("new");
	});
});

describe("a change", () => {
	const settings = {
		name: "CRM",
		scopes: ["leads:read"],
		rate_limit: 50,
		ip_allowlist: ["203.0.113.7"],
		expires_at: later(86_400_000),
	};

	it.each([
		["name", "Other"],
		["scopes", []],
		["rate_limit", 1],
		["ip_allowlist", ["2001:db8::/32"]],
		["expires_at", null],
	])("of %s changes nothing else", async (field, value) => {
		const { api_key } = await createKey(admin, settings);
		const answer = await update(api_key.id, { [field]: value, unrestricted: true });
		const expected = { ...api_key, version: 2, [field]: value };
		expect([answer.status, answer.data]).toEqual([200, expected]);
		expect((await query(admin, "keys.get", { id: api_key.id })).data).toMatchObject(expected);
	});

	it("without a difference changes nothing and leaves no event", async () => {
		const { api_key } = await createKey(admin, settings);
		expect((await update(api_key.id, {})).data).toEqual(api_key);
		expect((await update(api_key.id, settings)).data).toEqual(api_key);
		const trail = await query<{ items: { action: string }[] }>(admin, "audit.list", { key_id: api_key.id });
		expect(trail.data.items.map(({ action }) => action)).toEqual(["api_key.create"]);
	});

	it.each([
		["name", ""],
		["name", "x".repeat(101)],
		["name", null],
		["scopes.0", ["nonsense"]],
		["scopes", null],
		["rate_limit", 0],
		["rate_limit", 1_000_001],
		["ip_allowlist.0", ["nonsense"]],
		["ip_allowlist", Array(51).fill("203.0.113.7")],
		["expires_at", later(0)],
		["expires_at", later(-1)],
		["expires_at", "tomorrow"],
		["expires_in_days", 5],
		["environment", "test"],
		["status", "active"],
		["usage_count", 0],
		["revoked_at", null],
	])("of %s to %j is rejected and names the field", async (field, value) => {
		const { api_key } = await createKey(admin, settings);
		const answer = await update(api_key.id, { rate_limit: 99, [field.replace(/\.0$/, "")]: value });
		expect([answer.status, answer.error.code, fieldsOf(answer)]).toEqual([400, "VALIDATION_ERROR", [field]]);
		expect((await query(admin, "keys.get", { id: api_key.id })).data).toMatchObject(api_key);
	});

	it("of a revoked key is 409", async () => {
		const { api_key } = await createKey(admin);
		await mutate(admin, "keys.revoke", { id: api_key.id });
		for (const changes of [{ name: "new" }, { expires_at: null }, { rate_limit: 5 }]) {
			const answer = await update(api_key.id, changes);
			expect([answer.status, answer.error.code]).toEqual([409, "CONFLICT"]);
		}
		expect((await query(admin, "keys.get", { id: api_key.id })).data).toMatchObject({ name: api_key.name });
	});

	it("of many fields by many callers at once loses none", async () => {
		const { api_key } = await createKey(admin);
		await Promise.all([
			update(api_key.id, { name: "new" }),
			update(api_key.id, { rate_limit: 7 }),
			update(api_key.id, { scopes: [], unrestricted: true }),
			update(api_key.id, { ip_allowlist: ["203.0.113.7"] }),
		]);
		const wanted = { name: "new", rate_limit: 7, scopes: [], ip_allowlist: ["203.0.113.7"] };
		expect((await query(admin, "keys.get", { id: api_key.id })).data).toMatchObject(wanted);
		const list = await query<{ items: ApiKey[] }>(admin, "keys.list", { search: "new" });
		expect(list.data.items.find(({ id }) => id === api_key.id)).toMatchObject(wanted);
	});

	it("at the same time as a revocation never reactivates the key", async () => {
		const { key, api_key } = await createKey(admin);
		const [, revoked] = await Promise.all([
			update(api_key.id, { name: "one" }),
			mutate(admin, "keys.revoke", { id: api_key.id }),
			update(api_key.id, { rate_limit: 7 }),
			update(api_key.id, { expires_at: null, scopes: [], unrestricted: true }),
		]);
		expect(revoked.status).toBe(200);
		expect(await statusOf(asIntegration(key))).toBe(401);
		expect((await query(admin, "keys.get", { id: api_key.id })).data).toMatchObject({ status: "revoked" });
	});
});
