/** A gate's timers: its durable alarm, the timer that detects idleness, and timeouts for D1. */

/** The gate's one alarm. It is durable: it also fires if the object crashed in between. */
export class GateAlarm {
	readonly #storage: DurableObjectStorage;
	#scheduledAt: number | null = null;

	constructor(storage: DurableObjectStorage) {
		this.#storage = storage;
	}

	/** Whether the alarm is set: there may be something to deliver. */
	get isScheduled(): boolean {
		return this.#scheduledAt !== null;
	}

	/** Reads the scheduled time from storage. Call this before anything else. */
	async load(): Promise<void> {
		this.#scheduledAt = await this.#storage.getAlarm();
	}

	/**
	 * Makes sure that the alarm fires no later than `at`. Becomes durable together with the other writes of the same turn.
	 * Returns false if the alarm was already scheduled for that time or earlier.
	 */
	scheduleBy(at: number): boolean {
		if (this.#scheduledAt !== null && this.#scheduledAt <= at) return false;
		this.#scheduledAt = at;
		void this.#storage.setAlarm(at);
		return true;
	}

	/** Call this when the alarm has fired. */
	fired(): void {
		this.#scheduledAt = null;
	}
}

/** Idleness is detected after one to two intervals, before the platform evicts an idle object (10 s). */
export const IDLE_CHECK_INTERVAL_MS = 3_000;

/** Runs a callback once no activity was reported for a while. */
export class IdleTimer {
	readonly #onIdle: () => void;
	#running = false;
	#active = false;

	constructor(onIdle: () => void) {
		this.#onIdle = onIdle;
	}

	/** Reports activity. Cheap: sets at most one timer per interval, not one per request. */
	activity(): void {
		this.#active = true;
		if (this.#running) return;
		this.#running = true;
		this.#check();
	}

	#check(): void {
		if (this.#active) {
			this.#active = false;
			setTimeout(() => this.#check(), IDLE_CHECK_INTERVAL_MS);
			return;
		}
		this.#running = false;
		this.#onIdle();
	}
}

/** Max wait for D1 before a change is answered. Keeps lists fresh; the change is already durable. */
export const DELIVERY_WAIT_MS = 3_000;
/** How long a delivery waits for D1: as long as D1 lets a query run. A delivery that D1 applies later does no harm. */
export const DELIVERY_TIMEOUT_MS = 30_000;
/** How long the first requests of a key wait for D1 before they are refused with 503. */
export const LOAD_TIMEOUT_MS = 10_000;

/** The outcome of `work`, or an error after `ms`. The work continues after the timeout, and its outcome is ignored. */
export function withTimeout<T>(ms: number, work: Promise<T>, who = "D1"): Promise<T> {
	return new Promise((resolve, reject) => {
		const timer = setTimeout(() => reject(new Error(`${who} has not responded within ${ms} ms`)), ms);
		work.then(resolve, reject).finally(() => clearTimeout(timer));
	});
}
