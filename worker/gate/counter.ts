/**
 * Counts a key's requests in the current hour: exactly in memory, and on disk never too few.
 *
 * The record on disk is at or above the true count (see `keys/window.ts`). If `count` has to write, the write is queued
 * before it returns, and the platform holds the response back until the write is on disk. Each write carries the callers
 * that have changed, so that they cost no write of their own.
 */

import type { RecentCallers } from "../keys/recent-callers.ts";
import type { LifetimeUsage } from "../keys/snapshot.ts";
import type { Admitted, Refused, SignedRefused } from "../keys/verdict.ts";
import { hourOf, noRequests, type RequestCounts, reserveAdmissions, reserveRefusals } from "../keys/window.ts";
import type { GateStore, HourCounts, HourRecord } from "./store.ts";

/** The hour of a key that has never been used. */
const NO_HOUR = 0;

/** The verdicts that are counted. A request with a wrong secret isn't counted for the key. */
type CountedCode = Exclude<(Admitted | Refused | SignedRefused)["code"], "NOT_FOUND">;

export class UsageCounter {
	readonly #store: GateStore;
	readonly #callers: RecentCallers;
	/** The record on disk: ceilings. */
	#reserved: HourRecord;
	/** The true counts. */
	#counts: RequestCounts;
	#lastUsedAt: number;
	/** The last admission that D1 shows, or that is to be delivered by an alarm that is set. */
	#lastUseInD1: number;
	/** Admissions that D1 has, or that are to be delivered by an alarm that is set. */
	#countInD1: number;

	/** Resumes from the newest record, at its ceilings. */
	constructor(store: GateStore, callers: RecentCallers) {
		this.#store = store;
		this.#callers = callers;
		this.#reserved = store.hours().at(-1) ?? { hour: NO_HOUR, ...noRequests(), lifetimeBefore: 0, lastUsedAt: 0 };
		const { allowed, rateLimited, denied } = this.#reserved;
		this.#counts = { allowed, rateLimited, denied };
		this.#lastUsedAt = this.#reserved.lastUsedAt;
		// What is on disk was delivered, or an alarm is set for it.
		this.#lastUseInD1 = this.#lastUsedAt;
		this.#countInD1 = this.lifetime.usageCount;
	}

	get lastUseInD1(): number {
		return this.#lastUseInD1;
	}

	/** Admissions that D1 doesn't have. If the gate's storage is lost, they are not counted. */
	get undelivered(): number {
		return this.#reserved.lifetimeBefore + this.#counts.allowed - this.#countInD1;
	}

	/** Call this when D1 has taken the lifetime usage. */
	delivered({ usageCount, lastUsedAt }: LifetimeUsage): void {
		this.#countInD1 = Math.max(this.#countInD1, usageCount);
		this.#lastUseInD1 = Math.max(this.#lastUseInD1, lastUsedAt);
	}

	/** The hour that is being counted. Never goes back, not even when the clock does. */
	get hour(): number {
		return this.#reserved.hour;
	}

	get counts(): Readonly<RequestCounts> {
		return this.#counts;
	}

	get lifetime(): LifetimeUsage {
		return { usageCount: this.#reserved.lifetimeBefore + this.#counts.allowed, lastUsedAt: this.#lastUsedAt };
	}

	/**
	 * Counts what D1 has counted beyond this gate, whose storage was lost or put back. Then an hour never admits more than
	 * its limit, as far as D1 knows.
	 */
	raise(inD1: HourCounts | null, lifetime: LifetimeUsage): void {
		if (inD1) this.roll(inD1.hour);
		if (inD1?.hour === this.hour) {
			const { allowed, rateLimited, denied } = this.#counts;
			this.#counts = {
				allowed: Math.max(allowed, inD1.allowed),
				rateLimited: Math.max(rateLimited, inD1.rateLimited),
				denied: Math.max(denied, inD1.denied),
			};
		}
		this.#lastUsedAt = Math.max(this.#lastUsedAt, lifetime.lastUsedAt);
		const { hour, lifetimeBefore } = this.#reserved;
		this.#write({
			hour,
			...this.#counts,
			lifetimeBefore: Math.max(lifetimeBefore, lifetime.usageCount - this.#counts.allowed),
			lastUsedAt: this.#lastUsedAt,
		});
		this.delivered(lifetime);
	}

	/** True counts of all hours that D1 may not have in full: oldest first, the current hour last. */
	hours(): HourCounts[] {
		const earlier = this.#store
			.hours()
			.filter(({ hour }) => hour !== NO_HOUR && hour < this.hour)
			.map(({ hour, allowed, rateLimited, denied }) => ({ hour, allowed, rateLimited, denied }));
		return this.hour === NO_HOUR ? earlier : [...earlier, { hour: this.hour, ...this.#counts }];
	}

	/** Moves on to the hour of `now`, and writes the true counts of the hour that has ended. */
	roll(now: number): void {
		const hour = hourOf(now);
		if (hour <= this.#reserved.hour) return;
		this.settle();
		const { hour: ended } = this.#reserved;
		const { allowed, rateLimited, denied } = this.#counts;
		const { usageCount: lifetimeBefore, lastUsedAt } = this.lifetime;
		// Written before anything is counted, because this record carries the lifetime usage: the record of the ended hour
		// is deleted once it is delivered.
		this.#write({ hour, ...noRequests(), lifetimeBefore, lastUsedAt });
		this.#counts = noRequests();
		// Only hours with requests have to be delivered.
		if (allowed + rateLimited + denied === 0) this.#store.deleteHour(ended);
	}

	/** Counts requests of the current hour. `limit` bounds how far admissions are reserved ahead. */
	count(code: CountedCode, limit: number, now: number, requests = 1): void {
		const outcome = outcomeOf(code);
		const count = this.#counts[outcome] + requests;
		this.#counts[outcome] = count;
		if (outcome === "allowed") this.#lastUsedAt = Math.max(this.#lastUsedAt, now);
		if (count <= this.#reserved[outcome]) return;
		const ceiling = outcome === "allowed" ? reserveAdmissions(count, limit) : reserveRefusals(count);
		this.#write({ ...this.#reserved, [outcome]: ceiling, lastUsedAt: this.#lastUsedAt });
	}

	/** Whether the record on disk is above the true counts. A restart would resume from the record. */
	get isAhead(): boolean {
		const { allowed, rateLimited, denied } = this.#reserved;
		return allowed > this.#counts.allowed || rateLimited > this.#counts.rateLimited || denied > this.#counts.denied;
	}

	/** Returns the unused reservation. */
	settle(): void {
		if (this.isAhead) this.#write({ ...this.#reserved, ...this.#counts, lastUsedAt: this.#lastUsedAt });
	}

	#write(record: HourRecord): void {
		this.#store.putHour({ ...record, callers: this.#callers.takeUpdates() });
		this.#reserved = record;
	}
}

function outcomeOf(code: CountedCode): keyof RequestCounts {
	switch (code) {
		case "VALID":
			return "allowed";
		case "RATE_LIMITED":
			return "rateLimited";
		case "REVOKED":
		case "EXPIRED":
		case "TENANT_SUSPENDED":
		case "ADDRESS_NOT_ALLOWED":
		case "MISSING_SCOPE":
		case "REPLAYED":
		case "OUTDATED":
		case "UNCERTAIN":
			return "denied";
		default:
			return code satisfies never;
	}
}
