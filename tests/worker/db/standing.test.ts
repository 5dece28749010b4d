/**
 * Lists and counts agree with the instants of the keys at any time, while time passes, keys change, and lists move them
 * to their standing.
 */
import { env } from "cloudflare:workers";
import { eq, sql } from "drizzle-orm";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { KEY_STATUSES } from "../../../db/enums.ts";
import { apiKeyCounts, apiKeys } from "../../../db/schema.ts";
import { readConfig } from "../../../worker/env.ts";
import { statusOf } from "../../../worker/keys/snapshot.ts";
import { type KeyList, type ListKeys, listKeysSchema } from "../../../worker/schemas/key-list.ts";
import { DAY_MS } from "../../../worker/schemas/time.ts";
import { listKeys } from "../../../worker/services/key-list.ts";
import { settle } from "../../../worker/services/key-standing.ts";
import { addTenant, db, product } from "../fixtures.ts";
import { apiKeyRow } from "./api-key-row.ts";

const NOW = Date.parse("2031-05-06T10:20:30.000Z");
const SOON_MS = 14 * DAY_MS;
type Row = typeof apiKeys.$inferSelect;

let made = 0;
async function add(tenantId: string, ends: Partial<typeof apiKeys.$inferInsert>): Promise<string> {
	const id = `s${String(made++).padStart(11, "0")}`;
	const environment = made % 3 ? "live" : "test";
	const row = apiKeyRow(tenantId, NOW, { id, environment, name: `Key ${id}`, searchText: `key ${id}`, ...ends });
	await db.insert(apiKeys).values(row);
	return id;
}

function list(tenantId: string, now: number, input: Partial<ListKeys>): Promise<KeyList> {
	const config = readConfig(env);
	return listKeys(
		{ db, product, now, config, gates: env.KEY_GATE },
		tenantId,
		listKeysSchema.parse({ limit: 100, sort: "name", ...input }),
	);
}

const rowsOf = (tenantId: string) => db.select().from(apiKeys).where(eq(apiKeys.tenantId, tenantId));
const soon = (row: Row, now: number) =>
	statusOf(row, now) === "active" && Math.min(row.expiresAt ?? Infinity, row.revokeAt ?? Infinity) <= now + SOON_MS;

/** Expects every list and every count at the instant to agree with the rows. */
async function expectTruth(tenantId: string, now: number): Promise<void> {
	const rows = await rowsOf(tenantId);
	const idsWhere = (wanted: (row: Row) => boolean) =>
		rows
			.filter(wanted)
			.map(({ id }) => id)
			.sort();
	const idsOf = async (input: Partial<ListKeys>) => (await list(tenantId, now, input)).items.map(({ id }) => id).sort();
	for (const status of KEY_STATUSES)
		expect(await idsOf({ status }), `${status} at ${now}`).toEqual(idsWhere((row) => statusOf(row, now) === status));
	expect(await idsOf({ expires_within_days: 14 }), `soon at ${now}`).toEqual(idsWhere((row) => soon(row, now)));
	expect(await idsOf({})).toEqual(idsWhere(() => true));
	for (const environment of [undefined, "live", "test"] as const) {
		const ours = rows.filter((row) => environment === undefined || row.environment === environment);
		const count = (wanted: (row: Row) => boolean) => ours.filter(wanted).length;
		expect((await list(tenantId, now, environment ? { environment } : {})).counts, `counts at ${now}`).toEqual({
			active: count((row) => statusOf(row, now) === "active"),
			revoked: count((row) => statusOf(row, now) === "revoked"),
			expired: count((row) => statusOf(row, now) === "expired"),
			expiring_soon: count((row) => soon(row, now)),
		});
	}
}

/** Offsets from now: limits, ties, far in the past and far ahead. */
const offset = fc.oneof(
	fc.constantFrom(-SOON_MS, -DAY_MS, -1, 0, 1, DAY_MS, SOON_MS - 1, SOON_MS, SOON_MS + 1, 20 * DAY_MS),
	fc.integer({ min: -30 * DAY_MS, max: 60 * DAY_MS }),
);
const instant = fc.option(
	offset.map((ms) => NOW + ms),
	{ nil: null, freq: 3 },
);
const ends = fc.record({
	expiresAt: instant,
	revokeAt: instant,
	revokedAt: fc.option(fc.constant(NOW - 5), { freq: 4, nil: null }),
});

