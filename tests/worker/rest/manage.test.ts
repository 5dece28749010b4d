/** Managing API keys over REST: statuses, response shapes, and the same rules as over tRPC. */
import { env } from "cloudflare:workers";
import { createHash } from "node:crypto";
import { eq } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import { idempotencyKeys } from "../../../db/schema.ts";
import type { ApiKey } from "../../../worker/schemas/api-key.ts";
import { addTenant, asIntegration, createKey, db, fieldsOf, ORIGIN, query, request, token } from "../fixtures.ts";
import { type Reply, read } from "./tenant-with-keys.ts";

const NOW = Date.parse("2031-05-06T10:20:30.000Z");
vi.useFakeTimers({ toFake: ["Date"], now: NOW });
beforeEach(() => vi.setSystemTime(NOW));
afterAll(() => vi.useRealTimers());

const KEYS = "/v1/api-keys";
const tenantId = await addTenant();
const admin = await token({ tenantId, expiresIn: 40 * 86_400 });

interface Sent {
	body?: unknown;
	headers?: Record<string, string>;
	as?: string;
}

/** A request of the admin. A body is sent as JSON. */
function send(method: string, path: string, { body, headers = {}, as = admin }: Sent = {}): Promise<Response> {
	return request(path, {
		method,
		headers: {
			authorization: `Bearer ${as}`,
			...(body === undefined ? {} : { "content-type": "application/json" }),
			...headers,
		},
		...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
	});
}
const call = async <T>(method: string, path: string, sent?: Sent): Promise<Reply<T>> =>
	read(await send(method, path, sent));
const refusal = async (method: string, path: string, sent?: Sent) => {
	const reply = await call(method, path, sent);
	return [reply.status, reply.error.code, fieldsOf(reply)];
};
type Issued = { key: string; api_key: ApiKey };
const create = (body: unknown, headers?: Record<string, string>) =>
	call<Issued>("POST", KEYS, { body, ...(headers ? { headers } : {}) });

describe("creating", () => {
	it("returns 201 with the secret, the API key and its Location", async () => {
		const reply = await create({ name: "CRM", rate_limit: 50 });
		expect(reply.status).toBe(201);
		expect(reply.data.key).toMatch(/^sk_live_[0-9A-Za-z]{48}$/);
		expect(reply.data.api_key).toMatchObject({ tenant_id: tenantId, name: "CRM", rate_limit: 50, status: "active" });
		expect(reply.headers.get("location")).toBe(`${KEYS}/${reply.data.api_key.id}`);
		expect(reply.headers.get("cache-control")).toBe("no-store");
		expect((await asIntegration(reply.data.key)).status).toBe(200);
		const there = await call<ApiKey>("GET", reply.headers.get("location") ?? "");
		expect(there.data).toMatchObject({ id: reply.data.api_key.id, current_hour: { used: 1 } });
	});

	it.each([
		[{}, ["name"]],
		[{ name: "x", scopes: ["all"] }, ["scopes.0"]],
		[{ name: "x", rate_limit: "5" }, ["rate_limit"]],
		[{ name: "x", ip_allowlst: [] }, ["ip_allowlst"]],
		[{ name: "x", expires_in_days: 1, expires_at: "2031-06-01T00:00:00Z" }, ["expires_at"]],
		[{ name: "x", expires_at: "2031-05-01T00:00:00Z" }, ["expires_at"]],
		["[]", ["body"]],
		["{", ["body"]],
		['"name"', ["body"]],
	])("rejects %j, and the error names the fields", async (body, fields) => {
		expect(await refusal("POST", KEYS, { body })).toEqual([400, "VALIDATION_ERROR", fields]);
	});

	it("accepts only JSON, up to 1 MiB", async () => {
		const text = { "content-type": "text/plain" };
		expect(await refusal("POST", KEYS, { body: "name=x", headers: text })).toEqual([415, "UNSUPPORTED_MEDIA_TYPE", []]);
		const big = JSON.stringify({ name: "x", note: "x".repeat(1_048_576) });
		expect(await refusal("POST", KEYS, { body: big })).toEqual([413, "PAYLOAD_TOO_LARGE", []]);
	});

	it("does not validate the body of callers without a credential", async () => {
		const reply = await read(await request(KEYS, { method: "POST", body: "{" }));
		expect([reply.status, reply.error.code]).toEqual([401, "UNAUTHORIZED"]);
		expect(reply.headers.get("www-authenticate")).toBe("Bearer");
	});
});

