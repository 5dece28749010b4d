/** The events of a list, prepared for drawing. Pure. */
import type { AuditEvent } from "../../api/types.ts";

/**
 * The loaded events, with known ones as the same objects as before, so that their rows keep focus and open details. An
 * event itself never changes; only the name of its key may, and whether that key exists.
 */
export function reuseKnownEvents(known: readonly AuditEvent[], loaded: readonly AuditEvent[]): AuditEvent[] {
	const byId = new Map(known.map((event) => [event.id, event]));
	return loaded.map((event) => {
		const before = byId.get(event.id);
		const same = before?.key_name === event.key_name && before.key_deleted === event.key_deleted;
		return same ? before : event;
	});
}

/** The latest name of each key in these events, which are newest first. Events of a deleted key may not have its name. */
export function latestKeyNames(events: readonly AuditEvent[]): ReadonlyMap<string, string> {
	const names = new Map<string, string>();
	for (const { key_id, key_name } of events)
		if (key_id !== null && key_name !== null && !names.has(key_id)) names.set(key_id, key_name);
	return names;
}
