/**
 * How a list of leads is read. However many leads a tenant has, a request reads a bounded number of rows.
 *
 * An index serves a list *directly* if its rows come in the order of the list and all filters limit its range. For any
 * other list, the leads that an index narrows down to are read and sorted, if they are few. If no index narrows down
 * enough, the leads are read in the order of the list, and those that do not match are left out.
 */
import { and, type SQL, sql } from "drizzle-orm";
import { columnsOf } from "../../db/client.ts";
import { leads } from "../../db/product-schema.ts";
import type { KeyFacts } from "../keys/verdict.ts";
import type { ListLeads } from "../schemas/lead.ts";
import type { Deps } from "./deps.ts";

export type LeadRow = typeof leads.$inferSelect;
export type Db = Deps["product"];
export type Holder = Pick<KeyFacts, "tenantId" | "environment">;

/** Indexes that are tried for a list. */
const TRIED_MAX = 3;

type Filter = "status" | "source" | "owner_id" | "team_id";
export type Column = Filter | "created_at" | "updated_at" | "name_sort";

/** The indexes `leads_by_…` with their columns between the environment and the id. The first ones select best. */
const INDEXES: [name: string, columns: readonly Column[]][] = [
	["owner_status", ["owner_id", "status", "created_at"]],
	["owner_updated", ["owner_id", "updated_at"]],
	["owner", ["owner_id", "created_at"]],
	["team_status", ["team_id", "status", "created_at"]],
	["team_updated", ["team_id", "updated_at"]],
	["team", ["team_id", "created_at"]],
	["status_source", ["status", "source", "created_at"]],
	["source", ["source", "created_at"]],
	["status_updated", ["status", "updated_at"]],
	["status", ["status", "created_at"]],
	["status_name", ["status", "name_sort"]],
	["updated", ["updated_at"]],
	["created", ["created_at"]],
	["name", ["name_sort"]],
];

/** What a list is sorted by. Leads with the same values are sorted by id. */
const SORTS = {
	created_at: ["created_at"],
	updated_at: ["updated_at"],
	name: ["name_sort"],
	status: ["status", "created_at"],
} as const satisfies Record<string, readonly Column[]>;

export const name = (column: Column | "id") => sql.raw(column);

/** A list: its filters as conditions, each by the column that it is about, and its order. */
export interface Wanted {
	conditions: Map<Column, SQL>;
	/** Columns with one value for the whole list. */
	fixed: ReadonlySet<Column>;
	/** The columns of the sort that have several values. */
	order: readonly Column[];
	descending: boolean;
}

export function wantedBy(input: ListLeads): Wanted {
	const conditions = new Map<Column, SQL>();
	for (const column of ["status", "source", "owner_id", "team_id"] as const)
		if (input[column] !== undefined) conditions.set(column, sql`${name(column)} = ${input[column]}`);
	const fixed = new Set(conditions.keys());
	const range = (column: Column, after: string | undefined, before: string | undefined) => {
		const bounds = [
			...(after === undefined ? [] : [sql`${name(column)} >= ${Date.parse(after)}`]),
			...(before === undefined ? [] : [sql`${name(column)} < ${Date.parse(before)}`]),
		];
		if (bounds.length > 0) conditions.set(column, sql.join(bounds, sql` and `));
	};
	range("created_at", input.created_after, input.created_before);
	range("updated_at", input.updated_after, input.updated_before);
	const descending = input.sort.startsWith("-");
	// `sort` is a key of SORTS, with or without the sign.
	const columns: readonly Column[] = SORTS[input.sort.replace("-", "") as keyof typeof SORTS];
	return { conditions, fixed, order: columns.filter((column) => !fixed.has(column)), descending };
}

/** What an index can do for a list. */
export interface Use {
	index: SQL;
	/** The columns whose conditions limit the range that is read. */
	columns: string;
	/** Those conditions. */
	limiting: SQL[];
	/** Conditions that each row is checked for. */
	others: SQL[];
	/** Whether the range comes in the order of the list. */
	inOrder: boolean;
}

