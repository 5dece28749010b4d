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

/** The bucket as a range, `Nov 22, 14:00 – 15:00`, or as a day, `Nov 22, 2026`. */
export function bucketLabel(start: number, size: number): string {
	if (isDaily(size)) return new Intl.DateTimeFormat(language(), { dateStyle: "medium", timeZone: "UTC" }).format(start);
	const format = new Intl.DateTimeFormat(language(), {
		month: "short",
		day: "numeric",
		hour: "2-digit",
		minute: "2-digit",
		hourCycle: "h23",
	});
	return format.formatRange(start, start + size);
}
