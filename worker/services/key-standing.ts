/**
 * The standing of keys in D1: the rule, and moving keys whose turn has come. The standing that is stored may be older than
 * the truth, though never ahead of it.
 */
import { type SQL, sql } from "drizzle-orm";
import type { Database } from "../../db/client.ts";
import { EXPIRING_SOON_DAYS } from "../../db/enums.ts";
import { apiKeys } from "../../db/schema.ts";
import { CLOCKS_DIFFER_MS, DAY_MS } from "../schemas/time.ts";

/** The standings of a key, in the order in which time moves it. The trigger `api_keys_settle` uses the same values. */
export const STANDINGS = { open: 0, expiringSoon: 1, expired: 2, revoked: 3 } as const;

/** The standing of a row at `now`: the rule of `statusOf`, in SQL. */
export function standingAt(now: number): SQL {
	const { open, expiringSoon, expired, revoked } = STANDINGS;
	return sql`case
		when revoked_at is not null or revoke_at <= ${now} then ${sql.raw(String(revoked))}
		when expires_at <= ${now} then ${sql.raw(String(expired))}
		when ends_at <= ${now + EXPIRING_SOON_DAYS * DAY_MS} then ${sql.raw(String(expiringSoon))}
		else ${sql.raw(String(open))}
	end`;
}

/** Most keys that one list moves. Each costs two written rows for every index. */
const SETTLED_PER_LIST = 500;
/**
 * Moves keys of the tenant to their standing shortly before `now`, so that no request is earlier than what is stored.
 * Every list without a search calls it; each key moves only once for each standing.
 */
export function settle(db: Database, tenantId: string, now: number) {
	const at = now - CLOCKS_DIFFER_MS;
	return db
		.update(apiKeys)
		.set({ settledAt: at })
		.where(
			sql`id in (
			select id from ${apiKeys} indexed by api_keys_by_turn
			where tenant_id = ${tenantId} and turns_at <= ${at} limit ${sql.raw(String(SETTLED_PER_LIST))}
		)`,
		);
}

/** Keys that one statement of {@link settleAll} moves, and statements of one run. */
const SETTLED_PER_STATEMENT = 500;
const SETTLE_STATEMENTS_MAX = 50;

/** Moves the keys of all tenants, so that a mass expiry does not wait for lists. */
export async function settleAll({ db, now }: { db: Database; now: number }): Promise<void> {
	const at = now - CLOCKS_DIFFER_MS;
	for (let statement = 0; statement < SETTLE_STATEMENTS_MAX; statement++) {
		const { meta } = await db.run(sql`
			update ${apiKeys} set settled_at = ${at} where id in (
				select due.id from tenants cross join ${apiKeys} as due indexed by api_keys_by_turn
					on due.tenant_id = tenants.id and due.turns_at <= ${at}
				limit ${sql.raw(String(SETTLED_PER_STATEMENT))}
			)`);
		if (meta.changes < SETTLED_PER_STATEMENT) return;
	}
}
