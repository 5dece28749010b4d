/** Leads that contain a text, in the order of creation or in another one. */
import { and, type SQL, sql } from "drizzle-orm";
import { leads } from "../../db/product-schema.ts";
import { foldText, sourceToken, statusToken } from "../../db/search.ts";
import { invalidField } from "../errors.ts";
import type { ListLeads } from "../schemas/lead.ts";
import { decodeCursor, encodeCursor } from "./cursor.ts";
import type { Deps } from "./deps.ts";
import { type Holder, type Wanted, wantedBy } from "./lead-indexes.ts";
import { type LeadPage, PAGES_REACH, PER_PAGE, requireReach, totalsOf } from "./lead-list.ts";
import { type FoundRow, findRows, inOrderFound, isFound } from "./search.ts";

type Db = Deps["product"];

/** Names the order in cursors. */
const orderName = ({ descending }: Wanted) => (descending ? "leads found" : "leads found, oldest first");

/** Leads are numbered in the order of creation. */
const isByCreation = ({ order }: Wanted) => order.join() === "created_at";

/** The value that leads are sorted by in SQL. Of two leads with one status, the earlier one comes first. */
const sortValue = ({ order }: Wanted): SQL =>
	order.length > 1 ? sql`status || printf(' %015d', created_at)` : sql.raw(order[0] ?? "created_at");

function find(
	db: Db,
	{ tenantId, environment }: Holder,
	input: ListLeads,
	search: string,
	wanted: Wanted,
	range: { after: number | null; limit: number },
) {
	const { status, source } = input;
	const others = [...wanted.conditions].filter(([column]) => column !== "status" && column !== "source");
	return findRows(
		db,
		{
			in: leads,
			tenantId,
			environments: [environment],
			term: foldText(search),
			tokens: [
				...(status === undefined ? [] : [statusToken(status)]),
				...(source === undefined ? [] : [sourceToken(source)]),
			],
			where: and(...others.map(([, condition]) => condition)),
			extra: sortValue(wanted),
		},
		{ ...range, descending: isByCreation(wanted) ? wanted.descending : true },
	);
}

async function rowsOf(db: Db, { tenantId }: Holder, found: readonly FoundRow[]) {
	return inOrderFound(found, await db.select().from(leads).where(isFound(tenantId, found)));
}

/** The page of a cursor. It can be short or empty although there are more: continue while there is a cursor. */
export async function cursorFound(db: Db, key: Holder, input: ListLeads, search: string): Promise<LeadPage> {
	const wanted = wantedBy(input);
	if (!isByCreation(wanted))
		throw invalidField("sort", "With search, cursor and limit, leads are sorted by created_at. Send page and per_page");
	const limit = input.limit ?? PER_PAGE;
	const order = orderName(wanted);
	const after = decodeCursor(order, input.cursor, "number")?.value ?? null;
	const { found, scannedTo } = await find(db, key, input, search, wanted, { after, limit: limit + 1 });
	const kept = found.slice(0, limit);
	const last = kept.at(-1);
	const end =
		found.length > limit && last
			? { value: last.no, id: last.id }
			: scannedTo === null
				? null
				: { value: scannedTo, id: "" };
	return { rows: await rowsOf(db, key, kept), next_cursor: end && encodeCursor(order, end) };
}

/** A page with a number, and how many leads there are. Leads that the bounds of a search leave out are not counted. */
export async function numberedFound(db: Db, key: Holder, input: ListLeads, search: string): Promise<LeadPage> {
	const { offset, perPage } = requireReach(input);
	const wanted = wantedBy(input);
	const { found, scannedTo } = await find(db, key, input, search, wanted, { after: null, limit: PAGES_REACH + 1 });
	const sorted = isByCreation(wanted) ? found : found.toSorted(byValue(wanted.descending));
	const kept = sorted.slice(offset, offset + perPage);
	const last = kept.at(-1);
	const hasMore = offset + kept.length < found.length || scannedTo !== null;
	const isWalkable = isByCreation(wanted) && hasMore && last !== undefined;
	return {
		rows: await rowsOf(db, key, kept),
		next_cursor: isWalkable ? encodeCursor(orderName(wanted), { value: last.no, id: last.id }) : null,
		totals: totalsOf(input, found.length, found.length > PAGES_REACH || scannedTo !== null),
	};
}

/** Numbers as numbers, text by its code units, and equal ones by id. */
function byValue(descending: boolean) {
	const sign = descending ? -1 : 1;
	const compare = (a: unknown, b: unknown) =>
		typeof a === "number" && typeof b === "number" ? a - b : String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0;
	return (a: FoundRow, b: FoundRow) => sign * (compare(a.extra, b.extra) || compare(a.id, b.id));
}
