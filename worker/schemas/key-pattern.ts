/** What an API key looks like as text. Every check and every redaction uses these patterns. */

const PREFIX = "sk_(live|test)_";

/** A whole key and nothing else. */
export const WHOLE_KEY = new RegExp(`^${PREFIX}[0-9A-Za-z]{48}$`);

/**
 * A key, or a piece of one, anywhere in text. Needs 13 characters after the prefix: shorter pieces are the public part
 * that the dashboard shows to name a key.
 */
export const KEY_IN_TEXT = new RegExp(`${PREFIX}\\w{13,}`);
