/** Old rows are deleted by the scheduled run, a limited number at a time. Newer rows stay. */
import { createScheduledController } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import {
	accessLinks,
	auditEvents,
	idempotencyKeys,
	jobItems,
	jobs,
	managementTokens,
	sessions,
	usageDaily,
	usageHourly,
} from "../../../db/schema.ts";
import type { Bindings } from "../../../worker/env.ts";
import worker from "../../../worker/index.ts";
import { ADDRESSES_KEPT_DAYS } from "../../../worker/keys/recent-callers.ts";
import { DAY_MS, HOUR_MS } from "../../../worker/schemas/time.ts";
import { newLink } from "../../../worker/services/access-links.ts";
import { removeAddresses } from "../../../worker/services/address-roll-off.ts";
import {
	AUDIT_KEPT_DAYS,
	JOBS_KEPT_DAYS,
	rollOff,
	rollOffStatements,
	USAGE_KEPT_DAYS,
} from "../../../worker/services/retention.ts";
import { addToken } from "../auth/add-token.ts";
import { addPerson, openSession } from "../auth/populated-tenant.ts";
import { addTenant, createKey, db, ORIGIN, token } from "../fixtures.ts";

/** Any time: it is passed in. */
const NOW = Date.UTC(2031, 4, 5, 6, 7, 8);
const tenantId = await addTenant();
const admin = await token({ tenantId });
const { api_key } = await createKey(admin);

const usage = (hour: number) => ({ keyId: api_key.id, hour, tenantId, allowed: 1, rateLimited: 0, denied: 0 });
const event = (id: string, at: number) => ({
	id,
	tenantId,
	at,
	action: "api_key.update",
	actor: "usr_test",
	keyId: api_key.id,
	changes: {},
});

const job = (id: string, createdAt: number, updatedAt: number): typeof jobs.$inferInsert => ({
	id,
	tenantId,
	kind: "revoke_keys",
	state: "finished",
	total: 1,
	createdAt,
	updatedAt,
	actor: "usr_test",
});

