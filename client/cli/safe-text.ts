/** Makes text of other people safe to print: a terminal must not execute it. */
import { stripVTControlCharacters } from "node:util";

/** Control characters, and characters that change the direction of text. */
const CONTROLS = /[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** Removes control characters and escape sequences. */
export const safeText = (text: string): string => stripVTControlCharacters(text).replace(CONTROLS, "");

/** JSON with control characters escaped. */
export const safeJson = (value: unknown): string =>
	JSON.stringify(value, null, 2).replace(CONTROLS, (character) =>
		character === "\n" ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
	);
