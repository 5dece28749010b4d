/** Text that others have chosen, so that it does nothing but be read. */
import { stripVTControlCharacters } from "node:util";

/** What a terminal takes for an order, or reads against the order of the text. */
const ORDERS = /[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** Text that others have chosen: what a terminal would take for an order is left out. */
export const plain = (text: string): string => stripVTControlCharacters(text).replace(ORDERS, "");

/** JSON, of which a terminal takes nothing for an order either. */
export const jsonOf = (value: unknown): string =>
	JSON.stringify(value, null, 2).replace(ORDERS, (character) =>
		character === "\n" ? character : `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
	);
