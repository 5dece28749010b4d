/** Signing in and out. */
import { and, eq, lte, sql } from "drizzle-orm";
import { type Author, auditEvent } from "../../db/audit.ts";
import { runBatch } from "../../db/client.ts";
import { newId } from "../../db/ids.ts";
import { insertAudit } from "../../db/insert-audit.ts";
import { sessions, users } from "../../db/schema.ts";
import { signToken } from "../auth/jwt.ts";
import { checkNoPassword, checkPassword } from "../auth/password.ts";
import { capabilitiesOf, type UserPrincipal } from "../auth/principal.ts";
import { SESSION_MS } from "../auth/session.ts";
import { AppError, CHALLENGES } from "../errors.ts";
import type { LoggedIn, Login, Me, User } from "../schemas/session.ts";
import { toTimestamp } from "../schemas/time.ts";
import type { Deps } from "./deps.ts";
import { findTenant } from "./tenants.ts";

/** The throttle counts attempts in windows of this length. */
const THROTTLE_SECONDS = 60;

/** More devices than a person has at hand. Whoever signs in once more is signed out where they did so first. */
export const SESSIONS_PER_USER_MAX = 50;

/** Where a sign-in comes from; who it is turns out later. */
type Visitor = Pick<Author, "ip" | "userAgent">;

/**
 * Checks address and password and opens a session. Throws `UNAUTHORIZED` for a pair that does not fit, with one
 * message for every reason, and `RATE_LIMITED` past ten attempts a minute from one address or at one account.
 */
export async function logIn(deps: Deps, visitor: Visitor, input: Login): Promise<LoggedIn> {
	const { db, config, now } = deps;
	await throttle(deps, `address:${visitor.ip ?? "unknown"}`);
	await throttle(deps, `account:${input.email}`);

	const [user] = await db.select().from(users).where(eq(users.email, input.email));
	const author = user && { ...visitor, tenantId: user.tenantId, actor: user.id, actorEmail: user.email };
	const fits = user ? checkPassword(input.password, user.passwordHash) : checkNoPassword(input.password);
	if (!user || !author || !fits) {
		// An account that does not exist has no trail to write to; the way to the database is as long all the same.
		await runBatch(db, [
			author
				? insertAudit(db, auditEvent(author, "session.login_failed", now))
				: db.delete(sessions).where(eq(sessions.id, "")),
		]);
		throw new AppError("UNAUTHORIZED", "Incorrect email or password.", { challenge: CHALLENGES.none });
	}

	const session = {
		id: newId("ses"),
		tenantId: user.tenantId,
		userId: user.id,
		createdAt: now,
		expiresAt: now + SESSION_MS,
	};
	await runBatch(db, [
		db.delete(sessions).where(and(eq(sessions.userId, user.id), lte(sessions.expiresAt, now))),
		db.delete(sessions).where(
			and(
				eq(sessions.userId, user.id),
				sql`${sessions.id} not in (
					select id from ${sessions} where user_id = ${user.id}
					order by expires_at desc, id limit ${SESSIONS_PER_USER_MAX - 1})`,
			),
		),
		db.insert(sessions).values(session),
		insertAudit(db, auditEvent(author, "session.login", now)),
	]);
	const { tenantId: tenant_id, role, capabilities, email, name } = user;
	const claims = { tenant_id, role, capabilities, email, name, session_id: session.id };
	return {
		token: await signToken(claims, user.id, config.jwt, now, session.expiresAt),
		expires_at: toTimestamp(session.expiresAt),
		user: { id: user.id, tenant_id, role, capabilities: capabilitiesOf(role, capabilities), email, name },
	};
}

/** Ends the session on the server: its token is worth nothing from now on, wherever it was copied to. */
export async function logOut({ db, now }: Deps, author: Author, sessionId: string): Promise<void> {
	await runBatch(db, [
		db.delete(sessions).where(and(eq(sessions.id, sessionId), eq(sessions.tenantId, author.tenantId))),
		insertAudit(db, auditEvent(author, "session.logout", now)),
	]);
}

/** Who the caller is, and in which tenant. */
export async function whoAmI(deps: Deps, principal: UserPrincipal): Promise<Me> {
	const { id, tenantId, role, capabilities, email, name } = principal;
	const user: User = { id, tenant_id: tenantId, role, capabilities, email, name };
	return { user, tenant: await findTenant(deps, tenantId), expires_at: toTimestamp(principal.expiresAt) };
}

async function throttle({ loginLimiter }: Deps, key: string): Promise<void> {
	const { success } = await loginLimiter.limit({ key });
	if (success) return;
	throw new AppError("RATE_LIMITED", `Too many sign-in attempts. Retry in ${THROTTLE_SECONDS} seconds.`, {
		retryAfter: THROTTLE_SECONDS,
	});
}
