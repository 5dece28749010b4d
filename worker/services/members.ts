/**
 * The people of a tenant. Owners and admins manage them; only owners manage owners, and no one raises themselves. Each
 * change is one batch with its audit event, and holds only if the member still has the role that was checked.
 */
import { and, asc, eq, gt, type SQL } from "drizzle-orm";
import { auditEvent, type Changes, changesBetween, deletedWith } from "../../db/audit.ts";
import { insertRows, runBatch, type Statement } from "../../db/client.ts";
import { auditEvents, sessions, userIdentities, users } from "../../db/schema.ts";
import { AppError } from "../errors.ts";
import type { ListMembers, Member, MemberId, MemberList, RemovedMember, UpdateMember } from "../schemas/member.ts";
import type { OpenSessionList, SessionsEnded } from "../schemas/open-session.ts";
import { toTimestamp } from "../schemas/time.ts";
import { endLinks, endLinksBy } from "./access-links.ts";
import { decodeCursor, paginate } from "./cursor.ts";
import type { Deps } from "./deps.ts";
import { isSelf, type MemberManager, raises, requireAuthority, requireOther } from "./member-authority.ts";
import { isUnchanged, ofAccount, requireRow, rowsOf, toMember } from "./member-rows.ts";
import { endOpenSessions, listOpenSessions } from "./open-sessions.ts";
import type { Account } from "./session-opening.ts";

const ORDER = "members";

/** In the order of their emails. */
export async function listMembers({ db }: Deps, tenantId: string, input: ListMembers): Promise<MemberList> {
	const after = decodeCursor(ORDER, input.cursor, "string");
	const rows = await rowsOf(db, and(eq(users.tenantId, tenantId), after ? gt(users.email, after.value) : undefined))
		.orderBy(asc(users.email))
		.limit(input.limit + 1);
	const page = paginate(rows, input.limit, ORDER, ({ account }) => ({ value: account.email, id: account.id }));
	return { items: page.rows.map(toMember), next_cursor: page.next_cursor };
}

/** `NOT_FOUND` if the tenant has no such member. */
export async function getMember(deps: Deps, tenantId: string, { id }: MemberId): Promise<Member> {
	return toMember(await requireRow(deps, tenantId, id));
}

/**
 * Changes name, role or capabilities. They apply from the member's next request on. Other rights end the member's links: the
 * person who made a link may have kept it, and must not sign in with rights that they don't have. Fewer rights also end the
 * links that the member has made.
 */
export async function updateMember(deps: Deps, manager: MemberManager, input: UpdateMember): Promise<Member> {
	const { db } = deps;
	const row = await requireRow(deps, manager.author.tenantId, input.id);
	const before = row.account;
	const after = {
		name: input.name ?? before.name,
		role: input.role ?? before.role,
		capabilities: input.capabilities ?? before.capabilities,
	};
	requireAuthority(manager, before.role);
	requireAuthority(manager, after.role);
	if (isSelf(manager, before) && raises(before, after))
		throw new AppError("FORBIDDEN", "You cannot raise your own rights. Ask an owner of your tenant.");
	const changes = changesBetween(before, after);
	if (Object.keys(changes).length === 0) return toMember(row);
	const others = (same: SQL) => [
		...("role" in changes || "capabilities" in changes ? [endLinks(db, before.id, same)] : []),
		...(raises(after, before) ? [endLinksBy(db, before, same)] : []),
	];
	const changed = await changeMember(deps, manager, before, { action: "member.update", changes }, others, (same) =>
		db
			.update(users)
			.set(after)
			.where(and(ofAccount(before), same))
			.returning({ id: users.id }),
	);
	if (!changed) throw changedMeanwhile();
	return getMember(deps, before.tenantId, input);
}

/**
 * Stops the member from signing in, and ends their sessions, their links and the links that they have made. Their keys stay in
 * use.
 */
export async function deactivateMember(deps: Deps, manager: MemberManager, input: MemberId): Promise<Member> {
	const { db, now } = deps;
	const row = await requireRow(deps, manager.author.tenantId, input.id);
	const { account } = row;
	requireAuthority(manager, account.role);
	requireOther(manager, account, "deactivate");
	if (account.deactivatedAt !== null) return toMember(row);
	const changes = { deactivated_at: { from: null, to: toTimestamp(now) } };
	const changed = await changeMember(
		deps,
		manager,
		account,
		{ action: "member.deactivate", changes },
		(same) => [
			db.delete(sessions).where(and(eq(sessions.userId, account.id), same)),
			endLinks(db, account.id, same),
			endLinksBy(db, account, same),
		],
		(same) =>
			db
				.update(users)
				.set({ deactivatedAt: now })
				.where(and(ofAccount(account), same))
				.returning({ id: users.id }),
	);
	if (!changed) throw changedMeanwhile();
	return getMember(deps, account.tenantId, input);
}

