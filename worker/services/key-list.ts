/** The list of a tenant's keys: one page, the counts, and the usage of late if it is asked for. */
import { and, type SQL, sql } from "drizzle-orm";
import { type Environment, EXPIRING_SOON_DAYS } from "../../db/enums.ts";
import { foldForSearch, searchExpression } from "../../db/search.ts";
import { snapshotOf, toApiKey } from "../keys/snapshot.ts";
import type { ApiKey, KeyList, KeyListItem, ListKeys } from "../schemas/api-key.ts";
import { DAY_MS } from "../schemas/time.ts";
import { decodeCursor, paginate } from "./cursor.ts";
import type { Deps } from "./deps.ts";
import { countsAt } from "./key-counts.ts";
import {
	conditions,
	type KeyRow,
	keyColumns,
	type Page,
	pageInOrder,
	pageSorted,
	settle,
	sortOf,
	wantedAt,
} from "./key-order.ts";
import { recentUsage } from "./recent-usage.ts";

/**
 * So many keys are read and sorted for a page, and counted exactly, where they are found by something that no order of
 * the list knows. Where there are more, they are taken for common, and the page is looked for in that order first.
 */
export const FEW = 500;
/** So many rows of the order are looked at before all that was found is sorted instead. */
const SCANNED = 2_000;

/** The statements behind {@link listKeys}, and what chooses among them. */
function keyListQueries({ db, now }: Pick<Deps, "db" | "now">, tenantId: string, input: ListKeys) {
	const sort = sortOf(input.sort);
	const { status, expires_within_days: days, environment } = input;
	const term = foldForSearch(input.search ?? "");
	const search = term === "" ? undefined : searching(tenantId, term, environment);
	const page: Page = {
		tenantId,
		now,
		wanted: { status, expiringDays: days, environment, also: search?.contains },
		sort,
		after: decodeCursor(input.sort, input.cursor, sort.column.type),
		rows: input.limit + 1,
	};
	// The standings tell those apart that expire soon.
	const until = search || days === undefined || days === EXPIRING_SOON_DAYS ? undefined : now + days * DAY_MS;
	const candidates = search?.found ?? (until === undefined ? undefined : expiring(tenantId, now, until, environment));
	return {
		settled: settle(db, tenantId, now),
		counts: countsAt(db, tenantId, now, environment),
		/** Of the keys that expire until then, those that have are more by this. */
		countsThen: until === undefined ? undefined : countsAt(db, tenantId, until, environment),
		found: search && firstFound(db, page, search.found),
		inOrder: pageInOrder(db, page, candidates && SCANNED),
		sorted: candidates && pageSorted(db, page, candidates),
		position: (row: KeyRow) => ({ value: sort.column.of(row), id: row.id }),
	};
}

/** The tenant's keys that have the term in them, and the condition that they do. */
function searching(tenantId: string, term: string, environment: string | undefined): { found: SQL; contains: SQL } {
	const block = sql`(select search_no >> 32 from api_keys where tenant_id = ${tenantId} limit 1)`;
	const expression = searchExpression(term, ...(environment === undefined ? [] : [environment]));
	const contains = sql`instr(search_text, ${term}) > 0`;
	const found = sql`
		select api_keys.* from api_key_search cross join api_keys on api_keys.search_no = api_key_search.rowid
		where api_key_search match ${expression}
			and api_key_search.rowid >= ${block} << 32 and api_key_search.rowid < (${block} + 1) << 32
			and tenant_id = ${tenantId} and ${contains}`;
	return { found, contains };
}

/** The tenant's keys whose end lies between `now` and then. */
function expiring(tenantId: string, now: number, until: number, environment: Environment | undefined): SQL {
	const environments = environment === undefined ? sql`in ('live', 'test')` : sql`= ${environment}`;
	return sql`
		select * from api_keys indexed by api_keys_by_expiry
		where tenant_id = ${tenantId} and environment ${environments} and revoked_at is null
			and expires_at > ${now} and expires_at <= ${until}`;
}

/** How many keys are found, their counts, and the page, if they are few. */
function firstFound(db: Deps["db"], { now, wanted, sort, after, rows }: Page, found: SQL) {
	const { ofStatus, expiringWithin } = conditions(now);
	const count = (condition: SQL) => sql`coalesce(sum(${condition}), 0)`;
	const shown = and(sql`true`, wantedAt({ ...wanted, also: undefined }, now), sort.beyond(after));
	return db
		.select({
			found: sql<number>`found`,
			active: sql<number>`active`,
			revoked: sql<number>`revoked`,
			expired: sql<number>`expired`,
			expiring_soon: sql<number>`expiring_soon`,
			row: keyColumns,
		})
		.from(
			sql`(
				with found as materialized (${found} limit ${sql.raw(String(FEW + 1))})
				select * from (
					select count(*) as found, ${count(ofStatus.active)} as active, ${count(ofStatus.revoked)} as revoked,
						${count(ofStatus.expired)} as expired, ${count(expiringWithin(EXPIRING_SOON_DAYS))} as expiring_soon
					from found as api_keys
				) left join (
					select * from found as api_keys where ${shown} order by ${sort.order} limit ${rows}
				) on true
			)`,
		)
		.orderBy(sort.order);
}

/** One page of the tenant's keys. Usage in it is as old as the last delivery. */
export async function listKeys(deps: Deps, tenantId: string, input: ListKeys): Promise<KeyList> {
	const queries = keyListQueries(deps, tenantId, input);
	const { rows, ...counted } = await read(deps.db, queries, input.limit + 1);
	const page = paginate(rows, input.limit, input.sort, queries.position);
	const items = page.rows.map((row) => toApiKey(snapshotOf(row), row, deps.now));
	return {
		items: input.recent_hours === undefined ? items : await withRecentUsage(deps, tenantId, items, input.recent_hours),
		next_cursor: page.next_cursor,
		...counted,
	};
}

type Read = { rows: KeyRow[] } & Pick<KeyList, "counts" | "counts_capped">;

/** Asks the database once; again where what was found is more than a few. */
async function read(db: Deps["db"], queries: ReturnType<typeof keyListQueries>, full: number): Promise<Read> {
	const { settled, counts, countsThen, found, inOrder, sorted } = queries;
	const ofMany = async () => {
		const rows = await inOrder;
		return rows.length < full && sorted ? await sorted : rows;
	};
	if (found) {
		const [, result] = await db.batch([settled, found]);
		const [first] = result;
		if (!first) throw new Error("A count is a row, whatever it counts.");
		const { found: many, row: _row, ...counted } = first;
		if (many > FEW) return { rows: await ofMany(), counts: counted, counts_capped: true };
		// A page of nothing is a row of nothing.
		const rows = result.map(({ row }) => row).filter(({ id }) => (id as string | null) !== null);
		return { rows, counts: counted };
	}
	if (countsThen && sorted) {
		const [, [now = NONE], [then = NONE]] = await db.batch([settled, counts, countsThen]);
		const few = then.expired - now.expired <= FEW;
		return { rows: await (few ? sorted : ofMany()), counts: now };
	}
	const [, [counted = NONE], rows] = await db.batch([settled, counts, inOrder]);
	return { rows, counts: counted };
}

const NONE = { active: 0, revoked: 0, expired: 0, expiring_soon: 0 };

async function withRecentUsage(deps: Deps, tenantId: string, items: ApiKey[], hours: number): Promise<KeyListItem[]> {
	const ids = items.map(({ id }) => id);
	const usage = await recentUsage(deps, tenantId, ids, hours);
	return items.map((item) => ({ ...item, recent_usage: usage(item.id) }));
}
