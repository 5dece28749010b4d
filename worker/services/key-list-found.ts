/** One page of the keys that a search finds, in any order, and their counts. */
import { and, sql } from "drizzle-orm";
import { z } from "zod";
import { apiKeys } from "../../db/schema.ts";
import type { KeyList } from "../schemas/key-list.ts";
import { encodeCursor, type Position, paginate } from "./cursor.ts";
import type { Deps } from "./deps.ts";
import { type KeyRow, type Page, SORTED_MAX, wantedAt } from "./key-order.ts";
import { findKeys, type KeySearch } from "./key-search.ts";
import { STANDINGS, standingAt } from "./key-standing.ts";
import { inOrderFound, isFound } from "./search.ts";

/** What the cursor of a page means: the position in the sort, or, in the order of creation, the number of a row. */
export interface FoundOrder {
	name: string;
	byNumber: boolean;
}

/** Of a key: its standing, whether it meets the conditions of the page (0 or 1), and the value that it is sorted by. */
const extraValue = z.tuple([z.number(), z.number(), z.union([z.number(), z.string()])]);

/**
 * A page, and the counts of the newest {@link SORTED_MAX} keys that match. In the order of creation, cursors lead to all
 * keys that match; any other order is that of the newest ones.
 */
export async function listFound(
	db: Deps["db"],
	page: Page,
	search: KeySearch,
	{ name, byNumber }: FoundOrder,
): Promise<{ rows: KeyRow[]; next_cursor: string | null } & Pick<KeyList, "counts" | "counts_capped">> {
	const { tenantId, now, wanted, sort, after } = page;
	const limit = page.rows - 1;
	const shown = and(sql`true`, wantedAt(wanted, now));
	const extra = sql`json_array(${standingAt(now)}, ${shown}, ${sql.raw(sort.column.by)})`;
	const range = { after: null, descending: true, limit: SORTED_MAX + 1 };
	const newest = await findKeys(db, search, { tenantId, extra }, range);
	const many = newest.scannedTo !== null || newest.found.length > SORTED_MAX;
	const found = newest.found.slice(0, SORTED_MAX + 1).map(({ no, id, extra }) => {
		const [standing, shown, value] = extraValue.parse(JSON.parse(String(extra)));
		return { id, standing, shown: shown === 1, value: byNumber ? no : value };
	});
	const counted = {
		counts: countsOf(found.map(({ standing }) => standing)),
		...(many ? { counts_capped: true as const } : {}),
	};
	if (byNumber && many) {
		const next = await nextFound(db, page, search);
		const { rows, next_cursor } = paginate(next.found, limit, name, ({ no, id }) => ({ value: no, id }));
		const scannedTo = next.scannedTo === null ? null : encodeCursor(name, { value: next.scannedTo, id: "" });
		return { rows: await rowsOf(db, tenantId, rows), next_cursor: next_cursor ?? scannedTo, ...counted };
	}
	const direction = sort.descending ? -1 : 1;
	const sorted = found
		.filter((key) => key.shown && (after === null || direction * compare(key, after) > 0))
		.toSorted((a, b) => direction * compare(a, b));
	const { rows, next_cursor } = paginate(sorted, limit, name, ({ value, id }) => ({ value, id }));
	return { rows: await rowsOf(db, tenantId, rows), next_cursor, ...counted };
}

/** The next keys in the order of creation that match and meet the other conditions. */
function nextFound(db: Deps["db"], { tenantId, now, wanted, sort, after, rows: limit }: Page, search: KeySearch) {
	const range = { after: after && Number(after.value), descending: sort.descending, limit };
	return findKeys(db, search, { tenantId, where: wantedAt(wanted, now) }, range);
}

/** Compares as SQLite does: numbers, or texts by their bytes, and then ids. */
function compare(a: Position, b: Position): number {
	const bytes = ({ value }: Position) => Buffer.from(String(value));
	const values =
		typeof a.value === "number" && typeof b.value === "number" ? a.value - b.value : bytes(a).compare(bytes(b));
	return values || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

/** The rows of these keys, in the same order. */
async function rowsOf(db: Deps["db"], tenantId: string, found: readonly { id: string }[]): Promise<KeyRow[]> {
	return inOrderFound(found, await db.select().from(apiKeys).where(isFound(tenantId, found)));
}

function countsOf(standings: readonly number[]): KeyList["counts"] {
	const { open, expiringSoon, expired, revoked } = STANDINGS;
	const count = (...wanted: number[]) => standings.filter((standing) => wanted.includes(standing)).length;
	return {
		active: count(open, expiringSoon),
		revoked: count(revoked),
		expired: count(expired),
		expiring_soon: count(expiringSoon),
	};
}
