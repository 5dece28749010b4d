/** EventQueue in order of time; of one time, in the order in which they were planned, so that a run can be repeated. */

interface Planned {
	at: number;
	order: number;
	happen: () => void;
}

const before = (a: Planned, b: Planned) => a.at < b.at || (a.at === b.at && a.order < b.order);

/** A binary heap with the next event on top. */
export class EventQueue {
	readonly #heap: Planned[] = [];
	#planned = 0;
	/** Simulated seconds since the start. */
	now = 0;

	/** Plans an event in some seconds from now. */
	after(seconds: number, happen: () => void): void {
		const heap = this.#heap;
		heap.push({ at: this.now + seconds, order: this.#planned++, happen });
		let index = heap.length - 1;
		while (index > 0) {
			const parent = (index - 1) >> 1;
			if (!this.#swapUnlessOrdered(parent, index)) break;
			index = parent;
		}
	}

	/** Runs the next event. Returns false if there is none. */
	step(): boolean {
		const heap = this.#heap;
		const next = heap[0];
		const last = heap.pop();
		if (!next || !last) return false;
		if (heap.length > 0) {
			heap[0] = last;
			this.#sink();
		}
		this.now = next.at;
		next.happen();
		return true;
	}

	#sink(): void {
		const heap = this.#heap;
		for (let index = 0; ; ) {
			const [left, right] = [2 * index + 1, 2 * index + 2];
			const a = heap[left];
			const b = heap[right];
			if (!a) return;
			const child = b && before(b, a) ? right : left;
			if (!this.#swapUnlessOrdered(index, child)) return;
			index = child;
		}
	}

	#swapUnlessOrdered(parent: number, child: number): boolean {
		const upper = this.#heap[parent];
		const lower = this.#heap[child];
		if (!upper || !lower || before(upper, lower)) return false;
		this.#heap[parent] = lower;
		this.#heap[child] = upper;
		return true;
	}
}
