/** API keys inside text that people type or paste. Pure. */

/**
 * The text with every API key cut down to its prefix. A key pasted into a search field must not reach the URL or the
 * server, and its prefix finds it as well.
 */
export const withoutSecret = (text: string): string => text.replace(/(sk_(?:live|test)_\w{4})\w+/g, "$1");
