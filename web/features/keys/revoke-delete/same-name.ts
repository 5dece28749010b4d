/** Whether somebody has typed a name as it stands there. Pure. */

/**
 * One letter can be written in two ways (NFC), and the page shows any run of spaces as one: what looks the same is the
 * same. Capitals count.
 */
const asSeen = (text: string): string => text.normalize("NFC").replace(/\s+/gu, " ").trim();

export const isSameName = (typed: string, name: string): boolean => asSeen(typed) === asSeen(name);
