/** Creating a key: valid and invalid input, the response, and that the secret is stored nowhere. */
import { createHash } from "node:crypto";
import { eq } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import { apiKeys } from "../../../db/schema.ts";
import type { IssuedKey } from "../../../worker/schemas/api-key.ts";
import { DAY_MS } from "../../../worker/schemas/time.ts";

import { apiKey } from "../../api-key.ts";
import { addTenant, asIntegration, createKey, db, fieldsOf, mutate, query, token } from "../fixtures.ts";

const NOW = Date.parse("2031-05-06T10:20:30.123Z");
vi.useFakeTimers({ toFake: ["Date"], now: NOW });
beforeEach(() => vi.setSystemTime(NOW));
afterAll(() => vi.useRealTimers());

const tenantId = await addTenant();
const admin = await token({ tenantId, sub: "usr_ada", expiresIn: 5_000 * 86_400 });
const create = (input: unknown) => mutate<IssuedKey>(admin, "keys.create", input);

describe("a new key", () => {
	it("with only a name is live, has the scope default:sync, never expires, and may make 1,000 requests an hour", async () => {
		const answer = await create({ name: "CRM" });
		expect(answer.status).toBe(200);
		const { key, api_key } = answer.data;
		expect(key).toMatch(/^sk_live_[0-9A-Za-z]{48}$/);
		expect(api_key).toEqual({
			...apiKey(),
			id: key.slice(8, 20),
			tenant_id: tenantId,
			name: "CRM",
			environment: "live",
			key_prefix: key.slice(0, 12),
			last_four: key.slice(-4),
			scopes: ["default:sync"],
			rate_limit: 1_000,
			expires_at: null,
			created_at: "2031-05-06T10:20:30.123Z",
			created_by: "usr_ada",
			pepper_id: expect.any(String),
			authentication: "bearer",
		});
	});

	it("has all settings of the request, in the response and when it is read", async () => {
		const wanted = {
			name: "Partner",
			environment: "test",
			scopes: ["leads:write", "leads:read"],
			rate_limit: 77,
			ip_allowlist: ["203.0.113.7", "2001:db8::/32"],
		};
		const { key, api_key } = (await create({ ...wanted, expires_in_days: 30 })).data;
		expect(key).toMatch(/^sk_test_[0-9A-Za-z]{48}$/);
		const whole = { ...wanted, expires_at: new Date(NOW + 30 * DAY_MS).toISOString(), status: "active" };
		expect(api_key).toMatchObject(whole);
		expect((await query(admin, "keys.get", { id: api_key.id })).data).toMatchObject(whole);
	});

	it("admits the first request", async () => {
		const { key } = await createKey(admin);
		expect((await asIntegration(key)).status).toBe(200);
	});

	it("is shown in a response that must not be cached", async () => {
		expect((await create({ name: "CRM" })).headers.get("cache-control")).toBe("no-store");
	});

	it("is stored only as its SHA-256", async () => {
		const { key, api_key } = await createKey(admin);
		const [row] = await db.select().from(apiKeys).where(eq(apiKeys.id, api_key.id));
		expect(row?.secretHash).toBe(createHash("sha256").update(key).digest("hex"));
		expect(JSON.stringify(row)).not.toContain(key.slice(20, 50));
	});

	it("is different each time", async () => {
		const keys = await Promise.all(Array.from({ length: 20 }, () => createKey(admin)));
		expect(new Set(keys.map(({ key }) => key.slice(8))).size).toBe(20);
		expect(new Set(keys.map(({ key }) => key.slice(20, 50))).size).toBe(20);
	});

	it("is not created for a tenant that does not exist", async () => {
		const stranger = await token({ tenantId: "ten_unknown", expiresIn: 86_400 });
		const answer = await mutate(stranger, "keys.create", { name: "CRM" });
		expect([answer.status, answer.error.code]).toEqual([404, "NOT_FOUND"]);
	});
});

