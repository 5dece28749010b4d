/**
 * A gate's storage on its own disk. Every call is synchronous, so calls without an `await` between them become durable
 * together. The platform's output gate holds every response back until the writes before it are on disk.
 */
import type { AuditEvent } from "../../db/audit.ts";
import type { Caller, StoredCaller } from "../keys/recent-callers.ts";
import type { SignatureRecord, SignatureStore } from "../keys/signature-memory.ts";
import type { KeySnapshot, Tombstone } from "../keys/snapshot.ts";
import type { RequestCounts } from "../keys/window.ts";
import type { Attempt, Suspension } from "./protocol.ts";

export interface HourCounts extends RequestCounts {
	/** First millisecond of the hour. */
	hour: number;
}

/** The durable record of one hour. Its counts are ceilings: the true counts are at most these. */
export interface HourRecord extends HourCounts {
	/** Admissions of all earlier hours. */
	lifetimeBefore: number;
	lastUsedAt: number;
	/** The callers that have changed since the list of callers was written. Absent in older records. */
	callers?: Caller[];
}

/** An order to discard the successor of a rotation that was not completed. */
export interface DiscardOrder {
	successorId: string;
	since: number;
}

/** A completed rotation that had an idempotency key. */
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
const SIGNATURES = "signatures";
const SUSPENSION = "suspension";
const WATCHED = "watched";

export class GateStore implements SignatureStore {
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
		return this.#kv.get<StoredCaller[]>(CALLERS) ?? [];
	}

	putCallers(callers: Caller[]): void {
		this.#kv.put(CALLERS, callers);
	}

	signatures(): SignatureRecord | undefined {
		return this.#kv.get<SignatureRecord>(SIGNATURES);
	}

	putSignatures(record: SignatureRecord): void {
		this.#kv.put(SIGNATURES, record);
	}

	/** Undefined: the tenant was never suspended since this gate was first called. */
	suspension(): Suspension | undefined {
		return this.#kv.get<Suspension>(SUSPENSION);
	}

	putSuspension(suspension: Suspension): void {
		this.#kv.put(SUSPENSION, suspension);
	}

	/** Until when the tenant's lists are watched, as far as the gate knows. */
	watchedUntil(): number {
		return this.#kv.get<number>(WATCHED) ?? 0;
	}

	putWatchedUntil(until: number): void {
		this.#kv.put(WATCHED, until);
	}

	/** Oldest first. */
	hours(): HourRecord[] {
		return this.#values<HourRecord>(HOUR);
	}

	/** Milliseconds have 13 digits until the year 2286, so records are listed in chronological order. */
	putHour(record: HourRecord): void {
		this.#kv.put(HOUR + record.hour, record);
	}

	deleteHour(hour: number): void {
		this.#kv.delete(HOUR + hour);
	}

	/** Deletes everything that a deleted key doesn't need. Events and discard orders stay until they are delivered. */
	deleteUsage(): void {
		this.#kv.delete(CALLERS);
		this.#kv.delete(SIGNATURES);
		this.#kv.delete(SUSPENSION);
		this.#kv.delete(WATCHED);
		for (const { hour } of this.hours()) this.deleteHour(hour);
		for (const { nameHash } of this.#values<RotationRecord>(ROTATION)) this.#kv.delete(ROTATION + nameHash);
	}

	/** Deletes everything but the key's own record: usage, and what was to be delivered to D1. */
	eraseAllButKey(): void {
		for (const [name] of this.#kv.list()) if (name !== KEY) this.#kv.delete(name);
	}

	/** Audit events that D1 doesn't have yet. */
	events(): AuditEvent[] {
		return this.#values<AuditEvent>(EVENT);
	}

	putEvent(event: AuditEvent): void {
		this.#kv.put(EVENT + event.id, event);
	}

	deleteEvent(id: string): void {
		this.#kv.delete(EVENT + id);
	}

	discardOrders(): DiscardOrder[] {
		return this.#values<DiscardOrder>(DISCARD);
	}

	hasDiscardOrder(successorId: string): boolean {
		return this.#kv.get(DISCARD + successorId) !== undefined;
	}

	putDiscardOrder(order: DiscardOrder): void {
		this.#kv.put(DISCARD + order.successorId, order);
	}

	deleteDiscardOrder(successorId: string): void {
		this.#kv.delete(DISCARD + successorId);
	}

	rotation(nameHash: string): RotationRecord | undefined {
		return this.#kv.get<RotationRecord>(ROTATION + nameHash);
	}

	/** Stores the record, and deletes records from before `since`. */
	putRotation(record: RotationRecord, since: number): void {
		for (const { nameHash, at } of this.#values<RotationRecord>(ROTATION))
			if (at < since) this.#kv.delete(ROTATION + nameHash);
		this.#kv.put(ROTATION + record.nameHash, record);
	}

	#values<T>(prefix: string): T[] {
		return Array.from(this.#kv.list<T>({ prefix }), ([, value]) => value);
	}
}
