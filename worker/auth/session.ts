/** The dashboard's session: a cookie that holds a token, and a row that can end it. */
import { and, eq, gt } from "drizzle-orm";
import { serialize } from "hono/utils/cookie";
import type { Database } from "../../db/client.ts";
import { sessions, users } from "../../db/schema.ts";
import { HOUR_MS } from "../schemas/time.ts";

/** `__Host-`: only over TLS, only for this host, for all of it (RFC 6265bis, §4.1.3.2). */
export const SESSION_COOKIE = "__Host-session";
/** A working day: long enough not to interrupt one, short enough for a laptop left behind. */
export const SESSION_MS = 12 * HOUR_MS;

/** What the person of a session may do today, whatever their token said when they signed in. */
type SessionUser = Pick<typeof users.$inferSelect, "role" | "capabilities" | "email" | "name">;

/** What a token says of its session. All of it must fit. */
interface SessionClaims {
	sessionId: string;
	userId: string;
	tenantId: string;
}

/** Finds the person of a session that has not been ended; null where there is none. */
export type SessionLookup = (session: SessionClaims, now: number) => Promise<SessionUser | null>;

/** The statement behind {@link sessionLookup}. */
function sessionQuery(db: Database, { sessionId, userId, tenantId }: SessionClaims, now: number) {
	return db
		.select({ role: users.role, capabilities: users.capabilities, email: users.email, name: users.name })
		.from(sessions)
		.innerJoin(users, eq(users.id, sessions.userId))
		.where(
			and(
				eq(sessions.id, sessionId),
				eq(sessions.userId, userId),
				eq(sessions.tenantId, tenantId),
				gt(sessions.expiresAt, now),
			),
		);
}

/** Looks sessions up in D1. */
export function sessionLookup(db: Database): SessionLookup {
	return async (session, now) => (await sessionQuery(db, session, now))[0] ?? null;
}

/** `Set-Cookie` that hands the token to the browser; an empty one takes it back. */
export function sessionCookie(token: string, maxAgeSeconds: number): string {
	return serialize(SESSION_COOKIE, token, {
		path: "/",
		secure: true,
		httpOnly: true,
		sameSite: "Strict",
		maxAge: maxAgeSeconds,
	});
}
