/** The list of keys: what it contains, names, recent usage, and pages that neither lose nor repeat a key in any order. */
import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { KEY_SORTS } from "../../../db/enums.ts";
import { apiKeys, usageHourly } from "../../../db/schema.ts";
import { readConfig } from "../../../worker/env.ts";
import type { ApiKey } from "../../../worker/schemas/api-key.ts";
import { type KeyList, listKeysSchema } from "../../../worker/schemas/key-list.ts";
import { listKeys } from "../../../worker/services/key-list.ts";
import { addTenant, asIntegration, createKey, db, fieldsOf, gateOf, mutate, product, query } from "../fixtures.ts";
import { adminOf, ids, list, NOW, names, newAdmin, pages } from "./key-lists.ts";

vi.useFakeTimers({ toFake: ["Date"], now: NOW });
beforeEach(() => vi.setSystemTime(NOW));
afterAll(() => vi.useRealTimers());

describe("the list", () => {
	it("of a tenant without keys is empty", async () => {
		expect(await list(await newAdmin())).toEqual({
			items: [],
			next_cursor: null,
			counts: { active: 0, revoked: 0, expired: 0, expiring_soon: 0 },
		});
	});

	it("has the newest key first, with the settings that it was created with", async () => {
		const admin = await newAdmin();
		const made: ApiKey[] = [];
		for (const name of ["first", "second", "third"]) {
			made.push((await createKey(admin, { name })).api_key);
			vi.setSystemTime(Date.now() + 1_000);
		}
		expect((await list(admin)).items).toEqual(made.reverse());
	});

	it("needs no input", async () => {
		const admin = await newAdmin();
		await createKey(admin, { name: "only" });
		expect(names((await query<KeyList>(admin, "keys.list")).data)).toEqual(["only"]);
	});

	it("contains only keys of the tenant", async () => {
		const [ours, theirs] = [await newAdmin(), await newAdmin()];
		await createKey(ours, { name: "ours" });
		await createKey(theirs, { name: "theirs" });
		expect(names(await list(ours))).toEqual(["ours"]);
		expect((await list(ours)).counts).toEqual({ active: 1, revoked: 0, expired: 0, expiring_soon: 0 });
	});

	it("never contains a secret or its hash", async () => {
		const admin = await newAdmin();
		const { key, api_key } = await createKey(admin);
		const [row] = await db.select().from(apiKeys).where(eq(apiKeys.id, api_key.id));
		const text = JSON.stringify(await list(admin));
		expect(text).not.toContain(key.slice(20, 50));
		expect(text).not.toContain(row?.secretHash);
		expect(text).not.toMatch(/hash|secret/i);
	});

	it("shows usage as of the last delivery", async () => {
		const admin = await newAdmin();
		const { key, api_key } = await createKey(admin);
		for (let round = 0; round < 3; round++) await asIntegration(key);
		await asIntegration(key, "/v1/leads");
		expect((await list(admin)).items).toMatchObject([{ usage_count: 0, last_used_at: null }]);
		await runDurableObjectAlarm(gateOf(api_key.id));
		const used = { usage_count: 3, last_used_at: "2031-05-06T10:20:30.000Z" };
		expect((await list(admin)).items).toMatchObject([used]);
		await runDurableObjectAlarm(gateOf(api_key.id));
		expect((await list(admin)).items).toMatchObject([used]);
	});

	it("shows a change as soon as it has returned", async () => {
		const admin = await newAdmin();
		const { api_key } = await createKey(admin, { name: "before" });
		await mutate(admin, "keys.update", { id: api_key.id, name: "after", rate_limit: 5 });
		expect((await list(admin, { search: "after" })).items).toMatchObject([{ name: "after", rate_limit: 5 }]);
		expect(names(await list(admin, { search: "before" }))).toEqual([]);
		await mutate(admin, "keys.delete", { id: api_key.id });
		expect((await list(admin)).counts).toEqual({ active: 0, revoked: 0, expired: 0, expiring_soon: 0 });
	});
});

