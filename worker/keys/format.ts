/**
 * API keys as strings: mint, parse, tag, hash. Pure, apart from the randomness that minting draws.
 *
 * A key is `sk_live_` or `sk_test_`, then a 12-character key id, a 30-character random secret (178 bits) and a
 * 6-character tag, all of `[0-9A-Za-z]`. The tag is a truncated HMAC-SHA-256 of everything before it, under a pepper that
 * only the server knows. With 36 bits it is a filter, not a signature: one in 57 billion forged, mistyped or truncated
 * keys passes, and all others are refused without any I/O.
 *
 * A signed key looks the same, and its tag is made under a signing key instead. So as a credential it is a forged key, and
 * is refused like one. See docs/decisions/signed-requests.md.
 */

import type { Environment } from "../../db/enums.ts";
import { ALPHABET, randomText } from "../../db/ids.ts";
import type { Secret } from "../env.ts";
import { WHOLE_IMPORTED_KEY, WHOLE_KEY } from "../schemas/key-pattern.ts";
import { type MacKey, mac64, macHex, macKey, sha256 } from "./hash.ts";

export const ID_LENGTH = 12;
const SECRET_LENGTH = 30;
const TAG_LENGTH = 6;
/** `sk_live_` and `sk_test_` have the same length, so every part starts at a fixed position. */
const PREFIX_LENGTH = "sk_live_".length;

const ID_PATTERN = /^[0-9A-Za-z]{12}$/;

/** What is stored of a new key: everything except the key itself. */
export interface KeyMaterial {
	id: string;
	environment: Environment;
	secretHash: string;
	/** First 12 characters: enough to recognise a key, but not to use it. */
	keyPrefix: string;
	lastFour: string;
	pepperId: string;
}

/** Makes a new key. The returned `key` is the only copy; it is stored nowhere. */
export function mintKey(environment: Environment, pepper: Secret): { key: string; material: KeyMaterial } {
	const id = randomText(ID_LENGTH);
	const key = withTag(`sk_${environment}_${id}${randomText(SECRET_LENGTH)}`, pepper);
	return {
		key,
		material: {
			id,
			environment,
			secretHash: hashKey(key),
			keyPrefix: key.slice(0, 12),
			lastFour: key.slice(-4),
			pepperId: pepperIdOf(pepper),
		},
	};
}

/** Makes a new signed key: `key` is its public name, `secret` signs. The returned texts are the only copies. */
export function mintSignedKey(
	environment: Environment,
	signingKey: Secret,
): { key: string; secret: string; material: KeyMaterial } {
	const { key, material } = mintKey(environment, signingKey);
	return {
		key,
		secret: signingSecret(key, signingKey),
		material: { ...material, secretHash: signedHash(key) },
	};
}

/** 192 bits. With its prefix, such a secret fits into one block of SHA-256, so HMAC does not hash it first. */
const SIGNING_SECRET_DIGITS = 48;

/**
 * The secret that signs requests with this key: an HMAC of the key under the signing key, so that it is stored nowhere and
 * known without I/O. Its prefix makes it recognisable to scanners of secrets.
 */
export function signingSecret(key: string, signingKey: Secret): string {
	const derived = macHex(prepare(signingKey).key, `secret of ${key}`);
	return `sks_${key.slice("sk_".length, PREFIX_LENGTH)}${derived.slice(0, SIGNING_SECRET_DIGITS)}`;
}

/** In front of the stored hash of a signed key. A presented key has no such hash, so no gate ever admits one as a bearer. */
const SIGNED = "signed:";

/** What is stored and compared of a signed key. */
export const signedHash = (key: string): string => SIGNED + hashKey(key);

/** Whether a stored hash is that of a signed key. */
export const isSignedHash = (secretHash: string): boolean => secretHash.startsWith(SIGNED);

/** A presented key whose tag is right. */
export interface IdentifiedKey {
	keyId: string;
	/** What the gate compares with the hash it has. */
	secretHash: string;
	/**
	 * Identifies the pepper that the tag matches; for a signed request the signing key of its secret. Undefined for an
	 * imported key, which has no tag.
	 */
	pepperId?: string | undefined;
}

