/**
 * The session of an operator of the platform in the dashboard. The service_role key is presented once. The browser keeps a
 * random token in a cookie that scripts cannot read, and D1 its hash. A session ends with the credential that opened it.
 */
import { randomBytes } from "node:crypto";
import { and, eq, gt, lte } from "drizzle-orm";
import { parse, serialize } from "hono/utils/cookie";
import type { Author } from "../../db/audit.ts";
import type { Database } from "../../db/client.ts";
import { platformSessions } from "../../db/schema.ts";
import type { Config } from "../env.ts";
import { sha256 } from "../keys/hash.ts";
import { HOUR_MS, MINUTE_MS } from "../schemas/time.ts";
import { isValidSince } from "./valid-from.ts";

/** A cookie of its own: an operator may be signed in as a person of a tenant as well. */
const COOKIE = "__Host-platform";
/** Pages of the operator's screens send it. It decides which of two sessions a request uses. */
const HEADER = "x-salesos-platform";

/** The credential is valid for every tenant, so its sessions are short (OWASP ASVS 7.3.2). */
export const PLATFORM_SESSION_MS = HOUR_MS;
const IDLE_MS = 15 * MINUTE_MS;
/** How exactly the last use is recorded. Each record is a write. */
const SEEN_INTERVAL_MS = MINUTE_MS;

/** The session's token, if the request asks to be made with it. */
export function platformTokenOf({ headers }: Request): string | null {
	if (headers.get(HEADER) === null) return null;
	return parse(headers.get("cookie") ?? "", COOKIE)[COOKIE] || null;
}

const hashesOf = ({ serviceRoleKeys }: Config) => serviceRoleKeys.map((key) => sha256(key.reveal()));

/** Opens a session with one of the platform's credentials, and deletes those that have ended. Returns its token. */
export async function openPlatformSession(
	db: Database,
	key: string,
	{ ip, userAgent }: Pick<Author, "ip" | "userAgent">,
	now: number,
): Promise<string> {
	const token = randomBytes(32).toString("base64url");
	await db.batch([
		db.delete(platformSessions).where(lte(platformSessions.createdAt, now - PLATFORM_SESSION_MS)),
		db.insert(platformSessions).values({
			tokenHash: sha256(token),
			credentialHash: sha256(key),
			createdAt: now,
			lastSeenAt: now,
			ip,
			userAgent,
		}),
	]);
	return token;
}

/** When the session ends, and which credential opened it. */
export interface PlatformSession {
	credential: "current" | "previous";
	/** In milliseconds, unless it is idle before. */
	expiresAt: number;
}

/** Returns the session and records its use. Null if it has ended, was idle for too long, or its credential is no longer valid. */
export async function usePlatformSession(
	db: Database,
	token: string,
	config: Config,
	now: number,
): Promise<PlatformSession | null> {
	const isThis = eq(platformSessions.tokenHash, sha256(token));
	const [found] = await db
		.select()
		.from(platformSessions)
		.where(
			and(
				isThis,
				isValidSince(platformSessions.createdAt, config.sessionsValidFrom),
				gt(platformSessions.createdAt, now - PLATFORM_SESSION_MS),
				gt(platformSessions.lastSeenAt, now - IDLE_MS),
			),
		);
	const index = found ? hashesOf(config).indexOf(found.credentialHash) : -1;
	if (!found || index < 0) return null;
	if (now - found.lastSeenAt >= SEEN_INTERVAL_MS)
		await db.update(platformSessions).set({ lastSeenAt: now }).where(isThis);
	return { credential: index === 0 ? "current" : "previous", expiresAt: found.createdAt + PLATFORM_SESSION_MS };
}

/** Ends the session on the server. */
export async function closePlatformSession(db: Database, token: string): Promise<void> {
	await db.delete(platformSessions).where(eq(platformSessions.tokenHash, sha256(token)));
}

/** `Set-Cookie` with the token. An empty token removes the cookie. */
export function platformCookie(token: string): string {
	const maxAge = token === "" ? 0 : PLATFORM_SESSION_MS / 1_000;
	return serialize(COOKIE, token, { path: "/", secure: true, httpOnly: true, sameSite: "Strict", maxAge });
}
