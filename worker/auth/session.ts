/** The dashboard's session: a cookie that holds a token, and a row that can end it. */
import { and, eq, gt } from "drizzle-orm";
import { serialize } from "hono/utils/cookie";
import type { Database } from "../../db/client.ts";
import { sessions, users } from "../../db/schema.ts";
import { HOUR_MS } from "../schemas/time.ts";

/** `__Host-`: only over TLS, only for this host, on every path (RFC 6265bis, §4.1.3.2). */
export const SESSION_COOKIE = "__Host-session";
/** A working day: long enough not to interrupt work, short enough for a laptop that is left behind. */
export const SESSION_MS = 12 * HOUR_MS;

/** The user as they are now. The claims of their token are as old as the sign-in. */
type SessionUser = Pick<typeof users.$inferSelect, "role" | "capabilities" | "email" | "name">;

/** What a token claims about its session. All of it must match. */
interface SessionClaims {
	sessionId: string;
	userId: string;
	tenantId: string;
}

/** The user of a session; null if the session has ended, or if a claim doesn't match it. */
export async function findSession(
	db: Database,
	{ sessionId, userId, tenantId }: SessionClaims,
	now: number,
): Promise<SessionUser | null> {
	const [user] = await db
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
	return user ?? null;
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
