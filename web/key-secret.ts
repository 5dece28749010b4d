/** API keys inside text that people type or paste: a key itself, a header, a log line, a line of an .env file. Pure. */
import { IMPORTED_KEY_IN_TEXT, KEY_START } from "../worker/schemas/key-pattern.ts";

/** A key, or more of it than any screen shows. What follows its id is its secret part and its tag. */
const KEY = new RegExp(`(${KEY_START.source})\\w+`, "g");

const BEGINNING = new RegExp(KEY_START, "g");

/** Keys that one search looks up. A longer log would take too many requests. */
const KEYS_MAX = 20;

/** The text with every API key cut down to its public part, so that no secret reaches the URL, a log or the service. */
export const withoutSecret = (text: string): string => text.replace(KEY, "$1");

/** The ids of all keys in the text, each once. */
export const keyIdsIn = (text: string): string[] =>
	[...new Set((text.match(BEGINNING) ?? []).map((key) => key.slice("sk_live_".length)))].slice(0, KEYS_MAX);

/**
 * What to search for: the keys in a pasted text without anything around them, or else the text itself. Cut before it is
 * shortened, since a log line may be long before its key. An imported key contains no id, so it is searched by its start.
 */
export function searchFor(text: string): string {
	const imported = IMPORTED_KEY_IN_TEXT.exec(text)?.groups?.start;
	if (imported !== undefined) return imported;
	const keys = [...new Set(text.match(BEGINNING) ?? [])].slice(0, KEYS_MAX);
	return keys.length > 0 ? keys.join(" ") : withoutSecret(text);
}
