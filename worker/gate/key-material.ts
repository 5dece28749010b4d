/**
 * API keys as strings: mint, parse, tag, hash. Pure, apart from the randomness that minting draws.
 *
 * `sk_live_` or `sk_test_`, then a 12-character key id, a 30-character random secret (178 bits) and a 6-character
 * tag, all of `[0-9A-Za-z]`. The tag is a truncated HMAC-SHA-256 over everything before it, under a pepper only the
 * server knows. It is no signature to rely on (36 bits), it is a sieve: of made-up, mistyped and truncated keys one
 * in 57 billion passes, and the others are refused without any I/O.
 */
import { createHmac, hash } from "node:crypto";
import type { Secret } from "../env.ts";
import { ALPHABET, randomText } from "../random.ts";
import type { Environment } from "../schemas/vocabulary.ts";

const ID_LENGTH = 12;
const SECRET_LENGTH = 30;
const TAG_LENGTH = 6;
/** `sk_live_` and `sk_test_` are of one length, so every part stands at a fixed place. */
const PREFIX_LENGTH = "sk_live_".length;
const TAG_START = PREFIX_LENGTH + ID_LENGTH + SECRET_LENGTH;

const encoder = new TextEncoder();

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
	const mac = createHmac("sha256", pepper.reveal()).update(untagged).digest();
	const key = untagged + tagOf(mac);
	return {
		key,
		material: { id, environment, secretHash: hashKey(key), keyPrefix: key.slice(0, 12), lastFour: key.slice(-4) },
	};
}

/** The id in what is written like a key, whoever has written it; null in anything else. */
export function idIn(key: string): string | null {
	return KEY_PATTERN.test(key) ? key.slice(PREFIX_LENGTH, PREFIX_LENGTH + ID_LENGTH) : null;
}

/** The key's id if it is well formed and its tag fits one of the peppers, otherwise null. No I/O. */
export async function parseKey(key: string, peppers: readonly Secret[]): Promise<string | null> {
	const id = idIn(key);
	if (id === null) return null;
	const untagged = key.slice(0, TAG_START);
	const tag = key.slice(TAG_START);
	const signed = encoder.encode(untagged);
	for (const pepper of peppers) {
		const mac = await crypto.subtle.sign("HMAC", macKeys.get(pepper) ?? (await macKeyOf(pepper)), signed);
		// Constant time, so that a forger cannot find a tag character by character.
		if (sameText(tag, tagOf(new Uint8Array(mac)))) return id;
	}
	return null;
}

/**
 * Peppers as the runtime's own HMAC takes them, made once: with every request it costs a third of what Node's does, which
 * is the whole of a stream.
 */
const macKeys = new WeakMap<Secret, CryptoKey>();

async function macKeyOf(pepper: Secret): Promise<CryptoKey> {
	const algorithm = { name: "HMAC", hash: "SHA-256" };
	const macKey = await crypto.subtle.importKey("raw", encoder.encode(pepper.reveal()), algorithm, false, ["sign"]);
	macKeys.set(pepper, macKey);
	return macKey;
}

/**
 * SHA-256 of the whole key, in hex: what is stored and compared. A fast hash is right here. Slow ones (bcrypt,
 * scrypt, Argon2) make up for passwords that people choose; nobody can run through 178 random bits, and a slow hash
 * would cost tens of milliseconds of CPU on every request of every integration.
 */
export function hashKey(key: string): string {
	return hash("sha256", key);
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

/** 64 bits of the HMAC, written in the alphabet from the last digit on, and cut to the tag's length. */
function tagOf(mac: Uint8Array): string {
	const view = new DataView(mac.buffer, mac.byteOffset);
	// Long division of two halves: what a BigInt would do, on plain numbers.
	let high = view.getUint32(0);
	let low = view.getUint32(4);
	let tag = "";
	for (let i = 0; i < TAG_LENGTH; i++) {
		const carried = (high % ALPHABET.length) * 2 ** 32 + low;
		tag += ALPHABET.charAt(carried % ALPHABET.length);
		high = Math.floor(high / ALPHABET.length);
		low = Math.floor(carried / ALPHABET.length);
	}
	return tag;
}
