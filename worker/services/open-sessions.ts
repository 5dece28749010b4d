/** Lists and ends open sessions. A session ends with its row: the next request with its token is rejected. */
import { and, desc, eq, inArray, ne, type SQL, sql } from "drizzle-orm";
import { type Author, auditEvent, deletedWith } from "../../db/audit.ts";
import { insertRows } from "../../db/client.ts";
import { auditEvents, sessions } from "../../db/schema.ts";
import type { UserPrincipal } from "../auth/principal.ts";
import { isOpen } from "../auth/session.ts";
import type { EndSession, OpenSession, OpenSessionList, SessionEnded, SessionsEnded } from "../schemas/open-session.ts";
import { toTimestamp } from "../schemas/time.ts";
import type { Deps } from "./deps.ts";

/** A statement takes 100 parameters, and a person has at most 50 sessions. */
const ENDED_AT_ONCE_MAX = 60;
/** Sessions that are opened meanwhile are ended too, in a bounded number of rounds. */
const ROUNDS_MAX = 5;

type Person = Pick<UserPrincipal, "id" | "tenantId">;

const ofPerson = ({ id, tenantId }: Person, { config, now }: Pick<Deps, "config" | "now">) =>
	and(eq(sessions.userId, id), eq(sessions.tenantId, tenantId), isOpen(now, config.sessionsValidFrom));

/** The person's open sessions, the newest first. */
export async function listOpenSessions(deps: Deps, person: Person, currentId: string | null): Promise<OpenSessionList> {
	const rows = await deps.db
		.select()
		.from(sessions)
		.where(ofPerson(person, deps))
		.orderBy(desc(sessions.createdAt), desc(sessions.id));
	return {
		items: rows.map(
			({ id, createdAt, lastSeenAt, expiresAt, ip, userAgent, place }): OpenSession => ({
				id,
				created_at: toTimestamp(createdAt),
				// Sessions from before the column existed have no value until their next request.
				last_seen_at: toTimestamp(lastSeenAt ?? createdAt),
				expires_at: toTimestamp(expiresAt),
				ip,
				user_agent: userAgent,
				place,
				current: id === currentId,
			}),
		),
	};
}

/** Ends one of the person's sessions. An id that isn't one of theirs changes nothing. */
export async function endOpenSession(
	deps: Deps,
	author: Author,
	person: Person,
	{ id }: EndSession,
): Promise<SessionEnded> {
	return { ended: (await endAll(deps, author, and(ofPerson(person, deps), eq(sessions.id, id)))) > 0 };
}

/** Ends all sessions of the person, but the one that is kept. */
export async function endOpenSessions(
	deps: Deps,
	author: Author,
	person: Person,
	keptId: string | null,
): Promise<SessionsEnded> {
	const all = ofPerson(person, deps);
	return { ended: await endAll(deps, author, keptId === null ? all : and(all, ne(sessions.id, keptId))) };
}

/** Ends the sessions, each with an event in the same batch. Returns how many were open. */
async function endAll({ db, now }: Deps, author: Author, which: SQL | undefined): Promise<number> {
	let ended = 0;
	for (let round = 0; round < ROUNDS_MAX; round++) {
		const open = await db.select().from(sessions).where(which).limit(ENDED_AT_ONCE_MAX);
		if (open.length === 0) break;
		const events = open.map(({ id, userId, ip, createdAt }) =>
			auditEvent(author, "session.end", now, {
				targetId: id,
				changes: deletedWith({ user_id: userId, ip, signed_in_at: toTimestamp(createdAt) }),
			}),
		);
		const ids = open.map(({ id }) => id);
		const [, rows] = await db.batch([
			// A session that another request has ended meanwhile gets no second event.
			insertRows(
				db,
				auditEvents,
				events,
				(field) => sql`exists (select 1 from sessions where id = ${field("targetId")})`,
			),
			db.delete(sessions).where(inArray(sessions.id, ids)).returning({ id: sessions.id }),
		]);
		ended += rows.length;
	}
	return ended;
}
