/** Which of a tenant's keys a search finds: by name, by id, and by what screens and logs show of a key. */
import { and, eq, or, sql } from "drizzle-orm";
import { ENVIRONMENTS, type Environment } from "../../db/enums.ts";
import { apiKeys, IS_IMPORTED } from "../../db/schema.ts";
import { foldText } from "../../db/search.ts";
import { isKeyId } from "../keys/format.ts";
import { KEY_START } from "../schemas/key-pattern.ts";
import type { Deps } from "./deps.ts";
import { type Found, findRows, type Range, rowNumber, type Search } from "./search.ts";

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
	/** `sk_live_` and 12 characters of a key whose id they may contain; null: any text. */
	start: string | null;
}

/**
 * Reads the text of a search. Text that names one key is looked up in both environments, because an emergency must not
 * miss a key for the environment that is selected. Null: no search.
 */
export function keySearch(text: string, environment: Environment | undefined): KeySearch | null {
	const [start, , id] = KEY_START.exec(text) ?? [];
	if (start !== undefined && id !== undefined)
		return { environments: ENVIRONMENTS, term: IMPORTED_KEY_START.exec(start)?.[0] ?? "", id, start };
	const displayed = KEY_DISPLAYED.exec(text);
	// The stored text has the prefix and the last four characters next to each other.
	const wanted = displayed ? `sk_${displayed[1]}_${displayed[2]} ${displayed[3] ?? ""}`.trim() : text.trim();
	const term = foldText(wanted);
	if (term === "") return null;
	if (displayed || isKeyId(wanted))
		return { environments: ENVIRONMENTS, term, id: displayed ? null : wanted, start: null };
	return { environments: environment === undefined ? ENVIRONMENTS : [environment], term, id: null, start: null };
}

/** The tenant's keys that match and meet `where`, with `extra` of each. Several calls find all: see {@link findRows}. */
export async function findKeys(
	db: Deps["db"],
	{ environments, term, id, start }: KeySearch,
	{ tenantId, where: wanted, extra = sql`null` }: Pick<Search, "tenantId" | "where" | "extra">,
	range: Range,
): Promise<Found> {
	const where = and(wanted, start === null ? undefined : isKeyWith(start, id));
	const { found, scannedTo } =
		term === ""
			? { found: [], scannedTo: null }
			: await findRows(db, { in: apiKeys, tenantId, environments, term, where, extra }, range);
	// The first call adds the key that has the text as its id.
	if (id === null || range.after !== null || found.some((row) => row.id === id)) return { found, scannedTo };
	const byId = await db
		.select({ no: rowNumber, id: apiKeys.id, extra })
		.from(apiKeys)
		.where(and(eq(apiKeys.id, id), eq(apiKeys.tenantId, tenantId), where));
	return { found: [...byId, ...found], scannedTo };
}

/** The condition that a key can begin with `start`. Other keys of which only four characters agree must not be revoked by it. */
const isKeyWith = (start: string, id: string | null) =>
	or(eq(apiKeys.id, id ?? ""), and(IS_IMPORTED, sql`key_prefix = substr(${start}, 1, length(key_prefix))`));
