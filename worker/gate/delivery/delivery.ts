/**
 * Brings D1 up to date with the gate: immediately after a change, and by the alarm for usage and for everything that
 * failed before. While D1 is down, lists and charts are late, but requests are not affected.
 */

import { isConstraintFailure } from "../../errors.ts";
import { type KeySnapshot, type LifetimeUsage, NEVER_USED, type Tombstone } from "../../keys/snapshot.ts";
import { logError, logEvent } from "../../log.ts";
import type { Suspension } from "../protocol.ts";
import type { GateStore, HourCounts } from "../store.ts";
import { DELIVERY_TIMEOUT_MS, type GateAlarm, withTimeout } from "../timers.ts";
import { type BackOff, RETRY_FIRST_MS } from "./back-off.ts";
import type { Listed } from "./d1-records.ts";

/** D1 gives up on a statement long before this, so after it no insert can be in progress any more. */
const DISCARD_KEPT_MS = 300_000;
const DISCARD_RETRY_MS = 30_000;
/** After a long outage many hours are waiting. D1 gets at most this many per batch. */
const HOURS_PER_BATCH = 50;

/**
 * What a delivery writes: the key and its audit events, or also its usage. "with comparison" runs even if nothing is to be delivered,
 * and compares the result with what D1 has.
 */
export type DeliveryExtent = "without usage" | "with usage" | "with comparison";

/** The content of a gate that D1 has to catch up with. */
export interface GateContent {
	key: KeySnapshot | Tombstone;
	/** Null: leave the usage to the next alarm. Hours are oldest first, the current hour last. */
	usage: { hours: HourCounts[]; lifetime: LifetimeUsage } | null;
	/** Whether D1 may differ from the gate although nothing is to be delivered. */
	isCompared: boolean;
}

/** What the gate does with what a delivery finds in D1. */
export interface Restored {
	/** D1 knows a later state than the gate, whose storage was lost or put back: takes over the stricter of the two. */
	takeOver(now: number): Promise<void>;
	/** D1 knows that the key was deleted, or its tenant. */
	forget(placement: "deleted" | "tenant deleted", now: number): Promise<void>;
	/** D1 has inserted the key, and the tenant may have been suspended while the key was not listed. */
	suspend(suspension: Suspension): void;
}

/** The key's tenant is missing in D1, so there is no row that a delivery could write to. Waiting doesn't change that. */
class TenantMissing extends Error {
	override name = "TenantMissing";
}

/** Called after D1 has taken the usage. `watchedUntil`: until when the tenant's lists are watched. */
export type OnUsageTaken = (lifetime: LifetimeUsage, watchedUntil: number) => void;

/** Stores a tombstone in the gate of a successor that is discarded. */
export type WriteTombstone = (successorId: string, predecessor: GateContent["key"]) => Promise<void>;

/** How far D1 is behind a gate. */
export interface DeliveryState {
	/** Deliveries that failed in a row. */
	failures: number;
	/** In milliseconds; null: the last delivery succeeded. */
	failingSince: number | null;
	/** Audit events that D1 doesn't have yet. */
	waitingEvents: number;
	oldestEventAt: number | null;
}

export class Delivery {
	readonly #store: GateStore;
	readonly #alarm: GateAlarm;
	readonly #backOff: BackOff;
	readonly #d1: () => D1Database;
	readonly #writeTombstone: WriteTombstone;
	readonly #onUsageTaken: OnUsageTaken;
	readonly #restored: Restored;
	/** Successors of rotations in progress, which must not be discarded yet. */
	readonly #rotating = new Set<string>();
	#last: Promise<void> = Promise.resolve();

