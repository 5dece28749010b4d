/** Members as the database has them, and as callers see them. */
import { and, eq, type SQL, sql } from "drizzle-orm";
import type { MemberStatus } from "../../db/enums.ts";
import { NO_PASSWORD, users } from "../../db/schema.ts";
import { AppError } from "../errors.ts";
import type { Member } from "../schemas/member.ts";
import { toTimestamp, toTimestampOrNull } from "../schemas/time.ts";
import type { Deps } from "./deps.ts";
import { STANDINGS } from "./key-standing.ts";
import type { Account } from "./session-opening.ts";

/** Counting stops here: a list must not read every key of a person who made all of a tenant's. */
const LIVE_KEYS_MAX = 1_000;

/** Column names are written by hand with their table: in a query of one table, the builder omits it. */
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

/** A person who has neither a password nor signed in otherwise was invited, and has not joined yet. */
export function statusOf({ deactivatedAt, passwordHash, lastSignInAt }: Account): MemberStatus {
	if (deactivatedAt !== null) return "deactivated";
	return passwordHash === NO_PASSWORD && lastSignInAt === null ? "invited" : "active";
}

export const toMember = ({ account, liveKeys: live_keys }: MemberRow): Member => ({
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

export const rowsOf = (db: Deps["db"], condition: SQL | undefined) =>
	db.select({ account: users, liveKeys }).from(users).where(condition).$dynamic();

/** `NOT_FOUND` if the tenant has no such member. */
export async function requireRow({ db }: Deps, tenantId: string, id: string): Promise<MemberRow> {
	const [row] = await rowsOf(db, and(eq(users.tenantId, tenantId), eq(users.id, id)));
	if (!row) throw new AppError("NOT_FOUND", "Member not found.");
	return row;
}

export const ofAccount = ({ id, tenantId }: Account) => and(eq(users.id, id), eq(users.tenantId, tenantId));

/** Whether the member still has the role and the state that were checked. */
export const isUnchanged = ({ id, tenantId, role, deactivatedAt }: Account): SQL =>
	sql`exists (
		select 1 from users
		where id = ${id} and tenant_id = ${tenantId} and role = ${role} and deactivated_at is ${deactivatedAt}
	)`;