/**
 * Identifies a presented key; null if it is malformed or its tag matches none of the peppers. No I/O. Whitespace around
 * the key is ignored, as it is in a header field (RFC 9110, §5.5): people paste keys with a line break.
 */
export function identifyKey(presented: string, peppers: readonly Secret[]): IdentifiedKey | null {
	const key = WHOLE_KEY.test(presented) ? presented : presented.trim();
	if (!WHOLE_KEY.test(key)) return null;
	const pepper = pepperOf(key, peppers);
	if (!pepper) return null;
	return { keyId: keyIdOf(key), secretHash: hashKey(key), pepperId: pepperIdOf(pepper) };
}

/** The text with its tag. Texts of different kinds begin differently, so the tag of one is never that of another. */
export const withTag = (untagged: string, pepper: Secret): string => untagged + tagOf(untagged, pepper);

/** The pepper or signing key under which the tag at the end of the text was made. */
export function pepperOf(tagged: string, peppers: readonly Secret[]): Secret | undefined {
	const untagged = tagged.slice(0, -TAG_LENGTH);
	const tag = tagged.slice(-TAG_LENGTH);
	// Constant time, so that an attacker cannot find a tag character by character.
	return peppers.find((pepper) => sameText(tag, tagOf(untagged, pepper)));
}

/** The id in a well-formed key. */
export const keyIdOf = (key: string): string => key.slice(PREFIX_LENGTH, PREFIX_LENGTH + ID_LENGTH);

/**
 * The imported key that is presented, without whitespace around it, or null. It has no tag, so anyone can make up text of
 * this form.
 */
export function importedKeyIn(presented: string): string | null {
	const key = presented.trim();
	return WHOLE_IMPORTED_KEY.test(key) ? key : null;
}

/** Whether the hash of a key is one of bcrypt: the key was imported, and was not presented yet. */
export const isBcrypt = (secretHash: string): boolean => secretHash.startsWith("$");

/**
 * SHA-256 of the whole key, in hex: this is what is stored and compared. A fast hash is right here. Slow hashes (bcrypt,
 * scrypt, Argon2) protect passwords that can be guessed. A 178-bit random secret cannot be guessed, and a slow hash would
 * cost tens of milliseconds of CPU on every request.
 */
export function hashKey(key: string): string {
	return sha256(key);
}

/**
 * Whether two texts are equal, in a time that doesn't depend on where they differ. `timingSafeEqual` would need two new
 * buffers for every request.
 */
export function sameText(a: string, b: string): boolean {
	if (a.length !== b.length) return false;
	let difference = 0;
	for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i);
	return difference === 0;
}

/** Whether a string has the form of a key id. Anything else is unknown without asking a gate or D1. */
export function isKeyId(text: string): boolean {
	return ID_PATTERN.test(text);
}

/** The prepared HMAC key and the id of each pepper. */
const prepared = new WeakMap<Secret, { key: MacKey; id: string }>();

function prepare(pepper: Secret): { key: MacKey; id: string } {
	const cached = prepared.get(pepper);
	if (cached) return cached;
	const key = macKey(pepper.reveal());
	const [high] = mac64(key, "id of the pepper");
	const made = { key, id: high.toString(16).padStart(8, "0") };
	prepared.set(pepper, made);
	return made;
}

/** Identifies a pepper without revealing it: the start of the HMAC of a fixed text. No key has that text before its tag. */
export function pepperIdOf(pepper: Secret): string {
	return prepare(pepper).id;
}

/** The last digits of the first 64 bits of the HMAC in base 62, least significant digit first. */
function tagOf(untagged: string, pepper: Secret): string {
	// Long division of two 32-bit halves, which is faster than a BigInt.
	let [high, low] = mac64(prepare(pepper).key, untagged);
	let tag = "";
	for (let i = 0; i < TAG_LENGTH; i++) {
		const carried = (high % ALPHABET.length) * 2 ** 32 + low;
		tag += ALPHABET.charAt(carried % ALPHABET.length);
		high = Math.floor(high / ALPHABET.length);
		low = Math.floor(carried / ALPHABET.length);
	}
	return tag;
}
