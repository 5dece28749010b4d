/**
 * How many keys are in each state, from one counter per standing (`api_key_counts`). The counters follow the standing
 * that is stored, which may be older than the truth, so a count corrects them by the keys whose turn has come since.
 * docs/decisions/key-counts.md has the reasons and the numbers.
 */
import { sql } from "drizzle-orm";
import type { Database } from "../../db/client.ts";
import type { Environment } from "../../db/enums.ts";
import { apiKeyCounts, apiKeys } from "../../db/schema.ts";
import { STANDINGS, standingAt } from "./key-standing.ts";

/**
 * Most keys that a count corrects by. More than this are due only after a mass expiry, until `settle` has moved them;
 * meanwhile the counts are behind, and say so.
 */
export const CORRECTED_MAX = 2_000;

/** One row: the counts at `now`, and whether they are behind. Reads one row per counter and per key that is due. */
export function countKeys(db: Database, tenantId: string, now: number, environment: Environment | undefined) {
	const { open, expiringSoon, expired, revoked } = STANDINGS;
	const sumOf = (...standings: number[]) =>
		sql`coalesce(sum(keys) filter (where standing in (${sql.raw(standings.join())})), 0)`;
	return db
		.select({
			active: sql<number>`active`,
			revoked: sql<number>`revoked`,
			expired: sql<number>`expired`,
			expiring_soon: sql<number>`expiring_soon`,
			/** 0 or 1. */
			behind: sql<number>`behind`,
		})
		.from(
			sql`(
				with due as materialized (
					select environment, standing, expires_at, revoked_at, revoke_at, ends_at
					from ${apiKeys} indexed by api_keys_by_turn
					where tenant_id = ${tenantId} and turns_at <= ${now}
					order by turns_at limit ${sql.raw(String(CORRECTED_MAX + 1))}
				)
				select ${sumOf(open, expiringSoon)} as active, ${sumOf(revoked)} as revoked, ${sumOf(expired)} as expired,
					${sumOf(expiringSoon)} as expiring_soon,
					(select count(*) from due) > ${sql.raw(String(CORRECTED_MAX))} as behind
				from (
					select environment, standing, keys from ${apiKeyCounts} where tenant_id = ${tenantId}
					union all
					select environment, standing, -1 from due
					union all
					select environment, ${standingAt(now)}, 1 from due
				)
				where ${environment === undefined ? sql`true` : sql`environment = ${environment}`}
			)`,
		);
}