	constructor(
		store: GateStore,
		alarm: GateAlarm,
		backOff: BackOff,
		d1: () => D1Database,
		writeTombstone: WriteTombstone,
		onUsageTaken: OnUsageTaken,
		restored: Restored,
	) {
		this.#store = store;
		this.#alarm = alarm;
		this.#backOff = backOff;
		this.#d1 = d1;
		this.#writeTombstone = writeTombstone;
		this.#onUsageTaken = onUsageTaken;
		this.#restored = restored;
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

	/** Runs the steps independently, so that one that fails doesn't hold up the others. */
	async #deliverAll(content: GateContent | null, now: number): Promise<void> {
		if (!content) return;
		const { id, tenantId } = content.key;
		let failed = false;
		for (const step of [
			() => this.#deliverKey(content, now),
			() => this.#deliverUsage(content, now),
			() => this.#compareStored(content, now),
			() => this.#discardSuccessors(content.key, now),
		]) {
			try {
				await withTimeout(DELIVERY_TIMEOUT_MS, step());
			} catch (error) {
				if (error instanceof TenantMissing) {
					// A request after the pause, or `npm run reconcile`, tries again.
					this.#backOff.blocked(now);
					logEvent("key_unlisted", { key_id: id, tenant_id: tenantId });
					return;
				}
				failed = true;
				const failures = this.#backOff.failures + 1;
				const fields = { key_id: id, tenant_id: tenantId, failures, ...this.#lateness(now) };
				logEvent("delivery_failed", fields, { thrown: error });
			}
		}
		if (failed) this.#alarm.scheduleBy(this.#backOff.failed(now));
		else {
			const { failures } = this.#backOff;
			if (failures > 0)
				logEvent("delivery_recovered", { key_id: id, tenant_id: tenantId, failures, ...this.#lateness(now) });
			this.#backOff.succeeded();
		}
	}

	/** What D1 doesn't have yet, and since when deliveries fail. For operators. */
	state(): DeliveryState {
		const events = this.#store.events();
		return {
			failures: this.#backOff.failures,
			failingSince: this.#backOff.since,
			waitingEvents: events.length,
			oldestEventAt: events.length === 0 ? null : Math.min(...events.map(({ at }) => at)),
		};
	}

	#lateness(now: number): { late_ms: number; waiting_events: number } {
		const { failingSince, oldestEventAt, waitingEvents } = this.state();
		const since = Math.min(failingSince ?? now, oldestEventAt ?? now);
		return { late_ms: Math.max(0, now - since), waiting_events: waitingEvents };
	}

	async #deliverKey(content: GateContent, now: number): Promise<void> {
		const { key } = content;
		const events = this.#store.events();
		if (events.length === 0) return;
		const { connect, recordKey } = await import("./d1-records.ts");
		let listed: Listed | null;
		try {
			listed = await recordKey(connect(this.#d1()), key, events);
		} catch (error) {
			// The events refer to the tenant. Without it, D1 rejects them, and the key is reported instead.
			if (!isConstraintFailure(error, "FOREIGN KEY")) throw error;
			if ("deletedAt" in key) throw new TenantMissing();
			await this.#list(key, content, now);
			throw error;
		}
		for (const event of events) this.#store.deleteEvent(event.id);
		if (!("deletedAt" in key)) await this.#compare(key, content, listed, now);
	}

	async #deliverUsage(content: GateContent, now: number): Promise<void> {
		const { key, usage } = content;
		if (!usage || "deletedAt" in key) return;
		const { connect, recordUsage } = await import("./d1-records.ts");
		const currentHour = usage.hours.at(-1)?.hour;
		// An imported key is recognised before its first request is counted, and D1 gets its SHA-256 with the usage.
		const entries = Math.max(usage.hours.length, key.origin === "imported" ? 1 : 0);
		for (let start = 0; start < entries; start += HOURS_PER_BATCH) {
			const hours = usage.hours.slice(start, start + HOURS_PER_BATCH);
			const record = () => recordUsage(connect(this.#d1()), key, hours, usage.lifetime);
			const { listed, watchedUntil } = await record();
			if (!(await this.#compare(key, content, listed, now))) return;
			// No row took the hours before it was inserted.
			if (!listed) await record();
			this.#onUsageTaken(usage.lifetime, watchedUntil);
			// The record of the current hour stays, because the count resumes from it after a crash.
			for (const { hour } of hours) if (hour !== currentHour) this.#store.deleteHour(hour);
		}
	}

	/**
	 * Repairs the difference between the gate and what D1 lists after a delivery. There is none unless one of the two was
	 * restored. Returns whether D1 has a row of the key now.
	 */
	async #compare(key: KeySnapshot, content: GateContent, listed: Listed | null, now: number): Promise<boolean> {
		if (!listed) return this.#list(key, content, now);
		const isBehind =
			listed.version > key.version ||
			(listed.revokedAt !== null && key.revokedAt === null) ||
			(content.usage && listed.usageCount > content.usage.lifetime.usageCount);
		if (isBehind) {
			await this.#restored.takeOver(now);
		} else if (listed.version < key.version && this.#store.events().length === 0) {
			const { connect } = await import("./d1-records.ts");
			const { rewriteRow } = await import("./d1-repair.ts");
			await rewriteRow(connect(this.#d1()), key, now);
		}
		return true;
	}

	/** Compares the whole row, if the content asks for it. */
	async #compareStored(content: GateContent, now: number): Promise<void> {
		if (!content.isCompared) return;
		const { key } = content;
		const { connect, readKey } = await import("./d1-records.ts");
		const { deleteGhost, rewriteRow } = await import("./d1-repair.ts");
		const { isSame, stricterOf } = await import("../../keys/stricter.ts");
		const db = connect(this.#d1());
		if ("deletedAt" in key) {
			await deleteGhost(db, key, now);
			return;
		}
		const inD1 = await readKey(db, key.id);
		const listed = inD1 && { ...inD1.key, usageCount: inD1.lifetime.usageCount };
		await this.#compare(key, content, listed, now);
		if (inD1?.key.version !== key.version || isSame(key, inD1.key)) return;
		// Both were changed from the same version on. What is stricter in D1 counts.
		if (stricterOf(key, inD1.key) === key) await rewriteRow(db, key, now);
		else await this.#restored.takeOver(now);
	}

	/** Inserts the row of the key, which D1 has lost. Returns whether D1 has it now. Throws if its tenant is missing. */
	async #list(key: KeySnapshot, { usage }: GateContent, now: number): Promise<boolean> {
		const { connect } = await import("./d1-records.ts");
		const { insertMissing } = await import("./d1-repair.ts");
		const lifetime = usage?.lifetime ?? NEVER_USED;
		const { placement, suspension } = await insertMissing(connect(this.#d1()), key, lifetime, now);
		switch (placement) {
			case "listed":
				if (suspension) this.#restored.suspend(suspension);
				return true;
			case "unlisted":
				throw new TenantMissing();
			case "deleted":
			case "tenant deleted":
				await this.#restored.forget(placement, now);
				return false;
			case "elsewhere":
				throw new Error("The row of the key belongs to another tenant");
			default:
				return placement satisfies never;
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
