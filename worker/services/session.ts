/** Signing in and out. */
import { and, eq, lte, sql } from "drizzle-orm";
import { type Author, auditEvent } from "../../db/audit.ts";
import { type Database, runBatch, type Statement } from "../../db/client.ts";
import { newId } from "../../db/ids.ts";
import { insertAudit } from "../../db/insert-audit.ts";
import { sessions, users } from "../../db/schema.ts";
import type { Device } from "../auth/device.ts";
import { signToken } from "../auth/jwt.ts";
import type { PasswordHasher, PasswordVerdict } from "../auth/password-hasher.ts";
import { permissionsOfPerson } from "../auth/permissions.ts";
import { capabilitiesOf, type UserPrincipal } from "../auth/principal.ts";
import { SESSION_MS } from "../auth/session.ts";
import { isWithinLimits, type SignInLimits, tooManyAttempts } from "../auth/sign-in-limits.ts";
import { putLast } from "../bounded-map.ts";
import { AppError, CHALLENGES } from "../errors.ts";
import { networkOf } from "../keys/ip-address.ts";
import type { LoggedIn, Login, Me, User } from "../schemas/session.ts";
import { HOUR_MS, toTimestamp } from "../schemas/time.ts";
import type { Deps } from "./deps.ts";
import { findTenant } from "./tenants.ts";

export interface SignInDeps extends Deps {
	limits: SignInLimits;
	hashers: DurableObjectNamespace<PasswordHasher>;
}

/** More than the devices of a person. One more sign-in ends the oldest session. */
export const SESSIONS_PER_USER_MAX = 50;

/** Objects that check passwords, for each lane. They spread sign-ins over machines, and an attacker reaches only some. */
const HASHERS = 8;

/** Where a sign-in comes from. */
export interface Visitor extends Pick<Author, "ip" | "userAgent"> {
	/** A device that has signed in before, to this account or to another. */
	device: Device | null;
	/** The session that the browser still has. The new one replaces it. */
	session: UserPrincipal | null;
}

type Account = typeof users.$inferSelect;

/**
 * Checks email and password and opens a session. Throws `UNAUTHORIZED` with the same message for a wrong password and an
 * unknown email, and `RATE_LIMITED` past the limits on attempts.
 */
