/** The spans of time that requests can be looked at, and what each asks the server for. Pure. */

import { DAY_MS, HOUR_MS } from "../../../worker/schemas/time.ts";
import type { UsageQuery } from "../../../worker/schemas/usage.ts";

export const USAGE_RANGES = ["24h", "7d", "30d"] as const;
export type UsageRange = (typeof USAGE_RANGES)[number];

/** How long a bucket is, and how many of them there are with the running one. */
const SPANS = {
	"24h": { granularity: "hour", size: HOUR_MS, count: 24 },
	"7d": { granularity: "hour", size: HOUR_MS, count: 7 * 24 },
	"30d": { granularity: "day", size: DAY_MS, count: 30 },
} as const satisfies Record<UsageRange, { granularity: UsageQuery["granularity"]; size: number; count: number }>;

/** The range that an address names. An unknown word is as good as none: somebody may have typed it. */
export function rangeOf(word: string | string[] | undefined): UsageRange {
	return USAGE_RANGES.find((range) => range === word) ?? "24h";
}

/** What to ask for. The same within one bucket, so that the answer keeps its place in the cache. */
export function askFor(range: UsageRange, now: number): { from: string; granularity: UsageQuery["granularity"] } {
	const { granularity, size, count } = SPANS[range];
	const running = Math.floor(now / size) * size;
	return { from: new Date(running - (count - 1) * size).toISOString(), granularity };
}
