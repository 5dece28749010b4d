/** Requests of a key per hour and day: without gaps, up to now, and each counted once. */
import { runDurableObjectAlarm } from "cloudflare:test";
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import { DAY_MS, HOUR_MS } from "../../../worker/schemas/time.ts";
import type { Usage } from "../../../worker/schemas/usage.ts";
import { addTenant, asIntegration, createKey, fieldsOf, gateOf, mutate, query, token } from "../fixtures.ts";

const NOW = Date.parse("2031-05-06T10:20:30.000Z");
vi.useFakeTimers({ toFake: ["Date"], now: NOW });
beforeEach(() => vi.setSystemTime(NOW));
afterAll(() => vi.useRealTimers());

const admin = await token({ tenantId: await addTenant(), expiresIn: 1_000 * 86_400 });
const ask = (id: string, input: Record<string, unknown> = {}) => query<Usage>(admin, "keys.usage", { id, ...input });
async function usage(id: string, input: Record<string, unknown> = {}): Promise<Usage> {
	const answer = await ask(id, input);
	expect(answer.status).toBe(200);
	return answer.data;
}

/** The buckets with requests, as text that is easy to compare. */
const busy = ({ buckets }: Usage) =>
	buckets
		.filter(({ allowed, rate_limited, denied }) => allowed + rate_limited + denied > 0)
		.map(({ start, allowed, rate_limited, denied }) => `${start} ${allowed}/${rate_limited}/${denied}`);

/** Two admitted, then `denied` refused for their scope, then `limited` for the limit of two. */
async function work(key: string, denied: number, limited: number): Promise<void> {
	for (let round = 0; round < 2; round++) await asIntegration(key);
	for (let round = 0; round < denied; round++) await asIntegration(key, "/v1/leads");
	for (let round = 0; round < limited; round++) await asIntegration(key);
}

describe("usage", () => {
	it("of a key that was never used has empty hours", async () => {
		const { api_key } = await createKey(admin);
		const { buckets, totals } = await usage(api_key.id);
		expect(totals).toEqual({ allowed: 0, rate_limited: 0, denied: 0 });
		expect(busy({ buckets, totals })).toEqual([]);
		// The last 24 hours, in whole hours.
		expect(buckets).toHaveLength(25);
		expect([buckets[0]?.start, buckets.at(-1)?.start]).toEqual([
			"2031-05-05T10:00:00.000Z",
			"2031-05-06T10:00:00.000Z",
		]);
	});

	it("includes every request immediately, by its outcome", async () => {
		const { key, api_key } = await createKey(admin, { rate_limit: 2 });
		await work(key, 3, 1);
		const { buckets, totals } = await usage(api_key.id);
		expect(totals).toEqual({ allowed: 2, rate_limited: 1, denied: 3 });
		expect(buckets.at(-1)).toEqual({ start: "2031-05-06T10:00:00.000Z", ...totals });
	});

	it("is the same before and after delivery, over several hours", async () => {
		const { key, api_key } = await createKey(admin, { rate_limit: 2 });
		await work(key, 0, 1);
		vi.setSystemTime(NOW + HOUR_MS);
		await work(key, 2, 0);
		vi.setSystemTime(NOW + 5 * HOUR_MS);
		await work(key, 1, 1);
		const wanted = [
			"2031-05-06T10:00:00.000Z 2/1/0",
			"2031-05-06T11:00:00.000Z 2/0/2",
			"2031-05-06T15:00:00.000Z 2/1/1",
		];
		const live = await usage(api_key.id);
		expect(busy(live)).toEqual(wanted);
		for (let round = 0; round < 2; round++) {
			await runDurableObjectAlarm(gateOf(api_key.id));
			expect(await usage(api_key.id)).toEqual(live);
		}
		await asIntegration(key, "/v1/leads");
		expect(busy(await usage(api_key.id)).at(-1)).toBe("2031-05-06T15:00:00.000Z 2/1/2");
	});

	it("does not count verification without consuming, reads, and management calls", async () => {
		const { key, api_key } = await createKey(admin);
		await mutate(admin, "keys.verify", { key, consume: false });
		await query(admin, "keys.get", { id: api_key.id });
		await query(key, "keys.list");
		expect((await usage(api_key.id)).totals).toEqual({ allowed: 0, rate_limited: 0, denied: 0 });
	});

	it("of a revoked key is still available, and counts further requests as denied", async () => {
		const { key, api_key } = await createKey(admin);
		await asIntegration(key);
		await mutate(admin, "keys.revoke", { id: api_key.id });
		await asIntegration(key);
		expect((await usage(api_key.id)).totals).toEqual({ allowed: 1, rate_limited: 0, denied: 1 });
	});

	it("counts the first request of an hour in its very first millisecond", async () => {
		const { key, api_key } = await createKey(admin);
		vi.setSystemTime(Date.parse("2031-05-07T00:00:00.000Z"));
		await asIntegration(key);
		for (const granularity of ["hour", "day"])
			expect(busy(await usage(api_key.id, { granularity }))).toEqual(["2031-05-07T00:00:00.000Z 1/0/0"]);
	});

	it("contains only the key's requests", async () => {
		const [one, other] = [await createKey(admin), await createKey(admin)];
		await asIntegration(one.key);
		expect((await usage(other.api_key.id)).totals.allowed).toBe(0);
	});
});

