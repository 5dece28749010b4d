/** Checks of what people type into the dialogs that revoke and delete. Pure. */
import { KEY_IN_TEXT } from "../../../../worker/schemas/key-pattern.ts";

/** Max characters of a reason, as `keys.revoke` takes it. */
export const REASON_MAX = 200;

export type ReasonFault = "too-long" | "has-key";

/** What is wrong with the reason for revoking a key. A key must not reach the audit log, which many people can read. */
export function reasonFault(reason: string): ReasonFault | null {
	if (KEY_IN_TEXT.test(reason)) return "has-key";
	return reason.trim().length > REASON_MAX ? "too-long" : null;
}

/** Text as a person sees it: a letter may have two encodings (NFC makes one), and the page collapses spaces. */
const asSeen = (text: string): string => text.normalize("NFC").replace(/\s+/gu, " ").trim();

/** Whether the typed text is this number, with or without separators between thousands. */
export const isSameNumber = (typed: string, count: number): boolean =>
	/^[\d.,'’\s]+$/.test(typed) && typed.replace(/\D/g, "") === String(count);

/** Whether the typed text looks the same as the name. Case matters. */
export const isSameName = (typed: string, name: string): boolean => asSeen(typed) === asSeen(name);
