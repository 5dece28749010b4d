/** Timers of a gate: its durable alarm, the timer that notices idleness, and the timeout for D1 calls. */

/** The gate's one alarm. Durable: it fires even when the object was killed in between. */
export class AlarmClock {
	readonly #storage: DurableObjectStorage;
	#at: number | null = null;

	constructor(storage: DurableObjectStorage) {
		this.#storage = storage;
	}

	/** Learns when it is set already. To be done before anything else. */
	async load(): Promise<void> {
		this.#at = await this.#storage.getAlarm();
	}

	/**
	 * Makes sure that it rings no later than `at`. Durable together with the writes of the same turn. False: it was set to
	 * do so already.
	 */
	ringBy(at: number): boolean {
		if (this.#at !== null && this.#at <= at) return false;
		this.#at = at;
		void this.#storage.setAlarm(at);
		return true;
	}

	/** To be called when it has rung. */
	rang(): void {
		this.#at = null;
	}
}

/** Quiet is noticed after one to two of these: before the platform takes an idle object out of memory (10 s). */
const LOOK_EVERY_MS = 3_000;

export class QuietTimer {
	readonly #onQuiet: () => void;
	#running = false;
	#disturbed = false;

	constructor(onQuiet: () => void) {
		this.#onQuiet = onQuiet;
	}

	/** Something has happened. Cheap: a timer is set at most once in a while, not for every request. */
	disturb(): void {
		this.#disturbed = true;
		if (this.#running) return;
		this.#running = true;
		this.#look();
	}

	#look(): void {
		if (this.#disturbed) {
			this.#disturbed = false;
			setTimeout(() => this.#look(), LOOK_EVERY_MS);
			return;
		}
		this.#running = false;
		this.#onQuiet();
	}
}

/**
 * How long a delivery waits for D1, in milliseconds: as long as D1 lets a query take. What it does after all then
 * changes nothing, since every delivery can come late.
 */
export const DELIVERY_GIVEN_UP_MS = 30_000;
/** How long requests of a key that its gate has never seen wait for D1, before they are refused. */
export const LOAD_GIVEN_UP_MS = 10_000;

/** The outcome of `work`, or an error if there is none within `ms`. The work itself goes on, and nobody hears of it. */
export function within<T>(ms: number, work: Promise<T>): Promise<T> {
	return new Promise((resolve, reject) => {
		const timer = setTimeout(() => reject(new Error(`D1 has not answered within ${ms} ms`)), ms);
		work.then(resolve, reject).finally(() => clearTimeout(timer));
	});
}