function useOf([index, columns]: (typeof INDEXES)[number], { conditions, fixed, order }: Wanted): Use {
	const end = columns.findIndex((column) => !fixed.has(column));
	// The column after those with one value can have a range.
	const used = columns.slice(0, end + 1).filter((column) => conditions.has(column));
	return {
		index: sql.raw(`leads_by_${index}`),
		columns: used.join(),
		limiting: used.flatMap((column) => conditions.get(column) ?? []),
		others: [...conditions].filter(([column]) => !used.includes(column)).map(([, condition]) => condition),
		inOrder: columns.slice(end).join() === order.join(),
	};
}

/** What each index can do for the list. */
export const usesFor = (wanted: Wanted): Use[] => INDEXES.map((index) => useOf(index, wanted));

/** Reads leads in one way. Each function returns statements, so that several can go in one call to the database. */
export function readerOf(db: Db, { tenantId, environment }: Holder, { order, descending }: Wanted, after: SQL | null) {
	const direction = sql.raw(descending ? "desc" : "asc");
	const orderBy = sql.join(
		[...order, "id" as const].map((column) => sql`${name(column)} ${direction}`),
		sql`, `,
	);
	const all = (conditions: readonly (SQL | null)[]) =>
		sql.join(
			[sql`tenant_id = ${tenantId}`, sql`environment = ${environment}`, ...conditions.filter((one) => one !== null)],
			sql` and `,
		);
	/** The rows of a subquery, in its order: an outer `order by` would sort them again. */
	const rows = (subquery: SQL) => db.select(columnsOf(leads)).from(sql`(${subquery}) as leads`);
	return {
		/** The leads of an index that match, sorted if the index is not in order. */
		page: ({ index, limiting, others }: Use, limit: number, offset = 0) =>
			rows(sql`
				select * from leads indexed by ${index} where ${all([...limiting, ...others, after])}
				order by ${orderBy} limit ${limit} offset ${offset}`),
		/** The leads that match among the next `reads` of an index in order. */
		scan: ({ index, limiting, others }: Use, reads: number, limit: number, offset = 0) =>
			rows(sql`
				select * from (
					select * from leads indexed by ${index} where ${all([...limiting, after])}
					order by ${orderBy} limit ${reads}
				) as leads where ${and(...others) ?? sql`true`} limit ${limit} offset ${offset}`),
		/** The last lead that `scan` reads, if it reads all of `reads`. */
		scanEnd: ({ index, limiting }: Use, reads: number) =>
			rows(sql`
				select * from leads indexed by ${index} where ${all([...limiting, after])}
				order by ${orderBy} limit 1 offset ${reads - 1}`),
		/** How many leads of an index there are, and how many of them match, up to one more than `max`. */
		count: ({ index, limiting, others }: Use, max: number) =>
			db.select({ read: sql<number>`count(*)`, matching: sql<number>`coalesce(sum(matches), 0)` }).from(
				sql`(
						select ${and(...others) ?? sql`1`} as matches from leads indexed by ${index}
						where ${all(limiting)} limit ${max + 1}
					)`,
			),
	};
}

export type Reader = ReturnType<typeof readerOf>;

export interface Counted {
	use: Use;
	/** Leads in the range of the index; one more than the maximum if there are more. */
	read: number;
	matching: number;
}

/** Counts by the indexes that limit most, in one call to the database. The first result is the best. */
export async function countBy(db: Db, reader: Reader, uses: readonly Use[], max: number): Promise<Counted[]> {
	// Of the indexes that limit by the same columns, the first one counts for all.
	const distinct = uses.filter(
		({ columns }, at) => columns !== "" && uses.findIndex((other) => other.columns === columns) === at,
	);
	const tried = distinct.sort((a, b) => b.limiting.length - a.limiting.length).slice(0, TRIED_MAX);
	const [first, ...rest] = tried.map((use) => reader.count(use, max));
	if (!first) return [];
	const results = await db.batch([first, ...rest]);
	return tried
		.flatMap((use, index) => (results[index] ?? []).map((counts) => ({ use, ...counts })))
		.sort((a, b) => a.read - b.read || a.use.others.length - b.use.others.length);
}

/** The index that limits most of those in the order of the list. Every order has one. */
export function inOrder(uses: readonly Use[]): Use {
	const [best] = uses.filter((use) => use.inOrder).sort((a, b) => b.limiting.length - a.limiting.length);
	if (!best) throw new Error("No index is in the order of the list.");
	return best;
}
