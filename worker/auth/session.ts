/** The dashboard's session: a cookie that holds a token, and a row that can end it. */
import { and, eq, gt } from "drizzle-orm";
import { serialize } from "hono/utils/cookie";
import type { Database } from "../../db/client.ts";
import { sessions } from "../../db/schema.ts";

/** `__Host-`: only over TLS, only for this host, for all of it (RFC 6265bis, §4.1.3.2). */
export const SESSION_COOKIE = "__Host-session";
/** A working day: long enough not to interrupt one, short enough for a laptop left behind. */
export const SESSION_MS = 12 * 3_600_000;

/** Whether a session has not been ended. */
export interface SessionLookup {
	isOpen(sessionId: string, tenantId: string, now: number): Promise<boolean>;
}

export function sessionLookup(db: Database): SessionLookup {
	return {
		async isOpen(sessionId, tenantId, now) {
			const rows = await db
				.select({ id: sessions.id })
				.from(sessions)
				.where(and(eq(sessions.id, sessionId), eq(sessions.tenantId, tenantId), gt(sessions.expiresAt, now)));
			return rows.length > 0;
		},
	};
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
