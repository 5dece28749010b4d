/** Management tokens: what a program may do with one, and when it ends. The matrix has every token on every operation. */
import { env } from "cloudflare:workers";
import { and, eq } from "drizzle-orm";
import { afterEach, describe, expect, it, vi } from "vitest";
import { auditEvents, managementTokens, users } from "../../../db/schema.ts";
import { mintManagementToken } from "../../../worker/auth/management-token.ts";
import { readConfig, Secret } from "../../../worker/env.ts";
import { createTokenSchema, type IssuedToken, type ManagementToken } from "../../../worker/schemas/management-token.ts";
import { DAY_MS, MINUTE_MS } from "../../../worker/schemas/time.ts";
import { createToken, TOKENS_PER_TENANT_MAX } from "../../../worker/services/management-tokens.ts";
import { rollOff, TOKENS_KEPT_DAYS } from "../../../worker/services/retention.ts";
import { addTenant, createKey, db, fieldsOf, mutate, product, query, request, token } from "../fixtures.ts";
import { addToken } from "./add-token.ts";
import { addPerson } from "./populated-tenant.ts";

const tenantId = await addTenant();
const { id: ownerId, email } = await addPerson(tenantId, "owner");
const owner = await token({ tenantId, role: "owner", sub: ownerId, claims: { email, email_verified: true } });
const create = (input: Record<string, unknown>) =>
	mutate<IssuedToken>(owner, "tokens.create", {
		name: "Deploy pipeline",
		permissions: ["keys:read"],
		expires_in_days: 90,
		...input,
	});
const get = async (id: string) => (await query<ManagementToken>(owner, "tokens.get", { id })).data;
const from = (ip: string, credential: string) => ({
	authorization: `Bearer ${credential}`,
	"cf-connecting-ip": ip,
});

afterEach(() => {
	vi.useRealTimers();
});

