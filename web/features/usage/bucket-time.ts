/**
 * Names of hours and days in the reader's language. Hours are in local time, as everything on the page. Days are UTC days,
 * because the service counts in UTC: in local time, their dates would be wrong for half of the world.
 */

import { HOUR_MS } from "../../../worker/schemas/time.ts";
import { language } from "../../preferences.ts";

/** Whether buckets of this length (in milliseconds) are days. */
export const isDaily = (size: number): boolean => size > HOUR_MS;

/** `Nov 22`. */
export function dayLabel(start: number, utc: boolean): string {
	const format = new Intl.DateTimeFormat(language(), {
		month: "short",
		day: "numeric",
		...(utc ? { timeZone: "UTC" } : {}),
	});
	return format.format(start);
}

/**
 * The bucket as a range, `Nov 22, 14:00 – 15:00`, or as a day, `Nov 22, 2026`. Around a clock change with the time zone,
 * `Nov 1, 01:00 EDT – Nov 1, 01:00 EST`, because an hour may come twice.
 */
export function bucketLabel(start: number, size: number): string {
	if (isDaily(size)) return new Intl.DateTimeFormat(language(), { dateStyle: "medium", timeZone: "UTC" }).format(start);
	const offset = (at: number) => new Date(at).getTimezoneOffset();
	const format = new Intl.DateTimeFormat(language(), {
		month: "short",
		day: "numeric",
		hour: "2-digit",
		minute: "2-digit",
		hourCycle: "h23",
		...(offset(start - size) === offset(start + size) ? {} : { timeZoneName: "short" }),
	});
	// `formatRange` shows an hour that ends at the time it started as a single time.
	if (offset(start) !== offset(start + size)) return `${format.format(start)} – ${format.format(start + size)}`;
	return format.formatRange(start, start + size);
}
