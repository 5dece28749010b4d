/**
 * The signed requests that a gate has admitted and that could be sent again: none is admitted twice.
 *
 * A signature is remembered as long as its timestamp is valid, in memory. A mark on disk says so. When the gate goes quiet,
 * it replaces the mark by the signatures that are still valid, so an eviction loses nothing: two writes for a busy period,
 * however long. A gate that finds the mark has crashed. It doesn't know which requests it had admitted, so it refuses those
 * that were signed before it woke.
 *
 * No clock and no disk of its own: callers pass both.
 */
import { CLOCKS_DIFFER_MS } from "../schemas/time.ts";
import { SIGNATURE_VALID_MS, type Signed } from "./signature.ts";
import type { ReplayRefusal } from "./verdict.ts";

/** What is kept of signed requests. See {@link SignatureMemory}. */
export interface SignatureRecord {
	/** Whether admitted signatures are in memory only. */
	isOpen: boolean;
	/** When it was written. */
	at: number;
	/** How far ahead of the clock the timestamps of admitted requests may be, while it is open. */
	aheadMs: number;
	/** Requests with a timestamp until then may have been admitted before a crash. 0: none. */
	lostUntil: number;
	/** Signatures by their timestamp in seconds. */
	seen: [at: number, signatures: string[]][];
}

/** The disk of the gate. */
export interface SignatureStore {
	signatures(): SignatureRecord | undefined;
	putSignatures(record: SignatureRecord): void;
}

/** 128 bits of a signature: too many for two requests to have the same. */
const KEPT_DIGITS = 32;
/** About 40 MB. An object doesn't admit as many requests within a minute. */
const REMEMBERED_MAX = 400_000;
/** Most signatures in one record, which may have 2 MB. */
const PERSISTED_MAX = 20_000;
/** By how much clocks of callers are ahead that are set by NTP. A caller further ahead costs one more write. */
const USUAL_AHEAD_MS = 1_000;

const NOTHING: SignatureRecord = { isOpen: false, at: 0, aheadMs: 0, lostUntil: 0, seen: [] };

export class SignatureMemory {
	readonly #store: SignatureStore;
	/** By timestamp in seconds. */
	readonly #seen = new Map<number, Set<string>>();
	#size = 0;
	/** The record on disk. Undefined before the first signed request. */
	#record: SignatureRecord | undefined;
	/** The latest time of a request: a clock that is set back must not make old signatures valid again. */
	#now = 0;
	/** Requests signed until then may have been admitted before a crash. */
	#lostUntil = 0;

	constructor(store: SignatureStore) {
		this.#store = store;
	}

	/** Why the request must not be admitted, or null. */
	check({ signature, at }: Signed, now: number): ReplayRefusal | null {
		this.#advance(now);
		const signedAt = at * 1_000;
		if (Math.abs(this.#now - signedAt) > SIGNATURE_VALID_MS) return { code: "OUTDATED" };
		// In whole seconds, since that is what timestamps have.
		if (signedAt <= this.#lostUntil)
			return { code: "UNCERTAIN", retrySeconds: Math.floor((this.#lostUntil - signedAt) / 1_000) + 1 };
		if (this.#seen.get(at)?.has(signature.slice(0, KEPT_DIGITS))) return { code: "REPLAYED" };
		if (this.#size >= REMEMBERED_MAX) return { code: "UNCERTAIN", retrySeconds: SIGNATURE_VALID_MS / 1_000 };
		return null;
	}

	/** Remembers an admitted request. */
	add({ signature, at }: Signed): void {
		const signatures = this.#seen.get(at) ?? new Set();
		this.#seen.set(at, signatures.add(signature.slice(0, KEPT_DIGITS)));
		this.#size++;
		const { isOpen = false, aheadMs = 0 } = this.#record ?? {};
		const isCovered = isOpen && (aheadMs === SIGNATURE_VALID_MS || !this.#isAhead(at));
		if (isCovered) return;
		const isAhead = [...this.#seen.keys()].some((second) => this.#isAhead(second));
		this.#write({
			isOpen: true,
			at: this.#now,
			aheadMs: isAhead ? SIGNATURE_VALID_MS : USUAL_AHEAD_MS,
			lostUntil: this.#lostUntil,
			seen: [],
		});
	}

	/** Whether a restart would lose signatures. */
	get isOpen(): boolean {
		return this.#record?.isOpen ?? false;
	}

	/**
	 * Replaces the mark by the signatures that are still valid. Leaves it where they are too many: within a minute, most
	 * become invalid.
	 */
	persist(now: number): void {
		if (!this.isOpen) return;
		this.#advance(now);
		if (this.#size > PERSISTED_MAX) return;
		const seen = Array.from(this.#seen, ([at, signatures]): [number, string[]] => [at, [...signatures]]);
		this.#write({ isOpen: false, at: this.#now, aheadMs: 0, lostUntil: this.#lostUntil, seen });
	}

	/** Whether a timestamp is further ahead of the clock than usual. */
	#isAhead(second: number): boolean {
		return second * 1_000 - this.#now > USUAL_AHEAD_MS;
	}

	/** After a crash, replaces the mark by the time until which requests are refused, so that later ones don't wait. */
	recover(now: number): void {
		this.#advance(now);
		if (this.#size === 0) this.persist(now);
	}

	/** Moves on to the time of a request, and forgets what has become invalid. */
	#advance(now: number): void {
		if (!this.#record) this.#load(now);
		if (now <= this.#now) return;
		const isSameSecond = Math.floor(now / 1_000) === Math.floor(this.#now / 1_000);
		this.#now = now;
		if (isSameSecond) return;
		for (const [at, signatures] of this.#seen) {
			if (at * 1_000 + SIGNATURE_VALID_MS >= now) continue;
			this.#seen.delete(at);
			this.#size -= signatures.size;
		}
	}

	#load(now: number): void {
		const record = this.#store.signatures() ?? NOTHING;
		this.#record = record;
		this.#now = record.at;
		// The clock that admitted a request may have been ahead of this one.
		const latest = Math.max(now + CLOCKS_DIFFER_MS, record.at) + record.aheadMs;
		this.#lostUntil = record.isOpen ? latest : record.lostUntil;
		for (const [at, signatures] of record.seen) {
			this.#seen.set(at, new Set(signatures));
			this.#size += signatures.length;
		}
	}

	#write(record: SignatureRecord): void {
		this.#store.putSignatures(record);
		this.#record = record;
	}
}
