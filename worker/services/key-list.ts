/** The list of a tenant's keys: one page, the counts, and recent usage on request. */
import { and, type SQL, sql } from "drizzle-orm";
import { ENVIRONMENTS, EXPIRING_SOON_DAYS } from "../../db/enums.ts";
import { apiKeys } from "../../db/schema.ts";
import { snapshotOf, toApiKey } from "../keys/snapshot.ts";
import type { KeyList, ListKeys } from "../schemas/key-list.ts";
import { DAY_MS } from "../schemas/time.ts";
import { decodeCursor, encodeCursor, paginate } from "./cursor.ts";
import type { Deps } from "./deps.ts";
import { countKeys } from "./key-counts.ts";
import { listFound } from "./key-list-found.ts";
import {
	type KeyRow,
	keyColumns,
	type Page,
	pageInOrder,
	SORTED_MAX,
	scannedPage,
	sortOf,
	wantedAt,
} from "./key-order.ts";
import { keySearch } from "./key-search.ts";
import { STANDINGS, settle } from "./key-standing.ts";
import { currentPepperIds, rangesWithout } from "./peppers.ts";
import { withRecentUsage } from "./recent-usage.ts";
import { lookAtUsage } from "./usage-look.ts";

/** What the tables returned for a page. */
type Read = { rows: KeyRow[]; next_cursor: string | null } & Pick<
	KeyList,
	"counts" | "counts_capped" | "counts_behind"
>;

/**
 * One page of the tenant's keys, with usage that is at most `USAGE_FLUSH_SECONDS` old. Of more than 100 keys in use, those of
 * other pages can be five minutes older until their gates learn that someone looks.
 */
export async function listFreshKeys(deps: Deps, tenantId: string, input: ListKeys): Promise<KeyList> {
	const { recent_hours: _hours, ...page } = input;
	await lookAtUsage(deps, tenantId, async () => (await listKeys(deps, tenantId, page)).items);
	return listKeys(deps, tenantId, input);
}

/** The same as D1 has it. Its usage is as old as the last delivery. */
export async function listKeys(deps: Deps, tenantId: string, input: ListKeys): Promise<KeyList> {
	const { rows, ...more } = await read(deps, tenantId, input);
	const items = rows.map((row) => toApiKey(snapshotOf(row), row, deps.now));
	return {
		items: input.recent_hours === undefined ? items : await withRecentUsage(deps, tenantId, items, input.recent_hours),
		...more,
	};
}

/** Without a search, queries the database once, and a second time if more than {@link SORTED_MAX} keys match. */
async function read({ db, now, config }: Deps, tenantId: string, input: ListKeys): Promise<Read> {
	const search = keySearch(input.search ?? "", input.environment);
	const [environment, other] = search?.environments ?? (input.environment ? [input.environment] : ENVIRONMENTS);
	const sort = sortOf(input.sort);
	// A search numbers the rows in the order of creation.
	const byNumber = search !== null && input.sort.endsWith("created_at");
	const order = byNumber ? `${input.sort} found` : input.sort;
	const page: Page = {
		tenantId,
		now,
		wanted: {
			status: input.status,
			endingDays: input.expires_within_days,
			inRotation: input.rotation === "unfinished",
			notMadeWith: input.pepper === undefined ? undefined : currentPepperIds(config),
			authentication: input.authentication,
			origin: input.origin,
			createdBy: input.created_by,
			environment: other === undefined ? environment : undefined,
		},
		sort,
		after: decodeCursor(order, input.cursor, sort.column.type),
		rows: input.limit + 1,
	};
	if (search) return listFound(db, page, search, { name: order, byNumber });
	const paged = (rows: KeyRow[], scannedTo: KeyRow | null = null) => {
		const position = (row: KeyRow) => ({ value: sort.column.of(row), id: row.id });
		const { rows: kept, next_cursor } = paginate(rows, input.limit, order, position);
		return { rows: kept, next_cursor: next_cursor ?? (scannedTo && encodeCursor(order, position(scannedTo))) };
	};

	const settled = settle(db, tenantId, now);
	const candidates = candidatesOf(page);
	const overall = countKeys(db, tenantId, now, page.wanted.environment);
	if (!candidates) {
		const [, [counted], rows] = await db.batch([settled, overall, pageInOrder(db, page)]);
		return { ...paged(rows), ...countsOf(counted) };
	}
	const matching = db.select({ keys: sql<number>`count(*)` }).from(sql`(${candidates})`);
	const [, [{ keys } = { keys: 0 }], [counted]] = await db.batch([settled, matching, overall]);
	if (keys > SORTED_MAX) {
		const { rows, scannedTo } = await scannedPage(db, page);
		return { ...paged(rows, scannedTo), ...countsOf(counted) };
	}
	const rows = await pageSorted(db, page, candidates);
	return { ...paged(rows), ...countsOf(counted) };
}

