/** The gate's one alarm. Durable: it rings even when the object was killed in between. */
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
