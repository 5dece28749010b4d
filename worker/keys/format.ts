/**
 * API keys as strings: mint, parse, tag, hash. Pure, apart from the randomness that minting draws.
 *
 * `sk_live_` or `sk_test_`, then a 12-character key id, a 30-character random secret (178 bits) and a 6-character
 * tag, all of `[0-9A-Za-z]`. The tag is a truncated HMAC-SHA-256 over everything before it, under a pepper only the
 * server knows. It is no signature to rely on (36 bits), it is a sieve: of made-up, mistyped and truncated keys one
 * in 57 billion passes, and the others are refused without any I/O.
 */

import type { Environment } from "../../db/enums.ts";
import { ALPHABET, randomText } from "../../db/ids.ts";
import type { Secret } from "../env.ts";
import { type MacKey, mac64, macKey, sha256 } from "./hash.ts";

const ID_LENGTH = 12;
const SECRET_LENGTH = 30;
const TAG_LENGTH = 6;
/** `sk_live_` and `sk_test_` are of one length, so every part stands at a fixed place. */
const PREFIX_LENGTH = "sk_live_".length;
const TAG_START = PREFIX_LENGTH + ID_LENGTH + SECRET_LENGTH;

const KEY_PATTERN = /^sk_(live|test)_[0-9A-Za-z]{48}$/;
const ID_PATTERN = /^[0-9A-Za-z]{12}$/;

/** The parts of a new key that are kept: everything but the key. */
export interface KeyMaterial {
	id: string;
	environment: Environment;
	secretHash: string;
	/** First 12 characters: enough to recognise a key, 30 random characters short of using it. */
	keyPrefix: string;
	lastFour: string;
}

/** Makes a new key. `key` is the only copy there will ever be. */
export function mintKey(environment: Environment, pepper: Secret): { key: string; material: KeyMaterial } {
	const id = randomText(ID_LENGTH);
	const untagged = `sk_${environment}_${id}${randomText(SECRET_LENGTH)}`;
	const key = untagged + tagOf(untagged, pepper);
	return {
		key,
		material: { id, environment, secretHash: hashKey(key), keyPrefix: key.slice(0, 12), lastFour: key.slice(-4) },
	};
}

/** The key's id if it is well formed and its tag fits one of the peppers, otherwise null. No I/O. */
export function parseKey(key: string, peppers: readonly Secret[]): string | null {
	if (!KEY_PATTERN.test(key)) return null;
	const untagged = key.slice(0, TAG_START);
	const tag = key.slice(TAG_START);
	// Constant time, so that a forger cannot find a tag character by character.
	const fits = peppers.some((pepper) => sameText(tag, tagOf(untagged, pepper)));
	return fits ? key.slice(PREFIX_LENGTH, PREFIX_LENGTH + ID_LENGTH) : null;
}

/**
 * SHA-256 of the whole key, in hex: what is stored and compared. A fast hash is right here. Slow ones (bcrypt,
 * scrypt, Argon2) make up for passwords that people choose; nobody can run through 178 random bits, and a slow hash
 * would cost tens of milliseconds of CPU on every request of every integration.
 */
export function hashKey(key: string): string {
	return sha256(key);
}

/**
 * Whether two texts are the same. Takes the same time wherever they differ, as `timingSafeEqual` does, which would want
 * two buffers made for it with every request.
 */
export function sameText(a: string, b: string): boolean {
	if (a.length !== b.length) return false;
	let difference = 0;
	for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i);
	return difference === 0;
}

/** Whether a string could be the id of a key. Anything else can be answered without asking. */
export function isKeyId(text: string): boolean {
	return ID_PATTERN.test(text);
}

/** Peppers as the HMAC begins with them, worked out once. */
const macKeys = new WeakMap<Secret, MacKey>();

function macKeyOf(pepper: Secret): MacKey {
	const known = macKeys.get(pepper);
	if (known) return known;
	const made = macKey(pepper.reveal());
	macKeys.set(pepper, made);
	return made;
}

/** 64 bits of the HMAC, written in the alphabet from the last digit on, and cut to the tag's length. */
function tagOf(untagged: string, pepper: Secret): string {
	// Long division of two halves: what a BigInt would do, on plain numbers.
	let [high, low] = mac64(macKeyOf(pepper), untagged);
	let tag = "";
	for (let i = 0; i < TAG_LENGTH; i++) {
		const carried = (high % ALPHABET.length) * 2 ** 32 + low;
		tag += ALPHABET.charAt(carried % ALPHABET.length);
		high = Math.floor(high / ALPHABET.length);
		low = Math.floor(carried / ALPHABET.length);
	}
	return tag;
}