/** The keys that meet a condition that has an index of its own. Null if the index of the list's order covers the condition. */
function candidatesOf({ tenantId, now, wanted }: Page): SQL | null {
	const { endingDays, inRotation, notMadeWith, authentication, origin, createdBy, environment } = wanted;
	const limit = sql.raw(`limit ${SORTED_MAX + 1}`);
	const environments = environment === undefined ? sql`in ('live', 'test')` : sql`= ${environment}`;
	if (inRotation)
		return sql`
			select * from ${apiKeys} indexed by api_keys_by_rotation
			where tenant_id = ${tenantId} and environment ${environments} and rotated_to is not null and revoked_at is null
			${limit}`;
	if (notMadeWith !== undefined) {
		// Ranges of one index: null sorts first. Imported keys have no tag, and so need no pepper.
		const ranges = [sql`pepper_id is null`, ...rangesWithout(notMadeWith)];
		const parts = ranges.map(
			(range) => sql`select * from (
				select * from ${apiKeys} indexed by api_keys_by_origin
				where tenant_id = ${tenantId} and environment ${environments} and origin = 'created' and ${range} ${limit})`,
		);
		return sql`${sql.join(parts, sql` union all `)} ${limit}`;
	}
	if (createdBy !== undefined)
		return sql`
			select * from ${apiKeys} indexed by api_keys_by_creator
			where tenant_id = ${tenantId} and created_by = ${createdBy} and environment ${environments}
			${limit}`;
	if (authentication !== undefined && endingDays === undefined)
		return sql`
			select * from ${apiKeys} indexed by api_keys_by_authentication
			where tenant_id = ${tenantId} and environment ${environments} and authentication = ${authentication}
			${limit}`;
	if (origin !== undefined)
		return sql`
			select * from ${apiKeys} indexed by api_keys_by_origin
			where tenant_id = ${tenantId} and environment ${environments} and origin = ${origin}
			${limit}`;
	if (endingDays === undefined || endingDays === EXPIRING_SOON_DAYS) return null;
	const { open, expiringSoon } = STANDINGS;
	return sql`
		select * from ${apiKeys} indexed by api_keys_by_end
		where tenant_id = ${tenantId} and environment ${environments}
			and standing in (${sql.raw(`${open}, ${expiringSoon}`)})
			and ends_at > ${now} and ends_at <= ${now + endingDays * DAY_MS}
		${limit}`;
}

/** A page of the candidates, sorted. */
function pageSorted(db: Deps["db"], { now, wanted, sort, after, rows }: Page, candidates: SQL) {
	return db
		.select(keyColumns)
		.from(sql`(${candidates}) as api_keys`)
		.where(and(wantedAt(wanted, now), sort.beyond(after)))
		.orderBy(sort.order)
		.limit(rows);
}

type Counted = Awaited<ReturnType<typeof countKeys>>[number];

function countsOf(counted: Counted | undefined): Pick<KeyList, "counts" | "counts_behind"> {
	if (!counted) throw new Error("A query that counts returns a row.");
	const { behind, ...counts } = counted;
	return { counts, ...(behind === 1 ? { counts_behind: true as const } : {}) };
}
