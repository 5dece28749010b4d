/**
 * Compares the configured jurisdiction with that of the keys. Another jurisdiction has other gates: each of them would be new,
 * and would know nothing of what its key has used, nor of changes that D1 has missed.
 */
import { eq, sql } from "drizzle-orm";
import { apiKeys, serviceState } from "../../db/schema.ts";
import type { Config } from "../env.ts";
import { AppError } from "../errors.ts";
import { JURISDICTION, otherJurisdiction } from "../jurisdiction.ts";
import type { Deps } from "./deps.ts";

/** Configurations that were found to agree with D1, where the record never changes. */
const confirmed = new WeakSet<Config>();

/**
 * Records the configured jurisdiction if there is no key yet. Throws `UNAVAILABLE` if the keys were made in another one. Call
 * it before anything that makes keys, or that calls gates which may be new.
 */
export async function requireJurisdiction({ db, config, now }: Pick<Deps, "db" | "config" | "now">): Promise<void> {
	if (confirmed.has(config)) return;
	const [, recorded] = await db.batch([
		db
			.insert(serviceState)
			// Keys without a record were made by a release that knew no jurisdiction.
			.select(
				sql`select ${JURISDICTION}, iif(exists (select 1 from ${apiKeys}), '', ${config.jurisdiction}), ${now} where true`,
			)
			.onConflictDoNothing(),
		db.select({ value: serviceState.value }).from(serviceState).where(eq(serviceState.name, JURISDICTION)),
	]);
	const made = recorded[0]?.value ?? "";
	if (made !== config.jurisdiction) throw new AppError("UNAVAILABLE", otherJurisdiction(made, config.jurisdiction));
	confirmed.add(config);
}

/** For the readiness check: rejects if the keys were made in another jurisdiction. Records nothing. */
export async function checkJurisdiction({ db, config }: Pick<Deps, "db" | "config">): Promise<void> {
	const recorded = sql<string>`coalesce(
		(select value from ${serviceState} where name = ${JURISDICTION}),
		iif(exists (select 1 from ${apiKeys}), '', ${config.jurisdiction}))`;
	const [row] = await db.all<{ made: string }>(sql`select ${recorded} as made`);
	if (row && row.made !== config.jurisdiction) throw new Error(otherJurisdiction(row.made, config.jurisdiction));
}
