/** Requests as stacked bars, and their scale. Pure. */
import type { Usage } from "../../api/types.ts";

export type Bucket = Usage["buckets"][number];

/** Outcomes of a request, from the bottom of a bar to its top. */
export const OUTCOMES = ["allowed", "rate_limited", "denied"] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** A scale from zero in equal steps. */
export interface Scale {
	top: number;
	step: number;
}

const STEPS = 4;
/** Free space above the highest bar. Two of its parts may be drawn larger than they are. */
const HEADROOM = 1.06;

/** A scale of round numbers for values up to `most`, in at most five steps. Steps are whole numbers, as requests are. */
export function scaleFor(most: number): Scale {
	const needed = Math.max(most, 1) * HEADROOM;
	const magnitude = 10 ** Math.floor(Math.log10(needed / STEPS));
	const step = Math.max(1, [1, 2, 5, 10].map((factor) => factor * magnitude).find((it) => it * STEPS >= needed) ?? 1);
	return { top: step * Math.ceil(needed / step), step };
}

/** The numbers on the axis. */
export function marksOf({ top, step }: Scale): number[] {
	return Array.from({ length: Math.round(top / step) + 1 }, (_, index) => index * step);
}

/** Number of requests with the shown outcomes. */
export function heightOf(bucket: Bucket, shown: ReadonlySet<Outcome>): number {
	return OUTCOMES.reduce((sum, outcome) => sum + (shown.has(outcome) ? bucket[outcome] : 0), 0);
}

/** Start and end of each part of each bar. */
export type Stack = Record<Outcome, { from: number[]; to: number[] }>;

/** Stacks the shown outcomes. A part is at least `least` high, so that a single rejected request is visible. */
export function stack(buckets: readonly Bucket[], shown: ReadonlySet<Outcome>, least: number): Stack {
	const feet = buckets.map(() => 0);
	const part = (outcome: Outcome) => {
		const from = [...feet];
		for (const [index, bucket] of buckets.entries()) {
			if (shown.has(outcome) && bucket[outcome] > 0)
				feet[index] = (from[index] ?? 0) + Math.max(bucket[outcome], least);
		}
		return { from, to: [...feet] };
	};
	return { allowed: part("allowed"), rate_limited: part("rate_limited"), denied: part("denied") };
}

/** Bars below this share of the limit are too small to compare. */
const LIMIT_SHARE = 0.05;

/** Whether to draw the limit. It would flatten the bars of a key that uses little of it. */
export function limitFits(buckets: readonly Bucket[], limit: number): boolean {
	const most = Math.max(0, ...buckets.map(({ allowed }) => allowed));
	return most >= limit * LIMIT_SHARE || buckets.every((bucket) => heightOf(bucket, new Set(OUTCOMES)) === 0);
}
