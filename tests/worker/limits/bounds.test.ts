/** Requests and sessions have bounds, and a caller who exceeds one gets an error that names it. */
import { eq } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { sessions } from "../../../db/schema.ts";
import { SESSIONS_PER_USER_MAX } from "../../../worker/services/session-opening.ts";
import { addPerson, PASSWORD } from "../auth/populated-tenant.ts";
import { addTenant, createKey, db, mutate, query, sendJson, token } from "../fixtures.ts";

describe("the sessions of a user", () => {
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

describe("the size of a request", () => {
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
	])("is limited, and the error names the field: %s", async (_, call, field) => {
		const { status, error } = await call();
		expect([status, error.code, error.details?.[0]?.field]).toEqual([400, "VALIDATION_ERROR", field]);
	});

	it.each([
		["more than 500 collaborators", "/v1/sync_collaborators", { collaborators: Array(501).fill({}) }, "collaborators"],
		["more than 1,000 activities", "/v1/sync_activities", { activities: Array(1_001).fill({}) }, "activities"],
		["more than 50 tags", "/v1/leads", { name: "a", tags: Array(51).fill("a") }, "tags"],
		["fields of a book", "/v1/leads", { name: "a", custom_fields: { text: "x".repeat(16_384) } }, "custom_fields"],
	])("is limited, and the error names the field: %s", async (_, path, body, field) => {
		const response = await sendJson(key, "POST", path, body);
		const { error } = (await response.json()) as { error: { code: string; details: { field: string }[] } };
		expect([response.status, error.code, error.details[0]?.field]).toEqual([400, "VALIDATION_ERROR", field]);
	});
});
