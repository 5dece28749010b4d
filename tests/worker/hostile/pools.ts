/** What is there to be asked for: ids, keys and cursors, old and new, of this tenant and of another. */
import { POOLED } from "./values.ts";

/** So many of a kind are enough to choose from, and the newest are the most interesting. */
const KEPT = 12;

/** As it is written in `POOLED`, be it in an address or not. */
const STANDS_FOR = new RegExp(`(?:@@|%40%40)(${Object.keys(POOLED).join("|")})(?:@@|%40%40)`, "g");

export class Pools {
	readonly #kinds = new Map<string, string[]>();
	#turn = 0;

	add(kind: keyof typeof POOLED, ...values: string[]): void {
		const known = this.#kinds.get(kind) ?? [];
		this.#kinds.set(kind, [...known, ...values].slice(-KEPT));
	}

	/** The text with everything that stands for something of a pool replaced by it, each time by the next. */
	fill(text: string): string {
		return text.replace(STANDS_FOR, (_, kind: string) => {
			const known = this.#kinds.get(kind) ?? [];
			this.#turn += 1;
			return known[this.#turn % known.length] ?? "none";
		});
	}
}
