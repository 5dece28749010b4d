import type { AuditEvent } from "./event-words.ts";

/**
 * The events as they came, but those already known as the very same objects: what is drawn of them stays, and with it
 * the focus and what somebody has opened. An event never changes; only what its key is called today may, and whether it is there.
 */
export function keepKnown(known: readonly AuditEvent[], arrived: readonly AuditEvent[]): AuditEvent[] {
	const byId = new Map(known.map((event) => [event.id, event]));
	return arrived.map((event) => {
		const before = byId.get(event.id);
		const same = before?.key_name === event.key_name && before.key_deleted === event.key_deleted;
		return same ? before : event;
	});
}
