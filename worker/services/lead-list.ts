/**
 * Lists of leads: pages with totals, and cursors for long walks. However many leads a tenant has, a request reads a
 * bounded number of rows.
 *
 * An index serves a list *directly* if its rows come in the order of the list and all filters limit its range. For any
 * other list, the leads that an index narrows down to are read and sorted, if they are few. If no index narrows down
 * enough, the leads are read in the order of the list, and those that do not match are left out.
 */
import { and, eq, type SQL, sql } from "drizzle-orm";
import { columnsOf } from "../../db/client.ts";
import { leadCounts, leads } from "../../db/schema.ts";
import { invalidField } from "../errors.ts";
import type { KeyFacts } from "../keys/verdict.ts";
import type { ListLeads } from "../schemas/lead.ts";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import type { Deps } from "./deps.ts";

export type LeadRow = typeof leads.$inferSelect;
type Db = Deps["db"];
export type Holder = Pick<KeyFacts, "tenantId" | "environment">;

/** Rows that pages reach and totals count. Deeper pages would read everything before them. */
export const PAGES_REACH = 10_000;
/** Rows that a page with a number may read and sort if no index narrows its list down to what pages reach. */
const SORTED_READS = 50_000;
/** Rows that a page of a cursor may read if no index serves its list. */
const CURSOR_READS = 1_000;
/** Leads on a page, unless the request says otherwise. */
export const PER_PAGE = 25;
/** Indexes that are tried for a list. */
const TRIED_MAX = 3;

type Filter = "status" | "source" | "owner_id" | "team_id";
type Column = Filter | "created_at" | "updated_at" | "name_sort";

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

const name = (column: Column | "id") => sql.raw(column);

/** A list: its filters as conditions, each by the column that it is about, and its order. */
export interface Wanted {
	conditions: Map<Column, SQL>;
	/** Columns with one value for the whole list. */
	fixed: ReadonlySet<Column>;
	/** The columns of the sort that have several values. */
	order: readonly Column[];
	descending: boolean;
}

/** The property of a row that has the value of a column. */
const FIELDS = {
	status: "status",
	source: "source",
	owner_id: "ownerId",
	team_id: "teamId",
	created_at: "createdAt",
	updated_at: "updatedAt",
	name_sort: "nameSort",
} as const satisfies Record<Column, keyof LeadRow>;

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
	// A sort is the name of one, with or without the sign.
	const columns: readonly Column[] = SORTS[input.sort.replace("-", "") as keyof typeof SORTS];
	return { conditions, fixed, order: columns.filter((column) => !fixed.has(column)), descending };
}

