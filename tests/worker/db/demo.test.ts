/** The demo at scale: realistic keys in realistic proportions, which the service can work with. */
import { env } from "cloudflare:workers";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type KeyStatus, SCOPES } from "../../../db/enums.ts";
import { fillDemo } from "../../../scripts/demo/fill.ts";
import { type DemoKey, demoKeys } from "../../../scripts/demo/keys.ts";
import { randomOf, seeded } from "../../../scripts/demo/random.ts";
import { NEWEST } from "../../../scripts/demo/timelines.ts";
import { seed } from "../../../scripts/seed.ts";
import { Secret } from "../../../worker/env.ts";
import { statusOf } from "../../../worker/keys/snapshot.ts";
import { type ApiKeyDetail, createKeySchema } from "../../../worker/schemas/api-key.ts";
import type { AuditList } from "../../../worker/schemas/audit.ts";
import type { KeyList } from "../../../worker/schemas/key-list.ts";
import { DAY_MS, HOUR_MS } from "../../../worker/schemas/time.ts";
import type { Usage } from "../../../worker/schemas/usage.ts";
import { cheapPasswordHash, db, mutate, query } from "../fixtures.ts";

/** A Wednesday, during office hours. */
const NOW = Date.parse("2031-05-07T18:20:30.000Z");
const RUNNING = Date.parse("2031-05-07T18:00:00.000Z");
vi.useFakeTimers({ toFake: ["Date"], now: NOW });
beforeEach(() => vi.setSystemTime(NOW));
afterAll(() => vi.useRealTimers());

const person = (name: string) => ({
	tenantId: "ten_acme",
	actor: `usr_${name}`,
	actorEmail: `${name}@acme.example`,
	ip: "203.0.113.7",
	userAgent: "browser/1.0",
});

/** Keys with sequential instead of random ids, so that two runs can be compared. */
function make(count: number, seedOf = 1): DemoKey[] {
	let minted = 0;
	return demoKeys(count, {
		now: NOW,
		random: randomOf(seeded(seedOf)),
		authors: [person("olivia"), person("adam")],
		mint(environment) {
			const id = String(minted++).padStart(12, "0");
			return {
				id,
				environment,
				secretHash: "0".repeat(64),
				keyPrefix: `sk_${environment}_${id.slice(0, 4)}`,
				lastFour: "0000",
				pepperId: "00000000",
			};
		},
	});
}

const MANY = 4_000;
const many = make(MANY);
const ofStatus = (status: KeyStatus) => many.filter(({ key }) => statusOf(key, NOW) === status);
const share = (part: unknown[], whole: unknown[] = many) => part.length / whole.length;
const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);

