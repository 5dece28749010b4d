/** Lists of leads: pages with totals, and cursors for long walks. `lead-indexes.ts` says how each list is read. */
import { and, eq, type SQL, sql } from "drizzle-orm";
import { leadCounts } from "../../db/product-schema.ts";
import { invalidField } from "../errors.ts";
import type { ListLeads } from "../schemas/lead.ts";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import {
	type Column,
	type Counted,
	countBy,
	type Db,
	type Holder,
	inOrder,
	type LeadRow,
	name,
	type Reader,
	readerOf,
	type Use,
	usesFor,
	type Wanted,
	wantedBy,
} from "./lead-indexes.ts";

/** Rows that pages reach and totals count. Deeper pages would read everything before them. */
export const PAGES_REACH = 10_000;
/** Rows that a page with a number may read and sort if no index narrows its list down to what pages reach. */
const SORTED_READS = 50_000;
/** Rows that a page of a cursor may read if no index serves its list. */
const CURSOR_READS = 1_000;
/** Leads on a page, unless the request says otherwise. */
export const PER_PAGE = 25;
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
	const uses = usesFor(wanted);
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
	const uses = usesFor(wanted);
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
