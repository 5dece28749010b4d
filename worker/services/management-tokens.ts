/** Management tokens: create, list, change, revoke. `auth/management-token.ts` decides on a token that is presented. */
import { and, count, desc, eq, isNull, sql } from "drizzle-orm";
import { type Author, auditEvent, changesBetween, createdWith } from "../../db/audit.ts";
import { runBatch } from "../../db/client.ts";
import type { Permission } from "../../db/enums.ts";
import { newId } from "../../db/ids.ts";
import { insertAudit } from "../../db/insert-audit.ts";
import { managementTokens, users } from "../../db/schema.ts";
import { mintManagementToken } from "../auth/management-token.ts";
import { AppError, invalidField, isConstraintFailure } from "../errors.ts";
import {
	type CreateToken,
	type IssuedToken,
	type ListTokens,
	type ManagementToken,
	TOKEN_DAYS_MAX,
	type TokenList,
	type UpdateToken,
} from "../schemas/management-token.ts";
import { DAY_MS, toTimestamp } from "../schemas/time.ts";
import { decodeCursor, paginate } from "./cursor.ts";
import type { Deps } from "./deps.ts";
import { expiryOf } from "./keys.ts";

/** More than a company has programs. Bounds what a script in a loop can store. */
export const TOKENS_PER_TENANT_MAX = 200;

const ORDER = "management tokens";
/** Later than any token, so that the first page is a range of the index like every other. */
const END_OF_TIME = { value: Number.MAX_SAFE_INTEGER, id: "" };

type Row = typeof managementTokens.$inferSelect;
type Creator = Pick<typeof users.$inferSelect, "email" | "deactivatedAt">;

/** Creates a token. Only this response contains it. `FORBIDDEN` for a permission that the creator doesn't have. */
export async function createToken(
	{ db, config, now }: Deps,
	author: Author,
	held: readonly Permission[],
	input: CreateToken,
): Promise<IssuedToken> {
	const { name, permissions, ip_allowlist } = input;
	const missing = permissions.filter((permission) => !held.includes(permission));
	if (missing.length > 0)
		throw new AppError("FORBIDDEN", `You can only grant permissions that you have. Missing: ${missing.join(", ")}.`);
	const expiresAt = expiryOf(input, now) ?? 0;
	if (expiresAt > now + TOKEN_DAYS_MAX * DAY_MS)
		throw invalidField("expires_at", `Must be at most ${TOKEN_DAYS_MAX} days from now`);

	// Tokens that are created at the same moment may exceed the bound by a few, which does no harm.
	const ofTenant = eq(managementTokens.tenantId, author.tenantId);
	const [stored] = await db.select({ tokens: count() }).from(managementTokens).where(ofTenant);
	if (stored && stored.tokens >= TOKENS_PER_TENANT_MAX)
		throw new AppError(
			"CONFLICT",
			`This tenant has ${TOKENS_PER_TENANT_MAX} management tokens, which is the maximum. Tokens that have ended are removed after 90 days.`,
		);

	const [pepper] = config.peppers;
	if (!pepper) throw new Error("A pepper is always configured");
	const { token, secretHash, lastFour, pepperId } = mintManagementToken(pepper);
	const row: Row = {
		id: newId("tok"),
		tenantId: author.tenantId,
		name,
		secretHash,
		lastFour,
		permissions,
		ipAllowlist: ip_allowlist,
		createdAt: now,
		createdBy: author.actor,
		expiresAt,
		revokedAt: null,
		revokedBy: null,
		lastUsedAt: null,
		lastUsedIp: null,
		pepperId,
	};
	const event = auditEvent(author, "token.create", now, {
		targetId: row.id,
		changes: createdWith({ name, permissions, ip_allowlist, expires_at: toTimestamp(expiresAt) }),
	});
	try {
		await runBatch(db, [db.insert(managementTokens).values(row), insertAudit(db, event)]);
	} catch (thrown) {
		// Only a token of a provider names a tenant that doesn't exist.
		if (isConstraintFailure(thrown, "FOREIGN KEY")) throw new AppError("NOT_FOUND", "Tenant not found.");
		throw thrown;
	}
	return { token, management_token: await getToken({ db, now }, author.tenantId, row.id) };
}

/** Newest first. */
export async function listTokens(
	{ db, now }: Pick<Deps, "db" | "now">,
	tenantId: string,
	input: ListTokens,
): Promise<TokenList> {
	const after = decodeCursor(ORDER, input.cursor, "number") ?? END_OF_TIME;
	const position = sql`(${managementTokens.createdAt}, ${managementTokens.id}) < (${after.value}, ${after.id})`;
	const rows = await tokensWithCreators(db)
		.where(and(eq(managementTokens.tenantId, tenantId), position))
		.orderBy(desc(managementTokens.createdAt), desc(managementTokens.id))
		.limit(input.limit + 1);
	const page = paginate(rows, input.limit, ORDER, ({ row }) => ({ value: row.createdAt, id: row.id }));
	return { items: page.rows.map((found) => toToken(found.row, found.creator, now)), next_cursor: page.next_cursor };
}

