/**
 * A gate's storage on its own disk. Every call is synchronous, so calls without an `await` between them become durable
 * together. The platform's output gate holds every response back until the writes before it are on disk.
 *
 * Records are read by `records.ts`, which throws {@link Unreadable} for one that this release can't read.
 */
import type { AuditEvent } from "../../db/audit.ts";
import type { Caller, StoredCaller } from "../keys/recent-callers.ts";
import type { SignatureRecord, SignatureStore } from "../keys/signature-memory.ts";
import type { KeySnapshot, Tombstone } from "../keys/snapshot.ts";
import type { RequestCounts } from "../keys/window.ts";
import { logEvent } from "../log.ts";
import type { Attempt, Suspension } from "./protocol.ts";
import {
	readBackOff,
	readCallers,
	readDiscardOrder,
	readEvent,
	readHour,
	readKey,
	readRotation,
	readSignatures,
	readSuspension,
	Unreadable,
	withSchema,
} from "./records.ts";

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
	callers?: StoredCaller[];
}

/** An order to discard the successor of a rotation that was not completed. */
export interface DiscardOrder {
	successorId: string;
	since: number;
}

/** The pause after deliveries that D1 did not take. */
export interface BackOffRecord {
	/** Deliveries that failed one after the other. */
	failures: number;
	/** When the first of them was; null: none failed. */
	since: number | null;
	/** When the next one is tried. */
	until: number;
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
const BACK_OFF = "backOff";

export class GateStore implements SignatureStore {
	readonly #kv: SyncKvStorage;

	constructor(kv: SyncKvStorage) {
		this.#kv = kv;
	}

	key(): KeySnapshot | Tombstone | undefined {
		return this.#read(KEY, readKey);
	}

	putKey(key: KeySnapshot | Tombstone): void {
		this.#kv.put(KEY, withSchema(key));
	}

	callers(): StoredCaller[] {
		return this.#read(CALLERS, readCallers) ?? [];
	}

	putCallers(callers: Caller[]): void {
		this.#kv.put(CALLERS, callers.map(withSchema));
	}

	signatures(): SignatureRecord | undefined {
		return this.#read(SIGNATURES, readSignatures);
	}

	putSignatures(record: SignatureRecord): void {
		this.#kv.put(SIGNATURES, withSchema(record));
	}

	/** Undefined: the tenant was never suspended since this gate was first called. */
	suspension(): Suspension | undefined {
		return this.#read(SUSPENSION, readSuspension);
	}

	putSuspension(suspension: Suspension): void {
		this.#kv.put(SUSPENSION, withSchema(suspension));
	}

	/** Until when the tenant's lists are watched, as far as the gate knows. */
	watchedUntil(): number {
		return this.#kv.get<number>(WATCHED) ?? 0;
	}

	putWatchedUntil(until: number): void {
		this.#kv.put(WATCHED, until);
	}

	/** Undefined: D1 took the last delivery, or the record can't be read. Then the gate only retries sooner. */
	backOff(): BackOffRecord | undefined {
		return this.#readable(BACK_OFF, readBackOff)[0];
	}

	putBackOff(record: BackOffRecord): void {
		this.#kv.put(BACK_OFF, withSchema(record));
	}

	deleteBackOff(): void {
		this.#kv.delete(BACK_OFF);
	}

	/** Oldest first. */
	hours(): HourRecord[] {
		return this.#stored(HOUR).map(([, record]) => readHour(record));
	}

	/** Milliseconds have 13 digits until the year 2286, so records are listed in chronological order. */
	putHour(record: HourRecord): void {
		this.#kv.put(HOUR + record.hour, withSchema(record));
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
		for (const prefix of [HOUR, ROTATION]) for (const [name] of this.#stored(prefix)) this.#kv.delete(name);
	}

	/** Deletes the records of usage and of a suspension that this release can't read. */
	deleteUnreadable(): void {
		for (const [prefix, read] of READ_AT_START)
			for (const [name, record] of this.#stored(prefix)) if (!canRead(read, record)) this.#kv.delete(name);
	}

	/** Deletes everything but the key's own record: usage, and what was to be delivered to D1. */
	eraseAllButKey(): void {
		for (const [name] of this.#kv.list()) if (name !== KEY) this.#kv.delete(name);
	}

	/** Audit events that D1 doesn't have yet. */
	events(): AuditEvent[] {
		return this.#readable(EVENT, readEvent);
	}

	putEvent(event: AuditEvent): void {
		this.#kv.put(EVENT + event.id, withSchema(event));
	}

	deleteEvent(id: string): void {
		this.#kv.delete(EVENT + id);
	}

	discardOrders(): DiscardOrder[] {
		return this.#readable(DISCARD, readDiscardOrder);
	}

	hasDiscardOrder(successorId: string): boolean {
		return this.#kv.get(DISCARD + successorId) !== undefined;
	}

	putDiscardOrder(order: DiscardOrder): void {
		this.#kv.put(DISCARD + order.successorId, withSchema(order));
	}

	deleteDiscardOrder(successorId: string): void {
		this.#kv.delete(DISCARD + successorId);
	}

	rotation(nameHash: string): RotationRecord | undefined {
		return this.#read(ROTATION + nameHash, readRotation);
	}

	/** Stores the record, and deletes records from before `since`. */
	putRotation(record: RotationRecord, since: number): void {
		for (const { nameHash, at } of this.#readable(ROTATION, readRotation))
			if (at < since) this.#kv.delete(ROTATION + nameHash);
		this.#kv.put(ROTATION + record.nameHash, withSchema(record));
	}

	#read<T>(name: string, read: (stored: unknown) => T): T | undefined {
		const stored = this.#kv.get(name);
		return stored === undefined ? undefined : read(stored);
	}

	#stored(prefix: string): [name: string, record: unknown][] {
		return [...this.#kv.list({ prefix })];
	}

	/** The records that this release can read. One that it can't read stays, and doesn't hold up the others. */
	#readable<T>(prefix: string, read: (stored: unknown) => T): T[] {
		return this.#stored(prefix).flatMap(([name, record]) => {
			try {
				return [read(record)];
			} catch (error) {
				logEvent("unreadable_record", { record: name }, { thrown: error });
				return [];
			}
		});
	}
}

/** What a gate reads when it starts, apart from the key itself. */
const READ_AT_START: [prefix: string, read: (stored: unknown) => unknown][] = [
	[CALLERS, readCallers],
	[SIGNATURES, readSignatures],
	[SUSPENSION, readSuspension],
	[HOUR, readHour],
];

function canRead(read: (stored: unknown) => unknown, record: unknown): boolean {
	try {
		read(record);
		return true;
	} catch (error) {
		if (error instanceof Unreadable) return false;
		throw error;
	}
}
