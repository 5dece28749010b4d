/** Passwords: set by a one-time link, changed with the old one, and forgotten. */
import { and, eq, gt, isNull, ne, sql } from "drizzle-orm";
import { auditEvent, type Changes } from "../../db/audit.ts";
import { insertRows, runBatch } from "../../db/client.ts";
import { accessLinks, auditEvents, NO_PASSWORD, sessions, users } from "../../db/schema.ts";
import { weaknessOf } from "../auth/password-policy.ts";
import type { UserPrincipal } from "../auth/principal.ts";
import { isWithinLimits, tooManyAttempts } from "../auth/sign-in-limits.ts";
import { AppError, invalidField } from "../errors.ts";
import type { LinkDelivery } from "../mail.ts";
import type {
	ChangePassword,
	LinkDetails,
	PasswordChanged,
	PasswordForgotten,
	SetPassword,
} from "../schemas/password.ts";
import type { LoggedIn } from "../schemas/session.ts";
import { MINUTE_MS, toTimestamp } from "../schemas/time.ts";
import { consumeLink, deliver, endLinks, findLink, isUnused, newLink, storeLink } from "./access-links.ts";
import type { Deps } from "./deps.ts";
import {
	checkPassword,
	hasherOf,
	recordFailedSignIn,
	recordThrottling,
	requirePasswords,
	type SignInDeps,
} from "./session.ts";
import { type Account, openSession, type Visitor } from "./session-opening.ts";
import { findTenant } from "./tenants.ts";

/** A person who asks for a mail again within this time gets none: attackers must not fill inboxes. */
const FORGOTTEN_INTERVAL_MS = 5 * MINUTE_MS;

const invalidLink = () =>
	new AppError(
		"NOT_FOUND",
		"The link is not valid: it was used, has expired, or a newer link replaced it. Ask for a new one.",
	);

/** Whose link it is, for the page that it opens. Throws `NOT_FOUND` if it can't be used. */
export async function readLink(deps: Deps, secret: string): Promise<LinkDetails> {
	const found = await findLink(deps, secret);
	if (!found) throw invalidLink();
	const { link, account } = found;
	const tenant = await findTenant(deps, account.tenantId);
	return {
		purpose: link.purpose,
		email: account.email,
		name: account.name,
		tenant_name: tenant?.name ?? "",
		expires_at: toTimestamp(link.expiresAt),
	};
}

/**
 * Sets the password of the person that the link is for, ends all of their sessions and opens a new one. Throws `NOT_FOUND`
 * if the link can't be used: a forged one costs no more than the read of a row.
 */
export async function setPassword(deps: SignInDeps, visitor: Visitor, input: SetPassword): Promise<LoggedIn> {
	const { db, now } = deps;
	requirePasswords(deps);
	const found = await findLink(deps, input.secret);
	if (!found) throw invalidLink();
	const { link } = found;
	const account = { ...found.account, name: input.name ?? found.account.name };
	await requireGood("password", input.password, account);
	const passwordHash = await hash(deps, visitor, account, input.password);

	const unused = isUnused(link.id, now);
	const { statements, loggedIn } = await openSession(deps, account, visitor, "password", unused);
	const author = visitorAuthor(account, visitor);
	const isInvitation = link.purpose === "invitation";
	const changes: Changes =
		account.name === found.account.name ? {} : { name: { from: found.account.name, to: account.name } };
	const event = auditEvent(author, isInvitation ? "member.join" : "password.reset", now, {
		targetId: account.id,
		changes,
	});
	const results = await runBatch(db, [
		db.delete(sessions).where(and(eq(sessions.userId, account.id), unused)),
		db
			.update(users)
			.set({ passwordHash, name: account.name })
			.where(and(eq(users.id, account.id), isNull(users.deactivatedAt), unused)),
		insertRows(db, auditEvents, [event], () => unused),
		...statements,
		consumeLink(db, link.id, now),
	]);
	const consumed = results.at(-1);
	if (!Array.isArray(consumed) || consumed.length === 0) throw invalidLink();
	return loggedIn;
}

