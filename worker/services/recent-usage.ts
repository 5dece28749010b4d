/** The last hours of many keys at once, as lists show them: from D1 alone, so no gate is woken for a list. */
import { and, eq, gt, lte, sql } from "drizzle-orm";
import { usageHourly } from "../../db/schema.ts";
import { hourOf } from "../keys/window.ts";
import { HOUR_MS } from "../schemas/time.ts";
import type { Deps } from "./deps.ts";

/** The statement behind {@link recentUsage}: of the keys given, the hours after `after` up to and with `last`. */
function recentUsageQuery(db: Deps["db"], tenantId: string, keyIds: readonly string[], after: number, last: number) {
	return db
		.select({ keyId: usageHourly.keyId, hour: usageHourly.hour, allowed: usageHourly.allowed })
		.from(usageHourly)
		.where(
			and(
				// One parameter however many keys: D1 takes a hundred at most.
				sql`${usageHourly.keyId} in (select value from json_each(${JSON.stringify(keyIds)}))`,
				eq(usageHourly.tenantId, tenantId),
				gt(usageHourly.hour, after),
				lte(usageHourly.hour, last),
			),
		);
}

/**
 * Admitted requests per UTC hour, of the `hours` hours that end with the running one, oldest first; zeros where there
 * were none. Asks D1 once, and for no keys not at all.
 */
export async function recentUsage(
	{ db, now }: Pick<Deps, "db" | "now">,
	tenantId: string,
	keyIds: readonly string[],
	hours: number,
): Promise<(keyId: string) => number[]> {
	const running = hourOf(now);
	const before = running - hours * HOUR_MS;
	const rows = keyIds.length === 0 ? [] : await recentUsageQuery(db, tenantId, keyIds, before, running);
	const allowed = new Map(rows.map((row) => [`${row.keyId} ${row.hour}`, row.allowed]));
	return (keyId) =>
		Array.from({ length: hours }, (_, index) => allowed.get(`${keyId} ${before + (index + 1) * HOUR_MS}`) ?? 0);
}