/** Lets a deactivated member sign in again, with the password from before. */
export async function reactivateMember(deps: Deps, manager: MemberManager, input: MemberId): Promise<Member> {
	const { db } = deps;
	const row = await requireRow(deps, manager.author.tenantId, input.id);
	const { account } = row;
	requireAuthority(manager, account.role);
	if (account.deactivatedAt === null) return toMember(row);
	const changes = { deactivated_at: { from: toTimestamp(account.deactivatedAt), to: null } };
	await changeMember(deps, manager, account, { action: "member.reactivate", changes }, [], (same) =>
		db
			.update(users)
			.set({ deactivatedAt: null })
			.where(and(ofAccount(account), same))
			.returning({ id: users.id }),
	);
	// If another call was faster, the member is active already.
	return getMember(deps, account.tenantId, input);
}

/**
 * Removes the member for good, and ends the links that they have made. Their keys stay in use, and the trail keeps what they
 * did. `CONFLICT` if the identity provider would add them again.
 */
export async function removeMember(deps: Deps, manager: MemberManager, { id }: MemberId): Promise<RemovedMember> {
	const { db, now } = deps;
	const { account, liveKeys: live_keys } = await requireRow(deps, manager.author.tenantId, id);
	requireAuthority(manager, account.role);
	requireOther(manager, account, "remove");
	await requireLasting(deps, account);
	const { email, name, role, capabilities } = account;
	const changes = deletedWith({ email, name, role, capabilities });
	// Compares only the role: the first statement changes the row, so a condition on the whole row would no longer hold.
	const sameRole = and(ofAccount(account), eq(users.role, role));
	const changed = await changeMember(
		deps,
		manager,
		account,
		{ action: "member.remove", changes },
		// The trigger that keeps an owner looks at updates.
		(same) => [
			endLinksBy(db, account, same),
			db
				.update(users)
				.set({ deactivatedAt: now })
				.where(and(ofAccount(account), same)),
		],
		() =>
			db
				.delete(users)
				.where(and(sameRole, eq(users.deactivatedAt, now)))
				.returning({ id: users.id }),
	);
	if (!changed) throw changedMeanwhile();
	return { id, live_keys };
}

/** Throws `CONFLICT` if the person would have an account again after their next sign-in with the provider. */
async function requireLasting({ db, config }: Deps, { id }: Account): Promise<void> {
	const { openid } = config;
	if (openid?.signUp !== "just-in-time") return;
	const linked = await db
		.select({ subject: userIdentities.subject })
		.from(userIdentities)
		.where(and(eq(userIdentities.userId, id), eq(userIdentities.issuer, openid.issuer)))
		.limit(1);
	if (linked.length === 0) return;
	throw new AppError(
		"CONFLICT",
		"The identity provider would add this person again at their next sign-in. Deactivate them instead.",
	);
}

/** Where the member is signed in. */
export async function listMemberSessions(
	deps: Deps,
	manager: MemberManager,
	{ id }: MemberId,
): Promise<OpenSessionList> {
	const { account } = await requireRow(deps, manager.author.tenantId, id);
	requireAuthority(manager, account.role);
	return listOpenSessions(deps, account, null);
}

/** Ends every session of the member. They can sign in again: `deactivateMember` prevents that. */
export async function endMemberSessions(deps: Deps, manager: MemberManager, { id }: MemberId): Promise<SessionsEnded> {
	const { account } = await requireRow(deps, manager.author.tenantId, id);
	requireAuthority(manager, account.role);
	return endOpenSessions(deps, manager.author, account, null);
}

interface Change {
	action: "member.update" | "member.deactivate" | "member.reactivate" | "member.remove";
	changes: Changes;
}

type Deciding = Statement & PromiseLike<{ id: string }[]>;

/**
 * Records and makes a change in one batch. The last statement makes it and returns the row; the others hold for the
 * same condition. False, and nothing changes, if the member has changed since they were read. Throws `CONFLICT` if they are
 * the last active owner.
 */
async function changeMember(
	{ db, now }: Deps,
	{ author }: MemberManager,
	account: Account,
	{ action, changes }: Change,
	others: Statement[] | ((same: SQL) => Statement[]),
	decide: (same: SQL) => Deciding,
): Promise<boolean> {
	const same = isUnchanged(account);
	const event = auditEvent(author, action, now, { targetId: account.id, changes });
	let results: unknown[];
	try {
		results = await runBatch(db, [
			insertRows(db, auditEvents, [event], () => same),
			...(typeof others === "function" ? others(same) : others),
			decide(same),
		]);
	} catch (thrown) {
		throw isLastOwner(thrown) ? lastOwner() : thrown;
	}
	const changed = results.at(-1);
	return Array.isArray(changed) && changed.length > 0;
}

const changedMeanwhile = () =>
	new AppError("CONFLICT", "The member has changed since you loaded them. Reload and try again.");

/** Whether the trigger `users_keep_an_owner` rejected the change. Drizzle wraps what D1 threw. */
function isLastOwner(thrown: unknown): boolean {
	for (let error = thrown; error instanceof Error; error = error.cause)
		if (error.message.includes("last owner")) return true;
	return false;
}

const lastOwner = () =>
	new AppError("CONFLICT", "This is the tenant's last active owner. Make another member an owner first.", {
		details: [{ field: "role", message: "Belongs to the last active owner" }],
	});
