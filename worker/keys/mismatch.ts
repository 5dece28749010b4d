/**
 * Why a signature does not match: tries what clients commonly sign instead. A match proves the cause, and only the holder
 * of the secret can make one. Pure.
 *
 * Without a match, nothing is proven: any other body has a hash that would fit. Loaded on demand.
 */
import type { Secret } from "../env.ts";
import { sameText, signingSecret } from "./format.ts";
import { EMPTY_BODY_HASH, type SignedContent, type SignedCredential, signatureOf, signingStart } from "./signature.ts";
import type { Mismatch } from "./verdict.ts";

/** Methods that a client may have signed for. Some sign the method in lower case. */
const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"];

/**
 * Most characters of a path with its query that is explained. A guess costs an HMAC of all of them, and anyone who has
 * seen a public key can ask.
 */
const EXPLAINED_MAX = 2_048;

/** Explains the mismatch. `origin` is that of the request, such as `https://api.example`. */
export function explainMismatch(
	credential: SignedCredential,
	content: SignedContent,
	origin: string,
	signingKey: Secret,
): Mismatch {
	const { method, path, query, bodyHash } = content;
	if (path.length + query.length > EXPLAINED_MAX) return { cause: "body or secret" };
	const secret = signingSecret(credential.key, signingKey);
	const start = signingStart(secret, credential, method);
	const matches = (signed: string, hash: string, from = start) =>
		sameText(credential.signature, signatureOf(from, signed, hash));
	for (const [spelling, signed] of spellingsOf(path, query, origin))
		if (matches(signed, bodyHash)) return { cause: "path", spelling };
	for (const other of [method.toLowerCase(), ...METHODS]) {
		const from = signingStart(secret, credential, other);
		if (other !== method && [path, path + query].some((signed) => matches(signed, bodyHash, from)))
			return { cause: "method", signed: other };
	}
	if ([path, path + query].some((signed) => matches(signed, EMPTY_BODY_HASH))) return { cause: "empty body" };
	return { cause: "body or secret" };
}

/** Other spellings of a path, with what is wrong with each. */
function spellingsOf(path: string, query: string, origin: string): [spelling: string, signed: string][] {
	const withScheme = (scheme: string) => origin.replace(/^https?/, scheme);
	return [path, path + query].flatMap((sent): [string, string][] => [
		["with a trailing slash", `${path}/${sent.slice(path.length)}`],
		["without its first slash", sent.slice(1)],
		["without /v1", sent.replace(/^(\/functions)?\/v1/, "")],
		["with the host in front", withScheme("https") + sent],
		["with the host in front", withScheme("http") + sent],
		["with percent-encoding decoded", decoded(sent)],
		["with a question mark at its end", `${sent}?`],
		["in lower case", sent.toLowerCase()],
	]);
}

function decoded(text: string): string {
	try {
		return decodeURIComponent(text);
	} catch {
		return text;
	}
}