describe("a second request with the same Idempotency-Key", () => {
	const named = (name: string) => ({ "idempotency-key": name });
	const count = async (search: string) =>
		(await query<{ items: ApiKey[] }>(admin, "keys.list", { search })).data.items.length;

	it("for a creation creates nothing, and returns the API key without the secret", async () => {
		const first = await create({ name: "Once over", rate_limit: 7 }, named("a-1"));
		expect(first.status).toBe(201);
		expect(first.headers.has("idempotency-replayed")).toBe(false);
		vi.setSystemTime(NOW + 86_399_000);
		// The order of fields and explicit defaults do not make it another request.
		const again = await create({ scopes: ["default:sync"], rate_limit: 7, name: " Once over " }, named("a-1"));
		expect(again.status).toBe(200);
		expect(again.headers.get("idempotency-replayed")).toBe("true");
		expect(again.meta).toMatchObject({ idempotent_replay: true });
		expect(again.data).toEqual({ key: null, secret: null, api_key: first.data.api_key });
		expect(JSON.stringify(again)).not.toContain(first.data.key.slice(21));
		expect(await count("once over")).toBe(1);
	});

	it("of several at once only one creates the key", async () => {
		const replies = await Promise.all(Array.from({ length: 8 }, () => create({ name: "Once at once" }, named("a-2"))));
		expect(replies.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 200, 200, 200, 201]);
		expect(new Set(replies.map(({ data }) => data.api_key.id)).size).toBe(1);
		expect(await count("once at once")).toBe(1);
	});

	it("with another body is a conflict", async () => {
		await create({ name: "One" }, named("a-3"));
		expect(await refusal("POST", KEYS, { body: { name: "Two" }, headers: named("a-3") })).toEqual([
			409,
			"CONFLICT",
			[],
		]);
		expect(await count("two")).toBe(0);
	});

	it("does not create a key again that was deleted", async () => {
		const { data } = await create({ name: "Gone" }, named("a-4"));
		await send("DELETE", `${KEYS}/${data.api_key.id}`);
		expect(await refusal("POST", KEYS, { body: { name: "Gone" }, headers: named("a-4") })).toEqual([
			409,
			"CONFLICT",
			[],
		]);
	});

	it("after a day is a new request", async () => {
		const first = await create({ name: "Daily" }, named("a-5"));
		vi.setSystemTime(NOW + 86_400_000);
		const second = await create({ name: "Daily" }, named("a-5"));
		expect([first.status, second.status]).toEqual([201, 201]);
		expect(second.data.api_key.id).not.toBe(first.data.api_key.id);
	});

	it("of another tenant is a new request, and is deleted separately", async () => {
		const otherId = await addTenant();
		const other = await token({ tenantId: otherId });
		await create({ name: "Ours" }, named("a-6"));
		const theirs = await call("POST", KEYS, { body: { name: "Theirs" }, headers: named("a-6"), as: other });
		expect(theirs.status).toBe(201);
		vi.setSystemTime(NOW + 86_400_000);
		await create({ name: "Ours" }, named("a-6"));
		const ofOther = await db.select().from(idempotencyKeys).where(eq(idempotencyKeys.tenantId, otherId));
		expect(ofOther).toHaveLength(1);
	});

	it("another caller's name is another name, also for a rotation", async () => {
		const colleague = await token({ tenantId, sub: "usr_colleague" });
		const mine = await create({ name: "Mine" }, named("a-7"));
		const theirs = await call<Issued>("POST", KEYS, { body: { name: "Mine" }, headers: named("a-7"), as: colleague });
		expect([mine.status, theirs.status]).toEqual([201, 201]);
		expect(theirs.data.api_key.id).not.toBe(mine.data.api_key.id);
		const path = `${KEYS}/${mine.data.api_key.id}/rotate`;
		const first = await call<Issued>("POST", path, { body: {}, headers: named("r-7") });
		const second = await call<Issued>("POST", path, { body: {}, headers: named("r-7"), as: colleague });
		expect([first.status, second.status]).toEqual([201, 201]);
		expect(second.data.api_key.id).not.toBe(first.data.api_key.id);
	});

	it("a name of the release before is still its caller's, and no other's", async () => {
		const asBefore = async (name: string, keyId: string) =>
			db
				.update(idempotencyKeys)
				.set({ nameHash: createHash("sha256").update(name).digest("hex") })
				.where(eq(idempotencyKeys.keyId, keyId));
		const colleague = await token({ tenantId, sub: "usr_colleague" });
		const { data } = await create({ name: "Former" }, named("a-8"));
		await asBefore("a-8", data.api_key.id);
		const theirs = await call<Issued>("POST", KEYS, { body: { name: "Former" }, headers: named("a-8"), as: colleague });
		expect(theirs.status).toBe(201);
		const again = await create({ name: "Former" }, named("a-8"));
		expect([again.status, again.data.api_key.id]).toEqual([200, data.api_key.id]);
	});

	it.each(["", "x".repeat(256), "with space", "caf\u00e9"])("the value %j is rejected", async (name) => {
		const headers = named(name);
		expect(await refusal("POST", KEYS, { body: { name: "x" }, headers })).toEqual([
			400,
			"VALIDATION_ERROR",
			["Idempotency-Key"],
		]);
	});

	it("for a rotation creates no second successor, even if the old key is revoked", async () => {
		const { api_key } = await createKey(admin, { name: "Turns" });
		const path = `${KEYS}/${api_key.id}/rotate`;
		const sent = { body: { revoke_previous_after_hours: 0 }, headers: named("r-1") };
		const first = await call<Issued & { previous: ApiKey }>("POST", path, sent);
		expect(first.status).toBe(201);
		const again = await call<Issued & { previous: ApiKey }>("POST", path, sent);
		expect([again.status, again.headers.get("idempotency-replayed")]).toEqual([200, "true"]);
		expect(again.data).toMatchObject({
			api_key: { id: first.data.api_key.id },
			previous: { id: api_key.id, status: "revoked", rotated_to: first.data.api_key.id },
		});
		expect(again.data.key).toBeNull();
		expect(await count("turns")).toBe(2);
		expect(await refusal("POST", path, { body: {}, headers: named("r-1") })).toEqual([409, "CONFLICT", []]);
	});

	it("of several rotations at once only one creates a successor", async () => {
		const { api_key } = await createKey(admin, { name: "Spins" });
		const replies = await Promise.all(
			Array.from({ length: 6 }, () => call<Issued>("POST", `${KEYS}/${api_key.id}/rotate`, { headers: named("r-2") })),
		);
		expect(replies.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 200, 201]);
		expect(new Set(replies.map(({ data }) => data.api_key.id)).size).toBe(1);
		expect((await query<ApiKey>(admin, "keys.get", { id: api_key.id })).data.rotated_to).toBe(
			replies[0]?.data.api_key.id,
		);
	});
});

