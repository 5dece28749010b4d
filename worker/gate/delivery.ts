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
/** D1 gives up on a statement long before; then no insert is under way any more. */
const DISCARD_PATIENCE_MS = 300_000;
const DISCARD_EVERY_MS = 30_000;

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
	readonly #bury: (successorId: string, tenantId: string) => Promise<void>;
	/** Successors of rotations that are under way: not to be discarded yet. */
	readonly #rotating = new Set<string>();
	#last: Promise<void> = Promise.resolve();
	#failures = 0;

	/** `bury` puts a tombstone into the gate of a successor that is taken back. */
	constructor(
		store: GateStore,
		clock: AlarmClock,
		db: () => Database,
		bury: (successorId: string, tenantId: string) => Promise<void>,
	) {
		this.#store = store;
		this.#clock = clock;
		this.#db = db;
		this.#bury = bury;
	}

	/** Delivers after whatever is being delivered. Never fails: what D1 did not take, the alarm brings again. */
	run(holdings: () => Holdings | null, now: number): Promise<void> {
		const next = () => this.#once(holdings(), now);
		this.#last = this.#last.then(next, next);
		return this.#last;
	}

	/**
	 * Runs `insert`, which creates a successor, such that the successor does not outlive a failure or a crash. Says
	 * whether D1 took it.
	 */
	async rotating(successorId: string, now: number, insert: () => Promise<unknown>): Promise<boolean> {
		this.#store.putDiscard({ successorId, since: now });
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
		try {
			await this.#deliverKey(holdings.key);
			await this.#discard(holdings.key.tenantId, now);
			await this.#deliverUsage(holdings);
			this.#failures = 0;
		} catch (error) {
			logError("D1 did not take a delivery; it will be repeated", error);
			this.#clock.ringBy(now + Math.min(RETRY_FIRST_MS * 2 ** this.#failures++, RETRY_MAX_MS));
		}
	}

	async #deliverKey(key: Holdings["key"]): Promise<void> {
		const events = this.#store.events();
		const db = this.#db();
		await runBatch(db, deliverKey(db, key, events));
		for (const event of events) this.#store.deleteEvent(event.id);
	}

	async #deliverUsage({ key, usage }: Holdings): Promise<void> {
		if (!usage || "deletedAt" in key) return;
		const db = this.#db();
		await runBatch(db, deliverUsage(db, key, usage.hours, usage.lifetime));
		// The running hour stays: it is what the count resumes from after a crash.
		for (const { hour } of usage.hours.slice(0, -1)) this.#store.deleteHour(hour);
	}

	/**
	 * Takes back successors whose rotation was not completed. An insert that D1 was slow to take may still come after
	 * the object that sent it has died, so an order stands until a row was found, or long enough that none will come.
	 */
	async #discard(tenantId: string, now: number): Promise<void> {
		for (const { successorId, since } of this.#store.discards()) {
			let done = false;
			if (!this.#rotating.has(successorId)) {
				await this.#bury(successorId, tenantId);
				const db = this.#db();
				const [, deleted] = await db.batch(deliverDiscard(db, tenantId, successorId, now));
				done = deleted.length > 0 || now - since > DISCARD_PATIENCE_MS;
			}
			if (done) this.#store.deleteDiscard(successorId);
			else this.#clock.ringBy(now + DISCARD_EVERY_MS);
		}
	}
}
