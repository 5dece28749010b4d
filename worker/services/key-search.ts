/** Which of a tenant's keys a search finds: by name, by id, and by what screens and logs show of a key. */
import { type SQL, sql } from "drizzle-orm";
import { ENVIRONMENTS, type Environment } from "../../db/enums.ts";
import { apiKeys } from "../../db/schema.ts";
import { foldText, searchExpression } from "../../db/search.ts";
import { isKeyId } from "../keys/format.ts";
import { KEY_START } from "../schemas/key-pattern.ts";

/**
 * Most rows of the search index that one search looks at. A row that has all pieces of a term may still lack the term
 * itself ("aba bab" and "abab"), so what a tenant stores must not decide how much is read.
 */
export const CANDIDATES_MAX = 1_000;

/**
 * A key as it is displayed: its first 12 characters, a gap, its last four. The start of an imported key can be longer, and
 * its last four characters are not known before its first use.
 */
const KEY_DISPLAYED = /sk_(live|test)_([0-9A-Za-z]{4,12})\s*(?:…|\.{2,}|[•*]+)\s*([0-9A-Za-z]{4})?/;

/** The start of an imported key. Every prefix that can be imported has at least these characters. */
const IMPORTED_KEY_START = /^sk_(?:live|test)_[0-9a-z]{4}(?=[0-9a-z]{8}$)/;

/** What a search looks for. */
export interface KeySearch {
	environments: readonly Environment[];
	/** Folded text; empty where only an id is looked for. */
	term: string;
	/** The id that the text contains or is. */
	id: string | null;
}

/**
 * Reads the text of a search. Text that names one key is looked up in both environments, because an emergency must not
 * miss a key for the environment that is selected. Null: no search.
 */
export function keySearch(text: string, environment: Environment | undefined): KeySearch | null {
	const [start, , id] = KEY_START.exec(text) ?? [];
	if (start !== undefined && id !== undefined)
		return { environments: ENVIRONMENTS, term: IMPORTED_KEY_START.exec(start)?.[0] ?? "", id };
	const displayed = KEY_DISPLAYED.exec(text);
	// The stored text has the prefix and the last four characters next to each other.
	const wanted = displayed ? `sk_${displayed[1]}_${displayed[2]} ${displayed[3] ?? ""}`.trim() : text.trim();
	const term = foldText(wanted);
	if (term === "") return null;
	if (displayed || isKeyId(wanted)) return { environments: ENVIRONMENTS, term, id: displayed ? null : wanted };
	return { environments: environment === undefined ? ENVIRONMENTS : [environment], term, id: null };
}

/** Rows of the search index that may match, in the order of creation, as `rowid`. */
function candidates(tenantId: string, { environments, term }: KeySearch, range: SQL, direction: "asc" | "desc"): SQL {
	return sql`
		select rowid from api_key_search
		where api_key_search match ${searchExpression(tenantId, environments, term)} ${range}
		order by rowid ${sql.raw(direction)}`;
}

/** The condition that a candidate contains the term itself. */
const contains = (term: string) => sql`instr(search_text, ${term}) > 0`;

/** The keys that match, the newest first, at most `limit`. */
export function newestFound(tenantId: string, search: KeySearch, limit: number): SQL {
	const byId = sql`select * from ${apiKeys} where id = ${search.id} and tenant_id = ${tenantId}`;
	if (search.term === "") return byId;
	const hits = candidates(tenantId, search, sql``, "desc");
	const byText = sql`
		select api_keys.* from (${hits} limit ${sql.raw(String(CANDIDATES_MAX))}) hits
			cross join ${apiKeys} on api_keys.search_no = hits.rowid
		where tenant_id = ${tenantId} and ${contains(search.term)}
		limit ${sql.raw(String(limit))}`;
	return search.id === null ? byText : sql`select * from (${byText}) union ${byId}`;
}

/**
 * Whether the index has more candidates than {@link newestFound} looks at: 0 or 1. `oldest` is the number of the last row
 * that it returned, or null. Usually every candidate matches and none is older, so this reads one row.
 */
export function hasMoreCandidates(tenantId: string, search: KeySearch, oldest: SQL): SQL {
	if (search.term === "") return sql`0`;
	const older = candidates(tenantId, search, sql`and rowid < ${oldest}`, "desc");
	const all = candidates(tenantId, search, sql``, "desc");
	return sql`iif(
		${oldest} is null or exists(${older} limit 1), exists(${all} limit 1 offset ${sql.raw(String(CANDIDATES_MAX - 1))}), 0
	)`;
}

/** The keys that match, in the order of creation, of the next {@link CANDIDATES_MAX} candidates after the number given. */
export function foundFrom(
	tenantId: string,
	search: KeySearch,
	after: number | null,
	descending: boolean,
): { rows: SQL; lastCandidate: SQL } {
	const range = after === null ? sql`` : sql`and rowid ${sql.raw(descending ? "<" : ">")} ${after}`;
	const hits = candidates(tenantId, search, range, descending ? "desc" : "asc");
	return {
		rows: sql`
			select api_keys.* from (${hits} limit ${sql.raw(String(CANDIDATES_MAX))}) hits
				cross join ${apiKeys} on api_keys.search_no = hits.rowid
			where tenant_id = ${tenantId} and ${contains(search.term)}`,
		lastCandidate: sql`${hits} limit 1 offset ${sql.raw(String(CANDIDATES_MAX - 1))}`,
	};
}
