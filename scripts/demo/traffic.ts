/**
 * The requests of the demo's API keys per hour. The current hour stays empty: a gate that loads its key for the
 * first time counts from zero, and the list must agree with it.
 */

import type { HourCounts } from "../../worker/gate/store.ts";
import type { KeySnapshot, LifetimeUsage } from "../../worker/keys/snapshot.ts";
import { NEVER_USED } from "../../worker/keys/snapshot.ts";
import { hourOf } from "../../worker/keys/window.ts";
import { DAY_MS, HOUR_MS } from "../../worker/schemas/time.ts";
import type { Rhythm } from "./purposes.ts";
import type { Random } from "./random.ts";

export interface Traffic {
	hours: HourCounts[];
	lifetime: LifetimeUsage;
}

const NO_TRAFFIC: Traffic = { hours: [], lifetime: NEVER_USED };

/** The demo's offices are three hours behind UTC. */
const OFFSET_HOURS = -3;

/** Requests in each hour of the local day, as a share of the key's busiest hour. */
const DAYS: Record<Rhythm, (hour: number) => number> = {
	nightly: (hour) => (hour >= 1 && hour <= 4 ? 1 - (hour - 1) / 5 : 0),
	office: (hour) => (hour >= 8 && hour <= 18 ? 0.4 + 0.6 * Math.sin(((hour - 7) / 12) * Math.PI) : 0),
	evening: (hour) => (hour >= 9 ? 0.15 + 0.85 * Math.max(0, Math.sin(((hour - 9) / 15) * Math.PI)) ** 2 : 0.04),
	always: (hour) => 0.6 + 0.4 * Math.sin(((hour - 8) / 24) * 2 * Math.PI),
};
/** Requests on Saturday and Sunday, as a share of a working day. */
const WEEKENDS: Record<Rhythm, number> = { nightly: 1, office: 0.03, evening: 0.8, always: 0.7 };

/** The busiest hour as a share of the rate limit. Few keys come close to it, and fewer exceed it. */
const QUIET = { low: 0.01, high: 0.35 };
const BUSY = { low: 0.8, high: 2 };
const BUSY_KEYS = 0.06;
/** Most requests in an hour, whatever the rate limit. */
const PEAK_MAX = 6_000;
/** Share of keys that are sometimes refused for a scope or an IP address, and of their hours. */
const CLUMSY_KEYS = 0.1;
const CLUMSY_HOURS = 0.15;
/** Requests before the stored hours, as a share of their average. */
const EARLIER = { low: 0.5, high: 0.9 };

/** When the key stopped working, or `now`. */
function endOf(key: KeySnapshot, now: number): number {
	return Math.min(now, key.revokedAt ?? now, key.revokeAt ?? now, key.expiresAt ?? now);
}

/** Requests in every hour of the last `spanMs` in which the key existed. None if it existed for less than an hour. */
export function steadyTraffic(key: KeySnapshot, rhythm: Rhythm, spanMs: number, now: number, random: Random): Traffic {
	const until = hourOf(endOf(key, now));
	const from = Math.max(hourOf(now) - spanMs, hourOf(key.createdAt) + HOUR_MS);
	const { low, high } = random.chance(BUSY_KEYS) ? BUSY : QUIET;
	const peak = Math.min(key.rateLimit * random.between(low, high), PEAK_MAX);
	const clumsy = random.chance(CLUMSY_KEYS);
	const hours: HourCounts[] = [];
	for (let hour = from; hour < until; hour += HOUR_MS) {
		const asked = Math.round(peak * shareOf(rhythm, hour) * random.between(0.7, 1.1));
		const allowed = Math.min(asked, key.rateLimit);
		const denied = clumsy && asked > 0 && random.chance(CLUMSY_HOURS) ? random.whole(1, 12) : 0;
		if (asked + denied > 0) hours.push({ hour, allowed, rateLimited: asked - allowed, denied });
	}
	const last = hours.findLast(({ allowed }) => allowed > 0);
	if (!last) return NO_TRAFFIC;
	const sum = hours.reduce((total, { allowed }) => total + allowed, 0);
	const hoursBefore = Math.max(0, (from - key.createdAt) / HOUR_MS);
	const earlier = (sum / ((until - from) / HOUR_MS)) * hoursBefore * random.between(EARLIER.low, EARLIER.high);
	return {
		hours,
		lifetime: {
			usageCount: sum + Math.round(earlier),
			lastUsedAt: last.hour + Math.floor(HOUR_MS * random.between(0.4, 1)),
		},
	};
}

/** A key that was last used before the last `quietMs`: only its last hour is stored. */
export function formerTraffic(key: KeySnapshot, quietMs: number, now: number, random: Random): Traffic {
	const until = Math.min(endOf(key, now), now - quietMs);
	if (until <= key.createdAt) return NO_TRAFFIC;
	const lastUsedAt = Math.floor(random.between(key.createdAt, until));
	const allowed = random.whole(1, Math.ceil(key.rateLimit * QUIET.high));
	const days = (lastUsedAt - key.createdAt) / DAY_MS;
	const earlier = Math.round(days * allowed * random.between(EARLIER.low, EARLIER.high));
	const hour = { hour: hourOf(lastUsedAt), allowed, rateLimited: 0, denied: 0 };
	return { hours: [hour], lifetime: { usageCount: allowed + earlier, lastUsedAt } };
}

/** No requests. */
export const noTraffic = (): Traffic => NO_TRAFFIC;

function shareOf(rhythm: Rhythm, hour: number): number {
	const local = new Date(hour + OFFSET_HOURS * HOUR_MS);
	const weekend = local.getUTCDay() % 6 === 0 ? WEEKENDS[rhythm] : 1;
	return DAYS[rhythm](local.getUTCHours()) * weekend;
}
