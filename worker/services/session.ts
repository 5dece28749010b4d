/** Signing in and out. */
import { eq, sql } from "drizzle-orm";
import { type Author, auditEvent } from "../../db/audit.ts";
import { type Database, runBatch } from "../../db/client.ts";
import { insertAudit } from "../../db/insert-audit.ts";
import { NO_PASSWORD, sessions, users } from "../../db/schema.ts";
import type { Lane, PasswordHasher, PasswordVerdict } from "../auth/password-hasher.ts";
import { permissionsOfPerson } from "../auth/permissions.ts";
import type { UserPrincipal } from "../auth/principal.ts";
import { isWithinLimits, type SignInLimits, tooManyAttempts } from "../auth/sign-in-limits.ts";
import { putLast } from "../bounded-map.ts";
import { AppError, CHALLENGES } from "../errors.ts";
import { networkOf } from "../keys/ip-address.ts";
import type { LoggedIn, Login, Me, User } from "../schemas/session.ts";
import { HOUR_MS, toTimestamp } from "../schemas/time.ts";
import type { Deps } from "./deps.ts";
import { type Account, endSession, isOpened, openSession, type Visitor } from "./session-opening.ts";
import { findTenant } from "./tenants.ts";

export interface SignInDeps extends Deps {
	limits: SignInLimits;
	hashers: DurableObjectNamespace<PasswordHasher>;
}

/** Objects that check passwords, for each lane. They spread sign-ins over machines, and an attacker reaches only some. */
const HASHERS = 8;

/**
 * Checks email and password and opens a session. Throws `UNAUTHORIZED` with the same message for a wrong password and an
 * unknown email, and `RATE_LIMITED` past the limits on attempts.
 */
export async function logIn(deps: SignInDeps, visitor: Visitor, input: Login): Promise<LoggedIn> {
	const { db, now } = deps;
	const { ip, device } = visitor;
	requirePasswords(deps);
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
		throw incorrect();
	}

	// A reset, a deactivation or a removal at the same moment wins: it must not leave a session of the old password.
	const same = sql`exists (
		select 1 from users
		where id = ${account.id} and password_hash = ${account.passwordHash} and deactivated_at is null
	)`;
	const { statements, loggedIn } = await openSession(deps, account, visitor, "password", same);
	if (!isOpened(await runBatch(db, statements))) throw incorrect();
	return loggedIn;
}

const incorrect = () => new AppError("UNAUTHORIZED", "Incorrect email or password.", { challenge: CHALLENGES.none });

/** Throws `FORBIDDEN` where people sign in with the identity provider alone. */
export function requirePasswords({ config }: Deps): void {
	if (!config.passwordSignIn)
		throw new AppError(
			"FORBIDDEN",
			"Signing in with a password is off. Sign in with your company's identity provider.",
		);
}

async function findAccount(db: Database, email: string): Promise<Account | null> {
	const [account] = await db.select().from(users).where(eq(users.email, email));
	return account ?? null;
}

/** Compares the password with that of the account. Without an account, it does the same work. */
export async function checkPassword(
	deps: SignInDeps,
	password: string,
	account: Account | null,
	isKnownDevice: boolean,
	ip: string | null,
): Promise<PasswordVerdict> {
	const lane = isKnownDevice ? "known" : "other";
	try {
		return await hasherOf(deps, lane, ip).check(password, storedPassword(account), lane);
	} catch (cause) {
		throw new AppError("UNAVAILABLE", undefined, { cause });
	}
}

/**
 * The hash to compare with; null if the account has no password that can be used. Such a check takes as long as any other, so
 * that the time doesn't reveal which people are invited or deactivated.
 */
function storedPassword(account: Account | null): string | null {
	if (account === null || account.deactivatedAt !== null || account.passwordHash === NO_PASSWORD) return null;
	return account.passwordHash;
}

/** The object that checks and hashes passwords for this IP address. */
export const hasherOf = ({ hashers }: SignInDeps, lane: Lane, ip: string | null) =>
	hashers.getByName(`${lane} ${shardOf(networkOf(ip))}`);

function shardOf(text: string): number {
	let sum = 0;
	for (let i = 0; i < text.length; i++) sum = (sum * 31 + text.charCodeAt(i)) % HASHERS;
	return sum;
}

/** Ends the session on the server: its token is worthless from now on, wherever it was copied to. */
export async function logOut({ db, now }: Deps, session: UserPrincipal, from: Pick<Author, "ip" | "userAgent">) {
	await runBatch(db, endSession(db, session, from, now));
}

/** The caller and their tenant. */
export async function whoAmI(deps: Deps, principal: UserPrincipal): Promise<Me> {
	const { id, tenantId, role, capabilities, email, name } = principal;
	const permissions = permissionsOfPerson(role, capabilities);
	const user: User = { id, tenant_id: tenantId, role, capabilities, permissions, email, name };
	return { user, tenant: await findTenant(deps, tenantId), expires_at: toTimestamp(principal.expiresAt) };
}

/** Records that a person has not proved who they are, or may not use their account. */
export const recordFailedSignIn = (db: Database, account: Account, visitor: Visitor, now: number): Promise<void> =>
	record(db, account, "session.login_failed", visitor, now);

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
export async function recordThrottling(
	db: Database,
	account: Account | null,
	visitor: Visitor,
	email: string,
	now: number,
): Promise<void> {
	const hour = Math.floor(now / HOUR_MS);
	if (throttledIn.get(email) === hour) return;
	putLast(throttledIn, email, hour, THROTTLED_MAX);
	// The same id in every isolate: D1 keeps the first event with it.
	await record(db, account, "session.throttled", visitor, now, `evt_throttled_${hour}_${account?.id ?? ""}`);
}
