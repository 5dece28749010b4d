/** The service's clock, learned from responses. */
import { beforeEach, describe, expect, it, vi } from "vitest";
import { HOUR_MS as HOUR } from "../../worker/schemas/time.ts";

const HERE = Date.UTC(2026, 0, 15, 12);
const header = (ms: number) => new Date(ms).toUTCString();

/** The module keeps the difference until the page is reloaded, so each test imports a new one. */
async function freshPage() {
	vi.resetModules();
	return import("../../web/server-time.ts");
}

beforeEach(() => {
	vi.useFakeTimers({ now: HERE });
	return () => vi.useRealTimers();
});

describe("the time of the service", () => {
	it("is the local time until the first response", async () => {
		const { serverNow } = await freshPage();
		expect(serverNow()).toBe(HERE);
	});

	it.each([-26 * HOUR, -7 * 60_000, 7 * 60_000, 26 * HOUR])(
		"differs by %i ms from a wrong local clock",
		async (ahead) => {
			const { serverNow, learnServerTime } = await freshPage();
			learnServerTime(header(HERE + ahead), HERE - 100, HERE + 100);
			expect(Math.abs(serverNow() - (HERE + ahead))).toBeLessThanOrEqual(500);
			vi.setSystemTime(HERE + HOUR);
			expect(Math.abs(serverNow() - (HERE + HOUR + ahead))).toBeLessThanOrEqual(500);
		},
	);

	it("is the local time if the two differ by a few seconds", async () => {
		const { serverNow, learnServerTime } = await freshPage();
		learnServerTime(header(HERE + 3_000), HERE, HERE);
		expect(serverNow()).toBe(HERE);
	});

	it("does not change with later responses", async () => {
		const { serverNow, learnServerTime } = await freshPage();
		learnServerTime(header(HERE), HERE, HERE);
		learnServerTime(header(HERE + HOUR), HERE, HERE);
		expect(serverNow()).toBe(HERE);
	});

	it.each([
		["none", null, 0],
		["no time", "yesterday", 0],
		["one that was long on its way", header(HERE + HOUR), 6_000],
	])("ignores %s and waits for another response", async (_, date, tookMs) => {
		const { serverNow, learnServerTime } = await freshPage();
		learnServerTime(date, HERE - tookMs, HERE);
		expect(serverNow()).toBe(HERE);
		learnServerTime(header(HERE + HOUR), HERE, HERE);
		expect(serverNow()).toBeGreaterThan(HERE + HOUR - 1_000);
	});
});
