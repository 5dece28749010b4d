/** Text as it is searched and sorted, and the expressions that ask the search indexes (migration `0006_triggers`). */
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
/** Where an expression names the tenant. {@link searchExpression} replaces it; no token contains it. */
const TENANT = "#";

/** Start of every token: the tenant and the environment, so that a search reads nothing of others. */
const spaceOf = (environment: Environment) => `${TENANT}${environment.charAt(0)}`;

const hex = (text: string): string => Buffer.from(text).toString("hex");

/** Further tokens of a lead, as its index has them. A source may contain any character. */
export const statusToken = (status: LeadStatus): string => `status${status}`;
export const sourceToken = (source: string): string => `source${hex(source)}`;

/**
 * The FTS5 expression for the tenant's rows that have every token of the folded term, and the `others`. A term longer
 * than a token matches rows that have all its pieces, though not always next to each other: check the row.
 */
export function searchExpression(
	tenantId: string,
	environments: readonly Environment[],
	term: string,
	others: readonly string[] = [],
): SQL {
	const characters = [...term];
	const starts = Array.from({ length: Math.max(1, characters.length - TOKEN_CHARACTERS + 1) }, (_, start) => start);
	const pieces = new Set(starts.map((start) => hex(characters.slice(start, start + TOKEN_CHARACTERS).join(""))));
	const expression = environments
		.map((environment) => {
			const tokens = [...others, ...pieces].map((token) => `"${spaceOf(environment)}${token}"`);
			return `(${tokens.join(" AND ")})`;
		})
		.join(" OR ");
	return sql`replace(${expression}, ${TENANT}, (select tenant_no from quotas where tenant_id = ${tenantId}))`;
}
