/** Relative times and spans in words. */
import { afterEach, describe, expect, it } from "vitest";
import {
	formatCountdown,
	formatNumber,
	formatRelative,
	formatRelativeLong,
	formatSpan,
} from "../../web/i18n/format.ts";
import { setLanguage } from "../../web/preferences.ts";

const NOW = Date.UTC(2026, 0, 15, 12);
const SECOND = 1_000;
const HOUR = 3_600 * SECOND;
const DAY = 24 * HOUR;
const at = (ms: number) => new Date(NOW + ms).toISOString();

afterEach(() => setLanguage("en"));

describe("relative times", () => {
	it.each([
		[0, "now"],
		[3 * SECOND, "now"],
		[-4 * SECOND, "now"],
		[-12 * SECOND, "12 sec. ago"],
		[-119 * SECOND, "1 min. ago"],
		[-3 * HOUR, "3 hr. ago"],
		[-95 * DAY, "3 mo. ago"],
		[9 * DAY - 30 * SECOND, "in 9 days"],
		[64 * DAY, "in 64 days"],
		[-1 * DAY, "1 day ago"],
		[400 * DAY, "in 1 yr."],
	])("show %i ms from now as %s", (ms, text) => {
		expect(formatRelative(at(ms), NOW)).toBe(text);
	});

	it("are in the reader's language", () => {
		setLanguage("pt-BR");
		expect(formatRelativeLong(at(-12 * SECOND), NOW)).toBe("há 12 segundos");
		expect(formatRelative(at(9 * DAY), NOW)).toBe("em 9 dias");
		expect(formatNumber(18_204)).toBe("18.204");
	});
});

describe("spans", () => {
	it("are in their largest unit", () => {
		expect(formatSpan(60 * SECOND)).toBe("1 minute");
		expect(formatSpan(HOUR)).toBe("1 hour");
		expect(formatSpan(64 * DAY)).toBe("64 days");
	});

	it("count down in minutes and seconds, and stop at zero", () => {
		expect(formatCountdown(725_000)).toBe("12:05");
		expect(formatCountdown(1)).toBe("0:01");
		expect(formatCountdown(-5)).toBe("0:00");
	});
});
