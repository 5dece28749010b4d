/**
 * Bringing D1 up to what the gate holds: at once after a change, and by the alarm for usage and for whatever failed.
 * D1 being down delays lists and charts, never a request.
 */

import type { KeySnapshot, Lifetime, Tombstone } from "../keys/snapshot.ts";
import { logError } from "../log.ts";
import type { GateStore, HourTally } from "./store.ts";
import type { AlarmClock } from "./timers.ts";
import { DELIVERY_GIVEN_UP_MS, within } from "./timers.ts";

/** Pauses between attempts: doubled each time, from one second to five minutes. */
export const RETRY_FIRST_MS = 1_000;
const RETRY_MAX_MS = 300_000;
/** D1 gives up on a statement long before; then no insert is under way any more. */
const DISCARD_PATIENCE_MS = 300_000;
const DISCARD_EVERY_MS = 30_000;
/** After a long outage many hours wait; D1 gets them in portions. */
const HOURS_AT_ONCE = 50;

/** What speaks to D1, loaded when there is something to say. */
const records = () => import("./d1-records.ts");

/** What D1 is to know. */
export interface Holdings {
	key: KeySnapshot | Tombstone;
	/** Null: leave usage for the next alarm. Hours oldest first, the running one last. */
	usage: { hours: HourTally[]; lifetime: Lifetime } | null;
}

export class Delivery {
	readonly #store: GateStore;
	readonly #clock: AlarmClock;
	readonly #d1: () => D1Database;
	readonly #bury: (successorId: string, predecessor: Holdings["key"]) => Promise<void>;
	/** Successors of rotations that are under way: not to be discarded yet. */
	readonly #rotating = new Set<string>();
	#last: Promise<void> = Promise.resolve();
	#failures = 0;

	/** `bury` puts a tombstone into the gate of a successor that is taken back. */
	constructor(
		store: GateStore,
		clock: AlarmClock,
		d1: () => D1Database,
		bury: (successorId: string, predecessor: Holdings["key"]) => Promise<void>,
	) {
		this.#store = store;
		this.#clock = clock;
		this.#d1 = d1;
		this.#bury = bury;
	}

	/** Delivers after whatever is being delivered. Never fails: what D1 did not take, the alarm brings again. */
	run(holdings: () => Holdings | null, now: number): Promise<void> {
		const next = () => this.#once(holdings(), now);
		this.#last = this.#last.then(next, next);
		return this.#last;
	}

	/**
	 * Runs `insert`, which creates a successor, and then `complete`, which keeps it by deleting the order to discard it.
	 * `complete` must decide in the turn in which it is called: until then no delivery may take the successor for one
	 * that was left behind, and from then on the order alone counts. Null: D1 did not take the successor.
	 */
	async rotating<T>(
		successorId: string,
		now: number,
		insert: () => Promise<unknown>,
		complete: () => Promise<T>,
	): Promise<T | null> {
		this.#store.putDiscard({ successorId, since: now });
		this.#clock.ringBy(now + RETRY_FIRST_MS);
		this.#rotating.add(successorId);
		let outcome: Promise<T> | null = null;
		try {
			await within(DELIVERY_GIVEN_UP_MS, insert());
			outcome = complete();
		} catch (error) {
			logError("D1 did not take the successor of a rotation", error);
		}
		this.#rotating.delete(successorId);
		// The first alarm may have rung while D1 was asked.
		this.#clock.ringBy(now + RETRY_FIRST_MS);
		return outcome;
	}

	/** Each of the three on its own, so that what can be delivered does not wait for what cannot. */
	async #once(holdings: Holdings | null, now: number): Promise<void> {
		if (!holdings) return;
		let failed = false;
		for (const deliver of [
			() => this.#deliverKey(holdings.key),
			() => this.#deliverUsage(holdings),
			() => this.#discard(holdings.key, now),
		]) {
			try {
				await within(DELIVERY_GIVEN_UP_MS, deliver());
			} catch (error) {
				logError("D1 did not take a delivery; it will be repeated", error);
				failed = true;
			}
		}
		if (failed) this.#clock.ringBy(now + Math.min(RETRY_FIRST_MS * 2 ** this.#failures++, RETRY_MAX_MS));
		else this.#failures = 0;
	}

	async #deliverKey(key: Holdings["key"]): Promise<void> {
		const events = this.#store.events();
		if (events.length === 0) return;
		const { recordKey } = await records();
		await recordKey(this.#d1(), key, events);
		for (const event of events) this.#store.deleteEvent(event.id);
	}

	async #deliverUsage({ key, usage }: Holdings): Promise<void> {
		if (!usage || "deletedAt" in key) return;
		const { recordUsage } = await records();
		const running = usage.hours.at(-1)?.hour;
		for (let start = 0; start < usage.hours.length; start += HOURS_AT_ONCE) {
			const hours = usage.hours.slice(start, start + HOURS_AT_ONCE);
			await recordUsage(this.#d1(), key, hours, usage.lifetime);
			// The running hour stays: it is what the count resumes from after a crash.
			for (const { hour } of hours) if (hour !== running) this.#store.deleteHour(hour);
		}
	}

	/**
	 * Takes back successors whose rotation was not completed. An insert that D1 was slow to take may still come after
	 * the object that sent it has died, so an order stands until a row was found, or long enough that none will come.
	 */
	async #discard(key: Holdings["key"], now: number): Promise<void> {
		const discards = this.#store.discards();
		if (discards.length === 0) return;
		const { discardSuccessor } = await records();
		for (const { successorId, since } of discards) {
			// Looked up in the turn in which it is acted on: while the one before was taken back, a rotation may have
			// been completed, and its order be gone.
			if (!this.#store.hasDiscard(successorId)) continue;
			let done = false;
			if (!this.#rotating.has(successorId)) {
				await this.#bury(successorId, key);
				const wasThere = await discardSuccessor(this.#d1(), key.tenantId, successorId, now);
				done = wasThere || now - since > DISCARD_PATIENCE_MS;
			}
			if (done) this.#store.deleteDiscard(successorId);
			else this.#clock.ringBy(now + DISCARD_EVERY_MS);
		}
	}
}
