import type { AuditEvent } from "./event-words.ts";

/** What keys were called last, as far as these events tell, newest first. An event of a deleted key may not know it itself. */
export function lastNames(events: readonly AuditEvent[]): ReadonlyMap<string, string> {
	const names = new Map<string, string>();
	for (const { key_id, key_name } of events)
		if (key_id !== null && key_name !== null && !names.has(key_id)) names.set(key_id, key_name);
	return names;
}
