import type { AuditEvent } from "./event-words.ts";

/**
 * The keys that are gone, as far as these events tell, each with the name it had last or null where no event knows it.
 * A key that exists has a name; one that has none, or whose deletion is among the events, is no more.
 */
export function deletedKeys(events: readonly AuditEvent[]): ReadonlyMap<string, string | null> {
	const gone = new Set<string>();
	const names = new Map<string, string>();
	for (const { key_id, key_name, action } of events) {
		if (key_id === null) continue;
		if (action === "api_key.delete" || key_name === null) gone.add(key_id);
		// Newest first: the first name is the last one it had.
		if (key_name !== null && !names.has(key_id)) names.set(key_id, key_name);
	}
	return new Map([...gone].map((id) => [id, names.get(id) ?? null]));
}
