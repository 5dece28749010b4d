/**
 * The pause after a delivery that D1 did not take. It doubles each time, from one second to five minutes. It is on disk, since
 * a gate without requests leaves memory within seconds.
 */
import type { BackOffRecord, GateStore } from "../store.ts";

export const RETRY_FIRST_MS = 1_000;
const RETRY_MAX_MS = 300_000;

const NONE: BackOffRecord = { failures: 0, since: null, until: 0 };

/** Where the gate keeps its pause. */
type BackOffStore = Pick<GateStore, "backOff" | "putBackOff" | "deleteBackOff">;

export class BackOff {
	readonly #store: BackOffStore;
	#record: BackOffRecord;

	constructor(store: BackOffStore) {
		this.#store = store;
		this.#record = store.backOff() ?? NONE;
	}

	/** No request brings a delivery forward to before this instant: else each busy key would retry a failing D1 all the time. */
	get until(): number {
		return this.#record.until;
	}

	/** Deliveries that failed one after the other. */
	get failures(): number {
		return this.#record.failures;
	}

	/** When the first of them was; null: none failed. */
	get since(): number | null {
		return this.#record.since;
	}

	/** D1 did not take a delivery. Returns when to retry. */
	failed(now: number): number {
		const { failures, since } = this.#record;
		const until = now + Math.min(RETRY_FIRST_MS * 2 ** failures, RETRY_MAX_MS);
		this.#pause({ failures: failures + 1, since: since ?? now, until });
		return until;
	}

	/** A delivery can't succeed until an operator acts. */
	blocked(now: number): void {
		this.#pause({ ...this.#record, until: now + RETRY_MAX_MS });
	}

	/** D1 took everything. */
	succeeded(): void {
		if (this.#record === NONE) return;
		this.#record = NONE;
		this.#store.deleteBackOff();
	}

	#pause(record: BackOffRecord): void {
		this.#record = record;
		this.#store.putBackOff(record);
	}
}
