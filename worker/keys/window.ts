/**
 * The UTC clock hour that a key's requests are counted in, and how far ahead the count on disk is reserved. Pure.
 *
 * Writing every request to disk would halve a key's throughput, and writing none would lose requests in a crash. So the
 * gate reserves ahead, like the cache of a database sequence: the record on disk holds a ceiling, requests below it are
 * counted in memory only, and only reaching the ceiling costs a write. After a crash the count resumes at the ceiling:
 * it may be a little too high, but never too low.
 */
import { HOUR_MS, toTimestamp } from "../schemas/time.ts";
import type { WindowState } from "./verdict.ts";

/** Up to this hourly limit every admission is written to disk, so that not even a crash costs an admission. */
const SMALL_LIMIT = 1_000;
/** A larger limit is reserved in steps of one hundredth: a crash costs at most one percent of an hour. */
const RESERVATIONS_PER_LIMIT = 100;
/** Refusals have no limit. Reserving an eighth more than the count so far keeps the number of writes logarithmic. */
const REFUSAL_RESERVE_SHARE = 8;

/** First millisecond of the UTC clock hour that `now` lies in. */
export const hourOf = (now: number): number => now - (now % HOUR_MS);

/** Whole seconds, at least one, until the hour that starts at `hour` ends. */
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

/** Requests of one hour by outcome. */
export interface RequestCounts {
	/** Admitted. */
	allowed: number;
	/** Refused because the hourly limit was reached. */
	rateLimited: number;
	/** Refused for any other reason, although the secret was right. */
	denied: number;
}

export const noRequests = (): RequestCounts => ({ allowed: 0, rateLimited: 0, denied: 0 });

/** The next ceiling for admissions: at least `count`, and at most `limit` unless the count is higher. */
export function reserveAdmissions(count: number, limit: number): number {
	const block = limit <= SMALL_LIMIT ? 1 : Math.floor(limit / RESERVATIONS_PER_LIMIT);
	return Math.max(count, Math.min(count + block - 1, limit));
}

/** The next ceiling for refusals: at least `count`. */
export function reserveRefusals(count: number): number {
	return count + Math.floor(count / REFUSAL_RESERVE_SHARE);
}
