/** The demo's API keys, whole: what the list, the detail page and the audit trail show of each. */
import { statusOf } from "../../worker/keys/snapshot.ts";
import { DAY_MS, HOUR_MS } from "../../worker/schemas/time.ts";
import { type DemoWorld, type Life, lives, NEWEST } from "./lives.ts";
import { formerTraffic, noTraffic, steadyTraffic, type Traffic } from "./traffic.ts";

export type DemoKey = Life & Traffic;

/** As far back as the list draws usage. */
const RECENT_MS = 36 * HOUR_MS;
const MONTH_MS = 30 * DAY_MS;

/** Of the active keys. */
const IN_USE = 0.4;
/** Of the newest, whatever became of them, and of those that are not in use. */
const NEWEST_USED = 0.9;
const ONCE_USED = 0.75;

/**
 * So many keys, the newest first: three quarters active, the others expired or revoked, a few rotated. Of those in use
 * the last 36 hours are on record, of the newest ones a month. The same world gives the same keys, but for the ids and
 * hashes that are drawn for them.
 */
export function demoKeys(count: number, world: DemoWorld): DemoKey[] {
	return lives(count, world).map((life, rank) => ({ ...life, ...traffic(life, rank, world) }));
}

function traffic({ key, rhythm }: Life, rank: number, { now, random }: DemoWorld): Traffic {
	if (rank < NEWEST)
		return random.chance(NEWEST_USED) ? steadyTraffic(key, rhythm, MONTH_MS, now, random) : noTraffic();
	if (statusOf(key, now) === "active" && random.chance(IN_USE))
		return steadyTraffic(key, rhythm, RECENT_MS, now, random);
	return random.chance(ONCE_USED) ? formerTraffic(key, RECENT_MS, now, random) : noTraffic();
}
