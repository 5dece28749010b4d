/** Looking for secrets in what a service leaves behind, in every form that they are likely to take there. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Shorter parts could be anywhere by chance. */
const PART = 15;

/** Base64 of a text in the middle of something longer: three alignments, without the characters that neighbours share. */
function base64Inside(text: string): string[] {
	return [0, 1, 2].map((shift) => {
		const encoded = Buffer.from("\0".repeat(shift) + text).toString("base64");
		const whole = Math.floor(((shift + text.length) * 8) / 6);
		return encoded.slice(shift === 0 ? 0 : shift + 1, whole);
	});
}

/** Every text of which the whole or a long part tells the secret. */
export function formsOf(secret: string): string[] {
	const parts = [secret, secret.slice(0, Math.ceil(secret.length / 2)), secret.slice(Math.floor(secret.length / 2))];
	const forms = parts
		.filter((part) => part.length >= PART)
		.flatMap((part) => {
			const hex = Buffer.from(part).toString("hex");
			const base64 = base64Inside(part);
			const url = base64.map((text) => text.replaceAll("+", "-").replaceAll("/", "_"));
			return [part, encodeURIComponent(part), hex, hex.toUpperCase(), ...base64, ...url];
		});
	return [...new Set([secret, ...forms])];
}

/** What only the holder of a key knows: the 30 characters between its id and its tag. Its beginning and end are public. */
export const secretOf = (key: string): string => key.slice("sk_live_".length + 12, -6);

/** Something that was found where it must not be. */
export interface Found {
	secret: string;
	place: string;
}

/** Searches text or bytes for all forms of all secrets, by their names. */
export function search(
	place: string,
	content: string | Buffer,
	secrets: ReadonlyMap<string, readonly string[]>,
): Found[] {
	const bytes = typeof content === "string" ? Buffer.from(content) : content;
	return [...secrets]
		.filter(([, forms]) => forms.some((form) => bytes.includes(form)))
		.map(([secret]) => ({ secret, place }));
}

/** Every file under a folder: databases with what is still in their write-ahead logs. */
export function filesUnder(folder: string): { path: string; content: Buffer }[] {
	return readdirSync(folder, { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile())
		.map((entry) => join(entry.parentPath, entry.name))
		.map((path) => ({ path, content: readFileSync(path) }));
}