describe("its name", () => {
	it.each([
		["  CRM  ", "CRM"],
		["\tCRM ", "CRM"],
		["C", "C"],
		["x".repeat(100), "x".repeat(100)],
		[` ${"x".repeat(100)} `, "x".repeat(100)],
		["Integração 客户 🚀", "Integração 客户 🚀"],
		["<b>'; drop table api_keys --", "<b>'; drop table api_keys --"],
	])("sent as %j is stored as %j", async (given, name) => {
		expect((await create({ name: given })).data.api_key.name).toBe(name);
	});

	it.each(["", "   ", "x".repeat(101), "a\nb", "a\u0000b", 7, null, undefined, ["CRM"]])(
		"cannot be %j",
		async (name) => {
			const answer = await create({ name });
			expect([answer.status, answer.error.code, fieldsOf(answer)]).toEqual([400, "VALIDATION_ERROR", ["name"]]);
		},
	);
});

describe("its limit", () => {
	it.each([1, 1_000_000])("can be %i", async (rate_limit) => {
		expect((await create({ name: "CRM", rate_limit })).data.api_key.rate_limit).toBe(rate_limit);
	});

	it.each([0, -1, 1_000_001, 1.5, "10", null])("cannot be %j", async (rate_limit) => {
		const answer = await create({ name: "CRM", rate_limit });
		expect([answer.status, fieldsOf(answer)]).toEqual([400, ["rate_limit"]]);
	});
});

describe("its end", () => {
	it.each([1, 3_650])("can be %i days ahead", async (days) => {
		const { expires_at } = (await create({ name: "CRM", expires_in_days: days })).data.api_key;
		expect(expires_at).toBe(new Date(NOW + days * DAY_MS).toISOString());
	});

	it.each([
		["2031-05-06T10:20:30.124Z", "2031-05-06T10:20:30.124Z"],
		["2031-05-06T08:00:00-03:00", "2031-05-06T11:00:00.000Z"],
		["2040-01-01T00:00:00Z", "2040-01-01T00:00:00.000Z"],
		[null, null],
	])("can be the time %j", async (given, expires_at) => {
		expect((await create({ name: "CRM", expires_at: given })).data.api_key.expires_at).toBe(expires_at);
	});

	it.each([
		["expires_in_days", 0],
		["expires_in_days", -1],
		["expires_in_days", 3_651],
		["expires_in_days", 0.5],
		["expires_in_days", "30"],
		["expires_at", "2031-05-06T10:20:30.123Z"],
		["expires_at", "2031-05-06T10:20:30.122Z"],
		["expires_at", "2020-01-01T00:00:00Z"],
		["expires_at", "tomorrow"],
		["expires_at", "2040-01-01"],
		["expires_at", "2040-02-30T00:00:00Z"],
		["expires_at", 2_000_000_000],
	])("cannot be %s: %j", async (field, value) => {
		const answer = await create({ name: "CRM", [field]: value });
		expect([answer.status, answer.error.code, fieldsOf(answer)]).toEqual([400, "VALIDATION_ERROR", [field]]);
	});

	it("cannot be sent in both fields", async () => {
		const answer = await create({ name: "CRM", expires_in_days: 1, expires_at: "2040-01-01T00:00:00Z" });
		expect([answer.status, fieldsOf(answer)]).toEqual([400, ["expires_at"]]);
		expect(answer.error.message).toContain("expires_in_days");
	});
});

describe("its allow-list", () => {
	it.each([
		"203.0.113.7",
		"203.0.113.0/24",
		"0.0.0.0/0",
		"10.0.0.1/32",
		"2001:db8::1",
		"2001:db8::/32",
		"::1",
		"::/0",
		"::ffff:203.0.113.7",
	])("accepts %s", async (entry) => {
		expect((await create({ name: "CRM", ip_allowlist: [entry] })).data.api_key.ip_allowlist).toEqual([entry]);
	});

	it.each([
		"203.0.113.256",
		"203.0.113",
		"203.0.113.0/33",
		"203.0.113.0/",
		"2001:db8::/129",
		"2001:db8:::1",
		"office.example",
		"*",
		"",
		"203.0.113.7:443",
		"203.0.113.7 ",
		"0x7f.1",
		7,
		null,
	])("rejects %j, and names the entry", async (entry) => {
		const answer = await create({ name: "CRM", ip_allowlist: ["203.0.113.7", entry] });
		expect([answer.status, fieldsOf(answer)]).toEqual([400, ["ip_allowlist.1"]]);
	});

	it("accepts at most 50 entries", async () => {
		const entries = Array.from({ length: 51 }, (_, index) => `203.0.113.${index}`);
		expect((await create({ name: "CRM", ip_allowlist: entries.slice(1) })).data.api_key.ip_allowlist).toHaveLength(50);
		const answer = await create({ name: "CRM", ip_allowlist: entries });
		expect([answer.status, fieldsOf(answer)]).toEqual([400, ["ip_allowlist"]]);
	});
});

