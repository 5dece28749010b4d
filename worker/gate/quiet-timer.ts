/**
 * Notices that nothing has happened for a moment. A timer in memory and no alarm: it need not survive a crash, and
 * costs no write to set.
 */

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