describe("demo keys", () => {
	it("are the same for the same input, except for the ids of events, and different for another seed", () => {
		const plain = (keys: DemoKey[]) =>
			keys.map((key) => ({ ...key, events: key.events.map(({ id: _, ...rest }) => rest) }));
		expect(plain(make(300))).toEqual(plain(make(300)));
		expect(plain(make(300, 2))).not.toEqual(plain(make(300)));
	});

	it.each([1, 2, 3, 4, 5, 61, 205])("are %i on request, each with its own id", (count) => {
		expect(new Set(make(count).map(({ key }) => key.id)).size).toBe(count);
	});

	it("are valid input of keys.create", () => {
		for (const { key } of many) {
			const { name, environment, scopes, rateLimit: rate_limit, ipAllowlist: ip_allowlist } = key;
			const input = { name, environment, scopes, rate_limit, ip_allowlist };
			expect(createKeySchema.parse(input)).toEqual({ ...input, authentication: "bearer" });
		}
	});

	it("have varied names, some with accents", () => {
		const names = new Set(many.map(({ key }) => key.name));
		expect(names.size).toBeGreaterThan(500);
		expect([...names].filter((name) => /[ãçéêõ]/.test(name)).length).toBeGreaterThan(100);
		for (const name of names) expect(name).not.toMatch(/[{}]|undefined/);
	});

	it("are of every kind, in realistic proportions", () => {
		const active = ofStatus("active");
		const near = (part: unknown[], whole: unknown[], wanted: number) => {
			expect(share(part, whole)).toBeGreaterThan(wanted * 0.7);
			expect(share(part, whole)).toBeLessThan(wanted * 1.3);
		};
		near(active, many, 0.75);
		near(ofStatus("expired"), many, 0.12);
		near(ofStatus("revoked"), many, 0.13);
		near(
			many.filter(({ key }) => key.environment === "test"),
			many,
			0.2,
		);
		near(
			many.filter(({ key }) => key.ipAllowlist.length > 0),
			many,
			0.15,
		);
		near(
			active.filter(({ key }) => key.expiresAt === null),
			active,
			1 / 3,
		);
		near(
			active.filter(({ key }) => key.expiresAt !== null && key.expiresAt <= NOW + 14 * DAY_MS),
			active,
			0.08,
		);
		near(
			active.filter(({ hours }) => hours.length > 1),
			active,
			0.4,
		);
		near(
			active.filter(({ lifetime }) => lifetime.usageCount === 0),
			active,
			0.15,
		);
		near(
			many.filter(({ key }) => key.scopes.length === 0),
			many,
			0.05,
		);
		const combinations = new Set(many.map(({ key }) => SCOPES.filter((scope) => key.scopes.includes(scope)).join()));
		expect(combinations.size).toBe(2 ** SCOPES.length);
		expect(new Set(many.map(({ key }) => key.createdBy))).toEqual(new Set(["usr_olivia", "usr_adam"]));
	});

	it("have consistent times within two years", () => {
		for (const { key } of many) {
			expect(key.createdAt).toBeGreaterThan(NOW - 731 * DAY_MS);
			expect(key.createdAt).toBeLessThanOrEqual(NOW);
			if (key.expiresAt !== null) expect(key.expiresAt).toBeGreaterThan(key.createdAt);
			if (key.revokedAt === null) continue;
			expect(key.revokedAt).toBeGreaterThanOrEqual(key.createdAt);
			expect(key.revokedAt).toBeLessThanOrEqual(Math.min(NOW, key.expiresAt ?? NOW));
			expect(key.revokedBy).toMatch(/^usr_(olivia|adam)$/);
		}
		const made = many.map(({ key }) => key.createdAt);
		expect(made).toEqual(made.toSorted((a, b) => b - a));
	});

	it("that were rotated point to each other: some old ones will stop, some go on, some have stopped", () => {
		const byId = new Map(many.map((whole) => [whole.key.id, whole.key]));
		const pairs = many.flatMap(({ key }) => {
			const successor = key.rotatedTo === null ? undefined : byId.get(key.rotatedTo);
			return successor ? [{ key, successor }] : [];
		});
		expect(pairs.length).toBeGreaterThan(10);
		expect(many.filter(({ key }) => key.rotatedFrom !== null)).toHaveLength(pairs.length);
		for (const { key, successor } of pairs) {
			expect(successor).toMatchObject({
				rotatedFrom: key.id,
				name: key.name,
				scopes: key.scopes,
				environment: key.environment,
			});
			expect(successor.createdAt).toBeGreaterThan(key.createdAt);
		}
		expect(pairs.some(({ key }) => key.revokeAt !== null && key.revokeAt > NOW)).toBe(true);
		expect(pairs.some(({ key }) => key.revokeAt === null)).toBe(true);
		expect(pairs.some(({ key }) => key.revokeAt !== null && key.revokeAt <= NOW)).toBe(true);
	});

	it("have the audit events of their changes", () => {
		for (const { key, events } of many) {
			const wanted = [
				"api_key.create",
				...(key.rotatedTo === null ? [] : ["api_key.rotate"]),
				...(key.revokedAt === null ? [] : ["api_key.revoke"]),
			];
			expect(events.map(({ action }) => action)).toEqual(wanted);
			expect(events[0]).toMatchObject({
				keyId: key.id,
				tenantId: key.tenantId,
				actor: key.createdBy,
				at: key.createdAt,
			});
			expect(events[0]?.changes.name).toEqual({ from: null, to: key.name });
			if (key.revokedAt !== null) expect(events.at(-1)).toMatchObject({ actor: key.revokedBy, at: key.revokedAt });
			expect(JSON.stringify(events)).not.toContain(key.secretHash);
		}
	});
});

