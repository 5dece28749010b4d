/**
 * When usage goes to D1. Soon after a request while someone watches the tenant's lists, and soon after the first request
 * of a key that was not in use. A key that stays in use while no one watches delivers every few minutes, because each
 * delivery writes eight rows. The reasons are in `docs/decisions/usage-delivery.md`.
 */
import type { LifetimeUsage } from "../keys/snapshot.ts";
import type { GateStore } from "./store.ts";

/** Without a watcher, a key in use delivers after this many flushes, or after the most that they may take together. */
const FLUSHES_SKIPPED = 20;
export const UNWATCHED_MAX_MS = 300_000;

/** Where the gate keeps until when the tenant is watched. */
type WatchStore = Pick<GateStore, "watchedUntil" | "putWatchedUntil">;

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
	 * When the usage has to be delivered. `lastUseInD1` is the last admission that D1 shows. While it is recent, a list
	 * knows that the key is in use, and can ask its gate.
	 */
	due({ lastUsedAt }: Pick<LifetimeUsage, "lastUsedAt">, lastUseInD1: number, now: number): number {
		const soon = now + this.#flushMs;
		if (now < this.#watchedUntil) return soon;
		// Lists show no refusals, and `keys.usage` asks the gate for them.
		if (lastUsedAt <= lastUseInD1) return now + this.#unwatchedMs;
		return Math.max(soon, lastUseInD1 + this.#unwatchedMs);
	}

	/** Remembers until when the tenant is watched, also after an eviction. */
	watch(until: number): void {
		if (until <= this.#watchedUntil) return;
		this.#watchedUntil = until;
		this.#store.putWatchedUntil(until);
	}
}