describe("a run", () => {
	it("deletes rows past their time, to the millisecond, and nothing else", async () => {
		const usageEnd = NOW - USAGE_KEPT_DAYS * DAY_MS;
		const auditEnd = NOW - AUDIT_KEPT_DAYS * DAY_MS;
		const { id: userId } = await addPerson(tenantId);
		const session = (id: string, expiresAt: number) => ({ id, tenantId, userId, createdAt: 0, expiresAt });
		const attempt = (nameHash: string, createdAt: number) => ({
			tenantId,
			nameHash,
			inputHash: "x",
			keyId: api_key.id,
			createdAt,
		});
		await db.insert(usageHourly).values([usage(usageEnd - 1), usage(usageEnd), usage(NOW - HOUR_MS)]);
		// A day is deleted when its last hour is too old.
		const daily = (day: number) => ({ keyId: api_key.id, day, tenantId, allowed: 1, rateLimited: 0, denied: 0 });
		const dayEnd = usageEnd - DAY_MS;
		await db.insert(usageDaily).values([daily(dayEnd), daily(dayEnd + 1)]);
		await db.insert(auditEvents).values([event("evt_old", auditEnd - 1), event("evt_kept", auditEnd)]);
		await db.insert(sessions).values([session("ses_over", NOW), session("ses_on", NOW + 1)]);
		const link = (id: string, expiresAt: number) => ({
			...newLink(ORIGIN, "invitation", { id: userId, tenantId }, "usr_test", 0).row,
			id,
			expiresAt,
		});
		await db.insert(accessLinks).values([link("lnk_over", NOW), link("lnk_on", NOW + 1)]);
		const jobsEnd = NOW - JOBS_KEPT_DAYS * DAY_MS;
		await db
			.insert(jobs)
			.values([job("job_old", jobsEnd - DAY_MS, jobsEnd - 1), job("job_resumed", jobsEnd - DAY_MS, jobsEnd)]);
		await db.insert(jobItems).values({ jobId: "job_old", position: 0, keyId: "k" });
		await db.insert(idempotencyKeys).values([attempt("old", NOW - DAY_MS), attempt("young", NOW - DAY_MS + 1)]);
		await rollOff({ db, now: NOW });
		expect((await db.select().from(jobs)).map(({ id }) => id)).toEqual(["job_resumed"]);
		expect(await db.select().from(jobItems)).toEqual([]);
		const hours = await db.select().from(usageHourly);
		expect(hours.map(({ hour }) => hour)).toEqual([usageEnd, NOW - HOUR_MS]);
		expect((await db.select().from(usageDaily)).map(({ day }) => day)).toEqual([dayEnd + 1]);
		const ids = (await db.select().from(auditEvents)).map(({ id }) => id);
		expect(ids).toContain("evt_kept");
		expect(ids).not.toContain("evt_old");
		expect((await db.select().from(sessions)).map(({ id }) => id)).toEqual(["ses_on"]);
		expect((await db.select().from(accessLinks)).map(({ id }) => id)).toEqual(["lnk_on"]);
		expect((await db.select().from(idempotencyKeys)).map(({ nameHash }) => nameHash)).toEqual(["young"]);
	});

	it("removes IP addresses and user agents of events after 90 days, and keeps the events", async () => {
		const end = NOW - ADDRESSES_KEPT_DAYS * DAY_MS;
		const from = { ip: "203.0.113.7", userAgent: "Firefox" };
		await db.insert(auditEvents).values([
			{ ...event("evt_address_old", end - 1), ...from },
			{ ...event("evt_address_kept", end), ...from },
		]);
		const token = await addToken(tenantId, { lastUsedAt: end - 1, lastUsedIp: "203.0.113.7" });
		const stored = async (id: string) => (await db.select().from(auditEvents).where(eq(auditEvents.id, id)))[0];
		await removeAddresses({ db, now: NOW });
		expect(await stored("evt_address_old")).toMatchObject({ ip: null, userAgent: null, actor: "usr_test" });
		expect(await stored("evt_address_kept")).toMatchObject(from);
		const [used] = await db.select().from(managementTokens).where(eq(managementTokens.id, token.id));
		expect([used?.lastUsedIp, used?.lastUsedAt]).toEqual([null, end - 1]);
		await removeAddresses({ db, now: NOW + 1 });
		expect(await stored("evt_address_kept")).toMatchObject({ ip: null, userAgent: null });
	});

	it("deletes a limited number, says that there are more, and the next run deletes the rest", async () => {
		const MANY = 50 * 1_000 + 500;
		await env.DB.prepare(
			`insert into usage_hourly (key_id, hour, tenant_id, allowed, rate_limited, denied)
			with recursive n (i) as (select 1 union all select i + 1 from n where i < ?) select ?, i, ?, 1, 0, 0 from n`,
		)
			.bind(MANY, api_key.id, tenantId)
			.run();
		const first = await rollOff({ db, now: NOW });
		expect([first.usage_hourly, first.more]).toEqual([50_000, true]);
		const second = await rollOff({ db, now: NOW });
		expect([second.usage_hourly, second.more]).toEqual([500, false]);
		expect(await rollOff({ db, now: NOW })).toMatchObject({ usage_hourly: 0, audit_events: 0, more: false });
	});

	it("never scans a table that grows with use", async () => {
		for (const [table, statement] of Object.entries(rollOffStatements(NOW))) {
			const query = db.run(statement).getQuery();
			const { results } = await env.DB.prepare(`explain query plan ${query.sql}`)
				.bind(...query.params)
				.all<{ detail: string }>();
			const details = results.map(({ detail }) => detail);
			expect(
				details.filter((detail) => /^SCAN old/.test(detail)),
				table,
			).toEqual([]);
			expect(
				details.some((detail) => /^SEARCH old USING .*INDEX/.test(detail)),
				`${table}: ${details}`,
			).toBe(true);
		}
	});
});

describe("the scheduled run", () => {
	it("uses the time at which it was due", async () => {
		const cookie = await openSession(tenantId);
		const me = () => exports.default.fetch("https://keys.example/trpc/session.me", { headers: { cookie } });
		expect((await me()).status).toBe(200);
		const stored = async () => (await db.select({ id: sessions.id }).from(sessions)).length;
		const before = await stored();
		const due = async (at: number) => {
			const controller = createScheduledController({ scheduledTime: new Date(at), cron: "17 * * * *" });
			// The tests' bindings are those of the Worker, and its secrets.
			await worker.scheduled(controller, env as Bindings);
		};
		await due(Date.now());
		expect(await stored()).toBe(before);
		await due(Date.now() + DAY_MS);
		expect(await stored()).toBeLessThan(before);
		expect((await me()).status).toBe(401);
	});
});