describe("a new token", () => {
	it("is shown once, is stored as a hash, and does what it may", async () => {
		const { data } = await create({ permissions: ["keys:write", "keys:read"], ip_allowlist: ["203.0.113.0/24"] });
		expect(data.token).toMatch(/^smt_[0-9A-Za-z]{36}$/);
		expect(data.management_token).toEqual({
			id: expect.stringMatching(/^tok_/),
			name: "Deploy pipeline",
			last_four: data.token.slice(-4),
			permissions: ["keys:read", "keys:write"],
			ip_allowlist: ["203.0.113.0/24"],
			status: "active",
			created_at: expect.any(String),
			created_by: ownerId,
			created_by_email: email,
			creator_status: "active",
			expires_at: expect.any(String),
			revoked_at: null,
			revoked_by: null,
			last_used_at: null,
			last_used_ip: null,
			pepper_id: expect.stringMatching(/^[0-9a-f]{8}$/),
		});
		const { created_at, expires_at } = data.management_token;
		expect(Date.parse(expires_at) - Date.parse(created_at)).toBe(90 * DAY_MS);
		const stored = await db.select().from(managementTokens);
		expect(JSON.stringify(stored)).not.toContain(data.token.slice(4, 30));
		const program = from("203.0.113.9", data.token);
		const { api_key } = await createKey(program);
		expect(api_key.created_by).toBe(data.management_token.id);
		expect((await query(program, "audit.list")).error.message).toBe(
			"This requires the permission audit:read. The management token does not have it.",
		);
	});

	it("is the actor of what it does, and each change of it is in the audit trail", async () => {
		const { data } = await create({ permissions: ["keys:write"] });
		const { id } = data.management_token;
		await createKey(data.token);
		await mutate(owner, "tokens.update", { id, name: "Renamed", ip_allowlist: ["203.0.113.7"] });
		await mutate(owner, "tokens.revoke", { id });
		await mutate(owner, "tokens.revoke", { id });
		const events = await db.select().from(auditEvents).where(eq(auditEvents.tenantId, tenantId));
		expect(events.filter(({ actor }) => actor === id).map(({ action }) => action)).toEqual(["api_key.create"]);
		const ofToken = events.filter(({ targetId }) => targetId === id).sort((a, b) => a.at - b.at);
		expect(ofToken.map(({ action, actor }) => [action, actor])).toEqual([
			["token.create", ownerId],
			["token.update", ownerId],
			["token.revoke", ownerId],
		]);
		expect(ofToken[1]?.changes).toEqual({
			name: { from: "Deploy pipeline", to: "Renamed" },
			ip_allowlist: { from: [], to: ["203.0.113.7"] },
		});
		expect(JSON.stringify(events)).not.toContain(data.token.slice(4, 30));
	});

	it.each([
		["without an expiry", { expires_in_days: undefined }, "expires_in_days"],
		["with two expiries", { expires_at: "2099-01-01T00:00:00Z" }, "expires_in_days"],
		["for more than 366 days", { expires_in_days: 367 }, "expires_in_days"],
		["until long after", { expires_in_days: undefined, expires_at: "2099-01-01T00:00:00Z" }, "expires_at"],
		["until an earlier time", { expires_in_days: undefined, expires_at: "2020-01-01T00:00:00Z" }, "expires_at"],
		["without a permission", { permissions: [] }, "permissions"],
		["that may create tokens", { permissions: ["tokens:write"] }, "permissions.0"],
		["that may add members", { permissions: ["keys:read", "members:write"] }, "permissions.1"],
		["with an invalid allow-list", { ip_allowlist: ["203.0.113.999"] }, "ip_allowlist.0"],
		["whose name contains a token", { name: `for smt_${"a".repeat(36)}` }, "name"],
		["with a misspelt field", { ip_allow_list: [] }, "ip_allow_list"],
	])("is rejected %s", async (_, input, field) => {
		const answer = await create(input);
		expect([answer.status, fieldsOf(answer)]).toEqual([400, [field]]);
	});

	it("has only permissions that its creator has", async () => {
		const deps = { db, product, config: readConfig(env), gates: env.KEY_GATE, now: Date.now() };
		const author = { tenantId, actor: "usr_test", actorEmail: null, ip: null, userAgent: null };
		const input = createTokenSchema.parse({ name: "a", permissions: ["keys:read", "audit:read"], expires_in_days: 1 });
		await expect(createToken(deps, author, ["keys:read", "tokens:write"], input)).rejects.toThrow(
			"You can only grant permissions that you have. Missing: audit:read.",
		);
	});

	it(`is rejected if the tenant has ${TOKENS_PER_TENANT_MAX}`, async () => {
		const full = await addTenant();
		await Promise.all(Array.from({ length: TOKENS_PER_TENANT_MAX }, () => addToken(full)));
		const input = { name: "One more", permissions: ["keys:read"], expires_in_days: 1 };
		const answer = await mutate(await token({ tenantId: full }), "tokens.create", input);
		expect([answer.status, answer.error.code]).toEqual([409, "CONFLICT"]);
	});
});