describe("a span", () => {
	it("consists of whole buckets without gaps: the start is rounded down, the end is rounded up and excluded", async () => {
		const { key, api_key } = await createKey(admin);
		await asIntegration(key);
		for (const [from, to, starts] of [
			["2031-05-06T08:59:59.999Z", "2031-05-06T10:00:00.001Z", ["08", "09", "10"]],
			["2031-05-06T09:00:00.000Z", "2031-05-06T10:00:00.000Z", ["09"]],
			["2031-05-06T10:20:00.000Z", "2031-05-06T10:21:00.000Z", ["10"]],
			["2031-05-06T07:00:00-03:00", "2031-05-06T08:00:00-03:00", ["10"]],
		] as const) {
			const { buckets, totals } = await usage(api_key.id, { from, to });
			expect(buckets.map(({ start }) => start)).toEqual(starts.map((hour) => `2031-05-06T${hour}:00:00.000Z`));
			expect(totals.allowed).toBe(starts.some((hour) => hour === "10") ? 1 : 0);
		}
	});

	it("by day sums the hours of each UTC day", async () => {
		const { key, api_key } = await createKey(admin, { rate_limit: 2 });
		vi.setSystemTime(Date.parse("2031-05-06T00:00:00.000Z"));
		await work(key, 1, 0);
		vi.setSystemTime(Date.parse("2031-05-06T23:59:59.999Z"));
		await work(key, 0, 1);
		vi.setSystemTime(Date.parse("2031-05-07T00:00:00.000Z"));
		await work(key, 0, 0);
		vi.setSystemTime(Date.parse("2031-05-07T09:00:00.000Z"));
		await runDurableObjectAlarm(gateOf(api_key.id));
		const week = await usage(api_key.id, { granularity: "day" });
		expect(busy(week)).toEqual(["2031-05-06T00:00:00.000Z 4/1/1", "2031-05-07T00:00:00.000Z 2/0/0"]);
		expect(week.totals).toEqual({ allowed: 6, rate_limited: 1, denied: 1 });
		expect(busy(await usage(api_key.id, { granularity: "day", to: "2031-05-07T00:00:00Z" }))).toHaveLength(1);
	});

	it("by day is 30 days by default", async () => {
		const { api_key } = await createKey(admin);
		const { buckets } = await usage(api_key.id, { granularity: "day" });
		expect([buckets.length, buckets[0]?.start, buckets.at(-1)?.start]).toEqual([
			31,
			"2031-04-06T00:00:00.000Z",
			"2031-05-06T00:00:00.000Z",
		]);
	});

	it("without an end lasts until now, without a start begins a day before the end", async () => {
		const { api_key } = await createKey(admin);
		const since = await usage(api_key.id, { from: "2031-05-06T08:00:00Z" });
		expect(since.buckets.map(({ start }) => start.slice(11, 13))).toEqual(["08", "09", "10"]);
		const until = await usage(api_key.id, { to: "2031-05-06T08:00:00Z" });
		expect([until.buckets.length, until.buckets[0]?.start]).toEqual([24, "2031-05-05T08:00:00.000Z"]);
	});

	it.each([
		["hour", 92 * 24, HOUR_MS],
		["day", 366, DAY_MS],
	])("by %s can have at most %i buckets", async (granularity, max, size) => {
		const { api_key } = await createKey(admin);
		const end = Math.floor(NOW / size) * size;
		const span = (buckets: number) => ({
			granularity,
			from: new Date(end - buckets * size).toISOString(),
			to: new Date(end).toISOString(),
		});
		const { buckets } = await usage(api_key.id, span(max));
		expect(buckets).toHaveLength(max);
		buckets.forEach(({ start }, index) => {
			expect(Date.parse(start)).toBe(end - (max - index) * size);
		});
		const answer = await ask(api_key.id, span(max + 1));
		expect([answer.status, answer.error.code, fieldsOf(answer)]).toEqual([400, "VALIDATION_ERROR", ["from"]]);
		expect((await ask(api_key.id, { granularity, from: "0001-01-01T00:00:00Z" })).status).toBe(400);
	});

	it.each([
		["the same instant", { from: "2031-05-06T08:00:00Z", to: "2031-05-06T08:00:00Z" }, "from"],
		["the wrong way round", { from: "2031-05-06T09:00:00Z", to: "2031-05-06T08:00:00Z" }, "from"],
		["from the future to now", { from: "2031-05-07T00:00:00Z" }, "from"],
		["no time", { from: "2031-05-06" }, "from"],
		["a number", { to: 1_900_000_000 }, "to"],
		["beyond all calendars", { to: "+275760-01-01T00:00:00Z" }, "to"],
		["weeks", { granularity: "week" }, "granularity"],
		["with an unknown field", { until: "2031-05-06T08:00:00Z" }, "until"],
	])("that is %s is rejected and names the field", async (_what, input, field) => {
		const { api_key } = await createKey(admin);
		const answer = await ask(api_key.id, input);
		expect([answer.status, answer.error.code, new Set(fieldsOf(answer))]).toEqual([
			400,
			"VALIDATION_ERROR",
			new Set([field]),
		]);
	});

	it("of an unknown key is 404", async () => {
		expect((await ask("000000000000")).status).toBe(404);
	});
});
