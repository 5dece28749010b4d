/**
 * The people of a tenant. Owners and admins manage them; only owners manage owners, and no one raises themselves. Each
 * change is one batch with its audit event, and holds only if the member still has the role that was checked.
 */
import { and, asc, eq, gt, type SQL, sql } from "drizzle-orm";
import { type Author, auditEvent, type Changes, changesBetween, createdWith, deletedWith } from "../../db/audit.ts";
import { insertRows, runBatch, type Statement } from "../../db/client.ts";
import { type MemberStatus, ROLES, type Role } from "../../db/enums.ts";
import { newId } from "../../db/ids.ts";
import { insertAudit } from "../../db/insert-audit.ts";
import { auditEvents, NO_PASSWORD, sessions, users } from "../../db/schema.ts";
import type { Principal } from "../auth/principal.ts";
import { AppError, isConstraintFailure } from "../errors.ts";
import type { LinkDelivery } from "../mail.ts";
import type {
	InviteMember,
	ListMembers,
	Member,
	MemberId,
	MemberLink,
	MemberList,
	RemovedMember,
	UpdateMember,
} from "../schemas/member.ts";
import type { OpenSessionList, SessionsEnded } from "../schemas/open-session.ts";
import { toTimestamp, toTimestampOrNull } from "../schemas/time.ts";
import { deliver, endLinks, limitLinks, newLink, storeLink } from "./access-links.ts";
import { decodeCursor, paginate } from "./cursor.ts";
import type { Deps } from "./deps.ts";
import { STANDINGS } from "./key-standing.ts";
import { endOpenSessions, listOpenSessions } from "./open-sessions.ts";
import { withinQuotas } from "./quotas.ts";
import type { Account } from "./session-opening.ts";
import { findTenant } from "./tenants.ts";

/** Who manages members. `role` is null for the platform, which may manage everyone. */
export interface MemberManager {
	author: Author;
	role: Role | null;
}

/** The caller as a manager of members. */
export const managerOf = (principal: Principal, author: Author): MemberManager => ({
	author,
	role: principal.kind === "user" ? principal.role : null,
});

const ORDER = "members";

/** Counting stops here: a list must not read every key of a person who made all of a tenant's. */
const LIVE_KEYS_MAX = 1_000;

/** The names of columns are written out: in a query of one table, the builder leaves the table away. */
const liveKeys = sql<number>`(
	select count(*) from (
		select 1 from api_keys indexed by api_keys_by_creator
		where tenant_id = users.tenant_id and created_by = users.id
			and standing in (${sql.raw(`${STANDINGS.open}, ${STANDINGS.expiringSoon}`)})
		limit ${sql.raw(String(LIVE_KEYS_MAX))}
	)
)`;

interface MemberRow {
	account: Account;
	liveKeys: number;
}

/** A person who has neither a password nor signed in otherwise was invited, and has not come yet. */
function statusOf({ deactivatedAt, passwordHash, lastSignInAt }: Account): MemberStatus {
	if (deactivatedAt !== null) return "deactivated";
	return passwordHash === NO_PASSWORD && lastSignInAt === null ? "invited" : "active";
}

const toMember = ({ account, liveKeys: live_keys }: MemberRow): Member => ({
	id: account.id,
	email: account.email,
	name: account.name,
	role: account.role,
	capabilities: account.capabilities,
	status: statusOf(account),
	created_at: toTimestamp(account.createdAt),
	last_sign_in_at: toTimestampOrNull(account.lastSignInAt),
	live_keys,
});

const rowsOf = (db: Deps["db"], condition: SQL | undefined) =>
	db.select({ account: users, liveKeys }).from(users).where(condition).$dynamic();

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

async function requireRow({ db }: Deps, tenantId: string, id: string): Promise<MemberRow> {
	const [row] = await rowsOf(db, and(eq(users.tenantId, tenantId), eq(users.id, id)));
	if (!row) throw new AppError("NOT_FOUND", "Member not found.");
	return row;
}

/**
 * Invites a person by a one-time link. A person who was invited before and has not come yet gets a new link, and what the
 * new invitation says. `CONFLICT` for an email that has an account already: in another tenant, the message doesn't say
 * where, since the email of every account is unique and so something has to be said.
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
		throw isConstraintFailure(thrown, "UNIQUE") ? emailTaken() : thrown;
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

/** Changes name, role or capabilities. They apply from the member's next request on. */
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
	const changed = await changeMember(deps, manager, before, { action: "member.update", changes }, [], (same) =>
		db
			.update(users)
			.set(after)
			.where(and(ofAccount(before), same))
			.returning({ id: users.id }),
	);
	if (!changed) throw changedMeanwhile();
	return getMember(deps, before.tenantId, input);
}

/** Stops the member from signing in, and ends their sessions and links. Their keys stay in use. */
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
		(same) => [db.delete(sessions).where(and(eq(sessions.userId, account.id), same)), endLinks(db, account.id, same)],
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

/** Removes the member for good. Their keys stay in use, and the trail keeps what they did. */
export async function removeMember(deps: Deps, manager: MemberManager, { id }: MemberId): Promise<RemovedMember> {
	const { db, now } = deps;
	const { account, liveKeys: live_keys } = await requireRow(deps, manager.author.tenantId, id);
	requireAuthority(manager, account.role);
	requireOther(manager, account, "remove");
	const { email, name, role, capabilities } = account;
	const changes = deletedWith({ email, name, role, capabilities });
	// The first statement would end the condition that the row is unchanged, so only the role is compared.
	const sameRole = and(ofAccount(account), eq(users.role, role));
	const changed = await changeMember(
		deps,
		manager,
		account,
		{ action: "member.remove", changes },
		// The trigger that keeps an owner looks at updates.
		(same) => [
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

const ofAccount = ({ id, tenantId }: Account) => and(eq(users.id, id), eq(users.tenantId, tenantId));

/** Whether the member still has the role and the state that were checked. */
const isUnchanged = ({ id, tenantId, role, deactivatedAt }: Account): SQL =>
	sql`exists (
		select 1 from users
		where id = ${id} and tenant_id = ${tenantId} and role = ${role} and deactivated_at is ${deactivatedAt}
	)`;

const isSelf = ({ author }: MemberManager, { id }: Account) => author.actor === id;

/** Whether the change gives a person more rights. */
function raises(before: Pick<Account, "role" | "capabilities">, after: Pick<Account, "role" | "capabilities">) {
	// ROLES begins with the role that may do most.
	return (
		ROLES.indexOf(after.role) < ROLES.indexOf(before.role) ||
		after.capabilities.some((capability) => !before.capabilities.includes(capability))
	);
}

/** Throws `FORBIDDEN` unless the manager may manage people with this role: only owners and the platform manage owners. */
function requireAuthority({ role }: MemberManager, of: Role): void {
	if (of === "owner" && role !== null && role !== "owner")
		throw new AppError("FORBIDDEN", "Only an owner can invite, change or remove owners.");
}

/** A person who locks themselves out by mistake would need someone else to undo it. */
function requireOther(manager: MemberManager, account: Account, what: string): void {
	if (isSelf(manager, account))
		throw new AppError("FORBIDDEN", `You cannot ${what} your own account. Ask another owner or admin.`);
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
