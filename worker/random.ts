/** Random text and ids. */

/** Digits and letters, in the order of ASCII. */
export const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** Random characters of the alphabet, each equally likely: bytes that would favour its first letters are drawn again. */
export function randomText(length: number): string {
	const fair = 256 - (256 % ALPHABET.length);
	let text = "";
	while (text.length < length) {
		for (const byte of crypto.getRandomValues(new Uint8Array(length))) {
			if (byte < fair && text.length < length) text += ALPHABET.charAt(byte % ALPHABET.length);
		}
	}
	return text;
}

/** 20 characters hold 119 bits: ids never collide and cannot be guessed. */
const ID_CHARACTERS = 20;

/** A new id that tells what it is of: `evt_…`, `lead_…`. */
export const newId = (kind: "ten" | "usr" | "ses" | "evt" | "col" | "act" | "lead"): string =>
	`${kind}_${randomText(ID_CHARACTERS)}`;
