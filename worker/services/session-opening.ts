/** Opens sessions, for every way of signing in. */
import { and, eq, lte, type SQL, sql } from "drizzle-orm";
import { type Author, auditEvent, createdWith } from "../../db/audit.ts";
import { type Database, insertRows, type Statement } from "../../db/client.ts";
import { newId } from "../../db/ids.ts";
import { auditEvents, sessions, users } from "../../db/schema.ts";
import type { Device } from "../auth/device.ts";
import { signToken } from "../auth/jwt.ts";
import { permissionsOfPerson } from "../auth/permissions.ts";
import { capabilitiesOf, type UserPrincipal } from "../auth/principal.ts";
import { SESSION_MS } from "../auth/session.ts";
import type { LoggedIn } from "../schemas/session.ts";
import { toTimestamp } from "../schemas/time.ts";
import type { Deps } from "./deps.ts";

/** More than the devices of a person. One more sign-in ends the oldest session. */
export const SESSIONS_PER_USER_MAX = 50;

/** Where a sign-in comes from. */
export interface Visitor extends Pick<Author, "ip" | "userAgent"> {
	/** City and country. */
	place: string | null;
	/** A device that has signed in before, to this account or to another. */
	device: Device | null;
	/** The session that the browser still has. The new one replaces it. */
	session: SessionToEnd | null;
}

/** How the person has proved who they are. */
export type SignInMethod = "password" | "openid";

type SessionToEnd = Pick<UserPrincipal, "id" | "tenantId" | "email" | "sessionId">;

export type Account = typeof users.$inferSelect;

interface Opened {
	/** For the end of the batch that opens the session. {@link isOpened} reads the result of the last one. */
	statements: Statement[];
	loggedIn: LoggedIn;
}

/**
 * A new session of the account. With a condition, the statements change nothing unless it holds in the database. Use
 * `loggedIn` only if it did.
 */
export async function openSession(
	{ db, config, now }: Deps,
	account: Account,
	visitor: Visitor,
	method: SignInMethod,
	condition: SQL = sql`true`,
): Promise<Opened> {
	const { ip, userAgent, place } = visitor;
	const author = { ip, userAgent, tenantId: account.tenantId, actor: account.id, actorEmail: account.email };
	const session = {
		id: newId("ses"),
		tenantId: account.tenantId,
		userId: account.id,
		createdAt: now,
		expiresAt: now + SESSION_MS,
		lastSeenAt: now,
		ip,
		userAgent,
		place,
	};
	const event = auditEvent(author, "session.login", now, { changes: createdWith({ method }) });
	const ofAccount = and(eq(sessions.userId, account.id), condition);
	const statements = [
		db.delete(sessions).where(and(ofAccount, lte(sessions.expiresAt, now))),
		db.delete(sessions).where(
			and(
				ofAccount,
				sql`${sessions.id} not in (
					select id from ${sessions} where user_id = ${account.id}
					order by expires_at desc, id limit ${SESSIONS_PER_USER_MAX - 1})`,
			),
		),
		...(visitor.session ? endSession(db, visitor.session, visitor, now, condition) : []),
		insertRows(db, sessions, [session], () => condition),
		insertRows(db, auditEvents, [event], () => condition),
		db
			.update(users)
			.set({ lastSignInAt: now })
			.where(and(eq(users.id, account.id), condition))
			.returning({ id: users.id }),
	];
	const { tenantId: tenant_id, role, capabilities, email, name } = account;
	const claims = {
		tenant_id,
		role,
		capabilities,
		email,
		name,
		session_id: session.id,
		at_provider: method === "openid",
	};
	const loggedIn = {
		token: await signToken(claims, account.id, config.jwt, now, session.expiresAt),
		expires_at: toTimestamp(session.expiresAt),
		user: {
			id: account.id,
			tenant_id,
			role,
			capabilities: capabilitiesOf(role, capabilities),
			permissions: permissionsOfPerson(role, capabilities),
			email,
			name,
		},
	};
	return { statements, loggedIn };
}

/** Whether a batch that ends with the statements of {@link openSession} has opened the session. */
export function isOpened(results: unknown[]): boolean {
	const last = results.at(-1);
	return Array.isArray(last) && last.length > 0;
}

/** Statements that end the session, if the condition holds. */
export function endSession(
	db: Database,
	{ id, tenantId, email, sessionId }: SessionToEnd,
	{ ip, userAgent }: Pick<Author, "ip" | "userAgent">,
	now: number,
	condition: SQL = sql`true`,
): Statement[] {
	const author = { ip, userAgent, tenantId, actor: id, actorEmail: email };
	return [
		db.delete(sessions).where(and(eq(sessions.id, sessionId ?? ""), eq(sessions.tenantId, tenantId), condition)),
		insertRows(db, auditEvents, [auditEvent(author, "session.logout", now)], () => condition),
	];
}
