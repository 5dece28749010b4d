import { afterEach, describe, expect, it, vi } from "vitest";
import { axisLabels } from "../../web/features/usage/axis-labels.ts";
import { bucketLabel } from "../../web/features/usage/bucket-time.ts";
import { rangeOf, usageSince } from "../../web/features/usage/usage-range.ts";
import { setLanguage } from "../../web/preferences.ts";
import { DAY_MS as DAY, HOUR_MS as HOUR } from "../../worker/schemas/time.ts";

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

describe("the query for a range", () => {
	it("has whole hours or days, including the current one", () => {
		expect(usageSince("24h", NOW)).toEqual({ from: "2026-11-21T15:00:00.000Z", granularity: "hour" });
		expect(usageSince("7d", NOW)).toEqual({ from: "2026-11-15T15:00:00.000Z", granularity: "hour" });
		expect(usageSince("30d", NOW)).toEqual({ from: "2026-10-24T00:00:00.000Z", granularity: "day" });
	});

	it("stays the same until the next hour", () => {
		expect(usageSince("24h", Date.parse("2026-11-22T14:59:59.999Z"))).toEqual(usageSince("24h", NOW));
		expect(usageSince("24h", Date.parse("2026-11-22T15:00:00.000Z")).from).toBe("2026-11-21T16:00:00.000Z");
	});

	it("is for 24 hours if the URL has no known range", () => {
		expect(rangeOf("7d")).toBe("7d");
		expect(rangeOf("1y")).toBe("24h");
		expect(rangeOf(undefined)).toBe("24h");
		expect(rangeOf(["7d", "30d"])).toBe("24h");
	});
});

describe("the labels below the bars", () => {
	it("are hours in the reader's time zone, as many as fit", () => {
		vi.stubEnv("TZ", "America/Sao_Paulo");
		expect(names(hours(24), HOUR, 1_000).slice(0, 3)).toEqual(["12:00", "14:00", "16:00"]);
		expect(names(hours(24), HOUR, 300)).toEqual(["12:00", "18:00", "00:00", "06:00"]);
	});

	it("are days for a week, at the reader's midnight", () => {
		vi.stubEnv("TZ", "America/Sao_Paulo");
		const [first] = axisLabels(hours(168), HOUR, 1_000);
		expect(first).toEqual({ at: Date.parse("2026-11-16T03:00:00Z"), label: "Nov 16" });
	});

	it("name each day once, even if clocks skip its midnight or repeat it", () => {
		vi.stubEnv("TZ", "America/Santiago");
		const week = (last: string) => Array.from({ length: 168 }, (_, index) => Date.parse(last) - (167 - index) * HOUR);
		expect(names(week("2027-09-08T12:00:00Z"), HOUR, 1_000)).toContain("Sep 5");
		vi.stubEnv("TZ", "America/Havana");
		const labels = names(week("2027-11-10T12:00:00Z"), HOUR, 1_000);
		expect(labels).toContain("Nov 7");
		expect(new Set(labels).size).toBe(labels.length);
	});

	it("are UTC days for a month, in the middle of each and counted back from today", () => {
		vi.stubEnv("TZ", "America/Sao_Paulo");
		const ticks = axisLabels(days(30), DAY, 1_000);
		expect(ticks.at(-1)).toEqual({ at: Date.parse("2026-11-22T12:00:00Z"), label: "Nov 22" });
		expect(ticks.at(-2)?.label).toBe("Nov 19");
	});

	it("leave out a label that would be cut off at the end", () => {
		vi.stubEnv("TZ", "America/Sao_Paulo");
		// The last hour is the first one of a day here.
		const untilMidnight = (count: number) => hours(count).map((start) => start + 13 * HOUR);
		expect(names(untilMidnight(168), HOUR, 1_000)).not.toContain("Nov 23");
		expect(names(untilMidnight(24), HOUR, 1_000)).toContain("00:00");
	});
});

describe("the name of a bucket", () => {
	it.each([
		["America/New_York", "2026-11-01T00:00:00Z"],
		["Europe/Berlin", "2026-10-25T00:00:00Z"],
		["America/Santiago", "2027-04-04T00:00:00Z"],
		["Australia/Lord_Howe", "2027-04-03T06:00:00Z"],
	])("differs for every hour around a clock change in %s", (zone, from) => {
		vi.stubEnv("TZ", zone);
		for (const language of ["en", "pt-BR"] as const) {
			setLanguage(language);
			const labels = Array.from({ length: 24 }, (_, hour) => bucketLabel(Date.parse(from) + hour * HOUR, HOUR));
			expect(new Set(labels).size).toBe(24);
			for (const label of labels) expect(label).toMatch(/–/);
		}
		setLanguage("en");
	});

	it("has the time zone only around a clock change", () => {
		vi.stubEnv("TZ", "America/New_York");
		const label = (at: string) => bucketLabel(Date.parse(at), HOUR).replace(/\s/g, " ");
		expect(label("2026-11-01T05:00:00Z")).toBe("Nov 1, 01:00 EDT – Nov 1, 01:00 EST");
		expect(label("2026-11-01T06:00:00Z")).toBe("Nov 1, 01:00 – 02:00 EST");
		expect(label("2026-11-01T09:00:00Z")).toBe("Nov 1, 04:00 – 05:00");
	});

	it("is an hour in the reader's time zone, or a UTC date", () => {
		vi.stubEnv("TZ", "America/Sao_Paulo");
		const start = Date.parse("2026-11-22T00:00:00Z");
		// Intl puts spaces of several widths around the dash.
		expect(bucketLabel(start, HOUR).replace(/\s/g, " ")).toBe("Nov 21, 21:00 – 22:00");
		expect(bucketLabel(start, DAY)).toBe("Nov 22, 2026");
	});
});
