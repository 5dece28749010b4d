/**
 * The hour a key is counted in, and how far ahead of the count the durable record stands. Pure.
 *
 * Writing every request to disk would halve the rate of a key, writing none would forget requests in a crash. So
 * the gate reserves ahead, as a database sequence caches its numbers: the durable record holds a ceiling, requests
 * below it are counted in memory, and only reaching it costs a write. After a crash the count resumes at the
 * ceiling: perhaps some requests too high, never one too low.
 */
import { HOUR_MS, toTimestamp } from "../schemas/time.ts";
import type { WindowState } from "./verdict.ts";

/** Up to this hourly limit every admission is written on its own, so that even a crash loses nothing of the limit. */
const SMALL_LIMIT = 1_000;
/** A larger limit reserves one hundredth at a time: at most one percent of an hour is lost to a crash. */
const RESERVATIONS_PER_LIMIT = 100;
/** Refusals have no limit to take a share of; an eighth more than the count so far keeps writes logarithmic. */
const REFUSAL_RESERVE_SHARE = 8;

/** First millisecond of the UTC clock hour that `now` lies in. */
export const hourOf = (now: number): number => now - (now % HOUR_MS);

/** Whole seconds, at least one, until the hour of `hour` is over. */
export const secondsLeft = (hour: number, now: number): number =>
	Math.max(1, Math.ceil((hour + HOUR_MS - now) / 1_000));

/** The window of the hour that `now` lies in, after `allowed` admissions. */
export function windowState(limit: number, allowed: number, now: number): WindowState {
	const hour = hourOf(now);
	return {
		limit,
		remaining: Math.max(0, limit - allowed),
		resetsAt: hour + HOUR_MS,
		resetSeconds: secondsLeft(hour, now),
	};
}

/** A window as every interface shows it. */
export interface RateLimitObject {
	limit: number;
	remaining: number;
	/** ISO 8601, UTC. */
	resets_at: string;
}

/** The one place where a window becomes the public rate-limit object. */
export function toRateLimit({ limit, remaining, resetsAt }: WindowState): RateLimitObject {
	return { limit, remaining, resets_at: toTimestamp(resetsAt) };
}

/** Requests of one hour by what became of them. */
export interface Tally {
	/** Admitted. */
	allowed: number;
	/** Refused because the hour's limit was reached. */
	rateLimited: number;
	/** Refused for any other reason although the key was the right one. */
	denied: number;
}

export const emptyTally = (): Tally => ({ allowed: 0, rateLimited: 0, denied: 0 });

/** The next ceiling for admissions: above `count`, never above `limit`. */
export function reserveAdmissions(count: number, limit: number): number {
	const block = limit <= SMALL_LIMIT ? 1 : Math.floor(limit / RESERVATIONS_PER_LIMIT);
	return Math.max(count, Math.min(count + block - 1, limit));
}

/** The next ceiling for refusals: at least `count`. */
export function reserveRefusals(count: number): number {
	return count + Math.floor(count / REFUSAL_RESERVE_SHARE);
}