describe("a token that is presented", () => {
	it("is rejected from the very next request after it was revoked", async () => {
		const { id, token: program } = await addToken(tenantId);
		expect((await query(program, "keys.list")).status).toBe(200);
		const { data } = await mutate<ManagementToken>(owner, "tokens.revoke", { id });
		expect(data).toMatchObject({ status: "revoked", revoked_by: ownerId });
		const rejected = await query(program, "keys.list");
		expect([rejected.status, rejected.error.message]).toEqual([
			401,
			expect.stringMatching(/^The management token was revoked on \d{4}-\d\d-\d\d\.$/),
		]);
		expect(rejected.headers.get("www-authenticate")).toBe('Bearer error="invalid_token"');
		expect((await mutate(owner, "tokens.update", { id, name: "Again" })).status).toBe(409);
	});

	it("is rejected from the moment at which it expires", async () => {
		const { data } = await create({ expires_in_days: 1 });
		const end = Date.parse(data.management_token.expires_at);
		vi.useFakeTimers({ toFake: ["Date"], now: end - 1 });
		expect((await query(data.token, "keys.list")).status).toBe(200);
		vi.setSystemTime(end);
		const rejected = await query(data.token, "keys.list");
		expect(rejected.error.message).toMatch(/^The management token expired on \d{4}-\d\d-\d\d\.$/);
		expect(rejected.headers.get("www-authenticate")).toBe('Bearer error="invalid_token"');
	});

	it("outside of its allow-list is told the IP address that it came from", async () => {
		const { token: program, id } = await addToken(tenantId, { ipAllowlist: ["203.0.113.0/24", "2001:db8::/32"] });
		for (const ip of ["203.0.113.7", "2001:db8::1"])
			expect((await query(from(ip, program), "keys.list")).status).toBe(200);
		const refused = await query(from("198.51.100.4", program), "keys.list");
		expect([refused.status, refused.error.message]).toEqual([
			403,
			"The request comes from the IP address 198.51.100.4, which is not on the allow-list of this management token.",
		]);
		expect((await query(program, "keys.list")).error.message).toContain("an unknown IP address");
		await mutate(owner, "tokens.update", { id, ip_allowlist: ["198.51.100.4"] });
		expect((await query(from("198.51.100.4", program), "keys.list")).status).toBe(200);
	});

	it("is listed with its last use, which is written at most once a minute", async () => {
		const { id, token: program } = await addToken(tenantId, { lastUsedAt: null });
		const start = Date.now();
		vi.useFakeTimers({ toFake: ["Date"], now: start });
		const used = async (ip: string, at: number) => {
			vi.setSystemTime(at);
			await query(from(ip, program), "keys.list");
			const { last_used_at, last_used_ip } = await get(id);
			return [Date.parse(last_used_at ?? ""), last_used_ip];
		};
		expect(await used("203.0.113.1", start)).toEqual([start, "203.0.113.1"]);
		expect(await used("203.0.113.2", start + MINUTE_MS - 1)).toEqual([start, "203.0.113.1"]);
		expect(await used("203.0.113.3", start + MINUTE_MS)).toEqual([start + MINUTE_MS, "203.0.113.3"]);
	});

	it("works although the last use cannot be recorded", async () => {
		const { token: program } = await addToken(tenantId, { lastUsedAt: null });
		await env.DB.exec(
			"create trigger no_use before update of last_used_at on management_tokens begin select raise(abort, 'no'); end",
		);
		try {
			expect((await query(program, "keys.list")).status).toBe(200);
		} finally {
			await env.DB.exec("drop trigger no_use");
		}
	});

	it("with a wrong tag costs no query of the database", async () => {
		const forged = `smt_${"a".repeat(36)}`;
		const asked = vi.spyOn(env.DB, "prepare");
		try {
			expect((await query(forged, "keys.list")).error.message).toBe(
				"The management token is not valid. Check that it was copied completely.",
			);
			expect(asked).not.toHaveBeenCalled();
			const unknown = mintManagementToken(new Secret(env.KEY_PEPPER)).token;
			expect((await query(unknown, "keys.list")).error.message).toBe(
				"The management token is unknown. Create another one.",
			);
		} finally {
			asked.mockRestore();
		}
	});

	it("works on if its creator is deactivated or removed, and the list says so", async () => {
		const { id: creatorId } = await addPerson(tenantId);
		const { id, token: program } = await addToken(tenantId, { createdBy: creatorId });
		expect(await get(id)).toMatchObject({ creator_status: "active" });
		await db.update(users).set({ deactivatedAt: Date.now() }).where(eq(users.id, creatorId));
		expect(await get(id)).toMatchObject({ creator_status: "deactivated" });
		await db.delete(users).where(eq(users.id, creatorId));
		expect(await get(id)).toMatchObject({ creator_status: "removed", created_by_email: null });
		expect((await query(program, "keys.list")).status).toBe(200);
	});

	it("has its own idempotency keys", async () => {
		const [one, other] = [await addToken(tenantId), await addToken(tenantId)];
		const input = { name: "Once", idempotency_key: "same-for-both" };
		expect((await mutate(one.token, "keys.create", input)).status).toBe(200);
		expect((await mutate(other.token, "keys.create", input)).status).toBe(200);
		expect((await mutate(one.token, "keys.create", input)).status).toBe(409);
	});

	it("counts against the management calls of its tenant", async () => {
		const small = await addTenant();
		const { token: program } = await addToken(small);
		const platform = { authorization: `Bearer ${env.SERVICE_ROLE_KEY}` };
		await mutate(platform, "tenants.update", { id: small, quotas: { management_calls_per_minute: 1 } });
		vi.useFakeTimers({ toFake: ["Date"], now: Date.now() });
		expect((await query(program, "keys.list")).status).toBe(200);
		expect((await query(program, "keys.list")).status).toBe(429);
	});
});