describe("demo usage", () => {
	it("is consistent: within the rate limit, the life of the key and the past, with totals that match the hours", () => {
		for (const { key, hours, lifetime } of many) {
			const end = Math.min(NOW, key.revokedAt ?? NOW, key.revokeAt ?? NOW, key.expiresAt ?? NOW);
			let before = 0;
			for (const { hour, allowed, rateLimited, denied } of hours) {
				expect(hour % HOUR_MS).toBe(0);
				expect(hour).toBeGreaterThan(before);
				expect(hour + HOUR_MS).toBeGreaterThan(key.createdAt);
				expect(hour).toBeLessThan(end);
				expect(hour).toBeLessThan(RUNNING);
				expect(allowed).toBeLessThanOrEqual(key.rateLimit);
				if (rateLimited > 0) expect(allowed).toBe(key.rateLimit);
				expect(allowed + rateLimited + denied).toBeGreaterThan(0);
				before = hour;
			}
			const last = hours.findLast(({ allowed }) => allowed > 0);
			if (!last) expect([lifetime, hours]).toEqual([{ usageCount: 0, lastUsedAt: 0 }, []]);
			else {
				expect(Math.floor(lifetime.lastUsedAt / HOUR_MS) * HOUR_MS).toBe(last.hour);
				expect(lifetime.lastUsedAt).toBeGreaterThanOrEqual(key.createdAt);
				expect(lifetime.lastUsedAt).toBeLessThanOrEqual(end);
				expect(lifetime.usageCount).toBeGreaterThanOrEqual(sum(hours.map(({ allowed }) => allowed)));
			}
			for (const number of [lifetime.usageCount, lifetime.lastUsedAt]) expect(Number.isInteger(number)).toBe(true);
		}
	});

	it("covers a month for the newest keys, and 36 hours for the others", () => {
		const monthly = many.slice(0, NEWEST).filter(({ hours }) => (hours[0]?.hour ?? NOW) < NOW - 28 * DAY_MS);
		expect(monthly.length).toBeGreaterThan(15);
		for (const { hours } of many.slice(NEWEST).filter((key) => key.hours.length > 1))
			expect(hours[0]?.hour).toBeGreaterThanOrEqual(RUNNING - 36 * HOUR_MS);
	});

	it("has daily patterns: office keys by day, nightly jobs by night, and some keys at their limit", () => {
		/** Share of the requests between two hours of the day in UTC, of all keys of one rhythm that are in use. */
		const day = (rhythm: DemoKey["rhythm"]) => {
			const requests = new Array<number>(24).fill(0);
			for (const { hours } of many.filter((key) => key.rhythm === rhythm && key.hours.length > 1))
				for (const { hour, allowed } of hours) {
					const at = (hour / HOUR_MS) % 24;
					requests[at] = (requests[at] ?? 0) + allowed;
				}
			return (from: number, to: number) => sum(requests.slice(from, to)) / sum(requests);
		};
		expect(day("office")(11, 22)).toBe(1);
		expect(day("nightly")(4, 8)).toBe(1);
		expect(day("always")(0, 12)).toBeGreaterThan(0.2);
		const tallies = many.flatMap(({ hours }) => hours);
		expect(tallies.filter(({ rateLimited }) => rateLimited > 0).length).toBeGreaterThan(20);
		expect(tallies.filter(({ denied }) => denied > 0).length).toBeGreaterThan(20);
	});
});

