/** How often a gate flushes usage to D1, simulated with the gate's own pace and requests at random times. Pure. */
import { seeded } from "../../scripts/demo/random.ts";
import { UsagePace } from "../../worker/gate/delivery/usage-pace.ts";

/** The default of `USAGE_FLUSH_SECONDS`. */
const FLUSH_MS = 15_000;
const REQUESTS = 20_000;

/** Flushes a second of one key. `isWatched`: someone lists the tenant's keys all the time. */
export function flushesPerSecond(requestsPerSecond: number, isWatched: boolean): number {
	const watchedUntil = isWatched ? Number.POSITIVE_INFINITY : 0;
	const pace = new UsagePace({ watchedUntil: () => watchedUntil, putWatchedUntil: () => undefined }, FLUSH_MS);
	const draw = seeded(1);
	let now = 0;
	let lastUseInD1 = Number.NEGATIVE_INFINITY;
	let lastUsedAt = 0;
	let alarm = Number.POSITIVE_INFINITY;
	let flushes = 0;
	for (let request = 0; request < REQUESTS; request++) {
		now += (-Math.log(1 - draw()) / requestsPerSecond) * 1_000;
		if (alarm <= now) {
			flushes++;
			lastUseInD1 = lastUsedAt;
			alarm = Number.POSITIVE_INFINITY;
		}
		lastUsedAt = now;
		// Even use never leaves a tenth of an hour's limit undelivered.
		const usage = { lifetime: { usageCount: request, lastUsedAt }, lastUseInD1, undelivered: 0 };
		alarm = Math.min(alarm, pace.due(usage, Number.POSITIVE_INFINITY, now));
	}
	return flushes / (now / 1_000);
}
