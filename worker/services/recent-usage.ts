/** The last hours of many keys at once, as lists show them. Read from D1 alone. */
import { and, eq, gt, lte, sql } from "drizzle-orm";
import { apiKeys, usageHourly } from "../../db/schema.ts";
import { hourOf } from "../keys/window.ts";
import type { ApiKey } from "../schemas/api-key.ts";
import type { KeyListItem } from "../schemas/key-list.ts";
import { HOUR_MS, toTimestampOrNull } from "../schemas/time.ts";
import type { Deps } from "./deps.ts";

/**
 * Adds the admitted requests of the last `hours` UTC hours, the current hour last. The totals of each key are read again
 * in the same batch: a delivery between two reads would show requests beside "never used".
 */
export async function withRecentUsage(
	{ db, now }: Pick<Deps, "db" | "now">,
	tenantId: string,
	items: readonly ApiKey[],
	hours: number,
): Promise<KeyListItem[]> {
	if (items.length === 0) return [];
	const last = hourOf(now);
	const before = last - hours * HOUR_MS;
	// One parameter for all ids: D1 allows 100 parameters.
	const ids = JSON.stringify(items.map(({ id }) => id));
	const [rows, totals] = await db.batch([
		db
			.select({ keyId: usageHourly.keyId, hour: usageHourly.hour, allowed: usageHourly.allowed })
			.from(usageHourly)
			.where(
				and(
					sql`${usageHourly.keyId} in (select value from json_each(${ids}))`,
					eq(usageHourly.tenantId, tenantId),
					gt(usageHourly.hour, before),
					lte(usageHourly.hour, last),
				),
			),
		// A cross join keeps the order of the tables: an index of the tenant would be read from end to end.
		db
			.select({ id: sql<string>`keys.id`, usageCount: sql<number>`usage_count`, lastUsedAt: sql<number>`last_used_at` })
			.from(sql`json_each(${ids}) as ids cross join ${apiKeys} as keys on keys.id = ids.value`)
			.where(sql`tenant_id = ${tenantId}`),
	]);
	const allowed = new Map(rows.map((row) => [`${row.keyId} ${row.hour}`, row.allowed]));
	const lifetimes = new Map(totals.map((row) => [row.id, row]));
	return items.map((item) => {
		const lifetime = lifetimes.get(item.id);
		return {
			...item,
			// A key that was deleted since keeps what the page has.
			...(lifetime
				? { usage_count: lifetime.usageCount, last_used_at: toTimestampOrNull(lifetime.lastUsedAt || null) }
				: {}),
			recent_usage: Array.from(
				{ length: hours },
				(_, index) => allowed.get(`${item.id} ${before + (index + 1) * HOUR_MS}`) ?? 0,
			),
		};
	});
}
