/**
 * Bringing D1 up to what the gate holds: at once after a change, and by the alarm for usage and for whatever failed.
 * D1 being down delays lists and charts, never a request.
 */
import type { Database } from "../../db/client.ts";
import { runBatch } from "../../db/client.ts";
import { logError } from "../log.ts";
import type { AlarmClock } from "./alarm-clock.ts";
import { deliverDiscard, deliverKey, deliverUsage } from "./delivery-statements.ts";
import type { KeySnapshot, Lifetime, Tombstone } from "./snapshot.ts";
import type { GateStore, HourTally } from "./store.ts";

/** Pauses between attempts: doubled each time, from one second to five minutes. */
export const RETRY_FIRST_MS = 1_000;
const RETRY_MAX_MS = 300_000;

/** What D1 is to know. */
export interface Holdings {
	key: KeySnapshot | Tombstone;
	/** Null: leave usage for the next alarm. Hours oldest first, the running one last. */
	usage: { hours: HourTally[]; lifetime: Lifetime } | null;
}

export class Delivery {
	readonly #store: GateStore;
	readonly #clock: AlarmClock;
	readonly #db: () => Database;
	/** Successors of rotations that are under way: not to be discarded yet. */
	readonly #rotating = new Set<string>();
	#last: Promise<void> = Promise.resolve();
	#failures = 0;

	constructor(store: GateStore, clock: AlarmClock, db: () => Database) {
		this.#store = store;
		this.#clock = clock;
		this.#db = db;
	}

	/** Delivers after whatever is being delivered. Never fails: what D1 did not take, the alarm brings again. */
	run(holdings: () => Holdings | null, now: number): Promise<void> {
		this.#last = this.#last.then(() => this.#once(holdings(), now));
		return this.#last;
	}

	/**
	 * Runs `insert`, which creates a successor, such that the successor does not outlive a failure or a crash. Says
	 * whether D1 took it.
	 */
	async rotating(successorId: string, now: number, insert: () => Promise<unknown>): Promise<boolean> {
		this.#store.putDiscard(successorId);
		this.#clock.ringBy(now + RETRY_FIRST_MS);
		this.#rotating.add(successorId);
		try {
			await insert();
			return true;
		} catch (error) {
			logError("D1 did not take the successor of a rotation", error);
			return false;
		} finally {
			this.#rotating.delete(successorId);
			// The first alarm may have rung while D1 was asked.
			this.#clock.ringBy(now + RETRY_FIRST_MS);
		}
	}

	async #once(holdings: Holdings | null, now: number): Promise<void> {
		if (!holdings) return;
		const { key, usage } = holdings;
		const db = this.#db();
		const events = this.#store.events();
		const discards = this.#store.discards().filter((id) => !this.#rotating.has(id));
		try {
			await runBatch(db, [
				...discards.flatMap((id) => deliverDiscard(db, key.tenantId, id, now)),
				...deliverKey(db, key, events),
				...("deletedAt" in key || !usage ? [] : deliverUsage(db, key, usage.hours, usage.lifetime)),
			]);
		} catch (error) {
			logError("D1 did not take a delivery; it will be repeated", error);
			this.#clock.ringBy(now + Math.min(RETRY_FIRST_MS * 2 ** this.#failures++, RETRY_MAX_MS));
			return;
		}
		this.#failures = 0;
		for (const event of events) this.#store.deleteEvent(event.id);
		for (const id of discards) this.#store.deleteDiscard(id);
		// The running hour stays: it is what the count resumes from after a crash.
		for (const { hour } of usage?.hours.slice(0, -1) ?? []) this.#store.deleteHour(hour);
		// A rotation under way may die; then its order to discard must find an alarm.
		if (this.#rotating.size > 0) this.#clock.ringBy(now + RETRY_FIRST_MS);
	}
}