/** Changes the password of the caller, who knows the old one. Ends their other sessions and their links. */
export async function changePassword(
	deps: SignInDeps,
	user: UserPrincipal,
	visitor: Visitor,
	input: ChangePassword,
): Promise<PasswordChanged> {
	const { db, now } = deps;
	const [account] = await db
		.select()
		.from(users)
		.where(and(eq(users.id, user.id), eq(users.tenantId, user.tenantId)));
	if (!account || account.passwordHash === NO_PASSWORD)
		throw new AppError("FORBIDDEN", "This account has no password. It signs in with an identity provider.");
	const isKnownDevice = visitor.device?.userId === account.id;
	if (!isKnownDevice && !(await isWithinLimits(deps.limits, account.email, visitor.ip, visitor.device))) {
		await recordThrottling(db, account, visitor, account.email, now);
		throw await tooManyAttempts();
	}
	const verdict = await checkPassword(deps, input.current_password, account, isKnownDevice, visitor.ip);
	if (verdict === "BUSY") throw await tooManyAttempts();
	// A stolen session must not guess the password without a trace.
	if (verdict === "WRONG") await recordFailedSignIn(db, account, visitor, now);
	if (verdict !== "RIGHT") throw invalidField("current_password", "Is not your password");
	await requireGood("new_password", input.new_password, account);
	const passwordHash = await hash(deps, visitor, account, input.new_password);
	// The session that is in use stays.
	const others = and(eq(sessions.userId, account.id), ne(sessions.id, user.sessionId ?? ""));
	// A reset at the same moment wins: then the password is no longer the one that was checked.
	const same = sql`exists (select 1 from users where id = ${account.id} and password_hash = ${account.passwordHash})`;
	const event = auditEvent(visitorAuthor(account, visitor), "password.change", now, { targetId: account.id });
	const [, , ended, changed] = await db.batch([
		insertRows(db, auditEvents, [event], () => same),
		endLinks(db, account.id, same),
		db.delete(sessions).where(and(others, same)).returning({ id: sessions.id }),
		db
			.update(users)
			.set({ passwordHash })
			.where(and(eq(users.id, account.id), same))
			.returning({ id: users.id }),
	]);
	if (changed.length === 0)
		throw new AppError("CONFLICT", "The password was changed at the same moment. Sign in again.");
	return { ended_sessions: ended.length };
}

/**
 * Mails a link for a new password, if the email has an account. The caller gets the same response at the same time for
 * every email: `later` does the work after the response.
 */
export function forgetPassword(
	deps: Deps,
	delivery: LinkDelivery,
	visitor: Pick<Visitor, "ip" | "userAgent">,
	email: string,
	later: (work: Promise<unknown>) => void,
): PasswordForgotten {
	if (delivery.mailer === null || !deps.config.passwordSignIn) return { mailing: false };
	later(mailReset(deps, delivery, visitor, email));
	return { mailing: true };
}

async function mailReset(
	deps: Deps,
	delivery: LinkDelivery,
	visitor: Pick<Visitor, "ip" | "userAgent">,
	email: string,
): Promise<void> {
	const { db, now } = deps;
	const [account] = await db
		.select()
		.from(users)
		.where(and(eq(users.email, email), isNull(users.deactivatedAt)));
	// An invited person has a link already, which only a manager can replace.
	if (!account || account.passwordHash === NO_PASSWORD) return;
	const [recent] = await db
		.select({ id: accessLinks.id })
		.from(accessLinks)
		.where(
			and(
				eq(accessLinks.userId, account.id),
				eq(accessLinks.createdBy, account.id),
				gt(accessLinks.createdAt, now - FORGOTTEN_INTERVAL_MS),
			),
		);
	if (recent) return;
	const link = newLink(delivery.origin, "password_reset", account, account.id, now);
	const active = sql`exists (select 1 from users where id = ${account.id} and deactivated_at is null)`;
	const event = auditEvent(visitorAuthor(account, visitor), "password.link", now, { targetId: account.id });
	await runBatch(db, [...storeLink(db, link, active), insertRows(db, auditEvents, [event], () => active)]);
	const tenant = await findTenant(deps, account.tenantId);
	await deliver(delivery, link, { email: account.email, tenantName: tenant?.name ?? "" });
}

const visitorAuthor = (account: Account, { ip, userAgent }: Pick<Visitor, "ip" | "userAgent">) => ({
	ip,
	userAgent,
	tenantId: account.tenantId,
	actor: account.id,
	actorEmail: account.email,
});

async function requireGood(field: string, password: string, account: Account): Promise<void> {
	const weakness = await weaknessOf(password, account);
	if (weakness !== null) throw invalidField(field, weakness);
}

/** The hash of a new password, made away from the isolate that admits keys. */
async function hash(deps: SignInDeps, { ip, device }: Visitor, account: Account, password: string): Promise<string> {
	const lane = device?.userId === account.id ? "known" : "other";
	let made: string | null;
	try {
		made = await hasherOf(deps, lane, ip).hash(password, lane);
	} catch (cause) {
		throw new AppError("UNAVAILABLE", undefined, { cause });
	}
	if (made === null) throw await tooManyAttempts();
	return made;
}
