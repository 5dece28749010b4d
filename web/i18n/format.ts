/** Numbers, dates and spans of time in the reader's language. Times are ISO 8601 and are shown in local time. */
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

/** Caches an `Intl` object per language, since creating one is slow. */
function cached<T>(make: (locale: string) => T): () => T {
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

const numbers = cached((locale) => new Intl.NumberFormat(locale));
const compactNumbers = cached(
	(locale) => new Intl.NumberFormat(locale, { notation: "compact", maximumFractionDigits: 1 }),
);
const bytesIn = (unit: "megabyte" | "gigabyte") =>
	cached((locale) => new Intl.NumberFormat(locale, { style: "unit", unit, maximumFractionDigits: 1 }));
const megabytes = bytesIn("megabyte");
const gigabytes = bytesIn("gigabyte");
const dates = cached((locale) => new Intl.DateTimeFormat(locale, { dateStyle: "medium" }));
const dateTimes = cached(
	(locale) => new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "medium", hourCycle: "h23" }),
);
const exactTimes = cached(
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
const clockTimes = cached((locale) => new Intl.DateTimeFormat(locale, { timeStyle: "short", hourCycle: "h23" }));
const present = cached((locale) => new Intl.RelativeTimeFormat(locale, { numeric: "auto" }));
const relativeTimes = cached((locale) => new Intl.RelativeTimeFormat(locale, { style: "short", numeric: "always" }));
const relativeTimesLong = cached((locale) => new Intl.RelativeTimeFormat(locale, { style: "long", numeric: "always" }));
const lists = cached((locale) => new Intl.ListFormat(locale, { type: "conjunction" }));

/** 18204 → `18,204`. */
export const formatNumber = (value: number): string => numbers().format(value);

/** 18204 → `18.2K`. */
export const formatCompact = (value: number): string => compactNumbers().format(value);

/** 12345678 → `12.3 MB`. */
export const formatBytes = (value: number): string =>
	value < 1e9 ? megabytes().format(value / 1e6) : gigabytes().format(value / 1e9);

/** Shorter numbers fit into a column as they are. */
const COMPACT_FROM = 1_000_000;

/** 18204 → `18,204` and 24639712 → `24.6M`, for columns. */
export const formatShort = (value: number): string =>
	value < COMPACT_FROM ? formatNumber(value) : formatCompact(value);

/** `Nov 22, 2026`. */
export const formatDate = (iso: string): string => dates().format(new Date(iso));

/** `Nov 22, 2026, 23:32:39`. */
export const formatDateTime = (iso: string): string => dateTimes().format(new Date(iso));

/** The exact time with its time zone, for tooltips of relative times. */
export const formatExactTime = (iso: string): string => exactTimes().format(new Date(iso));

/** `23:32`. */
export const formatClock = (iso: string): string => clockTimes().format(new Date(iso));

/** `a, b and c`. */
export const formatList = (parts: string[]): string => lists().format(parts);

/** Up to this many days ahead are counted in days: "in 64 days" says more than "in 2 months". */
const DAYS_AHEAD = 99;

/**
 * The span in its largest unit: 2.4 hours → [2, "hour"]; less than a second is zero seconds. The past is rounded down and
 * the future to the nearest unit, so that "in 9 days" is still "in 9 days" a minute later.
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

/** How long ago or ahead: `2 min. ago`, `in 64 days`. `now` within five seconds, because clocks differ a little. */
export function formatRelative(iso: string, now: number): string {
	const ms = Date.parse(iso) - now;
	if (Math.abs(ms) < 5 * SECOND) return present().format(0, "second");
	return relativeTimes().format(...inLargestUnit(ms));
}

/** The same in whole words, for sentences: `2 minutes ago`. */
export function formatRelativeLong(iso: string, now: number): string {
	return relativeTimesLong().format(...inLargestUnit(Date.parse(iso) - now));
}

/** A span without direction: `64 days`. */
export function formatSpan(ms: number): string {
	const [amount, unit] = inLargestUnit(ms);
	return new Intl.NumberFormat(language(), { style: "unit", unit, unitDisplay: "long" }).format(Math.abs(amount));
}

/** Minutes and seconds left: `12:05`. */
export function formatCountdown(ms: number): string {
	const seconds = Math.max(0, Math.ceil(ms / SECOND));
	return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** The local clock and the service's differ a little. Nothing that has happened may seem to be in the future. */
const LEAST_MS = 1_000;

const elapsed = (iso: string, now: number) => Math.max(LEAST_MS, now - Date.parse(iso));

/** How long ago it was, for a sentence: `12 seconds ago`. At least a second. */
export function formatAgo(iso: string, now: number): string {
	return formatRelativeLong(new Date(now - elapsed(iso, now)).toISOString(), now);
}

/** How long it has lasted, rounded down: `12 minutes`. At least a second. */
export const formatSince = (iso: string, now: number): string => formatSpan(-elapsed(iso, now));

/** How long until then: `23 hours`. At least a second. */
export const formatUntil = (iso: string, now: number): string => formatSpan(Math.max(LEAST_MS, Date.parse(iso) - now));

/** Both languages have a singular and a plural, and zero is plural in both. */
export const plural = (count: number, one: string, many: string): string => (count === 1 ? one : many);
