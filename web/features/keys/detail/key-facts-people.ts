/** Emails for the user ids on a key, and why it was revoked, read from the audit events that the screen has loaded. */
import { useQueryClient } from "@tanstack/solid-query";
import { type Accessor, createSignal, onCleanup } from "solid-js";
import type { AuditEvent, AuditList } from "../../../api/types.ts";
import { useSession } from "../../../session/session.tsx";
import { whoOf } from "../../audit/event-words.ts";

/** The events of the key in the query cache. Loads none itself, since the audit trail on the same screen does. */
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

interface KeyPeople {
	/** The email for an id, or a name for the platform or the service, or else the id itself. */
	nameOf: (actor: string) => string;
	/** The newest loaded event of this kind. */
	lastOf: (action: AuditEvent["action"]) => AuditEvent | undefined;
}

export function usePeople(keyId: string): KeyPeople {
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