describe("over REST", () => {
	it("a token is created, read, changed and revoked", async () => {
		const call = async (method: string, path: string, body?: unknown) => {
			const headers = { authorization: `Bearer ${owner}`, "content-type": "application/json" };
			const response = await request(path, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) });
			// The envelope of REST. The test asserts the rest.
			const { data } = (await response.json()) as { data: IssuedToken & ManagementToken };
			return { status: response.status, location: response.headers.get("location"), data };
		};
		const input = { name: "Over REST", permissions: ["audit:read"], expires_in_days: 366 };
		const made = await call("POST", "/v1/management-tokens", input);
		const path = `/v1/management-tokens/${made.data.management_token.id}`;
		expect([made.status, made.location]).toEqual([201, path]);
		const asProgram = await request("/v1/audit-events", { headers: { authorization: `Bearer ${made.data.token}` } });
		expect(asProgram.status).toBe(200);
		expect((await call("PATCH", path, { name: "Renamed" })).data.name).toBe("Renamed");
		expect((await call("GET", path)).data.name).toBe("Renamed");
		expect((await call("POST", `${path}/revoke`)).data.status).toBe("revoked");
		expect((await call("GET", path)).data.status).toBe("revoked");
	});

	it("the list has the newest first, page by page", async () => {
		const many = await addTenant();
		const now = Date.now();
		for (let index = 0; index < 5; index++) await addToken(many, { name: `${index}`, createdAt: now + index });
		const admin = await token({ tenantId: many });
		const names: string[] = [];
		for (let cursor = ""; ; ) {
			const response = await request(`/v1/management-tokens?limit=2${cursor && `&cursor=${cursor}`}`, {
				headers: { authorization: `Bearer ${admin}` },
			});
			// The envelope of a list.
			const page = (await response.json()) as { data: ManagementToken[]; meta: { next_cursor: string | null } };
			names.push(...page.data.map(({ name }) => name));
			if (page.meta.next_cursor === null) break;
			cursor = page.meta.next_cursor;
		}
		expect(names).toEqual(["4", "3", "2", "1", "0"]);
	});
});

describe("the scheduled run", () => {
	it(`deletes a token ${TOKENS_KEPT_DAYS} days after it ended`, async () => {
		const of = await addTenant();
		const now = Date.now();
		const end = now - TOKENS_KEPT_DAYS * DAY_MS;
		const old = { createdAt: end - DAY_MS };
		await addToken(of, { ...old, name: "expired long ago", expiresAt: end - 1 });
		await addToken(of, { ...old, name: "expired", expiresAt: end });
		await addToken(of, { ...old, name: "revoked long ago", expiresAt: now + DAY_MS, revokedAt: end - 1 });
		await addToken(of, { ...old, name: "active", expiresAt: now + DAY_MS });
		await rollOff({ db, now });
		const left = await db
			.select({ name: managementTokens.name })
			.from(managementTokens)
			.where(and(eq(managementTokens.tenantId, of)));
		expect(left.map(({ name }) => name).sort()).toEqual(["active", "expired"]);
	});
});