/** What an index can do for a list. */
interface Use {
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

/** Reads leads in one way. Each function returns statements, so that several can go in one call to the database. */
function readerOf(db: Db, { tenantId, environment }: Holder, { order, descending }: Wanted, after: SQL | null) {
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
	/** The rows of a subquery, in its order: an `order by` outside would sort what is sorted. */
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

type Reader = ReturnType<typeof readerOf>;

interface Counted {
	use: Use;
	/** Leads in the range of the index; one more than the maximum if there are more. */
	read: number;
	matching: number;
}

/** Counts by the indexes that limit most, in one call to the database. The first result is the best. */
async function countBy(db: Db, reader: Reader, uses: readonly Use[], max: number): Promise<Counted[]> {
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

export interface LeadTotals {
	total: number;
	total_is_capped: boolean;
	page: number;
	per_page: number;
	total_pages: number;
}

/** A page, and where the next one starts. Only a page with a number has totals. */
export interface LeadPage {
	rows: LeadRow[];
	next_cursor: string | null;
	totals?: LeadTotals;
}

/** Where a page with a number starts. Throws `VALIDATION_ERROR` past {@link PAGES_REACH}. */
export function requireReach({ page = 1, per_page: perPage = PER_PAGE }: ListLeads) {
	const offset = (page - 1) * perPage;
	if (offset < PAGES_REACH) return { offset, perPage };
	const reach = PAGES_REACH.toLocaleString("en");
	throw invalidField(
		"page",
		`Pages reach the first ${reach} leads. Read further with limit, and with meta.next_cursor as cursor`,
	);
}

export function totalsOf({ page = 1, per_page = PER_PAGE }: ListLeads, counted: number, isCapped: boolean): LeadTotals {
	const total = Math.min(counted, PAGES_REACH);
	return { total, total_is_capped: isCapped, page, per_page, total_pages: Math.ceil(total / per_page) };
}

/** Names the order in cursors, so that a cursor of one order is rejected in another. */
const orderName = ({ order, descending }: Wanted) => `leads ${descending ? "-" : ""}${order.join()}`;

function cursorAt(wanted: Wanted, row: LeadRow): string {
	const values = wanted.order.map((column) => row[FIELDS[column]] ?? "");
	const [value = ""] = values;
	return encodeCursor(orderName(wanted), { value: values.length > 1 ? values.join(" ") : value, id: row.id });
}

/** Where the cursor's page ended. */
function positionOf(wanted: Wanted, cursor: string | undefined) {
	const { order } = wanted;
	const type = order.length > 1 ? "pair" : order[0] === "name_sort" ? "string" : "number";
	return decodeCursor(orderName(wanted), cursor, type);
}

/**
 * The list without the bound of time on the cursor's side, if the cursor is past it. An index takes one bound of a side:
 * with the other one, every page before would be read again.
 */
function withoutReachedBound(input: ListLeads, value: string | number): ListLeads {
	const { sort, created_after, created_before, updated_after, updated_before } = input;
	const reached = (bound: string | undefined, sign: number) =>
		bound !== undefined && sign * (Number(value) - Date.parse(bound)) >= 0;
	if (sort === "created_at" && reached(created_after, 1)) return { ...input, created_after: undefined };
	if (sort === "-created_at" && reached(created_before, -1)) return { ...input, created_before: undefined };
	if (sort === "updated_at" && reached(updated_after, 1)) return { ...input, updated_after: undefined };
	if (sort === "-updated_at" && reached(updated_before, -1)) return { ...input, updated_before: undefined };
	return input;
}

/** The condition for the leads after the cursor. */
function beyond({ order, descending }: Wanted, { value, id }: { value: string | number; id: string }): SQL {
	const [word, instant] = order.length > 1 ? String(value).split(" ") : [];
	const values = word === undefined ? [value] : [word, Number(instant)];
	const columns = sql.join([...order, "id" as const].map(name), sql`, `);
	const bounds = sql.join(
		[...values, id].map((bound) => sql`${bound}`),
		sql`, `,
	);
	return sql`(${columns}) ${sql.raw(descending ? "<" : ">")} (${bounds})`;
}

/** The page of a cursor. It can be short or empty although there are more: continue while there is a cursor. */
export async function cursorPage(db: Db, key: Holder, input: ListLeads): Promise<LeadPage> {
	const limit = input.limit ?? PER_PAGE;
	const position = positionOf(wantedBy(input), input.cursor);
	const wanted = wantedBy(position ? withoutReachedBound(input, position.value) : input);
	const reader = readerOf(db, key, wanted, position && beyond(wanted, position));
	const uses = INDEXES.map((index) => useOf(index, wanted));
	const direct = uses.find(({ inOrder, others }) => inOrder && others.length === 0);
	if (direct) return pageOf(await reader.page(direct, limit + 1), limit, wanted);
	const [best] = await countBy(db, reader, uses, CURSOR_READS);
	if (best && best.read <= CURSOR_READS) return pageOf(await reader.page(best.use, limit + 1), limit, wanted);
	return scanned(reader, uses, wanted, { reads: CURSOR_READS, limit, offset: 0 });
}

/** The leads that match among the next ones in order. The cursor continues after the last one that was read. */
async function scanned(
	reader: Reader,
	uses: readonly Use[],
	wanted: Wanted,
	{ reads, limit, offset }: { reads: number; limit: number; offset: number },
): Promise<LeadPage> {
	const ordered = inOrder(uses);
	const rows = await reader.scan(ordered, reads, limit + 1, offset);
	if (rows.length > limit) return pageOf(rows, limit, wanted);
	const [end] = await reader.scanEnd(ordered, reads);
	return { rows, next_cursor: end ? cursorAt(wanted, end) : null };
}

/** The page and its cursor, of one row more than the page. */
function pageOf(rows: LeadRow[], limit: number, wanted: Wanted): LeadPage {
	const kept = rows.slice(0, limit);
	const last = kept.at(-1);
	return { rows: kept, next_cursor: rows.length > limit && last ? cursorAt(wanted, last) : null };
}

/** The index that limits most of those in the order of the list. Every order has one. */
function inOrder(uses: readonly Use[]): Use {
	const [best] = uses.filter((use) => use.inOrder).sort((a, b) => b.limiting.length - a.limiting.length);
	if (!best) throw new Error("No index is in the order of the list.");
	return best;
}

/** The count by the index that narrows the list down most, as far as a page with a number may read. */
async function bestOf(db: Db, reader: Reader, uses: readonly Use[]): Promise<Counted | null> {
	const [best] = await countBy(db, reader, uses, PAGES_REACH);
	if (!best || best.read <= PAGES_REACH || best.use.others.length === 0) return best ?? null;
	const [wider] = await countBy(db, reader, [best.use], SORTED_READS);
	return wider ?? null;
}

/** How many leads there are, if the database counts them. Null: they must be counted. */
async function knownTotal(db: Db, { tenantId, environment }: Holder, { conditions }: Wanted): Promise<number | null> {
	const status = conditions.get("status");
	if (conditions.size > (status ? 1 : 0)) return null;
	const rows = await db
		.select({ leads: leadCounts.leads })
		.from(leadCounts)
		.where(and(eq(leadCounts.tenantId, tenantId), eq(leadCounts.environment, environment), status));
	return rows.reduce((sum, row) => sum + row.leads, 0);
}

/** A page with a number, and how many leads there are. */
export async function numberedPage(db: Db, key: Holder, input: ListLeads): Promise<LeadPage> {
	const { offset, perPage } = requireReach(input);
	const wanted = wantedBy(input);
	const reader = readerOf(db, key, wanted, null);
	const uses = INDEXES.map((index) => useOf(index, wanted));
	const known = await knownTotal(db, key, wanted);
	const best = known === null ? await bestOf(db, reader, uses) : null;
	const isNarrow = best !== null && best.read <= SORTED_READS && best.matching <= PAGES_REACH;
	const counted = known ?? best?.matching ?? 0;
	const totals = totalsOf(input, counted, counted > PAGES_REACH || (best !== null && !isNarrow));
	const direct = uses.find(({ inOrder, others }) => inOrder && others.length === 0);
	const narrow = direct ?? (isNarrow ? best.use : undefined);
	if (!narrow)
		return { ...(await scanned(reader, uses, wanted, { reads: SORTED_READS, limit: perPage, offset })), totals };
	const rows = await reader.page(narrow, perPage, offset);
	const last = rows.at(-1);
	const hasMore = totals.total_is_capped || offset + rows.length < totals.total;
	return { rows, next_cursor: hasMore && last ? cursorAt(wanted, last) : null, totals };
}
