/**
 * Creations that may be asked for again, because an answer got lost: the second time nothing is made. The name is the
 * `Idempotency-Key` of draft-ietf-httpapi-idempotency-key-header; a name counts for a day, within its tenant.
 */
import { createHash } from "node:crypto";
import { and, eq, gt, lte, sql } from "drizzle-orm";
import type { Database, Statement } from "../../db/client.ts";
import { idempotencyKeys } from "../../db/schema.ts";
import { AppError } from "../errors.ts";
import { ATTEMPT_KEPT_MS, type Attempt, CONFLICTS } from "../gate/protocol.ts";

/** So many records that are out of date go with every new one. */
const FORGOTTEN_AT_ONCE = 20;

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

/** JSON with the names of every object in order, so that the order in which a caller writes them does not count. */
function canonical(value: unknown): string {
	return JSON.stringify(value, (_name, part: unknown) =>
		typeof part === "object" && part !== null && !Array.isArray(part)
			? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
			: part,
	);
}

/** The attempt named so to do what `input` says. The tenant is no part of it: names are kept by tenant. */
export function attemptOf(name: string, { tenant_id: _tenant, ...input }: Record<string, unknown>): Attempt {
	return { nameHash: sha256(name), inputHash: sha256(canonical(input)) };
}

/** The statement behind {@link madeBefore}. */
const madeBeforeQuery = (db: Database, tenantId: string, { nameHash }: Attempt, now: number) =>
	db
		.select({ keyId: idempotencyKeys.keyId, inputHash: idempotencyKeys.inputHash })
		.from(idempotencyKeys)
		.where(
			and(
				eq(idempotencyKeys.tenantId, tenantId),
				eq(idempotencyKeys.nameHash, nameHash),
				gt(idempotencyKeys.createdAt, now - ATTEMPT_KEPT_MS),
			),
		);

/** The id of the key that the attempt has made before, or null. `CONFLICT` if its name was used for something else. */
export async function madeBefore(
	db: Database,
	tenantId: string,
	attempt: Attempt,
	now: number,
): Promise<string | null> {
	const [known] = await madeBeforeQuery(db, tenantId, attempt, now);
	if (!known) return null;
	if (known.inputHash !== attempt.inputHash) throw new AppError("CONFLICT", CONFLICTS.idempotencyKeyReused.message);
	return known.keyId;
}

/** To go into the batch that makes the key: they fail, and with them the batch, if the attempt was made before. */
export function recordAttempt(
	db: Database,
	tenantId: string,
	attempt: Attempt,
	keyId: string,
	now: number,
): Statement[] {
	const outOfDate = and(eq(idempotencyKeys.tenantId, tenantId), lte(idempotencyKeys.createdAt, now - ATTEMPT_KEPT_MS));
	return [
		db.delete(idempotencyKeys).where(and(outOfDate, eq(idempotencyKeys.nameHash, attempt.nameHash))),
		db
			.delete(idempotencyKeys)
			.where(
				sql`rowid in (select rowid from ${idempotencyKeys} where ${outOfDate} limit ${sql.raw(String(FORGOTTEN_AT_ONCE))})`,
			),
		db.insert(idempotencyKeys).values({ tenantId, ...attempt, keyId, createdAt: now }),
	];
}
