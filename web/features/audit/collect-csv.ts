/**
 * Loads every matching event, page by page, as the text of one CSV file: one line per event, times in UTC, fields and
 * actions named as in the API.
 */
import type { AuditEvent } from "../../api/types.ts";
import { csvHead, csvLine } from "../../csv.ts";

const COLUMNS = [
	"at",
	"actor",
	"actor_email",
	"action",
	"key_id",
	"key_name",
	"ip",
	"user_agent",
	"changes",
	"target_id",
] as const satisfies readonly (keyof AuditEvent)[];

/** One line per event, in their order. Changes are one field of JSON. */
export const csvLines = (events: readonly AuditEvent[]): string =>
	events
		.map((event) =>
			csvLine(COLUMNS.map((column) => (column === "changes" ? JSON.stringify(event.changes) : (event[column] ?? "")))),
		)
		.join("");

interface Page {
	items: AuditEvent[];
	next_cursor: string | null;
}

export interface Collection {
	/** Events so far. */
	count: () => number;
	/**
	 * Loads the rest and returns the file in parts. Rejects with the error of `load` or the signal's reason; the next call
	 * continues where it stopped. `onProgress` is called after every page.
	 */
	run: (signal: AbortSignal, onProgress: (count: number) => void) => Promise<string[]>;
}

/**
 * `load` returns the page at a cursor; null is the first page. Lists are newest first and paged by cursor, so events that
 * happen meanwhile neither repeat nor hide others.
 */
export function collectCsv(load: (cursor: string | null, signal: AbortSignal) => Promise<Page>): Collection {
	const parts = [csvHead(COLUMNS)];
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
