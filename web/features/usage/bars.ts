/** Buckets of requests as the parts of stacked bars, and the scale they stand on. Pure. */
import type { Usage } from "../../../worker/schemas/usage.ts";

export type Bucket = Usage["buckets"][number];

/** What can become of a request, from the foot of a bar to its top. */
export const OUTCOMES = ["allowed", "rate_limited", "denied"] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** The numbers of one scale, from zero in equal steps. */
export interface Scale {
	top: number;
	step: number;
}

const STEPS = 4;
/** What stays free above the highest bar. It has to hold two parts that are drawn larger than they are. */
const HEADROOM = 1.06;

/** A scale of round numbers for values up to `most`, in at most five steps. Requests are whole, and so are its steps. */
export function scaleFor(most: number): Scale {
	const needed = Math.max(most, 1) * HEADROOM;
	const magnitude = 10 ** Math.floor(Math.log10(needed / STEPS));
	const step = Math.max(1, [1, 2, 5, 10].map((factor) => factor * magnitude).find((it) => it * STEPS >= needed) ?? 1);
	return { top: step * Math.ceil(needed / step), step };
}

/** The numbers to write on the axis. */
export function marksOf({ top, step }: Scale): number[] {
	return Array.from({ length: Math.round(top / step) + 1 }, (_, index) => index * step);
}

/** All requests of the outcomes that are shown. */
export function heightOf(bucket: Bucket, shown: ReadonlySet<Outcome>): number {
	return OUTCOMES.reduce((sum, outcome) => sum + (shown.has(outcome) ? bucket[outcome] : 0), 0);
}

/** Where each part of each bar begins and ends. */
export type Stack = Record<Outcome, { from: number[]; to: number[] }>;

/** Stacks the outcomes that are shown. `least` is what a part measures at least: one refused request must be seen. */
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

/** Bars below this share of the limit could hardly be told apart beside it. */
const LIMIT_SHARE = 0.05;

/** Whether the limit goes well with the bars: it would flatten those of a key that uses little of it. */
export function limitFits(buckets: readonly Bucket[], limit: number): boolean {
	const most = Math.max(0, ...buckets.map(({ allowed }) => allowed));
	return most >= limit * LIMIT_SHARE || buckets.every((bucket) => heightOf(bucket, new Set(OUTCOMES)) === 0);
}
