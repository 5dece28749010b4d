/** Who stands behind the ids on a key, and why it was revoked, as far as its audit trail on this screen tells. */
import { useQueryClient } from "@tanstack/solid-query";
import { type Accessor, createSignal, onCleanup } from "solid-js";
import type { AuditList } from "../../../../worker/schemas/audit.ts";
import { useSession } from "../../../session/session.tsx";
import { type AuditEvent, whoOf } from "../../audit/event-words.ts";

/**
 * The events of the key that this page has loaded, by whatever query. It asks for none itself: the trail below the facts
 * does, and that is answer enough.
 */
function useLoadedEvents(keyId: string): Accessor<AuditEvent[]> {
	const client = useQueryClient();
	const look = () =>
		client
			// The cache holds what `auditQuery` put under this key.
			.getQueriesData<{ pages: AuditList[] }>({ queryKey: ["audit", { key_id: keyId }] })
			.flatMap(([, data]) => data?.pages.flatMap((page) => page.items) ?? []);
	const [events, setEvents] = createSignal(look());
	onCleanup(
		client.getQueryCache().subscribe(({ type, query }) => {
			if (type === "updated" && query.queryKey[0] === "audit") setEvents(look());
		}),
	);
	return events;
}

interface People {
	/** The best name for an id: an email address, or a word for what is no person, or the id itself. */
	nameOf: (actor: string) => string;
	/** The last event of this kind that has been loaded. */
	lastOf: (action: AuditEvent["action"]) => AuditEvent | undefined;
}

export function usePeople(keyId: string): People {
	const events = useLoadedEvents(keyId);
	const session = useSession();
	const emailOf = (actor: string) => {
		const { user } = session();
		if (actor === user.id && user.email !== null) return user.email;
		return events().find((event) => event.actor === actor && event.actor_email !== null)?.actor_email ?? null;
	};
	return {
		nameOf: (actor) => whoOf({ actor, actor_email: emailOf(actor) }),
		lastOf: (action) => events().find((event) => event.action === action),
	};
}