describe("lists and counts", () => {
	it("agree with the keys at every instant, while keys end, change and are deleted", async () => {
		await fc.assert(
			fc.asyncProperty(
				fc.array(ends, { minLength: 1, maxLength: 12 }),
				fc.array(fc.integer({ min: 0, max: 40 * DAY_MS }), { minLength: 1, maxLength: 4 }),
				fc.array(fc.tuple(fc.nat(), fc.option(ends, { nil: null })), { maxLength: 3 }),
				async (keys, times, changes) => {
					const tenantId = await addTenant();
					const ids: string[] = [];
					for (const key of keys) ids.push(await add(tenantId, key));
					// The clocks of two locations differ, so time can go back a little.
					await expectTruth(tenantId, NOW);
					await expectTruth(tenantId, NOW - 5_000);
					const [first = 0, ...later] = times.toSorted((a, b) => a - b);
					await expectTruth(tenantId, NOW + first);
					for (const [which, change] of changes) {
						const one = eq(apiKeys.id, ids[which % ids.length] ?? "");
						await (change ? db.update(apiKeys).set(change).where(one) : db.delete(apiKeys).where(one));
					}
					for (const ms of [first, ...later]) await expectTruth(tenantId, NOW + ms);
				},
			),
			{ numRuns: 15 },
		);
	}, 60_000);

	it("are zero when the last key is deleted", async () => {
		const tenantId = await addTenant();
		const ids = [
			await add(tenantId, { expiresAt: NOW + DAY_MS }),
			await add(tenantId, { expiresAt: NOW + DAY_MS, revokeAt: NOW + 2 * DAY_MS }),
			await add(tenantId, { revokedAt: NOW }),
		];
		await db
			.update(apiKeys)
			.set({ expiresAt: NOW + 3 * DAY_MS })
			.where(eq(apiKeys.id, ids[0] ?? ""));
		await db.delete(apiKeys).where(eq(apiKeys.tenantId, tenantId));
		const [{ keys } = { keys: -1 }] = await db
			.select({ keys: sql<number>`sum(keys)` })
			.from(apiKeyCounts)
			.where(eq(apiKeyCounts.tenantId, tenantId));
		expect(keys).toBe(0);
	});

	it("are right while more keys have ended at once than one list moves, until all are moved", async () => {
		const tenantId = await addTenant();
		await env.DB.prepare(
			`with recursive n(i) as (select 1 union all select i + 1 from n where i < 1200)
			insert into api_keys (id, tenant_id, environment, name, secret_hash, key_prefix, last_four, scopes, rate_limit,
				ip_allowlist, created_at, created_by, expires_at, search_text)
			select printf('m%011d', i), ?1, 'live', 'Key ' || i, '', 'sk_live_0000', '0000', '[]', 1, '[]', ?2, 'u', ?3, 'key'
			from n`,
		)
			.bind(tenantId, NOW, NOW + 30 * DAY_MS)
			.run();
		const over = NOW + 31 * DAY_MS;
		const waiting = async () =>
			(await db.select().from(apiKeys).where(sql`tenant_id = ${tenantId} and turns_at <= ${over}`)).length;
		for (const left of [700, 200, 0, 0]) {
			const { items, counts } = await list(tenantId, over, { status: "expired", sort: "created_at" });
			expect([items.length, items[0]?.id, items[99]?.id]).toEqual([100, "m00000000001", "m00000000100"]);
			expect(counts).toEqual({ active: 0, revoked: 0, expired: 1_200, expiring_soon: 0 });
			expect((await list(tenantId, NOW, { status: "expired" })).items).toEqual([]);
			expect(await waiting()).toBe(left);
		}
	});

	it("do not move keys of another tenant", async () => {
		const [ours, theirs] = [await addTenant(), await addTenant()];
		await add(theirs, { expiresAt: NOW + 20 * DAY_MS });
		await settle(db, ours, NOW + 30 * DAY_MS);
		const [row] = await rowsOf(theirs);
		expect([row?.standing, row?.settledAt]).toEqual([0, NOW - 10_000]);
	});
});