describe("its scopes", () => {
	it.each([
		[[], []],
		[["leads:read"], ["leads:read"]],
		[["leads:read", "leads:read"], ["leads:read"]],
		[
			["leads:read", "default:sync", "leads:write"],
			["leads:read", "default:sync", "leads:write"],
		],
	])("sent as %j are stored as %j", async (given, scopes) => {
		expect((await create({ name: "CRM", scopes: given })).data.api_key.scopes).toEqual(scopes);
	});

	it.each(["leads:delete", "LEADS:READ", "*", "", 7, null])(
		"may not hold %j, and say which entry it is and what there is to choose from",
		async (scope) => {
			const answer = await create({ name: "CRM", scopes: ["leads:read", scope] });
			expect([answer.status, fieldsOf(answer)]).toEqual([400, ["scopes.1"]]);
			expect(answer.error.message).toContain("default:sync, leads:read, leads:write");
		},
	);
});

describe("invalid input", () => {
	it("is reported for all fields at once", async () => {
		const answer = await create({
			name: "",
			environment: "staging",
			scopes: ["nonsense"],
			rate_limit: 0,
			ip_allowlist: ["nonsense"],
			expires_in_days: 0,
			ip_allow_list: [],
		});
		expect(answer.status).toBe(400);
		expect(fieldsOf(answer).sort()).toEqual([
			"environment",
			"expires_in_days",
			"ip_allow_list",
			"ip_allowlist.0",
			"name",
			"rate_limit",
			"scopes.0",
		]);
		for (const { message } of answer.error.details ?? []) expect(message).not.toBe("");
	});

	it.each(["ip_allow_list", "scope", "id", "status", "usage_count", "created_by", "secret_hash"])(
		"includes a field that does not exist: %s",
		async (field) => {
			const answer = await create({ name: "CRM", [field]: "x" });
			expect([answer.status, fieldsOf(answer)]).toEqual([400, [field]]);
		},
	);

	it.each([undefined, null, [], "CRM", 7])("is an input of %j", async (input) => {
		const answer = await create(input);
		expect([answer.status, answer.error.code]).toEqual([400, "VALIDATION_ERROR"]);
		expect(fieldsOf(answer)).toHaveLength(1);
	});

	it("creates no key and no event", async () => {
		const before = await query<{ items: unknown[] }>(admin, "audit.list", { limit: 100 });
		await create({ name: "" });
		await create({ name: "x", expires_at: "2020-01-01T00:00:00Z" });
		const after = await query<{ items: unknown[] }>(admin, "audit.list", { limit: 100 });
		expect(after.data).toEqual(before.data);
	});
});

describe("an idempotency_key", () => {
	it("creates one key however often it is sent, and names that key instead of showing its secret again", async () => {
		const input = { name: "Once", idempotency_key: crypto.randomUUID() };
		const first = await create(input);
		expect(first.status).toBe(200);
		const again = await create(input);
		expect([again.status, again.error.code]).toEqual([409, "CONFLICT"]);
		expect(again.error.details).toEqual([{ field: "idempotency_key", message: first.data.api_key.id }]);
		expect(JSON.stringify(again)).not.toContain(first.data.key);
		const { data } = await query<{ items: unknown[] }>(admin, "keys.list", { search: "Once" });
		expect(data.items).toHaveLength(1);
	});

	it("cannot be used for another key", async () => {
		const idempotency_key = crypto.randomUUID();
		await create({ name: "One", idempotency_key });
		const other = await create({ name: "Another", idempotency_key });
		expect([other.status, other.error.code, fieldsOf(other)]).toEqual([409, "CONFLICT", []]);
	});

	it("works for a rotation, too", async () => {
		const { data } = await create({ name: "Old" });
		const input = { id: data.api_key.id, idempotency_key: crypto.randomUUID(), expected_rotated_to: null };
		const first = await mutate<IssuedKey>(admin, "keys.rotate", input);
		const again = await mutate<IssuedKey>(admin, "keys.rotate", input);
		expect([again.status, again.error.code]).toEqual([409, "CONFLICT"]);
		expect(again.error.details).toEqual([{ field: "idempotency_key", message: first.data.api_key.id }]);
	});
});
