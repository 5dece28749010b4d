/** How long a key is silent in between when all is well: who knows that, knows how long to wait. Pure. */
import { DAY_MS, HOUR_MS } from "../../../../worker/schemas/time.ts";

/** How far back to look: a weekly job shows its pauses in two weeks. */
const LOOK_BACK_DAYS = 14;

/** Younger keys have shown too little. */
const LEAST_MS = 2 * DAY_MS;

export type Pauses =
	/** Not old enough to say. */
	| { kind: "unknown" }
	| { kind: "unused"; observedMs: number }
	/** The longest time between two requests, give or take an hour. */
	| { kind: "used"; observedMs: number; longestMs: number };

/** From where to where a key was watched before it was rotated at `rotatedAt`. Milliseconds, in whole hours. */
export function observation(createdAt: string, rotatedAt: string): { from: number; to: number } {
	const to = hourOf(Date.parse(rotatedAt));
	return { from: Math.max(hourOf(Date.parse(createdAt)), to - LOOK_BACK_DAYS * DAY_MS), to };
}

/** `buckets` are the hours of that time. At both ends a pause may have been longer than what is seen of it. */
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
