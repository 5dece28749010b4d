/**
 * Requests that can be retried because their response was lost: a retry creates nothing. They are named by the
 * `Idempotency-Key` of draft-ietf-httpapi-idempotency-key-header. A name is valid for a day, for one caller in one tenant:
 * another caller who happens to use it must not get the object of the first as a replay.
 */
import { createHash } from "node:crypto";
import { and, eq, gt, lte, sql } from "drizzle-orm";
import type { Author } from "../../db/audit.ts";
import type { Database, Statement } from "../../db/client.ts";
import { apiKeys, idempotencyKeys } from "../../db/schema.ts";
import { AppError } from "../errors.ts";
import { ATTEMPT_KEPT_MS, type Attempt, CONFLICTS } from "../gate/protocol.ts";

/** Expired records that each new one deletes. */
const EXPIRED_DELETED = 20;

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

/** JSON with the names of every object sorted: the order in which a caller writes them must not matter. */
function canonical(value: unknown): string {
	return JSON.stringify(value, (_name, part: unknown) =>
		typeof part === "object" && part !== null && !Array.isArray(part)
			? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
			: part,
	);
}

/** The attempt of a caller with this name and input. Names are stored by tenant, so the tenant is not part of it. */
export function attemptOf(
	name: string,
	{ actor }: Pick<Author, "actor">,
	{ tenant_id: _tenant, ...input }: Record<string, unknown>,
): Attempt {
	return {
		nameHash: sha256(JSON.stringify([actor, name])),
		inputHash: sha256(canonical(input)),
		formerNameHash: sha256(name),
	};
}

/** The id of the key that the attempt has created before, or null. `CONFLICT` if its name was used for other input. */
export async function createdBefore(
	db: Database,
	{ tenantId, actor }: Pick<Author, "tenantId" | "actor">,
	attempt: Attempt,
	now: number,
): Promise<string | null> {
	const ofName = (nameHash: string) =>
		and(
			eq(idempotencyKeys.tenantId, tenantId),
			eq(idempotencyKeys.nameHash, nameHash),
			gt(idempotencyKeys.createdAt, now - ATTEMPT_KEPT_MS),
		);
	const fields = { keyId: idempotencyKeys.keyId, inputHash: idempotencyKeys.inputHash };
	let [known] = await db.select(fields).from(idempotencyKeys).where(ofName(attempt.nameHash));
	if (!known && attempt.formerNameHash !== undefined)
		// The former hash doesn't say whose attempt it was, but the key does.
		[known] = await db
			.select(fields)
			.from(idempotencyKeys)
			.innerJoin(apiKeys, eq(apiKeys.id, idempotencyKeys.keyId))
			.where(and(ofName(attempt.formerNameHash), eq(apiKeys.createdBy, actor)));
	if (!known) return null;
	if (known.inputHash !== attempt.inputHash) throw new AppError("CONFLICT", CONFLICTS.idempotencyKeyReused.message);
	return known.keyId;
}

/** Statements for the batch that creates the key. The batch fails if the attempt has created one before. */
export function recordAttempt(
	db: Database,
	tenantId: string,
	{ nameHash, inputHash }: Attempt,
	keyId: string,
	now: number,
): Statement[] {
	const expired = and(eq(idempotencyKeys.tenantId, tenantId), lte(idempotencyKeys.createdAt, now - ATTEMPT_KEPT_MS));
	return [
		db.delete(idempotencyKeys).where(and(expired, eq(idempotencyKeys.nameHash, nameHash))),
		db
			.delete(idempotencyKeys)
			.where(
				sql`rowid in (select rowid from ${idempotencyKeys} where ${expired} limit ${sql.raw(String(EXPIRED_DELETED))})`,
			),
		db.insert(idempotencyKeys).values({ tenantId, nameHash, inputHash, keyId, createdAt: now }),
	];
}
