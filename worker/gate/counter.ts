/**
 * Counts a key's requests in the running hour: exactly in memory, and durably never too few.
 *
 * The record on disk stands at or above the true count (see `window.ts`). Whoever answers a request after `count`
 * has returned can rely on that, since the write, if one was due, is on its way to disk ahead of the answer.
 */
import type { Lifetime } from "../keys/snapshot.ts";
import { emptyTally, hourOf, reserveAdmissions, reserveRefusals, type Tally } from "../keys/window.ts";
import type { GateStore, HourRecord, HourTally } from "./store.ts";

/** Stands for the time before the first request. */
const NO_HOUR = 0;

export class UsageCounter {
	readonly #store: GateStore;
	/** As on disk: ceilings. */
	#reserved: HourRecord;
	/** The truth. */
	#tally: Tally;
	#lastUsedAt: number;

	/** Resumes from the newest record, at its ceilings; without one, from the lifetime that is known. */
	constructor(store: GateStore, known: Lifetime) {
		this.#store = store;
		const { usageCount: lifetimeBefore, lastUsedAt } = known;
		this.#reserved = store.hours().at(-1) ?? { hour: NO_HOUR, ...emptyTally(), lifetimeBefore, lastUsedAt };
		if (this.#reserved.hour === NO_HOUR && lifetimeBefore > 0) this.#write(this.#reserved);
		const { allowed, rateLimited, denied } = this.#reserved;
		this.#tally = { allowed, rateLimited, denied };
		this.#lastUsedAt = this.#reserved.lastUsedAt;
	}

	/** The hour that is being counted. Never goes back, not even when the clock does. */
	get hour(): number {
		return this.#reserved.hour;
	}

	get tally(): Readonly<Tally> {
		return this.#tally;
	}

	get lifetime(): Lifetime {
		return { usageCount: this.#reserved.lifetimeBefore + this.#tally.allowed, lastUsedAt: this.#lastUsedAt };
	}

	/** The hours that D1 may not know in full, oldest first, the running one last, all as they truly are. */
	hours(): HourTally[] {
		const earlier = this.#store.hours().filter(({ hour }) => hour !== NO_HOUR && hour < this.hour);
		return this.hour === NO_HOUR ? earlier : [...earlier, { hour: this.hour, ...this.#tally }];
	}

	/** Moves on to the hour of `now`. The hour that ends is written down as it was. */
	roll(now: number): void {
		const hour = hourOf(now);
		if (hour <= this.#reserved.hour) return;
		this.settle();
		const { hour: left } = this.#reserved;
		const { allowed, rateLimited, denied } = this.#tally;
		const { usageCount: lifetimeBefore, lastUsedAt } = this.lifetime;
		// Written even before anything is counted in it: the record holds the life of the key, and the last hour's goes
		// once it is delivered.
		this.#write({ hour, ...emptyTally(), lifetimeBefore, lastUsedAt });
		this.#tally = emptyTally();
		// An hour without requests has nothing to tell; only those with some wait for delivery.
		if (allowed + rateLimited + denied === 0) this.#store.deleteHour(left);
	}

	/** Counts one request of the running hour. `limit` bounds how far admissions are reserved ahead. */
	count(outcome: keyof Tally, limit: number, now: number): void {
		const count = this.#tally[outcome] + 1;
		this.#tally[outcome] = count;
		if (outcome === "allowed") this.#lastUsedAt = Math.max(this.#lastUsedAt, now);
		if (count <= this.#reserved[outcome]) return;
		const ceiling = outcome === "allowed" ? reserveAdmissions(count, limit) : reserveRefusals(count);
		this.#write({ ...this.#reserved, [outcome]: ceiling, lastUsedAt: this.#lastUsedAt });
	}

	/** Whether the record on disk is above the truth, which a gate that leaves memory would forget. */
	get isAhead(): boolean {
		const { allowed, rateLimited, denied } = this.#reserved;
		return allowed > this.#tally.allowed || rateLimited > this.#tally.rateLimited || denied > this.#tally.denied;
	}

	/** Gives back what was reserved and not used. */
	settle(): void {
		if (this.isAhead) this.#write({ ...this.#reserved, ...this.#tally, lastUsedAt: this.#lastUsedAt });
	}

	#write(record: HourRecord): void {
		this.#store.putHour(record);
		this.#reserved = record;
	}
}
