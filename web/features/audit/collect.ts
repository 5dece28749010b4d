/** Everything that matches, page after page, as the text of one file. */
import { csvHead, csvLines } from "./csv.ts";
import type { AuditEvent } from "./event-words.ts";

interface Page {
	items: AuditEvent[];
	next_cursor: string | null;
}

export interface Collection {
	/** Events so far. */
	count: () => number;
	/**
	 * Goes on until the end and returns the file in parts. Rejects with what `load` rejects with, or with the signal's
	 * reason; called again, it goes on where it stopped. `onProgress` hears of every page.
	 */
	run: (signal: AbortSignal, onProgress: (count: number) => void) => Promise<string[]>;
}

/**
 * `load` is asked for the page at the cursor, first for that at null. Lists are newest first and go on by cursor, so
 * that what happens meanwhile neither repeats an event nor hides one.
 */
export function collectCsv(load: (cursor: string | null, signal: AbortSignal) => Promise<Page>): Collection {
	const parts = [csvHead()];
	let cursor: string | null = null;
	let count = 0;
	return {
		count: () => count,
		async run(signal, onProgress) {
			for (;;) {
				signal.throwIfAborted();
				const page: Page = await load(cursor, signal);
				signal.throwIfAborted();
				parts.push(csvLines(page.items));
				count += page.items.length;
				onProgress(count);
				if (page.next_cursor === null) return parts;
				cursor = page.next_cursor;
			}
		},
	};
}
