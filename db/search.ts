/** Text as it is searched, and how the indexes of search are asked for it (see the migration `kept_by_triggers`). */
import type { LeadStatus } from "./enums.ts";

/** Lower case, without accents, so that "integracao" finds "Integração". */
export function foldForSearch(...parts: (string | null | undefined)[]): string {
	return parts
		.filter(Boolean)
		.join(" ")
		.normalize("NFD")
		.replace(/\p{Mn}/gu, "")
		.toLowerCase();
}

/** Characters of a whole piece of indexed text. */
const PIECE = 3;

/**
 * The FTS5 expression for rows that have all pieces of the folded term, and the tokens given besides. Such a row has not
 * always the term itself, so it must be looked at.
 */
export function searchExpression(term: string, ...tokens: string[]): string {
	const characters = [...term];
	const starts = Array.from({ length: Math.max(1, characters.length - PIECE + 1) }, (_, start) => start);
	const pieces = new Set(starts.map((start) => hex(characters.slice(start, start + PIECE).join(""))));
	// A term shorter than a piece is the beginning of some.
	return [...tokens, ...[...pieces].map((piece) => `"${piece}"*`)].join(" AND ");
}

/** The tokens of a lead's status and of its source, which may hold any character. */
export const statusToken = (status: LeadStatus): string => `status${status}`;
export const sourceToken = (source: string): string => `source${hex(source)}`;

const hex = (text: string): string => Buffer.from(text).toString("hex");
