/**
 * Decides when usage goes to D1: soon after a request while someone watches the tenant's lists, and soon after the first request of a
 * key that was not in use. While no one watches, a key in use delivers every few minutes, because each delivery writes eight rows,
 * or as soon as a share of its limit is undelivered. The reasons are in `docs/decisions/usage-delivery.md`.
 */
import type { UsageCounter } from "../counter.ts";
import type { GateStore } from "../store.ts";

/** Without a watcher, a key in use delivers after this many flushes, or after the most that they may take together. */
const FLUSHES_SKIPPED = 20;
export const UNWATCHED_MAX_MS = 300_000;

/**
 * Once D1 lacks this share of the limit, it is delivered soon. A gate whose storage is lost resumes from what D1 has, so this
 * bounds what the key can get beyond its limit. It causes at most ten deliveries an hour.
 */
const UNDELIVERED_SHARE = 0.1;

/** Where the gate keeps until when the tenant is watched. */
type WatchStore = Pick<GateStore, "watchedUntil" | "putWatchedUntil">;

/** What D1 has of the usage, and what it lacks. */
type Undelivered = Pick<UsageCounter, "lifetime" | "lastUseInD1" | "undelivered">;

export class UsagePace {
	readonly #store: WatchStore;
	readonly #flushMs: number;
	readonly #unwatchedMs: number;
	#watchedUntil: number;

	constructor(store: WatchStore, flushMs: number) {
		this.#store = store;
		this.#flushMs = flushMs;
		this.#unwatchedMs = Math.max(flushMs, Math.min(FLUSHES_SKIPPED * flushMs, UNWATCHED_MAX_MS));
		this.#watchedUntil = store.watchedUntil();
	}

	/**
	 * When the usage has to be delivered. While the last admission that D1 shows is recent, a list knows that the key is in
	 * use, and can ask its gate.
	 */
	due({ lifetime: { lastUsedAt }, lastUseInD1, undelivered }: Undelivered, limit: number, now: number): number {
		const soon = now + this.#flushMs;
		if (now < this.#watchedUntil) return soon;
		// Lists show no refusals, and `keys.usage` asks the gate for them.
		if (lastUsedAt <= lastUseInD1) return now + this.#unwatchedMs;
		if (undelivered >= UNDELIVERED_SHARE * limit) return soon;
		return Math.max(soon, lastUseInD1 + this.#unwatchedMs);
	}

	/** Remembers until when the tenant is watched, also after an eviction. */
	watch(until: number): void {
		if (until <= this.#watchedUntil) return;
		this.#watchedUntil = until;
		this.#store.putWatchedUntil(until);
	}
}
