/**
 * Sums the hours of usage that are older than five weeks up to days: a tenth of the rows for the rest of their time.
 *
 * Only complete days are summed up: days before the newest one that D1 has of the key. A gate delivers its hours oldest first and
 * together with all earlier ones, so a row of a later day proves that D1 has every hour before it. A delivery that arrives
 * again finds the day and leaves it as it is (`recordUsage`). So no hour is lost or counted twice, however late it arrives.
 *
 * A batch inserts the days and deletes their hours together. A run that dies has lost nothing, and two at once do no harm.
 *
 * Release 1.0.0 reads no days. So no hour is summed up in the first two weeks of the releases that do, and going back to 1.0.0
 * in that time shows all usage.
 */
import { inArray, type SQL, sql } from "drizzle-orm";
import { apiKeys, serviceState, usageDaily, usageHourly } from "../../db/schema.ts";
import { DAY_MS } from "../schemas/time.ts";
import type { Deps } from "./deps.ts";

/** Longer than the dashboard's longest chart and than a month's invoice. */
export const HOURS_KEPT_DAYS = 35;
/** How long after its first run the service can go back to a release that reads no days. */
export const WAIT_DAYS = 14;

/** Names of the rows in `service_state`: when the first run was, and the key that the next run continues from. */
export const FIRST_RUN = "usage roll-up: first run";
export const POSITION = "usage roll-up: position";

/** Hours of one batch, which are at least 41 days of a key. D1 runs one batch at a time, so a long one would delay others. */
const HOURS_PER_BATCH = 1_000;
/** Batches of one run: 250,000 hours, or 10,000 days of keys that were used all day. */
const BATCHES_MAX = 250;
/** Keys that one statement looks at, with two index seeks for each. */
const KEYS_PER_PAGE = 5_000;
/** Pages of one run. A million keys take ten runs, and a key has something to sum up once a day. */
const PAGES_MAX = 20;

const dayOf = (hour: SQL) => sql`${hour} - ${hour} % ${sql.raw(String(DAY_MS))}`;
const hour = sql.raw("used.hour");

/** The next hours that belong to complete days, key by key from `fromKey` to `toKey`. */
export const completeHours = (before: number, fromKey: string, toKey: string): SQL => sql`
	select used.key_id as key, ${dayOf(hour)} as day from ${apiKeys} as keys cross join ${usageHourly} as used
	on used.key_id = keys.id and used.hour < min(${before}, (
		select ${dayOf(sql.raw("newest.hour"))} from ${usageHourly} as newest
		where newest.key_id = keys.id order by newest.hour desc limit 1
	))
	where keys.id >= ${fromKey} and keys.id <= ${toKey} order by keys.id limit ${sql.raw(String(HOURS_PER_BATCH))}`;

/** The last key of the page that begins with `fromKey`, and how many keys it has. */
export const pageFrom = (fromKey: string, keys: number): SQL => sql`
	select count(*) as keys, max(id) as last from (
		select id from ${apiKeys} where id >= ${fromKey} order by id limit ${sql.raw(String(keys))})`;

type Input = Pick<Deps, "db" | "now">;

/** Sums up days at `now`. Returns how many, and whether the next run has more to do. */
export async function rollUpUsage(
	{ db, now }: Input,
	keysPerPage = KEYS_PER_PAGE,
): Promise<{ days: number; more: boolean }> {
	const state = await readState({ db, now });
	if (now < state.firstRun + WAIT_DAYS * DAY_MS) return { days: 0, more: false };
	const before = now - (now % DAY_MS) - HOURS_KEPT_DAYS * DAY_MS;
	let summed = 0;
	let batches = 0;
	let fromKey = state.position;
	for (let page = 0; page < PAGES_MAX && batches < BATCHES_MAX; page++) {
		const { keys, last } = await db.get<{ keys: number; last: string | null }>(pageFrom(fromKey, keysPerPage));
		for (; last !== null && batches < BATCHES_MAX; batches++) {
			const found = await db.all<{ key: string; day: number }>(completeHours(before, fromKey, last));
			fromKey = found.at(-1)?.key ?? last;
			if (found.length === 0) break;
			summed += await sumUp(db, found);
		}
		if (keys < keysPerPage && batches < BATCHES_MAX) {
			await savePosition({ db, now }, "");
			return { days: summed, more: false };
		}
	}
	await savePosition({ db, now }, fromKey);
	return { days: summed, more: true };
}

/** Sums up the days, and deletes their hours. Returns how many days are new. */
async function sumUp(db: Deps["db"], found: { key: string; day: number }[]): Promise<number> {
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
	return inserted.meta.changes;
}

/** The first run records its time. */
async function readState({ db, now }: Input): Promise<{ firstRun: number; position: string }> {
	const rows = await db
		.select()
		.from(serviceState)
		.where(inArray(serviceState.name, [FIRST_RUN, POSITION]));
	const stored = (name: string) => rows.find((row) => row.name === name)?.value;
	const firstRun = stored(FIRST_RUN);
	if (firstRun === undefined)
		await db
			.insert(serviceState)
			.values({ name: FIRST_RUN, value: String(now), updatedAt: now })
			.onConflictDoNothing();
	return { firstRun: Number(firstRun ?? now), position: stored(POSITION) ?? "" };
}

async function savePosition({ db, now }: Input, position: string): Promise<void> {
	await db
		.insert(serviceState)
		.values({ name: POSITION, value: position, updatedAt: now })
		.onConflictDoUpdate({ target: serviceState.name, set: { value: position, updatedAt: now } });
}
