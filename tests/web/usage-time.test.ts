import { afterEach, describe, expect, it, vi } from "vitest";
import { axisLabels } from "../../web/features/usage/axis-labels.ts";
import { bucketLabel } from "../../web/features/usage/bucket-time.ts";
import { rangeOf, usageSince } from "../../web/features/usage/usage-range.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const NOW = Date.parse("2026-11-22T14:25:10.500Z");

const hours = (count: number) => {
	const running = Math.floor(NOW / HOUR) * HOUR;
	return Array.from({ length: count }, (_, index) => running - (count - 1 - index) * HOUR);
};
const days = (count: number) => {
	const running = Math.floor(NOW / DAY) * DAY;
	return Array.from({ length: count }, (_, index) => running - (count - 1 - index) * DAY);
};
const names = (starts: number[], size: number, width: number) =>
	axisLabels(starts, size, width).map(({ label }) => label);

afterEach(() => vi.unstubAllEnvs());

describe("what is asked for", () => {
	it("is so many whole hours or days, the running one included", () => {
		expect(usageSince("24h", NOW)).toEqual({ from: "2026-11-21T15:00:00.000Z", granularity: "hour" });
		expect(usageSince("7d", NOW)).toEqual({ from: "2026-11-15T15:00:00.000Z", granularity: "hour" });
		expect(usageSince("30d", NOW)).toEqual({ from: "2026-10-24T00:00:00.000Z", granularity: "day" });
	});

	it("stays the same until the hour turns", () => {
		expect(usageSince("24h", Date.parse("2026-11-22T14:59:59.999Z"))).toEqual(usageSince("24h", NOW));
		expect(usageSince("24h", Date.parse("2026-11-22T15:00:00.000Z")).from).toBe("2026-11-21T16:00:00.000Z");
	});

	it("is the last 24 hours where the address names no known span", () => {
		expect(rangeOf("7d")).toBe("7d");
		expect(rangeOf("1y")).toBe("24h");
		expect(rangeOf(undefined)).toBe("24h");
		expect(rangeOf(["7d", "30d"])).toBe("24h");
	});
});

describe("the names below the bars", () => {
	it("are hours of the reader's day, as dense as there is room", () => {
		vi.stubEnv("TZ", "America/Sao_Paulo");
		expect(names(hours(24), HOUR, 1_000).slice(0, 3)).toEqual(["12:00", "14:00", "16:00"]);
		expect(names(hours(24), HOUR, 300)).toEqual(["12:00", "18:00", "00:00", "06:00"]);
	});

	it("are days over a week, each where it begins for the reader", () => {
		vi.stubEnv("TZ", "America/Sao_Paulo");
		const [first] = axisLabels(hours(168), HOUR, 1_000);
		expect(first).toEqual({ at: Date.parse("2026-11-16T03:00:00Z"), label: "Nov 16" });
	});

	it("are the server's days over a month, in the middle of each and counted back from today", () => {
		vi.stubEnv("TZ", "America/Sao_Paulo");
		const ticks = axisLabels(days(30), DAY, 1_000);
		expect(ticks.at(-1)).toEqual({ at: Date.parse("2026-11-22T12:00:00Z"), label: "Nov 22" });
		expect(ticks.at(-2)?.label).toBe("Nov 19");
	});

	it("leave out what would be cut off at the end", () => {
		vi.stubEnv("TZ", "America/Sao_Paulo");
		// The last hour is the first of a day here.
		const untilMidnight = (count: number) => hours(count).map((start) => start + 13 * HOUR);
		expect(names(untilMidnight(168), HOUR, 1_000)).not.toContain("Nov 23");
		expect(names(untilMidnight(24), HOUR, 1_000)).toContain("00:00");
	});
});

describe("a bucket by itself", () => {
	it("is told in the reader's time, and a day by its date in UTC", () => {
		vi.stubEnv("TZ", "America/Sao_Paulo");
		const start = Date.parse("2026-11-22T00:00:00Z");
		// The language's rules put spaces of several widths around the dash.
		expect(bucketLabel(start, HOUR).replace(/\s/g, " ")).toBe("Nov 21, 21:00 – 22:00");
		expect(bucketLabel(start, DAY)).toBe("Nov 22, 2026");
	});
});
