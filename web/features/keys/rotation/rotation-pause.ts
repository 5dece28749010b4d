/** The longest pause between requests before a rotation: how long to wait before the old key can be revoked. Pure. */
import { DAY_MS, HOUR_MS } from "../../../../worker/schemas/time.ts";

/** Days to look back. Two weeks show the pauses of a weekly job. */
const LOOK_BACK_DAYS = 14;

/** Younger keys do not have enough history. */
const LEAST_MS = 2 * DAY_MS;

export type Pauses =
	/** Not enough history. */
	| { kind: "unknown" }
	| { kind: "unused"; observedMs: number }
	/** The longest time between two requests, to the hour. */
	| { kind: "used"; observedMs: number; longestMs: number };

/** The time to look at before the rotation at `rotatedAt`. Milliseconds since the epoch, in whole hours. */
export function observation(createdAt: string, rotatedAt: string): { from: number; to: number } {
	const to = hourOf(Date.parse(rotatedAt));
	return { from: Math.max(hourOf(Date.parse(createdAt)), to - LOOK_BACK_DAYS * DAY_MS), to };
}

/** The longest pause in the hours of that time. A pause at either end may have been longer than what is visible. */
export function pausesIn(
	buckets: readonly { start: string; allowed: number }[],
	{ from, to }: { from: number; to: number },
): Pauses {
	const observedMs = to - from;
	if (observedMs < LEAST_MS) return { kind: "unknown" };
	const used = buckets
		.filter(({ allowed }) => allowed > 0)
		.map(({ start }) => Date.parse(start))
		.filter((hour) => hour >= from && hour <= to);
	if (used.length === 0) return { kind: "unused", observedMs };
	const marks = [from, ...used, to];
	const longestMs = Math.max(HOUR_MS, ...marks.map((mark, index) => mark - (marks[index - 1] ?? mark)));
	return { kind: "used", observedMs, longestMs };
}

const hourOf = (ms: number) => Math.floor(ms / HOUR_MS) * HOUR_MS;
