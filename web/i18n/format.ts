/** Numbers, dates and spans of time in the reader's language. Times come as ISO 8601, and are shown in local time. */
import { language } from "../preferences.ts";

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Units of relative times, largest first; a month and a year are of average length. */
const UNITS = [
	["year", 365.25 * DAY],
	["month", 30.44 * DAY],
	["day", DAY],
	["hour", HOUR],
	["minute", MINUTE],
	["second", SECOND],
] as const;

/** `Intl` objects are costly to make and free to keep. */
function kept<T>(make: (locale: string) => T): () => T {
	const made = new Map<string, T>();
	return () => {
		const locale = language();
		const known = made.get(locale);
		if (known !== undefined) return known;
		const fresh = make(locale);
		made.set(locale, fresh);
		return fresh;
	};
}

const numbers = kept((locale) => new Intl.NumberFormat(locale));
const compactNumbers = kept(
	(locale) => new Intl.NumberFormat(locale, { notation: "compact", maximumFractionDigits: 1 }),
);
const dates = kept((locale) => new Intl.DateTimeFormat(locale, { dateStyle: "medium" }));
const dateTimes = kept(
	(locale) => new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "medium", hourCycle: "h23" }),
);
const exactTimes = kept(
	(locale) =>
		new Intl.DateTimeFormat(locale, {
			day: "numeric",
			month: "long",
			year: "numeric",
			hour: "numeric",
			minute: "2-digit",
			second: "2-digit",
			hourCycle: "h23",
			timeZoneName: "short",
		}),
);
const clockTimes = kept((locale) => new Intl.DateTimeFormat(locale, { timeStyle: "short", hourCycle: "h23" }));
const present = kept((locale) => new Intl.RelativeTimeFormat(locale, { numeric: "auto" }));
const relativeTimes = kept((locale) => new Intl.RelativeTimeFormat(locale, { style: "short", numeric: "always" }));
const relativeTimesLong = kept((locale) => new Intl.RelativeTimeFormat(locale, { style: "long", numeric: "always" }));
const lists = kept((locale) => new Intl.ListFormat(locale, { type: "conjunction" }));

/** 18204 → `18,204`. */
export const formatNumber = (value: number): string => numbers().format(value);

/** 18204 → `18.2K`, for the axes of charts. */
export const formatCompact = (value: number): string => compactNumbers().format(value);

/** `Nov 22, 2026`. */
export const formatDate = (iso: string): string => dates().format(new Date(iso));

/** `Nov 22, 2026, 23:32:39`. */
export const formatDateTime = (iso: string): string => dateTimes().format(new Date(iso));

/** With the time zone, for hovers: the exact instant behind a relative time. */
export const formatExactTime = (iso: string): string => exactTimes().format(new Date(iso));

/** `23:32`. */
export const formatClock = (iso: string): string => clockTimes().format(new Date(iso));

/** `a, b and c`. */
export const formatList = (parts: string[]): string => lists().format(parts);

/** What lies ahead is counted in days for so long: "in 64 days" says more than "in 2 months". */
const DAYS_AHEAD = 99;

/**
 * The span in its largest unit: 2.4 hours → [2, "hour"]; anything under a second is zero seconds. What has passed is
 * rounded down; what is to come to the nearest, so that nine days from now are nine days a minute later, too.
 */
function inLargestUnit(ms: number): [amount: number, unit: (typeof UNITS)[number][0]] {
	const size = Math.abs(ms);
	const round = ms > 0 ? Math.round : Math.trunc;
	for (const [unit, length] of UNITS) {
		if (ms > 0 && ms < DAYS_AHEAD * DAY && length > DAY) continue;
		if (size >= length) return [round(ms / length), unit];
	}
	return [0, "second"];
}

/** How long ago or ahead: `2 min. ago`, `in 64 days`, `now`. A second or two of clock difference is no future. */
export function formatRelative(iso: string, now: number): string {
	const ms = Date.parse(iso) - now;
	if (Math.abs(ms) < 5 * SECOND) return present().format(0, "second");
	return relativeTimes().format(...inLargestUnit(ms));
}

/** The same in full words, for sentences: `2 minutes ago`, `12 seconds ago`. */
export function formatRelativeLong(iso: string, now: number): string {
	return relativeTimesLong().format(...inLargestUnit(Date.parse(iso) - now));
}

/** A span by itself: `64 days`, `12 seconds`. */
export function formatSpan(ms: number): string {
	const [amount, unit] = inLargestUnit(ms);
	return new Intl.NumberFormat(language(), { style: "unit", unit, unitDisplay: "long" }).format(Math.abs(amount));
}

/** Minutes and seconds left, as a clock shows them: `12:05`. */
export function formatCountdown(ms: number): string {
	const seconds = Math.max(0, Math.ceil(ms / SECOND));
	return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
