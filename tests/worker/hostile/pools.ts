/** Ids, keys and cursors that exist: old and new, of this tenant and of another. */
import { POOLED } from "./values.ts";

/** Number of values that are kept of each kind. The newest are the most interesting. */
const KEPT = 12;

/** Matches the placeholders of `POOLED`, also in a URL. */
const STANDS_FOR = new RegExp(`(?:@@|%40%40)(${Object.keys(POOLED).join("|")})(?:@@|%40%40)`, "g");

export class Pools {
	readonly #kinds = new Map<string, string[]>();
	#turn = 0;

	add(kind: keyof typeof POOLED, ...values: string[]): void {
		const known = this.#kinds.get(kind) ?? [];
		this.#kinds.set(kind, [...known, ...values].slice(-KEPT));
	}

	/** Replaces each placeholder in the text with the next value of its pool. */
	fill(text: string): string {
		return text.replace(STANDS_FOR, (_, kind: string) => {
			const known = this.#kinds.get(kind) ?? [];
			this.#turn += 1;
			return known[this.#turn % known.length] ?? "none";
		});
	}
}
