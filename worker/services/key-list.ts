/** The list of a tenant's keys: one page, the counts, and the usage of late if it is asked for. */
import { type SQL, sql } from "drizzle-orm";
import { foldForSearch, searchExpression } from "../../db/search.ts";
import { snapshotOf, toApiKey } from "../gate/snapshot.ts";
import type { ApiKey, KeyList, KeyListItem, ListKeys } from "../schemas/api-key.ts";
import { EXPIRING_SOON_DAYS } from "../schemas/vocabulary.ts";
import { DAY_MS } from "../units.ts";
import { decodeCursor, paginate } from "./cursor.ts";
import type { Deps } from "./deps.ts";
import { countsAt } from "./key-counts.ts";
import {
	conditions,
	type KeyRow,
	keyColumns,
	pageInOrder,
	settle,
	sortOf,
	type Wanted,
	wantedAt,
} from "./key-order.ts";
import { recentUsage } from "./recent-usage.ts";

/**
 * So many candidates are read and sorted at most, and counted exactly. Where there are more, the page is taken out of
 * the list's order, in which they are then common enough.
 */
export const CANDIDATES_MAX = 1_000;

const NONE = { active: 0, revoked: 0, expired: 0, expiring_soon: 0 };

/** The statements behind {@link listKeys}. */
export function keyListQueries({ db, now }: Pick<Deps, "db" | "now">, tenantId: string, input: ListKeys) {
	const sort = sortOf(input.sort);
	const after = decodeCursor(input.sort, input.cursor, sort.column.type);
	const rows = input.limit + 1;
	const { status, expires_within_days: expiringDays, environment } = input;
	const term = foldForSearch(input.search ?? "");
	const contains = term === "" ? undefined : sql`instr(search_text, ${term}) > 0`;
	const wanted: Wanted = { status, expiringDays, environment, also: contains };

	/** Of at most `CANDIDATES_MAX` candidates and one: how many, the counts, and the page. */
	const among = (candidates: SQL) => {
		const { ofStatus, expiringWithin } = conditions(now);
		const count = (condition: SQL) => sql`coalesce(sum(${condition}), 0)`;
		const { beyond, order } = sort;
		const conditionsOfPage = sql`${wantedAt({ ...wanted, also: undefined }, now) ?? sql`true`} and ${beyond(after) ?? sql`true`}`;
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
					with candidates as materialized (${candidates} limit ${sql.raw(String(CANDIDATES_MAX + 1))})
					select * from (
						select count(*) as found, ${count(ofStatus.active)} as active, ${count(ofStatus.revoked)} as revoked,
							${count(ofStatus.expired)} as expired, ${count(expiringWithin(EXPIRING_SOON_DAYS))} as expiring_soon
						from candidates as api_keys
					) left join (
						select * from candidates as api_keys where ${conditionsOfPage} order by ${order} limit ${rows}
					) on true
				)`,
			)
			.orderBy(sort.order);
	};

	return {
		inOrder: pageInOrder(db, tenantId, now, wanted, sort, after, rows),
		counts: countsAt(db, tenantId, now, environment),
		found: contains && among(found(tenantId, term, environment, contains)),
		// The standings tell these apart already.
		expiring:
			expiringDays === undefined || expiringDays === EXPIRING_SOON_DAYS || contains
				? undefined
				: among(expiring(tenantId, now, expiringDays, environment)),
		position: (row: KeyRow) => ({ value: sort.column.of(row), id: row.id }),
	};
}

/** The tenant's keys that have the term in them. */
function found(tenantId: string, term: string, environment: string | undefined, contains: SQL): SQL {
	const block = sql`(select search_no >> 32 from api_keys where tenant_id = ${tenantId} limit 1)`;
	const expression = searchExpression(term, ...(environment === undefined ? [] : [environment]));
	return sql`
		select api_keys.* from api_key_search cross join api_keys on api_keys.search_no = api_key_search.rowid
		where api_key_search match ${expression}
			and api_key_search.rowid >= ${block} << 32 and api_key_search.rowid < (${block} + 1) << 32
			and tenant_id = ${tenantId} and ${contains}`;
}

/** The tenant's active keys that end within so many days. */
function expiring(tenantId: string, now: number, days: number, environment: string | undefined): SQL {
	const { expiringWithin } = conditions(now);
	return sql`
		select * from api_keys indexed by api_keys_by_expiry
		where tenant_id = ${tenantId} and revoked_at is null
			and ${environment === undefined ? sql`environment in ('live', 'test')` : sql`environment = ${environment}`}
			and expires_at > ${now} and expires_at <= ${now + days * DAY_MS} and ${expiringWithin(days)}`;
}

/** One page of the tenant's keys. Usage in it is as old as the last delivery. */
export async function listKeys(deps: Deps, tenantId: string, input: ListKeys): Promise<KeyList> {
	const queries = keyListQueries(deps, tenantId, input);
	const { rows, ...counted } = await read(deps, tenantId, queries);
	const page = paginate(rows, input.limit, input.sort, queries.position);
	const items = page.rows.map((row) => toApiKey(snapshotOf(row), row, deps.now));
	return {
		items: input.recent_hours === undefined ? items : await withRecentUsage(deps, tenantId, items, input.recent_hours),
		next_cursor: page.next_cursor,
		...counted,
	};
}

type Read = { rows: KeyRow[] } & Pick<KeyList, "counts" | "counts_capped">;

/** Asks the database once, and a second time where there turn out to be too many candidates. */
async function read(
	{ db, now }: Deps,
	tenantId: string,
	{ inOrder, counts, found, expiring }: ReturnType<typeof keyListQueries>,
): Promise<Read> {
	const settled = settle(db, tenantId, now);
	if (found) {
		const [, result] = await db.batch([settled, found]);
		const [first] = result;
		if (!first) throw new Error("A count is a row, whatever it counts.");
		const { active, revoked, expired, expiring_soon } = first;
		const counted = { active, revoked, expired, expiring_soon };
		if (first.found <= CANDIDATES_MAX) return { rows: rowsOf(result), counts: counted };
		return { rows: await inOrder, counts: counted, counts_capped: true };
	}
	if (expiring) {
		const [, [counted = NONE], result] = await db.batch([settled, counts, expiring]);
		const few = (result[0]?.found ?? 0) <= CANDIDATES_MAX;
		return { rows: few ? rowsOf(result) : await inOrder, counts: counted };
	}
	const [, [counted = NONE], rows] = await db.batch([settled, counts, inOrder]);
	return { rows, counts: counted };
}

/** The rows of a page that came with counts; an empty one has a row of nothing. */
const rowsOf = (result: readonly { row: KeyRow }[]): KeyRow[] =>
	result.map(({ row }) => row).filter(({ id }) => (id as string | null) !== null);

async function withRecentUsage(deps: Deps, tenantId: string, items: ApiKey[], hours: number): Promise<KeyListItem[]> {
	const ids = items.map(({ id }) => id);
	const usage = await recentUsage(deps, tenantId, ids, hours);
	return items.map((item) => ({ ...item, recent_usage: usage(item.id) }));
}