describe("recent usage", () => {
	const HOUR_MS = 3_600_000;
	const RUNNING = Date.parse("2031-05-06T10:00:00.000Z");
	/** Admitted requests as a delivery writes them. Refused requests must not show. */
	const used = (tenantId: string, keyId: string, hoursAgo: number, allowed: number) =>
		db
			.insert(usageHourly)
			.values({ tenantId, keyId, hour: RUNNING - hoursAgo * HOUR_MS, allowed, rateLimited: 50, denied: 60 });

	it("is only included on request", async () => {
		const admin = await newAdmin();
		const { api_key } = await createKey(admin);
		expect((await list(admin)).items).toEqual([api_key]);
		expect((await list(admin, { recent_hours: 2 })).items).toEqual([{ ...api_key, recent_usage: [0, 0] }]);
	});

	it("has the admitted requests per hour, oldest first, the current hour last, and zeros for hours without requests", async () => {
		const tenantId = await addTenant();
		const admin = await adminOf(tenantId);
		const { id } = (await createKey(admin)).api_key;
		for (const [hoursAgo, allowed] of [
			[-1, 9],
			[0, 5],
			[2, 3],
			[3, 1],
			[4, 8],
			[167, 4],
			[168, 7],
		] as const)
			await used(tenantId, id, hoursAgo, allowed);
		const recent = async (recent_hours: number) => (await list(admin, { recent_hours })).items[0]?.recent_usage;
		expect(await recent(1)).toEqual([5]);
		expect(await recent(4)).toEqual([1, 3, 0, 5]);
		const week = await recent(168);
		expect([week?.length, week?.[0], week?.slice(-5)]).toEqual([168, 4, [8, 1, 3, 0, 5]]);

		vi.setSystemTime(RUNNING + HOUR_MS - 1);
		expect(await recent(2)).toEqual([0, 5]);
		vi.setSystemTime(RUNNING);
		expect(await recent(2)).toEqual([0, 5]);
		vi.setSystemTime(RUNNING - 1);
		expect(await recent(2)).toEqual([3, 0]);
	});

	it("belongs to its key, on the largest page and on every page", async () => {
		const tenantId = await addTenant();
		const admin = await adminOf(tenantId);
		const keys = await Promise.all(
			Array.from({ length: 101 }, (_, index) => createKey(admin, { name: `key ${String(index).padStart(3, "0")}` })),
		);
		for (const [index, { api_key }] of keys.entries()) await used(tenantId, api_key.id, 1, index + 1);
		const [first, second] = await pages(admin, { recent_hours: 2, sort: "name", limit: 100 });
		expect(first?.map(({ recent_usage }) => recent_usage)).toEqual(
			Array.from({ length: 100 }, (_, index) => [index + 1, 0]),
		);
		expect(second?.map(({ recent_usage }) => recent_usage)).toEqual([[101, 0]]);
	});

	it("includes what a gate has delivered", async () => {
		const admin = await newAdmin();
		const { key, api_key } = await createKey(admin, { rate_limit: 2 });
		for (let round = 0; round < 3; round++) await asIntegration(key);
		await runDurableObjectAlarm(gateOf(api_key.id));
		expect((await list(admin, { recent_hours: 1 })).items[0]?.recent_usage).toEqual([2]);
	});

	it("of another tenant is never shown, even if a row has the id of the key", async () => {
		const [ours, theirs] = [await addTenant(), await addTenant()];
		const admin = await adminOf(ours);
		const { api_key } = await createKey(admin);
		await used(theirs, api_key.id, 0, 3);
		expect((await list(admin, { recent_hours: 1 })).items[0]?.recent_usage).toEqual([0]);
	});

	it("is not read for an empty page", async () => {
		expect((await list(await newAdmin(), { recent_hours: 36 })).items).toEqual([]);
	});
});

describe("names", () => {
	it("are in dictionary order, across pages and in both directions", async () => {
		const admin = await newAdmin();
		for (const name of ["Zebra", "Água", "abacate", "Érica", "Łukasz", "zebra 2"]) await createKey(admin, { name });
		const wanted = ["abacate", "Água", "Érica", "Łukasz", "Zebra", "zebra 2"];
		expect((await pages(admin, { sort: "name", limit: 2 })).flat().map(({ name }) => name)).toEqual(wanted);
		expect((await pages(admin, { sort: "-name", limit: 1 })).flat().map(({ name }) => name)).toEqual(wanted.reverse());
	});
});