export async function logIn(deps: SignInDeps, visitor: Visitor, input: Login): Promise<LoggedIn> {
	const { db, config, now } = deps;
	const { ip, userAgent, device } = visitor;
	const account = await findAccount(db, input.email);
	const isKnownDevice = account !== null && device?.userId === account.id;
	if (!isKnownDevice && !(await isWithinLimits(deps.limits, input.email, ip, device))) {
		await recordThrottling(db, account, visitor, input.email, now);
		throw await tooManyAttempts();
	}

	const verdict = await checkPassword(deps, input.password, account, isKnownDevice, ip);
	if (verdict === "BUSY") throw await tooManyAttempts();
	// Its message is only logged.
	if (verdict === "DAMAGED") throw new Error("The stored password hash of an account is damaged");
	if (account === null || verdict === "WRONG") {
		await record(db, account, "session.login_failed", visitor, now);
		throw new AppError("UNAUTHORIZED", "Incorrect email or password.", { challenge: CHALLENGES.none });
	}

	const author = { ip, userAgent, tenantId: account.tenantId, actor: account.id, actorEmail: account.email };
	const session = {
		id: newId("ses"),
		tenantId: account.tenantId,
		userId: account.id,
		createdAt: now,
		expiresAt: now + SESSION_MS,
		lastSeenAt: now,
	};
	await runBatch(db, [
		db.delete(sessions).where(and(eq(sessions.userId, account.id), lte(sessions.expiresAt, now))),
		db.delete(sessions).where(
			and(
				eq(sessions.userId, account.id),
				sql`${sessions.id} not in (
					select id from ${sessions} where user_id = ${account.id}
					order by expires_at desc, id limit ${SESSIONS_PER_USER_MAX - 1})`,
			),
		),
		...(visitor.session ? endSession(db, visitor.session, visitor, now) : []),
		db.insert(sessions).values(session),
		insertAudit(db, auditEvent(author, "session.login", now)),
	]);
	const { tenantId: tenant_id, role, capabilities, email, name } = account;
	const claims = { tenant_id, role, capabilities, email, name, session_id: session.id };
	return {
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
}

async function findAccount(db: Database, email: string): Promise<Account | null> {
	const [account] = await db.select().from(users).where(eq(users.email, email));
	return account ?? null;
}

async function checkPassword(
	{ hashers }: SignInDeps,
	password: string,
	account: Account | null,
	isKnownDevice: boolean,
	ip: string | null,
): Promise<PasswordVerdict> {
	const lane = isKnownDevice ? "known" : "other";
	const hasher = hashers.getByName(`${lane} ${shardOf(networkOf(ip))}`);
	try {
		return await hasher.check(password, account?.passwordHash ?? null, lane);
	} catch (cause) {
		throw new AppError("UNAVAILABLE", undefined, { cause });
	}
}

function shardOf(text: string): number {
	let sum = 0;
	for (let i = 0; i < text.length; i++) sum = (sum * 31 + text.charCodeAt(i)) % HASHERS;
	return sum;
}

/** Ends the session on the server: its token is worthless from now on, wherever it was copied to. */
export async function logOut({ db, now }: Deps, session: UserPrincipal, from: Pick<Author, "ip" | "userAgent">) {
	await runBatch(db, endSession(db, session, from, now));
}

function endSession(
	db: Database,
	{ id, tenantId, email, sessionId }: UserPrincipal,
	{ ip, userAgent }: Pick<Author, "ip" | "userAgent">,
	now: number,
): Statement[] {
	const author = { ip, userAgent, tenantId, actor: id, actorEmail: email };
	return [
		db.delete(sessions).where(and(eq(sessions.id, sessionId ?? ""), eq(sessions.tenantId, tenantId))),
		insertAudit(db, auditEvent(author, "session.logout", now)),
	];
}

/** The caller and their tenant. */
export async function whoAmI(deps: Deps, principal: UserPrincipal): Promise<Me> {
	const { id, tenantId, role, capabilities, email, name } = principal;
	const permissions = permissionsOfPerson(role, capabilities);
	const user: User = { id, tenant_id: tenantId, role, capabilities, permissions, email, name };
	return { user, tenant: await findTenant(deps, tenantId), expires_at: toTimestamp(principal.expiresAt) };
}

/** Records an event of an account. Without an account it does the same work, so that the time doesn't reveal it. */
async function record(
	db: Database,
	account: Account | null,
	action: "session.login_failed" | "session.throttled",
	{ ip, userAgent }: Visitor,
	now: number,
	eventId?: string,
): Promise<void> {
	if (account === null) {
		await runBatch(db, [db.delete(sessions).where(eq(sessions.id, ""))]);
		return;
	}
	const author = { ip, userAgent, tenantId: account.tenantId, actor: account.id, actorEmail: account.email };
	const event = auditEvent(author, action, now);
	await runBatch(db, [insertAudit(db, eventId === undefined ? event : { ...event, id: eventId })]);
}

/** The hour in which throttling of an account was recorded last. */
const throttledIn = new Map<string, number>();
const THROTTLED_MAX = 10_000;

/** Records that attempts at an account are throttled: once an hour, so that attackers can't flood the audit trail. */
async function recordThrottling(db: Database, account: Account | null, visitor: Visitor, email: string, now: number) {
	const hour = Math.floor(now / HOUR_MS);
	if (throttledIn.get(email) === hour) return;
	putLast(throttledIn, email, hour, THROTTLED_MAX);
	// The same id in every isolate: D1 keeps the first event with it.
	await record(db, account, "session.throttled", visitor, now, `evt_throttled_${hour}_${account?.id ?? ""}`);
}
