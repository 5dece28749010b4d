/** Text as it is searched and sorted, and the expressions that ask the search indexes (migration `0013_search_by_span`). */
import { type SQL, sql } from "drizzle-orm";
import type { Environment, LeadStatus } from "./enums.ts";

/**
 * Version of {@link foldText} and {@link sortText}. Rows keep the version that made their text. Raise it when the result
 * of either changes: the scheduled run then rewrites older rows (`services/text.ts`). The indexes `…_by_old_text` name
 * the number too, so a change needs a migration.
 */
export const TEXT_VERSION = 1;

/** Letters that are a base letter with a stroke, or two letters in one: Unicode does not decompose them. */
const UNDECOMPOSED: Record<string, string> = {
	æ: "ae",
	ð: "d",
	đ: "d",
	ħ: "h",
	ı: "i",
	ł: "l",
	ø: "o",
	œ: "oe",
	ŧ: "t",
	þ: "th",
	// A sigma at the end of a word.
	ς: "σ",
};
const UNDECOMPOSED_LETTERS = new RegExp(`[${Object.keys(UNDECOMPOSED).join("")}]`, "g");

/**
 * Text without case and accents: "ΚΩΣΤΑΣ" becomes "κωστασ", "Straße" "strasse", "Łódź" "lodz". Both sides of a comparison
 * are folded, so the result does not have to be readable.
 */
export function foldText(...parts: (string | null | undefined)[]): string {
	return (
		parts
			.filter(Boolean)
			.join(" ")
			.normalize("NFKD")
			.replace(/\p{Mn}/gu, "")
			// Upper case first, because only it expands ß and ligatures. What it composes is decomposed again.
			.toUpperCase()
			.toLowerCase()
			.normalize("NFKD")
			.replace(/\p{Mn}/gu, "")
			.replace(UNDECOMPOSED_LETTERS, (letter) => UNDECOMPOSED[letter] ?? letter)
	);
}

/** Far more than two names have in common. Folding can make a text longer, and a cursor repeats this one. */
const SORT_TEXT_MAX = 100;

/** A name as lists sort it: as a dictionary does, without regard to case and accents. */
export function sortText(name: string): string {
	return [...foldText(name)].slice(0, SORT_TEXT_MAX).join("");
}

/** Characters of the longest token. */
const TOKEN_CHARACTERS = 3;
/** Most pieces of a term that one search combines: the index looks at each of them for every row that it passes. */
const PIECES_MAX = 4;
/** Rows of a tenant whose entries have the same span token. Views of the migrations use the number too. */
export const SPAN_ROWS = 32_768;
/** A row's number in its index is the tenant's number times this, and its own number. Triggers use the same. */
export const NUMBERS_PER_TENANT = 2 ** 32;

/** Where an expression names the tenant, and the two spans that it covers. {@link searchExpression} replaces them. */
const TENANT = "#";
const SPANS = ["@", "~"];

/** Start of every token: the tenant and the environment, so that a search reads nothing of others. */
const spaceOf = (environment: Environment) => `${TENANT}${environment.charAt(0)}`;

const hex = (text: string): string => Buffer.from(text).toString("hex");

/** Further tokens of a lead, as its index has them. A source may contain any character. */
export const statusToken = (status: LeadStatus): string => `status${status}`;
export const sourceToken = (source: string): string => `source${hex(source)}`;

/** Pieces of a term: all of a short one, otherwise some from its beginning to its end. */
function piecesOf(term: string): string[] {
	const characters = [...term];
	const last = Math.max(0, characters.length - TOKEN_CHARACTERS);
	const count = Math.min(PIECES_MAX, last + 1);
	const starts = Array.from({ length: count }, (_, n) => (count === 1 ? 0 : Math.round((n * last) / (count - 1))));
	return [...new Set(starts.map((start) => hex(characters.slice(start, start + TOKEN_CHARACTERS).join(""))))];
}

/**
 * The FTS5 expression for the tenant's rows of two spans that have pieces of the folded term, and the tokens in `others`.
 * A row can have the pieces without the term: check its text. `tenantNo` and `spans` are SQL.
 */
export function searchExpression(
	{ tenantNo, spans }: { tenantNo: SQL; spans: readonly [SQL, SQL] },
	environments: readonly Environment[],
	term: string,
	others: readonly string[],
): SQL {
	const expression = environments
		.map((environment) => {
			const quoted = (token: string) => `"${spaceOf(environment)}${token}"`;
			const [first, second] = SPANS.map((span) => quoted(`n${span}`));
			return `((${first} OR ${second}) AND ${[...others, ...piecesOf(term)].map(quoted).join(" AND ")})`;
		})
		.join(" OR ");
	return [tenantNo, ...spans].reduce<SQL>(
		(text, value, index) => sql`replace(${text}, ${[TENANT, ...SPANS][index]}, ${value})`,
		sql`${expression}`,
	);
}