describe("a page", () => {
	/** Values with ties in every order, zeros for never used, and names that differ only in case or accents. */
	const NAMES = ["beta", "Alpha", "alpha", "BETA", "álpha", "alpha", "Beta", "gamma", "", "zeta"];
	let shop: string;
	beforeAll(async () => {
		const admin = await newAdmin();
		for (const [index, name] of NAMES.entries()) {
			vi.setSystemTime(NOW + Math.floor(index / 4));
			const { api_key } = await createKey(admin, { name: name || "Ω" });
			await db
				.update(apiKeys)
				.set({ usageCount: (index * 7) % 4, lastUsedAt: index % 3 === 0 ? 0 : NOW + (index % 3) })
				.where(eq(apiKeys.id, api_key.id));
		}
		vi.setSystemTime(NOW);
		shop = admin;
	});

	/** The value that a key is sorted by, which < and > compare as the database does. */
	const rank = (sort: string, key: ApiKey): string | number => {
		switch (sort.replace("-", "")) {
			case "name":
				return key.name
					.normalize("NFD")
					.replace(/\p{Mn}/gu, "")
					.toLowerCase();
			case "usage_count":
				return key.usage_count;
			case "last_used_at":
				return key.last_used_at ?? "";
			case "expires_at":
				return key.expires_at ?? "never";
			default:
				return key.created_at;
		}
	};

	describe.each(KEY_SORTS)("sorted by %s", (sort) => {
		it("is in order", async () => {
			const { items } = await list(shop, { sort });
			const sign = sort.startsWith("-") ? -1 : 1;
			const wanted = items.toSorted((a, b) => {
				const [one, two] = [rank(sort, a), rank(sort, b)];
				if (one !== two) return one < two ? -sign : sign;
				return a.id < b.id ? -sign : sign;
			});
			expect(items).toHaveLength(NAMES.length);
			expect(ids(items)).toEqual(ids(wanted));
		});

		it.each([1, 2, 3, 5])("has every key once in pages of %i", async (limit) => {
			const admin = shop;
			const got = await pages(admin, { sort, limit });
			expect(ids(got.flat())).toEqual(ids((await list(admin, { sort })).items));
			expect(got.slice(0, -1).every((page) => page.length === limit)).toBe(true);
			expect(got.at(-1)?.length).toBeGreaterThan(0);
		});

		it("keeps status, environment and search on every page", async () => {
			const got = await pages(shop, {
				sort,
				limit: 2,
				status: "active",
				environment: "live",
				search: "alpha",
			});
			expect(got.map((page) => page.length)).toEqual([2, 2]);
			expect(new Set(ids(got.flat())).size).toBe(4);
		});

		it("rejects the cursor of every other order", async () => {
			const admin = shop;
			for (const other of KEY_SORTS) {
				const { next_cursor: cursor } = await list(admin, { sort: other, limit: 1 });
				const answer = await query(admin, "keys.list", { sort, cursor });
				if (other === sort) expect(answer.status).toBe(200);
				else expect([answer.status, fieldsOf(answer)]).toEqual([400, ["cursor"]]);
			}
		});
	});

	it("continues after the longest possible name", async () => {
		const admin = await newAdmin();
		for (const character of ["客", "é", '"', "\\"]) await createKey(admin, { name: character.repeat(100) });
		await createKey(admin, { name: "🚀".repeat(50) });
		for (const sort of ["name", "-name"]) expect((await pages(admin, { sort, limit: 1 })).flat()).toHaveLength(5);
	});

	it("has 25 keys by default, and at most 100", async () => {
		const admin = await newAdmin();
		await Promise.all(Array.from({ length: 27 }, () => createKey(admin)));
		expect((await list(admin)).items).toHaveLength(25);
		expect((await list(admin, { limit: 100 })).items).toHaveLength(27);
		const last = await list(admin, { limit: 27 });
		expect([last.items.length, last.next_cursor]).toEqual([27, null]);
	});

	it.each([
		["limit", 0],
		["limit", 101],
		["limit", 1.5],
		["limit", "10"],
		["sort", "status"],
		["sort", "secret_hash"],
		["status", "deleted"],
		["expires_within_days", 0],
		["expires_within_days", 3_651],
		["expires_within_days", 1.5],
		["recent_hours", 0],
		["recent_hours", 169],
		["recent_hours", 1.5],
		["environment", "staging"],
		["search", "x".repeat(101)],
		["search", `sk_live_${"x".repeat(48)}`],
		["search", 7],
		["cursor", ""],
		["cursor", "nonsense"],
		["cursor", "x".repeat(513)],
		["cursor", btoa('["-created_at","1","x"]')],
		["order", "asc"],
	])("rejects %s = %j and names the field", async (field, value) => {
		const answer = await query(shop, "keys.list", { [field]: value });
		expect([answer.status, answer.error.code, fieldsOf(answer)]).toEqual([400, "VALIDATION_ERROR", [field]]);
	});
});

describe("usage that is delivered while a list is read", () => {
	it("never shows requests beside a key that was never used", async () => {
		const tenantId = await addTenant();
		const { id } = (await createKey(await adminOf(tenantId))).api_key;
		const hour = NOW - (NOW % 3_600_000);
		/** A database in which usage is delivered right after the page is read. */
		let batches = 0;
		const late = new Proxy(db, {
			get(target, name) {
				if (name !== "batch") return Reflect.get(target, name);
				return async (statements: Parameters<typeof db.batch>[0]) => {
					const results = await target.batch(statements);
					if (batches++ === 0) {
						await db.insert(usageHourly).values({ keyId: id, hour, tenantId, allowed: 7, rateLimited: 0, denied: 0 });
						await db.update(apiKeys).set({ usageCount: 7, lastUsedAt: NOW }).where(eq(apiKeys.id, id));
					}
					return results;
				};
			},
		});
		const { items } = await listKeys(
			{ db: late, product, now: NOW, config: readConfig(env), gates: env.KEY_GATE },
			tenantId,
			listKeysSchema.parse({ recent_hours: 1 }),
		);
		expect(items).toMatchObject([{ usage_count: 7, last_used_at: "2031-05-06T10:20:30.000Z", recent_usage: [7] }]);
	});
});
