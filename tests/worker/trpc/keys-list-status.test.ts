/** The list of keys by status: what time does to keys, keys that expire soon, and the counts of each. */
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { EXPIRING_SOON_DAYS } from "../../../db/enums.ts";
import type { KeyList } from "../../../worker/schemas/key-list.ts";
import { createKey, fieldsOf, mutate, query } from "../fixtures.ts";
import { list, NOW, names, newAdmin, pages } from "./key-lists.ts";

vi.useFakeTimers({ toFake: ["Date"], now: NOW });
beforeEach(() => vi.setSystemTime(NOW));
afterAll(() => vi.useRealTimers());

describe("states", () => {
	/** Two active keys, one expired, one revoked, and one that is both. */
	let shop: string;
	beforeAll(async () => {
		const admin = await newAdmin();
		vi.setSystemTime(NOW - 5_000);
		await createKey(admin, { name: "active live" });
		await createKey(admin, { name: "active test", environment: "test" });
		await createKey(admin, { name: "expired", expires_at: new Date(NOW).toISOString() });
		const revoked = await createKey(admin, { name: "revoked", environment: "test" });
		const both = await createKey(admin, { name: "both", expires_at: new Date(NOW).toISOString() });
		await mutate(admin, "keys.revoke", { id: revoked.api_key.id });
		await mutate(admin, "keys.revoke", { id: both.api_key.id });
		vi.setSystemTime(NOW);
		shop = admin;
	});

	it("are computed, and revoked wins over expired", async () => {
		const { items } = await list(shop);
		expect(Object.fromEntries(items.map(({ name, status }) => [name, status]))).toEqual({
			"active live": "active",
			"active test": "active",
			expired: "expired",
			revoked: "revoked",
			both: "revoked",
		});
		for (const { status, revoked_at } of items) expect(revoked_at === null).toBe(status !== "revoked");
	});

	it.each([
		["active", ["active live", "active test"]],
		["expired", ["expired"]],
		["revoked", ["both", "revoked"]],
	])("can be filtered by: %s", async (status, expected) => {
		expect(names(await list(shop, { status, sort: "name" }))).toEqual(expected);
	});

	it("change with the clock", async () => {
		const admin = shop;
		vi.setSystemTime(NOW - 1);
		expect((await list(admin)).counts).toEqual({ active: 3, revoked: 2, expired: 0, expiring_soon: 1 });
		vi.setSystemTime(NOW);
		expect((await list(admin)).counts).toEqual({ active: 2, revoked: 2, expired: 1, expiring_soon: 0 });
	});

	it.each([
		[{}, { active: 2, revoked: 2, expired: 1, expiring_soon: 0 }],
		[{ status: "revoked" }, { active: 2, revoked: 2, expired: 1, expiring_soon: 0 }],
		[{ limit: 1 }, { active: 2, revoked: 2, expired: 1, expiring_soon: 0 }],
		[{ environment: "live" }, { active: 1, revoked: 1, expired: 1, expiring_soon: 0 }],
		[{ environment: "test" }, { active: 1, revoked: 1, expired: 0, expiring_soon: 0 }],
		[
			{ environment: "test", status: "expired" },
			{ active: 1, revoked: 1, expired: 0, expiring_soon: 0 },
		],
		[{ search: "active" }, { active: 2, revoked: 0, expired: 0, expiring_soon: 0 }],
		[
			{ search: "active", environment: "live" },
			{ active: 1, revoked: 0, expired: 0, expiring_soon: 0 },
		],
		[{ search: "nothing" }, { active: 0, revoked: 0, expired: 0, expiring_soon: 0 }],
	])("are counted for %j as %j", async (input, counts) => {
		expect((await list(shop, input)).counts).toEqual(counts);
	});

	it("of a rotated key is active until its overlap ends, then revoked", async () => {
		const admin = await newAdmin();
		const { api_key } = await createKey(admin, { name: "old" });
		await mutate(admin, "keys.rotate", { id: api_key.id, revoke_previous_after_hours: 1 });
		const of = async () => (await list(admin)).items.find(({ id }) => id === api_key.id);
		expect(await of()).toMatchObject({ status: "active", revokes_at: "2031-05-06T11:20:30.000Z", revoked_at: null });
		vi.setSystemTime(NOW + 3_600_000);
		expect(await of()).toMatchObject({
			status: "revoked",
			revokes_at: null,
			revoked_at: "2031-05-06T11:20:30.000Z",
			revoked_by: "usr_test",
		});
		expect((await list(admin)).counts).toEqual({ active: 1, revoked: 1, expired: 0, expiring_soon: 0 });
		expect(names(await list(admin, { status: "revoked" }))).toEqual(["old"]);
	});
});

