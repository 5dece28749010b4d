/** The dashboard's session: a cookie that holds a token, and a row that can end it. */
import { and, eq, gt, isNull, or } from "drizzle-orm";
import { serialize } from "hono/utils/cookie";
import type { Database } from "../../db/client.ts";
import { sessions, users } from "../../db/schema.ts";
import { logError } from "../log.ts";
import { HOUR_MS, MINUTE_MS } from "../schemas/time.ts";
import { isValidSince } from "./valid-from.ts";

/** `__Host-`: only over TLS, only for this host, on every path (RFC 6265bis, §4.1.3.2). */
export const SESSION_COOKIE = "__Host-session";
/** A working day: long enough not to interrupt work, short enough for a laptop that is left behind. */
export const SESSION_MS = 12 * HOUR_MS;
/** A session without requests for this long ends (OWASP ASVS 7.3.1). */
const SESSION_IDLE_MS = 30 * MINUTE_MS;
/** How exactly the last use of a session is recorded. Each record is a write. */
const SEEN_INTERVAL_MS = MINUTE_MS;

/** The user as they are now. The claims of their token are as old as the sign-in. */
type SessionUser = Pick<typeof users.$inferSelect, "role" | "capabilities" | "email" | "name">;

/** What a token claims about its session. All of it must match. */
interface SessionClaims {
	sessionId: string;
	userId: string;
	tenantId: string;
}

/** The condition for a session that has neither expired nor been idle for too long. `validFrom` is that of the configuration. */
export const isOpen = (now: number, validFrom: number) =>
	and(
		isValidSince(sessions.createdAt, validFrom),
		gt(sessions.expiresAt, now),
		or(isNull(sessions.lastSeenAt), gt(sessions.lastSeenAt, now - SESSION_IDLE_MS)),
	);

/**
 * Returns the user of a session and records its use. Null if the session has ended or was idle for too long, if the user is
 * deactivated, or if a claim doesn't match.
 */
export async function useSession(
	db: Database,
	{ sessionId, userId, tenantId }: SessionClaims,
	validFrom: number,
	now: number,
): Promise<SessionUser | null> {
	const [found] = await db
		.select({
			user: { role: users.role, capabilities: users.capabilities, email: users.email, name: users.name },
			lastSeenAt: sessions.lastSeenAt,
		})
		.from(sessions)
		.innerJoin(users, eq(users.id, sessions.userId))
		.where(
			and(
				eq(sessions.id, sessionId),
				eq(sessions.userId, userId),
				eq(sessions.tenantId, tenantId),
				// A deactivation deletes the sessions too. This also stops one that was opened at the same moment.
				isNull(users.deactivatedAt),
				isOpen(now, validFrom),
			),
		);
	if (!found) return null;
	if (found.lastSeenAt === null || now - found.lastSeenAt >= SEEN_INTERVAL_MS) await markSeen(db, sessionId, now);
	return found.user;
}

/** A failure ends no session and no request: the next request tries again. */
async function markSeen(db: Database, sessionId: string, now: number): Promise<void> {
	try {
		await db.update(sessions).set({ lastSeenAt: now }).where(eq(sessions.id, sessionId));
	} catch (thrown) {
		logError("The last use of a session can't be recorded", thrown);
	}
}

/** `Set-Cookie` with the token. An empty token with a `maxAgeSeconds` of 0 removes the cookie. */
export function sessionCookie(token: string, maxAgeSeconds: number): string {
	return serialize(SESSION_COOKIE, token, {
		path: "/",
		secure: true,
		httpOnly: true,
		sameSite: "Strict",
		maxAge: maxAgeSeconds,
	});
}
