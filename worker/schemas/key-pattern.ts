/** What an API key and a management token look like as text. Every check and every redaction uses these patterns. */

const PREFIX = "sk_(live|test)_";

/** The prefix of a key and its id, which is not secret. */
export const KEY_START = new RegExp(`${PREFIX}([0-9A-Za-z]{12})`);

/** Matches text that is exactly one key. */
export const WHOLE_KEY = new RegExp(`^${PREFIX}[0-9A-Za-z]{48}$`);

/** Matches text that is exactly the secret of a signed key. */
export const WHOLE_SIGNING_SECRET = /^sks_(live|test)_[0-9a-f]{48}$/;

/** Matches text that is exactly one key of another system, as it can be imported: it has no id and no tag. */
export const WHOLE_IMPORTED_KEY = new RegExp(`^${PREFIX}[0-9a-z]{32}$`);

/** The part of an imported key that every import knows of it (the group `start`), and the rest, anywhere in text. */
export const IMPORTED_KEY_IN_TEXT = new RegExp(`(?<start>${PREFIX}[0-9a-z]{4})[0-9a-z]{28}(?!\\w)`);

/** The prefix of an imported key, which is not secret, as the other system shows it. */
export const IMPORTED_KEY_PREFIX = new RegExp(`^${PREFIX}[0-9a-z]{4,12}$`);

/** Matches text that is exactly one management token. */
export const WHOLE_TOKEN = /^smt_[0-9A-Za-z]{36}$/;

/**
 * A key, the secret of a signed key, or a management token, or a piece of one, anywhere in text. Needs 13 characters after
 * the prefix: shorter pieces are the public part that the dashboard shows to name a key.
 */
export const KEY_IN_TEXT = /(sks?_(?:live|test)_|smt_)\w{13,}/;

/** Every whole key in text: those that this service makes, and those of another system. */
export const KEYS_IN_TEXT = new RegExp(`${PREFIX}(?:[0-9A-Za-z]{48}|[0-9a-z]{32}(?!\\w))`, "g");

const EVERY_KEY_IN_TEXT = new RegExp(KEY_IN_TEXT, "g");

/** The text with each API key, secret and management token cut down to its prefix. Callers put keys where they don't belong, such as in a path. */
export function withoutKeys(text: string): string {
	// Most strings contain no key, and `includes` is cheaper than the pattern.
	if (!text.includes("sk") && !text.includes("smt_")) return text;
	return text.replace(EVERY_KEY_IN_TEXT, "$1…");
}
