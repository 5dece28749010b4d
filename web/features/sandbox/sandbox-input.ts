/** What a person pastes and types into the sandbox. Pure. */
import { WHOLE_KEY, WHOLE_SIGNING_SECRET } from "../../../worker/schemas/key-pattern.ts";

const KEY = /(?<!\w)sk_(?:live|test)_[0-9A-Za-z]{48}(?!\w)/;
const SECRET = /(?<!\w)sks_(?:live|test)_[0-9a-f]{48}(?!\w)/;

/** Both values, where a text has both: "Copy both" in the dialog of a new key copies such a text. */
export function bothIn(text: string): { key: string; secret: string } | null {
	const [key] = KEY.exec(text) ?? [];
	const [secret] = SECRET.exec(text) ?? [];
	return key !== undefined && secret !== undefined ? { key, secret } : null;
}

export const isKey = (text: string): boolean => WHOLE_KEY.test(text);
export const isSecret = (text: string): boolean => WHOLE_SIGNING_SECRET.test(text);

/** The path with its query as a browser sends it. Null if it would leave the origin, or still has a placeholder. */
export function pathToSend(typed: string, origin: string): string | null {
	if (!typed.startsWith("/") || /[{}]/.test(typed) || !URL.canParse(typed, origin)) return null;
	const url = new URL(typed, origin);
	return url.origin === origin ? url.pathname + url.search : null;
}