describe("listing", () => {
	const listed = async (path: string) => call<ApiKey[]>("GET", path);

	it("pages through all keys, with counts", async () => {
		const mine = await token({ tenantId: await addTenant() });
		for (const name of ["a", "b", "c"]) await createKey(mine, { name });
		const first = await call<ApiKey[]>("GET", `${KEYS}?limit=2&sort=name&recent_hours=3`, { as: mine });
		expect(first.data.map(({ name }) => name)).toEqual(["a", "b"]);
		expect(first.data[0]).toMatchObject({ recent_usage: [0, 0, 0] });
		expect(first.meta).toMatchObject({ counts: { active: 3, revoked: 0, expired: 0 } });
		const cursor = encodeURIComponent(first.meta.next_cursor ?? "");
		const second = await call<ApiKey[]>("GET", `${KEYS}?limit=2&sort=name&cursor=${cursor}`, { as: mine });
		expect(second.data.map(({ name }) => name)).toEqual(["c"]);
		expect(second.meta.next_cursor).toBeNull();
	});

	it.each([
		["limit=0", ["limit"]],
		["limit=abc", ["limit"]],
		["limit=", ["limit"]],
		["limit=1e1", ["limit"]],
		["limit=1.5", ["limit"]],
		["limit=1&limit=2", ["limit"]],
		["status=gone", ["status"]],
		["sort=id", ["sort"]],
		["order=name", ["order"]],
		["cursor=nonsense", ["cursor"]],
		["status=revoked&expires_within_days=3", ["expires_within_days"]],
	])("rejects %s, and the error names it", async (search, fields) => {
		const reply = await listed(`${KEYS}?${search}`);
		expect([reply.status, reply.error.code, fieldsOf(reply)]).toEqual([400, "VALIDATION_ERROR", fields]);
	});

	it("lists the scopes", async () => {
		const reply = await call<{ scope: string; grants: string }[]>("GET", "/v1/scopes");
		expect(reply.data.map(({ scope }) => scope)).toEqual(["default:sync", "leads:read", "leads:write"]);
	});

	it("lists the audit events of a key, newest first", async () => {
		const { data } = await create({ name: "Watched" });
		vi.setSystemTime(NOW + 1_000);
		await send("POST", `${KEYS}/${data.api_key.id}/revoke`, { body: { reason: "Lost laptop" } });
		const events = await call<{ action: string; actor: string }[]>(
			"GET",
			`/v1/audit-events?key_id=${data.api_key.id}&limit=5`,
		);
		expect(events.data).toMatchObject([
			{ action: "api_key.revoke", actor: "usr_test" },
			{ action: "api_key.create", actor: "usr_test" },
		]);
		expect(events.meta.next_cursor).toBeNull();
	});
});

