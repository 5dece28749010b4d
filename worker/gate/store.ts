/**
 * What a gate keeps on its own disk. Every call is synchronous, so calls made without an `await` between them become
 * durable together, and no answer leaves the object before they are (the platform's output gate sees to that).
 */
import type { AuditEvent } from "../../db/audit.ts";
import type { KeySnapshot, Tombstone } from "../keys/snapshot.ts";
import type { Tally } from "../keys/window.ts";
import type { Caller, StoredCaller } from "./callers.ts";
import type { Attempt } from "./protocol.ts";

export interface HourTally extends Tally {
	/** First millisecond of the hour. */
	hour: number;
}

/** The durable record of one hour. Its tally is a ceiling: the true counts are at most these. */
export interface HourRecord extends HourTally {
	/** Admissions of all earlier hours. */
	lifetimeBefore: number;
	lastUsedAt: number;
}

/** The order to take a successor back. */
export interface Discard {
	successorId: string;
	since: number;
}

/** A rotation that may be asked for again. */
export interface RotationRecord extends Attempt {
	successorId: string;
	at: number;
}

const KEY = "key";
const CALLERS = "callers";
const HOUR = "hour:";
const EVENT = "event:";
const DISCARD = "discard:";
const ROTATION = "rotation:";

export class GateStore {
	readonly #kv: SyncKvStorage;

	constructor(kv: SyncKvStorage) {
		this.#kv = kv;
	}

	key(): KeySnapshot | Tombstone | undefined {
		return this.#kv.get<KeySnapshot | Tombstone>(KEY);
	}

	putKey(key: KeySnapshot | Tombstone): void {
		this.#kv.put(KEY, key);
	}

	callers(): StoredCaller[] {
		return this.#kv.get<Caller[]>(CALLERS) ?? [];
	}

	putCallers(callers: Caller[]): void {
		this.#kv.put(CALLERS, callers);
	}

	/** Oldest first. */
	hours(): HourRecord[] {
		return this.#values<HourRecord>(HOUR);
	}

	/** Milliseconds have 13 digits until the year 2286, so records list in order of time. */
	putHour(record: HourRecord): void {
		this.#kv.put(HOUR + record.hour, record);
	}

	deleteHour(hour: number): void {
		this.#kv.delete(HOUR + hour);
	}

	/** Drops what only a living key needs. */
	forgetUsage(): void {
		this.#kv.delete(CALLERS);
		for (const { hour } of this.hours()) this.deleteHour(hour);
		for (const { nameHash } of this.#values<RotationRecord>(ROTATION)) this.#kv.delete(ROTATION + nameHash);
	}

	/** Events of changes that D1 has not got yet. */
	events(): AuditEvent[] {
		return this.#values<AuditEvent>(EVENT);
	}

	putEvent(event: AuditEvent): void {
		this.#kv.put(EVENT + event.id, event);
	}

	deleteEvent(id: string): void {
		this.#kv.delete(EVENT + id);
	}

	/** Successors that must not stay, unless the rotation that makes them is completed. */
	discards(): Discard[] {
		return this.#values<Discard>(DISCARD);
	}

	hasDiscard(successorId: string): boolean {
		return this.#kv.get(DISCARD + successorId) !== undefined;
	}

	putDiscard(discard: Discard): void {
		this.#kv.put(DISCARD + discard.successorId, discard);
	}

	deleteDiscard(successorId: string): void {
		this.#kv.delete(DISCARD + successorId);
	}

	rotation(nameHash: string): RotationRecord | undefined {
		return this.#kv.get<RotationRecord>(ROTATION + nameHash);
	}

	/** Keeps the record, and drops those from before `since`. */
	putRotation(record: RotationRecord, since: number): void {
		for (const { nameHash, at } of this.#values<RotationRecord>(ROTATION))
			if (at < since) this.#kv.delete(ROTATION + nameHash);
		this.#kv.put(ROTATION + record.nameHash, record);
	}

	#values<T>(prefix: string): T[] {
		return Array.from(this.#kv.list<T>({ prefix }), ([, value]) => value);
	}
}
