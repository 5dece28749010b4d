/** The demo's API keys: everything that the list, the detail page and the audit trail show. */
import { statusOf } from "../../worker/keys/snapshot.ts";
import { DAY_MS, HOUR_MS } from "../../worker/schemas/time.ts";
import { type DemoInput, NEWEST, type Timeline, timelines } from "./timelines.ts";
import { formerTraffic, noTraffic, steadyTraffic, type Traffic } from "./traffic.ts";

export type DemoKey = Timeline & Traffic;

/** The time of usage that the list shows. */
const RECENT_MS = 36 * HOUR_MS;
const MONTH_MS = 30 * DAY_MS;

/** Of the active keys. */
const IN_USE = 0.4;
/** Shares of the newest keys of any status, and of the keys that are not in use. */
const NEWEST_USED = 0.9;
const ONCE_USED = 0.75;

/**
 * This number of keys, the newest first: three quarters active, the others expired or revoked, a few rotated. Keys in use
 * have usage of the last 36 hours, the newest ones of a month. The same input gives the same keys, except for ids and
 * hashes, which are random.
 */
export function demoKeys(count: number, input: DemoInput): DemoKey[] {
	return timelines(count, input).map((timeline, rank) => ({ ...timeline, ...traffic(timeline, rank, input) }));
}

function traffic({ key, rhythm }: Timeline, rank: number, { now, random }: DemoInput): Traffic {
	if (rank < NEWEST)
		return random.chance(NEWEST_USED) ? steadyTraffic(key, rhythm, MONTH_MS, now, random) : noTraffic();
	if (statusOf(key, now) === "active" && random.chance(IN_USE))
		return steadyTraffic(key, rhythm, RECENT_MS, now, random);
	return random.chance(ONCE_USED) ? formerTraffic(key, RECENT_MS, now, random) : noTraffic();
}