describe("a database filled with the demo", () => {
	const pepper = new Secret(env.KEY_PEPPER);
	const owner = { email: "owner@acme.example", password: "correct horse battery" };
	const COUNT = 130;
	let admin: string;
	let list: KeyList;

	beforeAll(async () => {
		expect(await fillDemo(db, 5, NOW, pepper)).toBeNull();
		await seed(db, { email: owner.email, passwordHash: cheapPasswordHash(owner.password) }, NOW);
		const written = await fillDemo(db, COUNT, NOW, pepper);
		expect(written).toMatchObject({ keys: COUNT, events: expect.any(Number) });
		admin = (await mutate<{ token: string }>(null, "session.login", owner)).data.token;
		list = (await query<KeyList>(admin, "keys.list", { limit: 100, recent_hours: 36 })).data;
	});

	it("lists them all, with their counts and their usage", async () => {
		const { active, revoked, expired, expiring_soon } = list.counts;
		expect(active + revoked + expired).toBe(COUNT);
		for (const count of [active, revoked, expired, expiring_soon]) expect(count).toBeGreaterThan(0);
		expect(list.items.filter(({ recent_usage }) => recent_usage?.some((count) => count > 0)).length).toBeGreaterThan(
			20,
		);
		for (const { recent_usage, usage_count, last_used_at } of list.items) {
			expect(recent_usage?.at(-1)).toBe(0);
			expect(usage_count).toBeGreaterThanOrEqual(sum(recent_usage ?? []));
			expect(last_used_at === null).toBe(usage_count === 0);
		}
	});

	it("was created by the users who manage keys, according to the audit trail", async () => {
		const makers = new Set(list.items.map(({ created_by }) => created_by));
		expect(makers.size).toBe(2);
		for (const actor of ["owner@acme.example", "admin@acme.example"]) {
			const { items } = (await query<AuditList>(admin, "audit.list", { actor, action: "api_key.create" })).data;
			expect(items.length).toBe(25);
			for (const event of items) {
				expect(makers).toContain(event.actor);
				expect(event.key_name).toEqual(expect.any(String));
			}
		}
	});

	it("is what gates load their keys from: details and usage match the list", async () => {
		const some = (["active", "revoked", "expired"] as const).flatMap((status) =>
			list.items.filter((item) => item.status === status).slice(0, 8),
		);
		expect(some.length).toBeGreaterThan(15);
		for (const { recent_usage, ...item } of some) {
			const { data: detail } = await query<ApiKeyDetail>(admin, "keys.get", { id: item.id });
			expect(detail).toMatchObject(item);
			expect(detail.key_prefix).toBe(`sk_${item.environment}_${item.id.slice(0, 4)}`);
			expect(detail.current_hour.used).toBe(0);
			const from = new Date(RUNNING - 35 * HOUR_MS).toISOString();
			const { data: usage } = await query<Usage>(admin, "keys.usage", { id: item.id, from });
			expect(usage.buckets.map(({ allowed }) => allowed)).toEqual(recent_usage);
		}
	});

	it("contains keys that can be managed like any other", async () => {
		const key = list.items.find(({ status, rotated_to }) => status === "active" && rotated_to === null);
		if (!key) throw new Error("there are active keys");
		expect((await mutate(admin, "keys.update", { id: key.id, name: "Renamed" })).status).toBe(200);
		expect((await mutate(admin, "keys.rotate", { id: key.id })).status).toBe(200);
		expect((await mutate(admin, "keys.revoke", { id: key.id })).status).toBe(200);
		const found = await query<KeyList>(admin, "keys.list", { search: "Renamed", status: "revoked" });
		expect(found.data.items.map(({ id }) => id)).toEqual([key.id]);
	});

	it("can be filled a second time", async () => {
		const before = (await query<KeyList>(admin, "keys.list", {})).data.counts;
		expect(await fillDemo(db, 10, NOW, pepper)).toMatchObject({ keys: 10 });
		const after = (await query<KeyList>(admin, "keys.list", {})).data.counts;
		const all = ({ active, revoked, expired }: KeyList["counts"]) => active + revoked + expired;
		expect(all(after) - all(before)).toBe(10);
	});
});