describe("expiring soon", () => {
	const DAY_MS = 86_400_000;
	const SOON_MS = EXPIRING_SOON_DAYS * DAY_MS;
	/** Named by the time that each has left: none, a day, the limit of "soon", more, and no end. */
	let shop: string;
	beforeAll(async () => {
		const admin = await newAdmin();
		vi.setSystemTime(NOW - 5_000);
		const at = (ms: number) => new Date(NOW + ms).toISOString();
		await createKey(admin, { name: "over", expires_at: at(0) });
		await createKey(admin, { name: "day", expires_at: at(DAY_MS) });
		await createKey(admin, { name: "fortnight", environment: "test", expires_at: at(SOON_MS) });
		await createKey(admin, { name: "later", expires_at: at(SOON_MS + 1) });
		await createKey(admin, { name: "never" });
		const revoked = await createKey(admin, { name: "revoked", expires_at: at(DAY_MS) });
		await mutate(admin, "keys.revoke", { id: revoked.api_key.id });
		vi.setSystemTime(NOW);
		shop = admin;
	});

	it.each([
		[1, ["day"]],
		[13, ["day"]],
		[14, ["day", "fortnight"]],
		[15, ["day", "fortnight", "later"]],
		[3_650, ["day", "fortnight", "later"]],
	])("within %i days are the active keys %j", async (expires_within_days, expected) => {
		expect(names(await list(shop, { expires_within_days, sort: "name" }))).toEqual(expected);
		expect(names(await list(shop, { expires_within_days, status: "active", sort: "name" }))).toEqual(expected);
	});

	it("can be combined with the other filters, page by page", async () => {
		const of = async (input: Record<string, unknown>) =>
			(await pages(shop, { expires_within_days: 15, sort: "-name", limit: 1, ...input })).flat();
		expect((await of({})).map(({ name }) => name)).toEqual(["later", "fortnight", "day"]);
		expect((await of({ environment: "live" })).map(({ name }) => name)).toEqual(["later", "day"]);
		expect((await of({ search: "FORT" })).map(({ name }) => name)).toEqual(["fortnight"]);
	});

	it.each(["revoked", "expired"])("is rejected together with status %s", async (status) => {
		const answer = await query(shop, "keys.list", { status, expires_within_days: 5 });
		expect([answer.status, answer.error.code, fieldsOf(answer)]).toEqual([
			400,
			"VALIDATION_ERROR",
			["expires_within_days"],
		]);
	});

	it.each([
		[{}, { active: 4, revoked: 1, expired: 1, expiring_soon: 2 }],
		[{ expires_within_days: 1 }, { active: 4, revoked: 1, expired: 1, expiring_soon: 2 }],
		[{ status: "revoked" }, { active: 4, revoked: 1, expired: 1, expiring_soon: 2 }],
		[{ environment: "test" }, { active: 1, revoked: 0, expired: 0, expiring_soon: 1 }],
		[{ search: "day" }, { active: 1, revoked: 0, expired: 0, expiring_soon: 1 }],
	])("is counted for %j as %j", async (input, counts) => {
		expect((await list(shop, input)).counts).toEqual(counts);
	});

	it("changes with the clock", async () => {
		vi.setSystemTime(NOW + 1);
		expect((await list(shop)).counts).toMatchObject({ active: 4, expiring_soon: 3 });
		vi.setSystemTime(NOW + DAY_MS);
		expect((await list(shop)).counts).toMatchObject({ active: 3, expiring_soon: 2 });
	});

	it("leaves out a key that its rotation has already revoked", async () => {
		const admin = await newAdmin();
		const { api_key } = await createKey(admin, { expires_in_days: 2 });
		await mutate(admin, "keys.rotate", { id: api_key.id, expires_in_days: 100, revoke_previous_after_hours: 1 });
		expect((await list(admin)).counts.expiring_soon).toBe(1);
		vi.setSystemTime(NOW + 3_600_000);
		expect((await list(admin)).counts.expiring_soon).toBe(0);
		expect((await list(admin, { expires_within_days: 2 })).items).toEqual([]);
	});
});

describe("keys that end by themselves", () => {
	const DAY = 86_400_000;
	let shop: string;
	beforeAll(async () => {
		vi.setSystemTime(NOW);
		const admin = await newAdmin();
		const at = (ms: number) => new Date(NOW + ms).toISOString();
		await createKey(admin, { name: "never" });
		await createKey(admin, { name: "in 20 days", expires_at: at(20 * DAY) });
		await createKey(admin, { name: "in 3 days", expires_at: at(3 * DAY) });
		for (const [name, hours] of [
			["rotated, a day left", 24],
			["rotated, no end", undefined],
		] as const) {
			const { api_key } = await createKey(admin, { name });
			await mutate(admin, "keys.rotate", { id: api_key.id, ...(hours ? { revoke_previous_after_hours: hours } : {}) });
		}
		shop = admin;
	});

	it("are sorted by when they end, those that never end last", async () => {
		const sorted = names(await list(shop, { sort: "expires_at" }));
		expect(sorted.slice(0, 3)).toEqual(["rotated, a day left", "in 3 days", "in 20 days"]);
		expect(names(await list(shop, { sort: "-expires_at" }))).toEqual(sorted.toReversed());
	});

	it("are expiring soon also where a rotation ends them", async () => {
		const { items, counts } = await list(shop, { expires_within_days: 14, sort: "expires_at" });
		expect(names({ items } as KeyList)).toEqual(["rotated, a day left", "in 3 days"]);
		expect(counts.expiring_soon).toBe(2);
		expect(names(await list(shop, { expires_within_days: 2 }))).toEqual(["rotated, a day left"]);
	});

	it("are found as unfinished rotations until the old key stops", async () => {
		const unfinished = async () => names(await list(shop, { rotation: "unfinished", sort: "name" }));
		expect(await unfinished()).toEqual(["rotated, a day left", "rotated, no end"]);
		vi.setSystemTime(NOW + DAY);
		expect(await unfinished()).toEqual(["rotated, no end"]);
		expect((await query(shop, "keys.list", { rotation: "unfinished", status: "revoked" })).status).toBe(400);
	});
});
