import type { AuditEvent } from "./event-words.ts";

/**
 * The events as they came, but those already known as the very same objects: what is drawn of them stays, and with it
 * the focus and what somebody has opened. An event never changes; only the name that its key has today may.
 */
export function keepKnown(known: readonly AuditEvent[], arrived: readonly AuditEvent[]): AuditEvent[] {
	const byId = new Map(known.map((event) => [event.id, event]));
	return arrived.map((event) => {
		const before = byId.get(event.id);
		return before && before.key_name === event.key_name ? before : event;
	});
}
