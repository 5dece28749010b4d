/**
 * Sums the hours of usage that are older than five weeks up to days: a tenth of the rows for the rest of their time.
 *
 * Only complete days are summed up: days before the newest one that D1 has of the key. A gate delivers its hours oldest first and
 * together with all earlier ones, so a row of a later day proves that D1 has every hour before it. A delivery that arrives
 * again finds the day and leaves it as it is (`recordUsage`). So no hour is lost or counted twice, however late it arrives.
 *
 * A batch inserts the days and deletes their hours together. A run that dies has lost nothing, and two at once do no harm.
 */
import { type SQL, sql } from "drizzle-orm";
import { apiKeys, usageDaily, usageHourly } from "../../db/schema.ts";
import { DAY_MS } from "../schemas/time.ts";
import type { Deps } from "./deps.ts";

/** Longer than the dashboard's longest chart and than a month's invoice. */
export const HOURS_KEPT_DAYS = 35;

/** Hours of one batch, which are at least 41 days of a key. D1 runs one batch at a time, so a long one would delay others. */
const HOURS_PER_BATCH = 1_000;
/** Batches of one run: 250,000 hours, or 10,000 days of keys that were used all day. */
const BATCHES_MAX = 250;

const dayOf = (hour: SQL) => sql`${hour} - ${hour} % ${sql.raw(String(DAY_MS))}`;
const hour = sql.raw("used.hour");

/** The next hours that belong to complete days, key by key from `afterKey` on. */
export const completeHours = (before: number, fromKey: string): SQL => sql`
	select used.key_id as key, ${dayOf(hour)} as day from ${apiKeys} as keys cross join ${usageHourly} as used
	on used.key_id = keys.id and used.hour < min(${before}, (
		select ${dayOf(sql.raw("newest.hour"))} from ${usageHourly} as newest
		where newest.key_id = keys.id order by newest.hour desc limit 1
	))
	where keys.id >= ${fromKey} order by keys.id limit ${sql.raw(String(HOURS_PER_BATCH))}`;

/** Sums up days at `now`. Returns how many, and whether the next run has more to do. */
export async function rollUpUsage({ db, now }: Pick<Deps, "db" | "now">): Promise<{ days: number; more: boolean }> {
	const before = now - (now % DAY_MS) - HOURS_KEPT_DAYS * DAY_MS;
	let summed = 0;
	let fromKey = "";
	for (let batch = 0; batch < BATCHES_MAX; batch++) {
		const found = await db.all<{ key: string; day: number }>(completeHours(before, fromKey));
		const last = found.at(-1);
		if (!last) return { days: summed, more: false };
		fromKey = last.key;
		const days = JSON.stringify([...new Map(found.map(({ key, day }) => [`${key} ${day}`, [key, day]])).values()]);
		const hours = sql`json_each(${days}) as days cross join ${usageHourly} as used on used.key_id = days.value->>0
			and used.hour >= days.value->>1 and used.hour < (days.value->>1) + ${sql.raw(String(DAY_MS))}`;
		const [inserted] = await db.batch([
			// A day that is there already is complete, so its hours were delivered twice.
			db
				.insert(usageDaily)
				.select(sql`
				select used.key_id, days.value->>1, used.tenant_id, sum(used.allowed), sum(used.rate_limited), sum(used.denied)
				from ${hours} where true group by days.key`)
				.onConflictDoNothing(),
			db.delete(usageHourly).where(sql`rowid in (select used.rowid from ${hours})`),
		]);
		summed += inserted.meta.changes;
	}
	return { days: summed, more: true };
}
