/**
 * Pages of a tenant's keys in any order. Each index is sorted within (tenant, environment, standing), so a page is
 * merged row by row from the few ranges that can contain it, and only rows of the page are read.
 *
 * The standing of a key changes with the clock, and an index does not. So the standing that is stored may be older than
 * the truth, though never ahead of it. Every row is checked by its instants, and rows whose turn has come since are
 * read beside the others until `settle` in key-standing.ts has moved them.
 */
import { and, type SQL, sql } from "drizzle-orm";
import { columnsOf, type Database } from "../../db/client.ts";
import {
	type Authentication,
	ENVIRONMENTS,
	type Environment,
	EXPIRING_SOON_DAYS,
	type KeyOrigin,
	type KeyStatus,
} from "../../db/enums.ts";
import { mergedRanges } from "../../db/ordered-union.ts";
import { apiKeys } from "../../db/schema.ts";
import { DAY_MS } from "../schemas/time.ts";
import { STANDINGS, standingAt } from "./key-standing.ts";

/** Most keys whose turn has come that a list reads beside the index. More are due only after a mass expiry. */
const DUE_MAX = 2_000;

/**
 * Most keys that are read, counted exactly and sorted for one page, where the condition is not one that an order of the
 * list knows: a search, an end within some days, an unfinished rotation.
 */
export const SORTED_MAX = 500;

export type KeyRow = typeof apiKeys.$inferSelect;

export const keyColumns = columnsOf(apiKeys);

/** A row's value of the column that a list is sorted by, as a cursor holds it. */
interface SortColumn {
	by: string;
	index: string;
	type: "number" | "string";
	of(row: KeyRow): string | number;
}

const SORT_COLUMNS = {
	created_at: { by: "created_at", index: "api_keys_by_created", type: "number", of: (row) => row.createdAt },
	last_used_at: { by: "last_used_at", index: "api_keys_by_last_used", type: "number", of: (row) => row.lastUsedAt },
	usage_count: { by: "usage_count", index: "api_keys_by_usage", type: "number", of: (row) => row.usageCount },
	name: { by: "name_sort", index: "api_keys_by_name", type: "string", of: (row) => row.nameSort },
	// The column is computed and never null.
	expires_at: { by: "ends_at", index: "api_keys_by_end", type: "number", of: (row) => row.endsAt ?? 0 },
} satisfies Record<string, SortColumn>;

/** What a sort of the schema means. */
export function sortOf(sort: string) {
	const descending = sort.startsWith("-");
	// Every sort of the schema is one of these columns, with or without the sign.
	const column: SortColumn = SORT_COLUMNS[sort.replace("-", "") as keyof typeof SORT_COLUMNS];
	const direction = descending ? "desc" : "asc";
	return {
		column,
		descending,
		order: sql.raw(`${column.by} ${direction}, id ${direction}`),
		/** The condition for rows after the position. */
		beyond(after: { value: string | number; id: string } | null): SQL | undefined {
			if (after === null) return undefined;
			return sql`(${sql.raw(column.by)}, id) ${sql.raw(descending ? "<" : ">")} (${after.value}, ${after.id})`;
		},
	};
}

/** What a page contains. */
export interface Wanted {
	status: KeyStatus | undefined;
	/** Active keys that end within this many days. */
	endingDays: number | undefined;
	/** Active keys that have a successor. */
	inRotation: boolean;
	/** Active keys whose tag was made with none of the secrets with these ids, or with one that is unknown. */
	notMadeWith: readonly string[] | undefined;
	authentication: Authentication | undefined;
	origin: KeyOrigin | undefined;
	createdBy: string | undefined;
	environment: Environment | undefined;
}

/** The condition that a row must meet at `now`. */
export function wantedAt(
	{ status, endingDays, inRotation, notMadeWith, authentication, origin, createdBy, environment }: Wanted,
	now: number,
): SQL | undefined {
	const standings = standingsOf({ status, endingDays, inRotation, notMadeWith });
	return and(
		environment && sql`environment = ${environment}`,
		standings && sql`${standingAt(now)} in (${sql.raw(standings.join())})`,
		endingDays === undefined ? undefined : sql`ends_at <= ${now + endingDays * DAY_MS}`,
		inRotation ? sql`rotated_to is not null` : undefined,
		...(notMadeWith ?? []).map((id) => sql`pepper_id is not ${id}`),
		notMadeWith && sql`origin = 'created'`,
		authentication && sql`authentication = ${authentication}`,
		origin && sql`origin = ${origin}`,
		createdBy === undefined ? undefined : sql`created_by = ${createdBy}`,
	);
}