describe("one key", () => {
	it("is changed only in the fields that are sent", async () => {
		const { data } = await create({ name: "Old name", rate_limit: 9, expires_in_days: 3 });
		const path = `${KEYS}/${data.api_key.id}`;
		const reply = await call<ApiKey>("PATCH", path, { body: { name: "New name" } });
		expect([reply.status, reply.data]).toEqual([200, { ...data.api_key, name: "New name", version: 2 }]);
		const never = await call<ApiKey>("PATCH", path, { body: { expires_at: null } });
		expect(never.data).toMatchObject({ name: "New name", rate_limit: 9, expires_at: null });
		expect((await call<ApiKey>("PATCH", path, { body: {} })).data).toEqual(never.data);
		expect(await refusal("PATCH", path, { body: { id: "x" } })).toEqual([400, "VALIDATION_ERROR", ["id"]]);
		expect(await refusal("PATCH", path, { body: { rate_limit: null } })).toEqual([
			400,
			"VALIDATION_ERROR",
			["rate_limit"],
		]);
	});

	it("is revoked with or without a body, any number of times, and cannot be changed afterwards", async () => {
		const { data } = await create({ name: "Ends" });
		const path = `${KEYS}/${data.api_key.id}`;
		for (const sent of [
			{},
			{ body: {} },
			{ body: { reason: "Lost" } },
			{ headers: { "content-type": "application/json" } },
			{ body: "null" },
			{ body: ' ""\n' },
		]) {
			const reply = await call<ApiKey>("POST", `${path}/revoke`, sent);
			expect([reply.status, reply.data.status]).toEqual([200, "revoked"]);
		}
		expect((await asIntegration(data.key)).status).toBe(401);
		expect(await refusal("PATCH", path, { body: { name: "x" } })).toEqual([409, "CONFLICT", []]);
		expect(await refusal("POST", `${path}/rotate`)).toEqual([409, "CONFLICT", []]);
		expect(await refusal("POST", `${path}/revoke`, { body: "x", headers: { "content-type": "text/plain" } })).toEqual([
			415,
			"UNSUPPORTED_MEDIA_TYPE",
			[],
		]);
	});

	it("is rotated into a successor with a Location", async () => {
		const { data } = await create({ name: "Turns over" });
		const reply = await call<Issued & { previous: ApiKey }>("POST", `${KEYS}/${data.api_key.id}/rotate`, {
			body: { revoke_previous_after_hours: 24 },
		});
		expect(reply.status).toBe(201);
		expect(reply.headers.get("location")).toBe(`${KEYS}/${reply.data.api_key.id}`);
		expect(reply.data.previous).toMatchObject({ id: data.api_key.id, rotated_to: reply.data.api_key.id });
		expect((await asIntegration(reply.data.key)).status).toBe(200);
		expect((await asIntegration(data.key)).status).toBe(200);
	});

	it("is deleted with an empty 204, and unknown afterwards", async () => {
		const { data } = await create({ name: "Goes" });
		const path = `${KEYS}/${data.api_key.id}`;
		const response = await send("DELETE", path);
		expect([response.status, await response.text()]).toEqual([204, ""]);
		expect(response.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
		for (const [method, at] of [
			["DELETE", path],
			["GET", path],
			["GET", `${path}/usage`],
			["POST", `${path}/revoke`],
			["POST", `${path}/rotate`],
		] as const)
			expect(await refusal(method, at)).toEqual([404, "NOT_FOUND", []]);
		expect(await refusal("PATCH", path, { body: { name: "x" } })).toEqual([404, "NOT_FOUND", []]);
	});

	it("has usage by hour or day", async () => {
		const { data } = await create({ name: "Used" });
		await asIntegration(data.key);
		const path = `${KEYS}/${data.api_key.id}/usage`;
		const usage = await call<{ buckets: unknown[]; totals: unknown }>("GET", path);
		expect(usage.data.buckets).toHaveLength(25);
		expect(usage.data.totals).toEqual({ allowed: 1, rate_limited: 0, denied: 0 });
		expect((await call<{ buckets: unknown[] }>("GET", `${path}?granularity=day`)).data.buckets).toHaveLength(31);
		expect(await refusal("GET", `${path}?granularity=minute`)).toEqual([400, "VALIDATION_ERROR", ["granularity"]]);
	});
});

describe("verifying", () => {
	it("returns 200 with every verdict", async () => {
		const { data } = await create({ name: "Shown", rate_limit: 1 });
		const verify = (body: unknown) => call<{ valid: boolean; code: string }>("POST", `${KEYS}/verify`, { body });
		expect((await verify({ key: data.key, consume: false })).data).toMatchObject({ valid: true, code: "VALID" });
		expect((await verify({ key: data.key, scope: "leads:read" })).data.code).toBe("MISSING_SCOPE");
		expect((await verify({ key: data.key })).data).toMatchObject({ valid: true, api_key: { id: data.api_key.id } });
		const limited = await verify({ key: data.key });
		expect([limited.status, limited.data.code]).toEqual([200, "RATE_LIMITED"]);
		for (const key of ["sk_live_nonsense", "x".repeat(257), data.key.padEnd(100_000, "x")]) {
			const unknown = await verify({ key });
			expect([unknown.status, unknown.data]).toEqual([200, { valid: false, code: "NOT_FOUND" }]);
		}
		expect(JSON.stringify(limited)).not.toContain(data.key.slice(21));
		expect(await refusal("POST", `${KEYS}/verify`, { body: {} })).toEqual([400, "VALIDATION_ERROR", ["key"]]);
	});
});

describe("the platform", () => {
	const platform = env.SERVICE_ROLE_KEY;

	it.each([
		["the header", (tenant: string) => ({ body: { name: "x" }, headers: { "x-tenant-id": tenant } })],
		["the body", (tenant: string) => ({ body: { name: "x", tenant_id: tenant } })],
		[
			"a body of a related type",
			(tenant: string) => ({
				body: { name: "x", tenant_id: tenant },
				headers: { "content-type": "application/merge-patch+json" },
			}),
		],
	])("names the tenant in %s", async (_where, sent) => {
		const reply = await call<Issued>("POST", KEYS, { as: platform, ...sent(tenantId) });
		expect([reply.status, reply.data.api_key]).toMatchObject([
			201,
			{ tenant_id: tenantId, created_by: "service_role" },
		]);
	});

	it("names it in the query, also of operations whose body is optional", async () => {
		const { data } = await create({ name: "Theirs" });
		const path = `${KEYS}/${data.api_key.id}`;
		for (const [method, at, status] of [
			["GET", `${path}?tenant_id=${tenantId}`, 200],
			["GET", `${KEYS}?tenant_id=${tenantId}&limit=1`, 200],
			["POST", `${path}/revoke?tenant_id=${tenantId}`, 200],
			["DELETE", `${path}?tenant_id=${tenantId}`, 204],
		] as const)
			expect([at, (await send(method, at, { as: platform })).status]).toEqual([at, status]);
	});

	it("must name exactly one existing tenant", async () => {
		expect(await refusal("GET", KEYS, { as: platform })).toEqual([400, "VALIDATION_ERROR", ["tenant_id"]]);
		expect(await refusal("GET", `${KEYS}?tenant_id=ten_no`, { as: platform })).toEqual([404, "NOT_FOUND", []]);
		const both = { body: { name: "x", tenant_id: "ten_a" }, headers: { "x-tenant-id": "ten_b" }, as: platform };
		expect(await refusal("POST", KEYS, both)).toEqual([400, "VALIDATION_ERROR", ["tenant_id"]]);
	});

	it("creates and lists tenants", async () => {
		const made = await call<{ id: string; slug: string; owner: null }>("POST", "/v1/tenants", {
			body: { name: "Globex", slug: "globex" },
			as: platform,
		});
		expect([made.status, made.data.slug]).toEqual([201, "globex"]);
		const path = made.headers.get("location") ?? "";
		const { owner, ...tenant } = made.data;
		expect(owner).toBeNull();
		expect((await call("GET", path, { as: platform })).data).toEqual(tenant);
		expect(await refusal("GET", "/v1/tenants/ten_nobody", { as: platform })).toEqual([404, "NOT_FOUND", []]);
		expect(await refusal("GET", path)).toEqual([403, "FORBIDDEN", []]);
		expect(await refusal("POST", "/v1/tenants", { body: { name: "G", slug: "globex" }, as: platform })).toEqual([
			409,
			"CONFLICT",
			["slug"],
		]);
		const list = await call<{ id: string }[]>("GET", "/v1/tenants?limit=100", { as: platform });
		expect(list.data.map(({ id }) => id)).toContain(made.data.id);
		expect((await call("GET", "/v1/tenants", { as: admin })).status).toBe(403);
	});
});

describe("a session's cookie", () => {
	it("allows changes only from pages of this site", async () => {
		const cookie = `__Host-session=${admin}`;
		const body = JSON.stringify({ name: "By cookie" });
		const by = (origin: Record<string, string>) =>
			request(KEYS, { method: "POST", body, headers: { cookie, "content-type": "application/json", ...origin } });
		expect((await by({ origin: ORIGIN })).status).toBe(201);
		expect((await by({ origin: "https://elsewhere.example" })).status).toBe(403);
		expect((await by({})).status).toBe(403);
		expect((await request(KEYS, { headers: { cookie } })).status).toBe(200);
	});
});
