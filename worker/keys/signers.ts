/**
 * Checks the signatures of requests. Keeps what is the same for all requests of a key, which is half of the work. No I/O and
 * no clock.
 *
 * Everything is derived from the key itself, and is kept whether the key exists or not and whether its signature matches or
 * not. So neither the response nor the time that it takes tells a stranger anything about the state of a key. What is kept
 * signs for its key alone, in an isolate that holds the signing key of all keys anyway.
 */
import { putLast } from "../bounded-map.ts";
import type { Secret } from "../env.ts";
import { type IdentifiedKey, keyIdOf, pepperIdOf, pepperOf, sameText, signedHash, signingSecret } from "./format.ts";
import { type MacKey, mac, macChain, macKey } from "./hash.ts";
import { type SignedContent, type SignedCredential, signatureOf } from "./signature.ts";

/** The holder of a key's secret. */
export interface Signer {
	/** The one that the key and its secret were made under. */
	signingKey: Secret;
	identified: IdentifiedKey;
	/** The first key of the chain, prepared: the HMAC of the API key under its secret. */
	first: MacKey;
}

/** By API key. An entry needs a right tag, so strangers can't push others out. */
const signers = new Map<string, Signer>();
/** About 6 MB. */
const SIGNERS_MAX = 5_000;

/** The signer of a well-formed key; null if its tag was made under none of the signing keys. */
export function signerOf(key: string, signingKeys: readonly Secret[]): Signer | null {
	const kept = signers.get(key);
	if (kept && signingKeys.includes(kept.signingKey)) return kept;
	const signingKey = pepperOf(key, signingKeys);
	if (!signingKey) return null;
	const identified = { keyId: keyIdOf(key), secretHash: signedHash(key), pepperId: pepperIdOf(signingKey) };
	const signer = { signingKey, identified, first: macKey(macChain(signingSecret(key, signingKey), [key])) };
	putLast(signers, key, signer, SIGNERS_MAX);
	return signer;
}

/**
 * Whether the signature is the signer's. It may cover the path alone, or the path with its query. Doesn't look at the age of
 * the timestamp.
 */
export function hasSigned(
	{ first }: Signer,
	{ timestamp, signature }: SignedCredential,
	{ method, path, query, bodyHash }: SignedContent,
): boolean {
	const start = macChain(mac(first, timestamp), [method]);
	const matches = (signed: string) => sameText(signature, signatureOf(start, signed, bodyHash));
	return matches(path + query) || (query !== "" && matches(path));
}
