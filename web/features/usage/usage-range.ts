/** The ranges of time on offer, and the query of each. Pure. */

import { DAY_MS, HOUR_MS } from "../../../worker/schemas/time.ts";

export const USAGE_RANGES = ["24h", "7d", "30d"] as const;
export type UsageRange = (typeof USAGE_RANGES)[number];

/** Length of a bucket in milliseconds, and their number including the current one. */
const SPANS = {
	"24h": { granularity: "hour", size: HOUR_MS, count: 24 },
	"7d": { granularity: "hour", size: HOUR_MS, count: 7 * 24 },
	"30d": { granularity: "day", size: DAY_MS, count: 30 },
} as const satisfies Record<UsageRange, { granularity: "hour" | "day"; size: number; count: number }>;

/** The range in the URL. Ignores unknown values, since a person may have edited it. */
export function rangeOf(word: string | string[] | undefined): UsageRange {
	return USAGE_RANGES.find((range) => range === word) ?? "24h";
}

/** The query for a range. It stays the same within one bucket, and so does its cache key. */
export function usageSince(range: UsageRange, now: number): { from: string; granularity: "hour" | "day" } {
	const { granularity, size, count } = SPANS[range];
	const current = Math.floor(now / size) * size;
	return { from: new Date(current - (count - 1) * size).toISOString(), granularity };
}
