/**
 * When a bucket was, in the reader's language. Hours are told in local time, as everything on the page. Days are those
 * of UTC, which is how the server counts them: in local time their dates would be wrong for half of the world.
 */

import { HOUR_MS } from "../../../worker/schemas/time.ts";
import { language } from "../../preferences.ts";

/** Whether buckets of this length are days. */
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

/** The whole bucket: `Nov 22, 14:00 – 15:00`, or the day as `Nov 22, 2026`. */
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
