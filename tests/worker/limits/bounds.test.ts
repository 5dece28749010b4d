/** What one tenant can take up has a bound, and whoever reaches it is told so. */
import { env } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { apiKeys, sessions } from "../../../db/schema.ts";
import { KEYS_PER_TENANT_MAX } from "../../../worker/services/keys.ts";
import { SESSIONS_PER_USER_MAX } from "../../../worker/services/session.ts";
import { addPerson, PASSWORD } from "../auth/populated-tenant.ts";
import { addTenant, createKey, db, mutate, query, sendJson, token } from "../fixtures.ts";

describe("the keys of a tenant", () => {
	it(`are ${KEYS_PER_TENANT_MAX} at most, by creation and by rotation; others are not concerned`, async () => {
		const tenantId = await addTenant();
		const admin = await token({ tenantId });
		const { api_key } = await createKey(admin);
		await env.DB.prepare(
			`insert into api_keys (id, tenant_id, environment, name, secret_hash, key_prefix, last_four, scopes, rate_limit,
				ip_allowlist, created_at, created_by, search_text)
			with recursive n (i) as (select 1 union all select i + 1 from n where i < ?)
			select 'many-' || i, ?, 'live', 'Many', '', '', '', '[]', 1, '[]', i, 'usr_test', '' from n`,
		)
			.bind(KEYS_PER_TENANT_MAX - 2, tenantId)
			.run();
		const last = await createKey(admin);
		for (const [procedure, input] of [
			["keys.create", { name: "One too many" }],
			["keys.rotate", { id: api_key.id }],
		] as const) {
			const refused = await mutate(admin, procedure, input);
			expect([refused.status, refused.error.code]).toEqual([409, "CONFLICT"]);
			expect(refused.error.message).toContain(String(KEYS_PER_TENANT_MAX));
		}
		const [{ rotatedTo } = { rotatedTo: "?" }] = await db.select().from(apiKeys).where(eq(apiKeys.id, api_key.id));
		expect(rotatedTo).toBeNull();
		await createKey(await token({ tenantId: await addTenant() }));
		// Whoever makes room has room.
		await mutate(admin, "keys.delete", { id: last.api_key.id });
		await createKey(admin);
	}, 60_000);
});

describe("the sessions of a person", () => {
	it(`are ${SESSIONS_PER_USER_MAX} at most: the one that was opened first ends`, async () => {
		const tenantId = await addTenant();
		const { id: userId, email } = await addPerson(tenantId);
		const other = await addPerson(tenantId);
		const now = Date.now();
		const row = (index: number, of: string) => ({
			id: `ses_${of}_${index}`,
			tenantId,
			userId: of,
			createdAt: now,
			expiresAt: now + 1_000_000 + index,
		});
		for (let index = 0; index < SESSIONS_PER_USER_MAX; index++)
			await db.insert(sessions).values([row(index, userId), row(index, other.id)]);
		const { data } = await mutate<{ token: string }>(null, "session.login", { email, password: PASSWORD });
		const left = await db.select().from(sessions).where(eq(sessions.userId, userId));
		expect(left).toHaveLength(SESSIONS_PER_USER_MAX);
		expect(left.map(({ id }) => id)).not.toContain(`ses_${userId}_0`);
		expect(left.map(({ id }) => id)).toContain(`ses_${userId}_1`);
		expect((await query(data.token, "session.me")).status).toBe(200);
		expect(await db.select().from(sessions).where(eq(sessions.userId, other.id))).toHaveLength(SESSIONS_PER_USER_MAX);
	});
});

const admin = await token({ tenantId: await addTenant() });
const { key } = await createKey(admin, { scopes: [] });

describe("what a request may bring", () => {
	it.each([
		["a page of more than 100", () => query(admin, "keys.list", { limit: 101 }), "limit"],
		["a cursor without end", () => query(admin, "keys.list", { cursor: "x".repeat(1_025) }), "cursor"],
		[
			"more than 50 addresses",
			() => mutate(admin, "keys.create", { name: "a", ip_allowlist: Array(51).fill("203.0.113.7") }),
			"ip_allowlist",
		],
		[
			"thousands of scopes",
			() => mutate(admin, "keys.create", { name: "a", scopes: Array(5_000).fill("leads:read") }),
			"scopes",
		],
		["years of hours", () => query(admin, "keys.usage", { id: "000000000000", from: "1970-01-01T00:00:00Z" }), "from"],
	])("is refused by the name of the field: %s", async (_, call, field) => {
		const { status, error } = await call();
		expect([status, error.code, error.details?.[0]?.field]).toEqual([400, "VALIDATION_ERROR", field]);
	});

	it.each([
		["more than 500 collaborators", "/v1/sync_collaborators", { collaborators: Array(501).fill({}) }, "collaborators"],
		["more than 50 tags", "/v1/leads", { name: "a", tags: Array(51).fill("a") }, "tags"],
		["fields of a book", "/v1/leads", { name: "a", custom_fields: { text: "x".repeat(16_384) } }, "custom_fields"],
	])("is refused by the name of the field: %s", async (_, path, body, field) => {
		const response = await sendJson(key, "POST", path, body);
		const { error } = (await response.json()) as { error: { code: string; details: { field: string }[] } };
		expect([response.status, error.code, error.details[0]?.field]).toEqual([400, "VALIDATION_ERROR", field]);
	});
});
