/**
 * Brings D1 up to date with the gate: immediately after a change, and by the alarm for usage and for everything that
 * failed before. While D1 is down, lists and charts are late, but requests are not affected.
 */

import type { KeySnapshot, LifetimeUsage, Tombstone } from "../keys/snapshot.ts";
import { logError } from "../log.ts";
import type { GateStore, HourCounts } from "./store.ts";
import { DELIVERY_TIMEOUT_MS, type GateAlarm, withTimeout } from "./timers.ts";

/** The pause before a retry doubles each time, from one second to five minutes. */
export const RETRY_FIRST_MS = 1_000;
const RETRY_MAX_MS = 300_000;
/** D1 gives up on a statement long before this, so after it no insert can be in progress any more. */
const DISCARD_KEPT_MS = 300_000;
const DISCARD_RETRY_MS = 30_000;
/** After a long outage many hours are waiting. D1 gets at most this many per batch. */
const HOURS_PER_BATCH = 50;

/** Whether a delivery brings the usage too, or only the key and its audit events. */
export type DeliveryExtent = "with usage" | "without usage";

/** The content of a gate that D1 has to catch up with. */
export interface GateContent {
	key: KeySnapshot | Tombstone;
	/** Null: leave the usage to the next alarm. Hours are oldest first, the current hour last. */
	usage: { hours: HourCounts[]; lifetime: LifetimeUsage } | null;
}

/** Called after D1 has taken the usage. `watchedUntil`: until when the tenant's lists are watched. */
export type OnUsageTaken = (lifetime: LifetimeUsage, watchedUntil: number) => void;

/** Stores a tombstone in the gate of a successor that is discarded. */
export type WriteTombstone = (successorId: string, predecessor: GateContent["key"]) => Promise<void>;

export class Delivery {
	readonly #store: GateStore;
	readonly #alarm: GateAlarm;
	readonly #d1: () => D1Database;
	readonly #writeTombstone: WriteTombstone;
	readonly #onUsageTaken: OnUsageTaken;
	/** Successors of rotations in progress, which must not be discarded yet. */
	readonly #rotating = new Set<string>();
	#last: Promise<void> = Promise.resolve();
	#failures = 0;

	constructor(
		store: GateStore,
		alarm: GateAlarm,
		d1: () => D1Database,
		writeTombstone: WriteTombstone,
		onUsageTaken: OnUsageTaken,
	) {
		this.#store = store;
		this.#alarm = alarm;
		this.#d1 = d1;
		this.#writeTombstone = writeTombstone;
		this.#onUsageTaken = onUsageTaken;
	}

	/** Delivers after the delivery in progress, if any. Never rejects: the alarm retries what D1 did not accept. */
	run(content: () => GateContent | null, now: number): Promise<void> {
		const next = () => this.#deliverAll(content(), now);
		this.#last = this.#last.then(next, next);
		return this.#last;
	}

	/**
	 * Runs `insert`, which creates a successor in D1, and then `complete`, which keeps the successor by deleting its discard
	 * order. `complete` must decide in the turn in which it is called: before it, no delivery discards the successor; after
	 * it, only the order counts. Returns null if D1 did not accept the successor.
	 */
	async insertSuccessor<T>(
		successorId: string,
		now: number,
		insert: () => Promise<unknown>,
		complete: () => Promise<T>,
	): Promise<T | null> {
		this.#store.putDiscardOrder({ successorId, since: now });
		this.#alarm.scheduleBy(now + RETRY_FIRST_MS);
		this.#rotating.add(successorId);
		let outcome: Promise<T> | null = null;
		try {
			await withTimeout(DELIVERY_TIMEOUT_MS, insert());
			outcome = complete();
		} catch (error) {
			logError("D1 did not accept the successor of a rotation", error);
		}
		this.#rotating.delete(successorId);
		// The first alarm may have fired while D1 was busy.
		this.#alarm.scheduleBy(now + RETRY_FIRST_MS);
		return outcome;
	}

	/** Runs the three steps independently, so that one that fails doesn't hold up the others. */
	async #deliverAll(content: GateContent | null, now: number): Promise<void> {
		if (!content) return;
		let failed = false;
		for (const step of [
			() => this.#deliverKey(content.key),
			() => this.#deliverUsage(content),
			() => this.#discardSuccessors(content.key, now),
		]) {
			try {
				await withTimeout(DELIVERY_TIMEOUT_MS, step());
			} catch (error) {
				logError("D1 did not accept a delivery, which will be retried", error);
				failed = true;
			}
		}
		if (failed) this.#alarm.scheduleBy(now + Math.min(RETRY_FIRST_MS * 2 ** this.#failures++, RETRY_MAX_MS));
		else this.#failures = 0;
	}

	async #deliverKey(key: GateContent["key"]): Promise<void> {
		const events = this.#store.events();
		if (events.length === 0) return;
		const { connect, recordKey } = await import("./d1-records.ts");
		await recordKey(connect(this.#d1()), key, events);
		for (const event of events) this.#store.deleteEvent(event.id);
	}

	async #deliverUsage({ key, usage }: GateContent): Promise<void> {
		if (!usage || "deletedAt" in key) return;
		const { connect, recordUsage } = await import("./d1-records.ts");
		const currentHour = usage.hours.at(-1)?.hour;
		// An imported key is recognised before its first request is counted, and D1 gets its SHA-256 with the usage.
		const entries = Math.max(usage.hours.length, key.origin === "imported" ? 1 : 0);
		for (let start = 0; start < entries; start += HOURS_PER_BATCH) {
			const hours = usage.hours.slice(start, start + HOURS_PER_BATCH);
			const { watchedUntil } = await recordUsage(connect(this.#d1()), key, hours, usage.lifetime);
			this.#onUsageTaken(usage.lifetime, watchedUntil);
			// The record of the current hour stays, because the count resumes from it after a crash.
			for (const { hour } of hours) if (hour !== currentHour) this.#store.deleteHour(hour);
		}
	}

	/**
	 * Deletes successors of rotations that were not completed. D1 may apply a slow insert after the object that sent it has
	 * crashed. So an order stays until a row was found, or for so long that no insert can arrive any more.
	 */
	async #discardSuccessors(key: GateContent["key"], now: number): Promise<void> {
		const orders = this.#store.discardOrders();
		if (orders.length === 0) return;
		const { connect, discardSuccessor } = await import("./d1-records.ts");
		for (const { successorId, since } of orders) {
			// Checked again in the turn that acts on it: while the previous successor was discarded, a rotation may have
			// completed and deleted its order.
			if (!this.#store.hasDiscardOrder(successorId)) continue;
			let done = false;
			if (!this.#rotating.has(successorId)) {
				await this.#writeTombstone(successorId, key);
				const existed = await discardSuccessor(connect(this.#d1()), key.tenantId, successorId, now);
				done = existed || now - since > DISCARD_KEPT_MS;
			}
			if (done) this.#store.deleteDiscardOrder(successorId);
			else this.#alarm.scheduleBy(now + DISCARD_RETRY_MS);
		}
	}
}
