/**
 * Finds the rows of a tenant that contain a term. The work of one call is bounded, whatever the tenant stores: an attacker
 * can craft text that has every piece of a term without the term. docs/decisions/search.md has the numbers.
 */
import { and, eq, type SQL, sql } from "drizzle-orm";
import type { Database } from "../../db/client.ts";
import type { Environment } from "../../db/enums.ts";
import { leads } from "../../db/product-schema.ts";
import { type apiKeys, quotas } from "../../db/schema.ts";
import { NUMBERS_PER_TENANT, SPAN_ROWS, searchExpression } from "../../db/search.ts";

/** Rows that one call reads and checks, unless the caller wants more. */
export const CANDIDATES_MAX = 1_000;
/**
 * Statements of one call. Each passes at most {@link POSITIONS_PER_STATEMENT} rows in the index, in a few milliseconds:
 * D1 runs one statement at a time, so other requests run in between. Together they cover the default quota of API keys.
 */
const STATEMENTS_MAX = 4;
export const POSITIONS_PER_STATEMENT = 2 * SPAN_ROWS;

const NUMBERS = sql.raw(String(NUMBERS_PER_TENANT));
/** The number of a row among those of its tenant. */
export const rowNumber = sql<number>`search_no % ${NUMBERS}`;

export interface Search {
	in: typeof apiKeys | typeof leads;
	tenantId: string;
	environments: readonly Environment[];
	/** Folded text, not empty. */
	term: string;
	/** Tokens that a row must have besides: `statusToken`, `sourceToken`. */
	tokens?: readonly string[];
	/** A further condition on the row. It is checked for each candidate, so prefer tokens for what few rows meet. */
	where?: SQL | undefined;
	/** Another value of each row. */
	extra?: SQL;
}

export interface Range {
	/** The number after which to look. Null: from the beginning of the order. */
	after: number | null;
	/** Newest first. */
	descending: boolean;
	/** Rows to find. */
	limit: number;
}

/** A row: its number, which counts the rows of the tenant in the order of creation, its id, and what `extra` selects. */
export interface FoundRow {
	no: number;
	id: string;
	extra: unknown;
}

export interface Found {
	/** In order. Can be more than the limit. */
	found: FoundRow[];
	/** Where to continue: `after` of the next call. Null: there are no more rows. */
	scannedTo: number | null;
}

/** Looks for rows until `limit` are found, or the bounds of a call are reached. */
export async function findRows(db: Database, search: Search, { after, descending, limit }: Range): Promise<Found> {
	const found: FoundRow[] = [];
	let position = after;
	// Usually every candidate contains the term, and the first statement finds enough.
	let portion = limit;
	let left = Math.max(CANDIDATES_MAX, limit);
	for (let statement = 0; statement < STATEMENTS_MAX && left > 0; statement++) {
		const { rows, newest } = await candidates(db, search, { after: position, descending, limit: portion });
		for (const { contains, ...row } of rows) if (contains === 1) found.push(row);
		position = rows.length < portion ? endOfSpans(position, descending, newest) : (rows.at(-1)?.no ?? null);
		if (position === null || found.length >= limit) break;
		left -= rows.length;
		portion = left;
	}
	return { found, scannedTo: position };
}

/** The condition for the tenant's rows that were found. The sign keeps SQLite from reading the index of the tenant. */
export function isFound(tenantId: string, found: readonly { id: string }[]): SQL {
	const ids = JSON.stringify(found.map(({ id }) => id));
	return sql`id in (select value from json_each(${ids})) and +tenant_id = ${tenantId}`;
}

/** The rows in the order in which they were found. Sorting by `search_no` in SQL would read the index from its end. */
export function inOrderFound<R extends { id: string }>(found: readonly { id: string }[], rows: readonly R[]): R[] {
	const byId = new Map(rows.map((row) => [row.id, row]));
	// A row can have been deleted since.
	return found.flatMap(({ id }) => byId.get(id) ?? []);
}

/** The span of the row that follows a position. */
const spanAfter = (after: number, descending: boolean) => Math.floor((after + (descending ? -1 : 1)) / SPAN_ROWS);

/** Where a statement ended that found fewer candidates than it was to find. Null: there are no more rows. */
function endOfSpans(after: number | null, descending: boolean, newest: number): number | null {
	const span = spanAfter(after ?? (descending ? newest + 1 : 0), descending);
	const end = descending ? (span - 1) * SPAN_ROWS : (span + 2) * SPAN_ROWS - 1;
	return (descending ? end <= 1 : end >= newest) ? null : end;
}

/** The next rows of the index that may contain the term, checked, and the number of the tenant's newest row. */
async function candidates(
	db: Database,
	{ in: table, tenantId, environments, term, tokens = [], where, extra }: Search,
	{ after, descending, limit }: Range,
) {
	// A tenant that has stored no product data yet has no row in that database. No tenant has the number 0.
	const tenantNo = sql`coalesce((select tenant_no from ${quotas} where tenant_id = ${tenantId}), 0)`;
	const base = sql`(${tenantNo} * ${NUMBERS})`;
	const newest = sql<number>`coalesce((
		select ${rowNumber} from ${table} where search_no > ${base} and search_no < ${base} + ${NUMBERS}
		order by search_no desc limit 1
	), 0)`;
	const index = sql.raw(table === leads ? "lead_search" : "api_key_search");
	const expression = searchExpression(
		{ tenantNo, spans: spansFrom(after, descending, newest) },
		environments,
		term,
		tokens,
	);
	// FTS5 seeks to an integer only, and D1 binds every number as a real.
	const beyond = sql`and rowid ${sql.raw(descending ? "<" : ">")} ${base} + cast(${after} as integer)`;
	const hits = sql`
		select rowid from ${index} where ${index} match ${expression} ${after === null ? sql`` : beyond}
		order by rowid ${sql.raw(descending ? "desc" : "asc")} limit ${sql.raw(String(limit))}`;
	const [[place], rows] = await db.batch([
		db.select({ newest }).from(quotas).where(eq(quotas.tenantId, tenantId)),
		// No `order by` here: SQLite returns the rows in the order of the hits.
		db
			.select({
				no: rowNumber,
				id: sql<string>`id`,
				contains: sql<number>`${and(sql`instr(search_text, ${term}) > 0`, where)}`,
				extra: extra ?? sql`null`,
			})
			.from(sql`(${hits}) as hit cross join ${table} on search_no = hit.rowid`)
			.where(sql`tenant_id = ${tenantId}`),
	]);
	return { rows, newest: place?.newest ?? 0 };
}

/** The first span of what follows the position, and the next one. */
function spansFrom(after: number | null, descending: boolean, newest: SQL): readonly [SQL, SQL] {
	if (after === null && descending) {
		const span = sql`(${newest} / ${sql.raw(String(SPAN_ROWS))})`;
		return [span, sql`max(${span} - 1, 0)`];
	}
	const span = spanAfter(after ?? 0, descending);
	const next = Math.max(0, span + (descending ? -1 : 1));
	return [sql.raw(String(span)), sql.raw(String(next))];
}
