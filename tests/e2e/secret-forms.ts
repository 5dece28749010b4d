/** Searches responses, logs and files for secrets in every form that they are likely to have there. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Shorter parts could occur by chance. */
const PART = 15;

/** The Base64 of a text inside a longer one, in all three alignments, without the characters at its ends that depend on the neighbours. */
function base64Inside(text: string): string[] {
	return [0, 1, 2].map((shift) => {
		const encoded = Buffer.from("\0".repeat(shift) + text).toString("base64");
		const whole = Math.floor(((shift + text.length) * 8) / 6);
		return encoded.slice(shift === 0 ? 0 : shift + 1, whole);
	});
}

/** Every form of the secret and of its halves. */
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

/** The secret part of a key: the 30 characters between its id and its tag. */
export const secretOf = (key: string): string => key.slice("sk_live_".length + 12, -6);

/** A secret, and where it was found. */
export interface Found {
	secret: string;
	place: string;
}

/** Searches text or bytes for all forms of the secrets. */
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

/** Every file under a folder, so also the write-ahead logs of databases. */
export function filesUnder(folder: string): { path: string; content: Buffer }[] {
	return readdirSync(folder, { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile())
		.map((entry) => join(entry.parentPath, entry.name))
		.map((path) => ({ path, content: readFileSync(path) }));
}
