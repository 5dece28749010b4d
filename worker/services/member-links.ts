/** Invites members, and makes links with which they set a new password. */
import { and, eq, sql } from "drizzle-orm";
import { auditEvent, changesBetween, createdWith } from "../../db/audit.ts";
import { insertRows, runBatch, type Statement } from "../../db/client.ts";
import { newId } from "../../db/ids.ts";
import { insertAudit } from "../../db/insert-audit.ts";
import { auditEvents, NO_PASSWORD, users } from "../../db/schema.ts";
import { AppError, isConstraintFailure } from "../errors.ts";
import type { LinkDelivery } from "../mail.ts";
import type { InviteMember, MemberId, MemberLink } from "../schemas/member.ts";
import { deliver, limitLinks, newLink, storeLink } from "./access-links.ts";
import type { Deps } from "./deps.ts";
import { type MemberManager, requireAuthority, requireOther } from "./member-authority.ts";
import { isUnchanged, ofAccount, requireRow, statusOf, toMember } from "./member-rows.ts";
import { withinQuotas } from "./quotas.ts";
import type { Account } from "./session-opening.ts";
import { findTenant } from "./tenants.ts";

/**
 * Invites a person by a one-time link. A person who was invited before and has not joined yet gets a new link, and what the
 * new invitation says. `CONFLICT` for an email that already has an account. Emails are unique across tenants, so
 * the call has to fail, but the message never names the other tenant.
 */
export async function inviteMember(
	deps: Deps,
	manager: MemberManager,
	delivery: LinkDelivery,
	input: InviteMember,
): Promise<MemberLink> {
	const { db, now } = deps;
	const { author } = manager;
	const { email, name, role, capabilities } = input;
	requireAuthority(manager, role);
	await limitLinks(delivery, author.tenantId);
	const [known] = await db.select().from(users).where(eq(users.email, email));
	if (known && known.tenantId !== author.tenantId) throw emailTaken();
	if (known) requireInvited(known);
	if (known) requireAuthority(manager, known.role);
	const account = { ...(known ?? invitedAccount(author.tenantId, email, now)), name, role, capabilities };
	const link = newLink(delivery.origin, "invitation", account, author.actor, now);
	const details = { name, role, capabilities };
	const changes = known ? changesBetween(known, details) : createdWith({ email, ...details });
	const event = auditEvent(author, "member.invite", now, { targetId: account.id, changes });
	const same = known ? isUnchanged(known) : sql`true`;
	const statements: Statement[] = known
		? [
				insertRows(db, auditEvents, [event], () => same),
				...storeLink(db, link, same),
				db
					.update(users)
					.set(details)
					.where(and(ofAccount(known), same)),
			]
		: [db.insert(users).values(account), ...storeLink(db, link), insertAudit(db, event)];
	try {
		await withinQuotas(() => runBatch(db, statements));
	} catch (thrown) {
		// The same email was invited at the same moment, here or elsewhere.
		if (isConstraintFailure(thrown, "UNIQUE")) throw emailTaken();
		// The token of a provider can name any tenant.
		if (isConstraintFailure(thrown, "FOREIGN KEY")) throw new AppError("NOT_FOUND", "Tenant not found.");
		throw thrown;
	}
	return memberLink(deps, delivery, account, link);
}

/** A person who is invited to the tenant, without a password. */
export const invitedAccount = (tenantId: string, email: string, now: number): Account => ({
	id: newId("usr"),
	tenantId,
	email,
	name: "",
	passwordHash: NO_PASSWORD,
	role: "member",
	capabilities: [],
	createdAt: now,
	deactivatedAt: null,
	lastSignInAt: null,
});

/** The member with the link, mailed where mail is configured. */
export async function memberLink(
	deps: Deps,
	delivery: LinkDelivery,
	{ id, tenantId, email }: Account,
	link: ReturnType<typeof newLink>,
): Promise<MemberLink> {
	const [row, tenant] = await Promise.all([requireRow(deps, tenantId, id), findTenant(deps, tenantId)]);
	return { member: toMember(row), link: await deliver(delivery, link, { email, tenantName: tenant?.name ?? "" }) };
}

/** Says that the email has an account, and not where: an admin needs to know why the person cannot be invited. */
export const emailTaken = (field = "email") =>
	new AppError("CONFLICT", "A person with this email cannot be invited: the email belongs to another account.", {
		details: [{ field, message: "Belongs to another account" }],
	});

function requireInvited(account: Account): void {
	const status = statusOf(account);
	if (status === "invited") return;
	throw new AppError(
		"CONFLICT",
		status === "active" ? "This person is a member already." : "This member is deactivated. Reactivate them instead.",
		{ details: [{ field: "email", message: "Belongs to a member" }] },
	);
}

/** Makes a link with which the member sets a new password. It ends their earlier links. */
export async function resetPassword(
	deps: Deps,
	manager: MemberManager,
	delivery: LinkDelivery,
	{ id }: MemberId,
): Promise<MemberLink> {
	const { db, now } = deps;
	const { author } = manager;
	const { account } = await requireRow(deps, author.tenantId, id);
	requireAuthority(manager, account.role);
	// Otherwise a stolen session could set a password without knowing the old one.
	requireOther(manager, account, "reset the password of");
	await limitLinks(delivery, author.tenantId);
	if (account.deactivatedAt !== null)
		throw new AppError("CONFLICT", "This member is deactivated. Reactivate them first.");
	const isInvited = statusOf(account) === "invited";
	const link = newLink(delivery.origin, isInvited ? "invitation" : "password_reset", account, author.actor, now);
	const event = auditEvent(author, isInvited ? "member.invite" : "password.link", now, { targetId: account.id });
	const same = isUnchanged(account);
	await runBatch(db, [insertRows(db, auditEvents, [event], () => same), ...storeLink(db, link, same)]);
	return memberLink(deps, delivery, account, link);
}