/** One token. `NOT_FOUND` for an unknown one. */
export async function getToken(deps: Pick<Deps, "db" | "now">, tenantId: string, id: string): Promise<ManagementToken> {
	const { row, creator } = await find(deps, tenantId, id);
	return toToken(row, creator, deps.now);
}

/** Changes name or allow-list. They apply to the next request. `CONFLICT` for a token that has ended. */
export async function updateToken(
	deps: Pick<Deps, "db" | "now">,
	author: Author,
	input: UpdateToken,
): Promise<ManagementToken> {
	const { db, now } = deps;
	const { row } = await find(deps, author.tenantId, input.id);
	const before = { name: row.name, ip_allowlist: row.ipAllowlist };
	const after = { name: input.name ?? row.name, ip_allowlist: input.ip_allowlist ?? row.ipAllowlist };
	const changes = changesBetween(before, after);
	if (Object.keys(changes).length > 0) {
		if (statusOf(row, now) !== "active")
			throw new AppError("CONFLICT", "A management token that was revoked or has expired cannot be changed.");
		await runBatch(db, [
			db
				.update(managementTokens)
				.set({ name: after.name, ipAllowlist: after.ip_allowlist })
				.where(and(eq(managementTokens.id, row.id), eq(managementTokens.tenantId, author.tenantId))),
			insertAudit(db, auditEvent(author, "token.update", now, { targetId: row.id, changes })),
		]);
	}
	return getToken(deps, author.tenantId, input.id);
}

/** When this has returned, the token is rejected everywhere. Idempotent. */
export async function revokeToken(
	deps: Pick<Deps, "db" | "now">,
	author: Author,
	id: string,
): Promise<ManagementToken> {
	const { db, now } = deps;
	const { row } = await find(deps, author.tenantId, id);
	if (row.revokedAt === null) {
		const changes = changesBetween({ revoked_at: null }, { revoked_at: toTimestamp(now) });
		const event = auditEvent(author, "token.revoke", now, { targetId: id, changes });
		await runBatch(db, [
			db
				.update(managementTokens)
				.set({ revokedAt: now, revokedBy: author.actor })
				.where(
					and(
						eq(managementTokens.id, id),
						eq(managementTokens.tenantId, author.tenantId),
						isNull(managementTokens.revokedAt),
					),
				),
			// The id is that of the token, so that of two revocations at once the first is recorded.
			insertAudit(db, { ...event, id: `evt_revoke_${id}` }),
		]);
	}
	return getToken(deps, author.tenantId, id);
}

async function find({ db }: Pick<Deps, "db">, tenantId: string, id: string) {
	const [found] = await tokensWithCreators(db).where(
		and(eq(managementTokens.id, id), eq(managementTokens.tenantId, tenantId)),
	);
	if (!found) throw new AppError("NOT_FOUND", "Management token not found.");
	return found;
}

const tokensWithCreators = (db: Deps["db"]) =>
	db
		.select({ row: managementTokens, creator: { email: users.email, deactivatedAt: users.deactivatedAt } })
		.from(managementTokens)
		.leftJoin(users, and(eq(users.id, managementTokens.createdBy), eq(users.tenantId, managementTokens.tenantId)));

function statusOf({ revokedAt, expiresAt }: Row, now: number): ManagementToken["status"] {
	if (revokedAt !== null) return "revoked";
	return expiresAt <= now ? "expired" : "active";
}

function creatorStatusOf({ createdBy }: Row, creator: Creator | null): ManagementToken["creator_status"] {
	if (creator !== null) return creator.deactivatedAt === null ? "active" : "deactivated";
	return createdBy.startsWith("usr_") ? "removed" : "unknown";
}

const toToken = (row: Row, creator: Creator | null, now: number): ManagementToken => ({
	id: row.id,
	name: row.name,
	last_four: row.lastFour,
	permissions: row.permissions,
	ip_allowlist: row.ipAllowlist,
	status: statusOf(row, now),
	created_at: toTimestamp(row.createdAt),
	created_by: row.createdBy,
	created_by_email: creator?.email ?? null,
	creator_status: creatorStatusOf(row, creator),
	expires_at: toTimestamp(row.expiresAt),
	revoked_at: row.revokedAt === null ? null : toTimestamp(row.revokedAt),
	revoked_by: row.revokedBy,
	last_used_at: row.lastUsedAt === null ? null : toTimestamp(row.lastUsedAt),
	last_used_ip: row.lastUsedIp,
	pepper_id: row.pepperId,
});
