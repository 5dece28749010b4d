/**
 * Pages of a tenant's keys in any order. Each index is sorted within (tenant, environment, standing), so a page is
 * merged from the few ranges that it can come from, row by row, and nothing is read that is not shown.
 *
 * Where a key stands changes with the clock, and an index does not. So the standing that is stored may be older than the
 * truth, though never ahead of it: every row is judged by its instants, and rows whose turn has come since are looked up
 * beside the others until {@link settle} has moved them.
 */
import { and, type SQL, sql } from "drizzle-orm";
import { columnsOf, type Database } from "../../db/client.ts";
import { ENVIRONMENTS, type Environment, EXPIRING_SOON_DAYS, type KeyStatus } from "../../db/enums.ts";
import { merged } from "../../db/ordered-union.ts";
import { apiKeys } from "../../db/schema.ts";
import { DAY_MS } from "../schemas/time.ts";

/** Where a key stands, in the order in which time moves it. The values are those of the trigger `api_keys_settle`. */
const STANDINGS = { open: 0, expiringSoon: 1, expired: 2, revoked: 3 } as const;

/** Clocks of two locations differ by less, so that nobody is ahead of what is stored. */
const SETTLED_AFTER_MS = 10_000;
/** Most keys that one list moves. Each costs a written row for every index. */
const SETTLED_AT_ONCE = 500;

/** Moves keys to where they stand by now. Once for every turn of a key, by whoever lists keys after it. */
export function settle(db: Database, tenantId: string, now: number) {
	const at = now - SETTLED_AFTER_MS;
	return db
		.update(apiKeys)
		.set({ settledAt: at })
		.where(
			sql`id in (
			select id from ${apiKeys} indexed by api_keys_by_turn
			where tenant_id = ${tenantId} and turns_at <= ${at} limit ${sql.raw(String(SETTLED_AT_ONCE))}
		)`,
		);
}

/** The rule of `statusOf`, in SQL. Comparisons with NULL are made false, so that `not` turns them round. */
export function conditions(now: number) {
	const revoked = sql`(${apiKeys.revokedAt} is not null or coalesce(${apiKeys.revokeAt} <= ${now}, false))`;
	const expired = sql`(not ${revoked} and coalesce(${apiKeys.expiresAt} <= ${now}, false))`;
	const active = sql`(not ${revoked} and not coalesce(${apiKeys.expiresAt} <= ${now}, false))`;
	return {
		ofStatus: { revoked, expired, active } satisfies Record<KeyStatus, SQL>,
		expiringWithin: (days: number) =>
			sql`(${active} and coalesce(${apiKeys.expiresAt} <= ${now + days * DAY_MS}, false))`,
	};
}

export type KeyRow = typeof apiKeys.$inferSelect;

export const keyColumns = columnsOf(apiKeys);

/** Columns that a list can be sorted by: expression to order by, index in that order, and a row's value of it. */
const SORT_COLUMNS = {
	created_at: { by: "created_at", index: "api_keys_by_created", type: "number", of: (row: KeyRow) => row.createdAt },
	last_used_at: {
		by: "last_used_at",
		index: "api_keys_by_last_used",
		type: "number",
		of: (row: KeyRow) => row.lastUsedAt,
	},
	usage_count: { by: "usage_count", index: "api_keys_by_usage", type: "number", of: (row: KeyRow) => row.usageCount },
	name: { by: "name_order", index: "api_keys_by_name", type: "string", of: (row: KeyRow) => row.name },
} as const;

/** What a sort of the schema means. */
export function sortOf(sort: string) {
	const descending = sort.startsWith("-");
	// Every sort of the schema is one of these columns, with or without the sign.
	const column = SORT_COLUMNS[sort.replace("-", "") as keyof typeof SORT_COLUMNS];
	const direction = descending ? "desc" : "asc";
	return {
		column,
		order: sql.raw(`${column.by} ${direction}, id ${direction}`),
		beyond(after: { value: string | number; id: string } | null): SQL | undefined {
			if (after === null) return undefined;
			const value = column.type === "string" ? sql`lower(${after.value})` : sql`${after.value}`;
			return sql`(${sql.raw(column.by)}, id) ${sql.raw(descending ? "<" : ">")} (${value}, ${after.id})`;
		},
	};
}

/** What a page holds. */
export interface Wanted {
	status: KeyStatus | undefined;
	/** Active keys with an end at most so many days ahead. */
	expiringDays: number | undefined;
	environment: Environment | undefined;
	/** Whatever else must be true of a row. */
	also?: SQL | undefined;
}

/** The condition that a row must meet at `now`, the environment left out. */
export function wantedAt({ status, expiringDays, also }: Wanted, now: number): SQL | undefined {
	const { ofStatus, expiringWithin } = conditions(now);
	const state = status && ofStatus[status];
	return and(state, expiringDays === undefined ? undefined : expiringWithin(expiringDays), also);
}

/** The standings that rows may have which are wanted, and whether others may have come there since. */
function placesOf({ status, expiringDays }: Wanted): { standings: number[]; turned: boolean } {
	const { open, expiringSoon, expired, revoked } = STANDINGS;
	if (expiringDays !== undefined)
		return expiringDays <= EXPIRING_SOON_DAYS
			? { standings: [expiringSoon], turned: true }
			: { standings: [open, expiringSoon], turned: false };
	switch (status) {
		case "active":
			return { standings: [open, expiringSoon], turned: false };
		case "expired":
			return { standings: [expired], turned: true };
		case "revoked":
			return { standings: [revoked], turned: true };
		case undefined:
			return { standings: Object.values(STANDINGS), turned: false };
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

/**
 * The page, taken out of the order of the list. `scanned`: gives up after so many rows, which are enough where what is
 * wanted is common; then the page is short. Without it, conditions must be those that standings tell apart.
 */
export function pageInOrder(db: Database, { tenantId, now, wanted, sort, after, rows }: Page, scanned?: number) {
	const { standings, turned } = placesOf(wanted);
	const environments = wanted.environment === undefined ? ENVIRONMENTS : [wanted.environment];
	const index = sql.raw(sort.column.index);
	const all = [sql`tenant_id = ${tenantId}`, sort.beyond(after)];
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
	if (turned) {
		const before = sql.raw(String(Math.min(...standings)));
		ranges.push(
			sql`select * from ${apiKeys} indexed by api_keys_by_turn where ${and(
				sql`turns_at <= ${now}`,
				sql`standing < ${before}`,
				wanted.environment && sql`environment = ${wanted.environment}`,
				...all,
			)}`,
		);
	}
	// The limit that is none keeps conditions out of the ranges: one that has nothing of the kind would be read to its end
	// before the first row is shown.
	return db
		.select(keyColumns)
		.from(
			sql`(
				select * from (${merged(ranges, sort.order)}) order by ${sort.order} limit ${sql.raw(String(scanned ?? -1))}
			) as api_keys`,
		)
		.where(wantedAt(wanted, now))
		.limit(rows);
}

/** The page, sorted out of all rows that `candidates` selects. */
export function pageSorted(db: Database, { now, wanted, sort, after, rows }: Page, candidates: SQL) {
	return db
		.select(keyColumns)
		.from(sql`(${candidates}) as api_keys`)
		.where(and(wantedAt(wanted, now), sort.beyond(after)))
		.orderBy(sort.order)
		.limit(rows);
}
