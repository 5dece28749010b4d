/** Hours of usage become days after five weeks. No request is lost or counted twice, and every total stays the same. */
import { createScheduledController, runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { and, asc, eq } from "drizzle-orm";
import { beforeEach, describe, expect, it } from "vitest";
import type { Database } from "../../../db/client.ts";
import { apiKeys, serviceState, usageDaily, usageHourly } from "../../../db/schema.ts";
import { readConfig } from "../../../worker/env.ts";
import { connect, recordUsage } from "../../../worker/gate/delivery/d1-records.ts";
import worker from "../../../worker/index.ts";
import { snapshotOf } from "../../../worker/keys/snapshot.ts";
import { DAY_MS, HOUR_MS } from "../../../worker/schemas/time.ts";
import { usageQuerySchema } from "../../../worker/schemas/usage.ts";
import { keyUsage } from "../../../worker/services/usage.ts";
import {
	completeHours,
	FIRST_RUN,
	HOURS_KEPT_DAYS,
	POSITION,
	pageFrom,
	rollUpUsage,
	WAIT_DAYS,
} from "../../../worker/services/usage-roll-up.ts";
import { addTenant, createKey, db, gateOf, product, token } from "../fixtures.ts";
import { admitMany } from "../gate/gate-control.ts";

/** A day in a far year, so that the gate of no key has counted in it. */
const TODAY = Date.UTC(2031, 4, 5);
const NOW = TODAY + 6 * HOUR_MS + 7;
/** Days before this one are summed up. */
const KEPT_FROM = TODAY - HOURS_KEPT_DAYS * DAY_MS;

let tenantId: string;
let keyId: string;
let key: string;

beforeEach(async () => {
	tenantId = await addTenant();
	const created = await createKey(await token({ tenantId }));
	keyId = created.api_key.id;
	key = created.key;
	await remember(FIRST_RUN, String(NOW - WAIT_DAYS * DAY_MS));
	await remember(POSITION, "");
});

const remember = (name: string, value: string) =>
	db
		.insert(serviceState)
		.values({ name, value, updatedAt: NOW })
		.onConflictDoUpdate({ target: serviceState.name, set: { value } });

/** Usage of every hour of `days` days before `until`. Every hour has other numbers. */
async function fill(days: number, until: number, id = keyId): Promise<void> {
	await env.DB.prepare(
		`insert into usage_hourly (key_id, hour, tenant_id, allowed, rate_limited, denied)
		with recursive n (i) as (select 1 union all select i + 1 from n where i < ?)
		select ?, ? - i * ${HOUR_MS}, ?, i, i % 7, i % 3 from n`,
	)
		.bind(days * 24, id, until, tenantId)
		.run();
}

const usage = (granularity: "hour" | "day", days: number) => {
	const deps = { db, product, gates: env.KEY_GATE, config: readConfig(env), now: NOW };
	const from = new Date(TODAY - days * DAY_MS).toISOString();
	return keyUsage(deps, tenantId, usageQuerySchema.parse({ id: keyId, granularity, from }));
};
const hoursOf = (id = keyId) =>
	db.select().from(usageHourly).where(eq(usageHourly.keyId, id)).orderBy(asc(usageHourly.hour));
const daysOf = (id = keyId) =>
	db.select().from(usageDaily).where(eq(usageDaily.keyId, id)).orderBy(asc(usageDaily.day));

describe("summing up", () => {
	it("changes no day and no total of keys.usage, and no hour of the last 35 days", async () => {
		await fill(90, TODAY + 6 * HOUR_MS);
		const before = { day: await usage("day", 89), hour: await usage("hour", 89) };
		expect(before.hour.hours_since).toBeUndefined();
		// From the sixth hour of the first day on.
		expect((await rollUpUsage({ db, now: NOW })).days).toBe(90 - HOURS_KEPT_DAYS);

		expect(await usage("day", 89)).toEqual(before.day);
		const after = await usage("hour", 89);
		expect(after.totals).toEqual(before.hour.totals);
		expect(after.hours_since).toBe(new Date(KEPT_FROM).toISOString());
		const recent = ({ buckets }: typeof after) => buckets.filter(({ start }) => Date.parse(start) >= KEPT_FROM);
		expect(recent(after)).toEqual(recent(before.hour));
		// Older time is one bucket for each day.
		const old = after.buckets.filter(({ start }) => Date.parse(start) < KEPT_FROM);
		expect(old.filter(({ allowed }) => allowed > 0).every(({ start }) => Date.parse(start) % DAY_MS === 0)).toBe(true);

		expect((await hoursOf())[0]?.hour).toBe(KEPT_FROM);
		expect(await hoursOf()).toHaveLength(HOURS_KEPT_DAYS * 24 + 6);
		expect((await usage("hour", 30)).hours_since).toBeUndefined();
	});

	it("twice, or twice at once, is the same as once", async () => {
		await fill(60, TODAY);
		await Promise.all([rollUpUsage({ db, now: NOW }), rollUpUsage({ db, now: NOW })]);
		const [days, hours] = [await daysOf(), await hoursOf()];
		expect([days.length, hours.length]).toEqual([25, HOURS_KEPT_DAYS * 24]);
		expect(await rollUpUsage({ db, now: NOW })).toEqual({ days: 0, more: false });
		expect([await daysOf(), await hoursOf()]).toEqual([days, hours]);
	});

	it("can die between or after its batches: the next run continues", async () => {
		await fill(120, TODAY);
		const before = await usage("day", 120);
		for (const isApplied of [false, true]) {
			let batches = 0;
			const dying = new Proxy(db, {
				get(target, name) {
					if (name !== "batch") return Reflect.get(target, name);
					return async (statements: Parameters<Database["batch"]>[0]) => {
						if (batches++ > 0 && !isApplied) throw new Error("died");
						const results = await target.batch(statements);
						if (isApplied) throw new Error("died");
						return results;
					};
				},
			});
			await expect(rollUpUsage({ db: dying, now: NOW })).rejects.toThrow("died");
			expect(await usage("day", 120)).toEqual(before);
		}
		await rollUpUsage({ db, now: NOW });
		expect(await usage("day", 120)).toEqual(before);
		expect(await daysOf()).toHaveLength(120 - HOURS_KEPT_DAYS);
	});

	it("leaves no key out, however many hours each has", async () => {
		const other = await createKey(await token({ tenantId }));
		await fill(150, TODAY);
		await fill(36, TODAY, other.api_key.id);
		await rollUpUsage({ db, now: NOW });
		expect([await daysOf(), await daysOf(other.api_key.id)].map(({ length }) => length)).toEqual([115, 1]);
	});

	it("begins two weeks after its first run, because the previous release doesn't read days", async () => {
		await db.delete(serviceState).where(eq(serviceState.name, FIRST_RUN));
		await fill(60, TODAY);
		for (const days of [0, 1, WAIT_DAYS - 1]) {
			expect(await rollUpUsage({ db, now: NOW + days * DAY_MS })).toEqual({ days: 0, more: false });
			expect([(await daysOf()).length, (await hoursOf()).length]).toEqual([0, 60 * 24]);
		}
		await rollUpUsage({ db, now: NOW + WAIT_DAYS * DAY_MS });
		expect((await daysOf()).length).toBeGreaterThan(0);
	});

	it("looks at a bounded number of keys in a statement, and at the rest in later runs", async () => {
		const others = await Promise.all(Array.from({ length: 25 }, async () => createKey(await token({ tenantId }))));
		const ids = [keyId, ...others.map(({ api_key }) => api_key.id)];
		for (const id of ids) await fill(36, TODAY, id);
		let runs = 1;
		while ((await rollUpUsage({ db, now: NOW }, 2)).more) runs++;
		expect(runs).toBeGreaterThan(1);
		expect(await Promise.all(ids.map(async (id) => (await daysOf(id)).length))).toEqual(ids.map(() => 1));
	});

	it("continues from the key where the last run has stopped, and then begins again", async () => {
		const other = await createKey(await token({ tenantId }));
		const [first = "", second = ""] = [keyId, other.api_key.id].sort();
		for (const id of [first, second]) await fill(36, TODAY, id);
		await remember(POSITION, second);
		await rollUpUsage({ db, now: NOW });
		expect([(await daysOf(first)).length, (await daysOf(second)).length]).toEqual([0, 1]);
		await rollUpUsage({ db, now: NOW });
		expect((await daysOf(first)).length).toBe(1);
	});

	it("finds the keys of a page by the index of their ids", async () => {
		const { sql, params } = db.all(pageFrom("a", 10)).getQuery();
		const plan = await env.DB.prepare(`explain query plan ${sql}`)
			.bind(...params)
			.all<{ detail: string }>();
		const details = plan.results.map(({ detail }) => detail);
		expect(details).toContainEqual(expect.stringMatching(/^SEARCH api_keys USING COVERING INDEX .*\(id>\?\)/));
	});

	it("is one of the hourly tasks", async () => {
		await fill(40, TODAY);
		const controller = createScheduledController({ scheduledTime: new Date(NOW), cron: "17 * * * *" });
		await worker.scheduled(controller, env);
		expect(await daysOf()).toHaveLength(5);
	});

	it("reads the hours of each key by the index, in order", async () => {
		const { sql, params } = db.all(completeHours(KEPT_FROM, "", "z")).getQuery();
		const plan = await env.DB.prepare(`explain query plan ${sql}`)
			.bind(...params)
			.all<{ detail: string }>();
		const details = plan.results.map(({ detail }) => detail);
		expect(details).toContainEqual(expect.stringMatching(/^SEARCH keys USING COVERING INDEX/));
		expect(details).toContainEqual(expect.stringMatching(/^SEARCH used USING .*INDEX .*\(key_id=\? AND hour<\?\)/));
		expect(details.filter((detail) => /TEMP B-TREE|SCAN (used|newest)/.test(detail))).toEqual([]);
	});
});

describe("a late delivery", () => {
	const deliver = async (hour: number, allowed: number) => {
		const [row] = await db
			.select()
			.from(apiKeys)
			.where(and(eq(apiKeys.id, keyId), eq(apiKeys.tenantId, tenantId)));
		if (!row) throw new Error("The key has no row");
		const counts = { hour, allowed, rateLimited: 0, denied: 0 };
		await recordUsage(connect(env.DB), snapshotOf(row), [counts], { usageCount: allowed, lastUsedAt: hour });
	};
	const lastDay = KEPT_FROM - 10 * DAY_MS;

	it("finds the newest day by the hour, because D1 may not have all of it", async () => {
		await fill(2, lastDay + 13 * HOUR_MS);
		await rollUpUsage({ db, now: NOW });
		expect((await daysOf()).map(({ day }) => day)).toEqual([lastDay - 2 * DAY_MS, lastDay - DAY_MS]);
		expect(await hoursOf()).toHaveLength(13);
		// D1 had the last hour in part. The gate was cut off for weeks, and delivers it and the next ones.
		const before = await usage("day", 60);
		await deliver(lastDay + 12 * HOUR_MS, 500);
		await deliver(lastDay + 13 * HOUR_MS, 20);
		await deliver(TODAY, 1);
		await rollUpUsage({ db, now: NOW });
		const after = await usage("day", 60);
		expect(after.totals.allowed).toBe(before.totals.allowed + 499 + 20 + 1);
		expect(await hoursOf()).toHaveLength(1);
	});

	it("of an hour that was summed up changes nothing", async () => {
		await fill(40, TODAY);
		await rollUpUsage({ db, now: NOW });
		const before = [await daysOf(), await hoursOf(), await usage("day", 60)];
		const [first] = await daysOf();
		await deliver((first?.day ?? 0) + HOUR_MS, 959);
		expect([await daysOf(), await hoursOf(), await usage("day", 60)]).toEqual(before);
	});

	it("of an earlier release, which doesn't look for the day, is not counted twice", async () => {
		await fill(40, TODAY);
		await rollUpUsage({ db, now: NOW });
		const before = [await daysOf(), await usage("day", 60)];
		const [first] = await daysOf();
		const hour = (first?.day ?? 0) + HOUR_MS;
		await db.insert(usageHourly).values({ keyId, hour, tenantId, allowed: 959, rateLimited: 0, denied: 0 });
		expect([await daysOf(), await usage("day", 60)]).toEqual(before);
		await rollUpUsage({ db, now: NOW });
		expect([await daysOf(), await usage("day", 60)]).toEqual(before);
	});

	it("of a gate that kept hours from before an outage reaches keys.usage once", async () => {
		const start = Date.UTC(2031, 0, 1);
		await admitMany(key, 3, start);
		await admitMany(key, 2, start + DAY_MS);
		await admitMany(key, 1, TODAY);
		await runDurableObjectAlarm(gateOf(keyId));
		expect(await hoursOf()).toHaveLength(3);
		const before = await usage("day", 200);
		await rollUpUsage({ db, now: NOW });
		expect([(await daysOf()).length, (await hoursOf()).length]).toEqual([2, 1]);
		expect(await usage("day", 200)).toEqual(before);
		expect(before.totals.allowed).toBe(6);
	});
});