/** The standings that a row can have at the moment. Undefined: any. */
function standingsOf({
	status,
	endingDays,
	inRotation,
	notMadeWith,
}: Omit<Wanted, "environment" | "authentication" | "origin" | "createdBy">): number[] | undefined {
	const { open, expiringSoon, expired, revoked } = STANDINGS;
	if (endingDays !== undefined && endingDays <= EXPIRING_SOON_DAYS) return [expiringSoon];
	if (endingDays !== undefined || inRotation || notMadeWith !== undefined) return [open, expiringSoon];
	switch (status) {
		case "active":
			return [open, expiringSoon];
		case "expired":
			return [expired];
		case "revoked":
			return [revoked];
		case undefined:
			return undefined;
		default:
			return status satisfies never;
	}
}

/** Which rows, in which order, after which one, and how many. */
export interface Page {
	tenantId: string;
	now: number;
	wanted: Wanted;
	sort: ReturnType<typeof sortOf>;
	after: { value: string | number; id: string } | null;
	rows: number;
}

/** The rows of the list in its order, after the cursor, of the standings that the page can contain. */
function rowsInOrder({ tenantId, now, wanted, sort, after }: Page): SQL {
	const environments = wanted.environment === undefined ? ENVIRONMENTS : [wanted.environment];
	const standings = standingsOf(wanted) ?? Object.values(STANDINGS);
	const { by: column, index: indexName } = sort.column;
	const index = sql.raw(indexName);
	const all = [
		sql`tenant_id = ${tenantId}`,
		// The one condition that is a range of the order itself. An index takes one upper bound, which can be the cursor's.
		column === "ends_at" && wanted.endingDays !== undefined && !(sort.descending && after)
			? sql`ends_at <= ${now + wanted.endingDays * DAY_MS}`
			: undefined,
		sort.beyond(after),
	];
	const ranges = environments.flatMap((environment) =>
		standings.map(
			(standing) =>
				sql`select * from ${apiKeys} indexed by ${index} where ${and(
					sql`environment = ${environment}`,
					sql`standing = ${sql.raw(String(standing))}`,
					...all,
				)}`,
		),
	);
	const earliest = Math.min(...standings);
	// Rows that are stored with an earlier standing, and have come to one of these since.
	if (earliest > STANDINGS.open)
		ranges.push(
			sql`select * from (
				select * from ${apiKeys} indexed by api_keys_by_turn
				where tenant_id = ${tenantId} and turns_at <= ${now}
				order by turns_at limit ${sql.raw(String(DUE_MAX))}
			) where ${and(
				sql`standing < ${sql.raw(String(earliest))}`,
				wanted.environment && sql`environment = ${wanted.environment}`,
				sort.beyond(after),
			)}`,
		);
	return mergedRanges(ranges, sort.order);
}

/** The page, for conditions that the standings decide. */
export function pageInOrder(db: Database, page: Page) {
	return filtered(db, page, -1);
}

/** Most rows that one page of {@link scannedPage} looks at. */
const SCANNED_MAX = 2_000;

/**
 * The page, for conditions that the order does not know: looks at the next {@link SCANNED_MAX} rows. The page can be
 * short; `scannedTo` then says where the next one begins.
 */
export async function scannedPage(db: Database, page: Page): Promise<{ rows: KeyRow[]; scannedTo: KeyRow | null }> {
	const rows = await filtered(db, page, SCANNED_MAX);
	if (rows.length === page.rows) return { rows, scannedTo: null };
	const [scannedTo = null] = await db
		.select(keyColumns)
		.from(sql`(${rowsInOrder(page)}) as api_keys`)
		.orderBy(page.sort.order)
		.limit(1)
		.offset(SCANNED_MAX - 1);
	return { rows, scannedTo };
}

/** `scanned` limits the rows that are looked at; -1 does not. */
function filtered(db: Database, page: Page, scanned: number) {
	const { sort, wanted, now, rows } = page;
	// The limit keeps the conditions out of the ranges: SQLite would read a range without matches to its end before it
	// returns the first row.
	return db
		.select(keyColumns)
		.from(
			sql`(
				select * from (${rowsInOrder(page)}) order by ${sort.order} limit ${sql.raw(String(scanned))}
			) as api_keys`,
		)
		.where(wantedAt(wanted, now))
		.limit(rows);
}
