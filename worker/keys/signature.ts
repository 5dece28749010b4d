/**
 * P2S-SIGN-V1, the scheme of signed requests: reads the header and makes signatures. No I/O and no clock.
 * docs/signed-requests.md describes the scheme, and signers.ts checks signatures.
 */
import { bytesToHex } from "@noble/hashes/utils.js";
import { WHOLE_KEY } from "../schemas/key-pattern.ts";
import { macChain } from "./hash.ts";

/** How long before and after its timestamp a signature is valid. */
export const SIGNATURE_VALID_MS = 30_000;

/** SHA-256 of an absent body, which is the same as of an empty one. */
export const EMPTY_BODY_HASH = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/** What the header of a signed request has. */
export interface SignedCredential {
	/** The public key. */
	key: string;
	/** Unix seconds, as sent. */
	timestamp: string;
	signature: string;
}

/** What a signature is made of besides the credential. */
export interface SignedContent {
	method: string;
	/** The path as sent. */
	path: string;
	/** The query as sent, with its question mark; empty where there is none. */
	query: string;
	/** SHA-256 of the raw body, in lower-case hex. */
	bodyHash: string;
}

/** The signature of one request, as its gate remembers it. */
export interface Signed {
	signature: string;
	/** Unix seconds. */
	at: number;
}

/** A digit more than Unix seconds have until the year 2286. */
const TIMESTAMP = /^\d{1,11}$/;
const SIGNATURE = /^[0-9a-f]{64}$/;

/** Reads `<api key>:<timestamp>:<signature>`; null if it is malformed. */
export function readSigned(text: string): SignedCredential | null {
	const [key = "", timestamp = "", signature = "", ...more] = text.split(":");
	const isWellFormed = WHOLE_KEY.test(key) && TIMESTAMP.test(timestamp) && SIGNATURE.test(signature);
	return isWellFormed && more.length === 0 ? { key, timestamp, signature } : null;
}

/** The first three steps of a signature: of key, timestamp and method. */
export function signingStart(secret: string, { key, timestamp }: SignedCredential, method: string): Uint8Array {
	return macChain(secret, [key, timestamp, method]);
}

/** The last two steps: of the path and the body. */
export function signatureOf(start: Uint8Array, path: string, bodyHash: string): string {
	return bytesToHex(macChain(start, [path, bodyHash]));
}

/** Milliseconds that the timestamp is behind the clock; negative if it is ahead. */
export const behindMs = ({ timestamp }: SignedCredential, now: number): number => now - Number(timestamp) * 1_000;
