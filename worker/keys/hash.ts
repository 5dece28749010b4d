/**
 * SHA-256 (FIPS 180-4) and HMAC-SHA-256 (RFC 2104) of text, in one turn and in memory that is there already.
 *
 * The runtime has both, but a call costs 11 µs of a request through `crypto.subtle`, 14 to 23 through `node:crypto`, and
 * the work itself takes one: what remains are promises, streams and buffers. Every request of every integration needs
 * two calls, and a forged key little more than one. No branch and no place in memory depends on what is hashed, only on
 * its length.
 * tests/worker/keys/hash.test.ts holds both against the runtime's own. Not reentrant, which one turn need not be.
 */

/** What some whole blocks have come to. */
type State = Int32Array;

/** A secret as HMAC begins with it: its two paddings, already taken in. */
export interface MacKey {
	inner: State;
	outer: State;
}

const BLOCK_BYTES = 64;
const HASH_BYTES = 32;
const INNER_PAD = 0x36;
const OUTER_PAD = 0x5c;
/** The mark behind the last byte, and the length in bits. */
const ENDING_BYTES = 9;

function firstPrimes(count: number): number[] {
	const primes: number[] = [];
	for (let n = 2; primes.length < count; n++) if (primes.every((prime) => n % prime !== 0)) primes.push(n);
	return primes;
}

/** The first 32 bits behind the point (§4.2.2, §5.3.3). */
const fraction = (root: number) => (root % 1) * 2 ** 32;
const ROUNDS = 64;
const CONSTANTS = Int32Array.from(firstPrimes(ROUNDS), (prime) => fraction(Math.cbrt(prime)));
const START = Int32Array.from(firstPrimes(8), (prime) => fraction(Math.sqrt(prime)));

const encoder = new TextEncoder();
const schedule = new Int32Array(ROUNDS);
const state: State = new Int32Array(START.length);
/** What is being hashed, in whole blocks; longer text gets more of them. */
let room = new Uint8Array(4 * BLOCK_BYTES);
let words = new DataView(room.buffer);

// No index below is ever out of bounds.
const at = (array: Int32Array, index: number) => array[index] as number;
const rotated = (word: number, bits: number) => (word >>> bits) | (word << (32 - bits));

/** Takes one block into the state (§6.2.2). */
function compress(into: State, block: DataView, from: number): void {
	for (let i = 0; i < 16; i++) schedule[i] = block.getInt32(from + i * 4);
	for (let i = 16; i < ROUNDS; i++) {
		const w15 = at(schedule, i - 15);
		const w2 = at(schedule, i - 2);
		const s0 = rotated(w15, 7) ^ rotated(w15, 18) ^ (w15 >>> 3);
		const s1 = rotated(w2, 17) ^ rotated(w2, 19) ^ (w2 >>> 10);
		schedule[i] = at(schedule, i - 16) + s0 + at(schedule, i - 7) + s1;
	}
	let a = at(into, 0);
	let b = at(into, 1);
	let c = at(into, 2);
	let d = at(into, 3);
	let e = at(into, 4);
	let f = at(into, 5);
	let g = at(into, 6);
	let h = at(into, 7);
	for (let i = 0; i < ROUNDS; i++) {
		const s1 = rotated(e, 6) ^ rotated(e, 11) ^ rotated(e, 25);
		const t1 = (h + s1 + ((e & f) ^ (~e & g)) + at(CONSTANTS, i) + at(schedule, i)) | 0;
		const s0 = rotated(a, 2) ^ rotated(a, 13) ^ rotated(a, 22);
		const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
		h = g;
		g = f;
		f = e;
		e = (d + t1) | 0;
		d = c;
		c = b;
		b = a;
		a = (t1 + t2) | 0;
	}
	into[0] = at(into, 0) + a;
	into[1] = at(into, 1) + b;
	into[2] = at(into, 2) + c;
	into[3] = at(into, 3) + d;
	into[4] = at(into, 4) + e;
	into[5] = at(into, 5) + f;
	into[6] = at(into, 6) + g;
	into[7] = at(into, 7) + h;
}

/** Ends the message whose last `length` bytes lie in the room, and of which `before` bytes are in the state already. */
function finish(length: number, before: number): void {
	const end = Math.ceil((length + ENDING_BYTES) / BLOCK_BYTES) * BLOCK_BYTES;
	room.fill(0, length, end);
	room[length] = 0x80;
	words.setUint32(end - 4, (before + length) * 8);
	for (let from = 0; from < end; from += BLOCK_BYTES) compress(state, words, from);
	// What was hashed is a secret.
	room.fill(0, 0, end);
	schedule.fill(0);
}

/** Puts the text into the room, in UTF-8, and returns its length. */
function write(text: string): number {
	const most = text.length * 3 + ENDING_BYTES + BLOCK_BYTES;
	if (room.length < most) {
		room = new Uint8Array(most);
		words = new DataView(room.buffer);
	}
	return encoder.encodeInto(text, room).written;
}

/** SHA-256 of the text in UTF-8, in hex. */
export function sha256(text: string): string {
	state.set(START);
	finish(write(text), 0);
	let hex = "";
	for (const word of state) hex += (word >>> 0).toString(16).padStart(8, "0");
	return hex;
}

/** Prepares a secret for {@link mac64}. */
export function macKey(secret: string): MacKey {
	let length = write(secret);
	if (length > BLOCK_BYTES) {
		state.set(START);
		finish(length, 0);
		writeState();
		length = HASH_BYTES;
	}
	room.fill(0, length, BLOCK_BYTES);
	const begin = (pad: number): State => {
		for (let i = 0; i < BLOCK_BYTES; i++) words.setUint8(i, words.getUint8(i) ^ pad);
		const begun = START.slice();
		compress(begun, words, 0);
		return begun;
	};
	const inner = begin(INNER_PAD);
	const outer = begin(INNER_PAD ^ OUTER_PAD);
	room.fill(0, 0, BLOCK_BYTES);
	schedule.fill(0);
	return { inner, outer };
}

/** Puts what was hashed into the room, to be hashed again. */
function writeState(): void {
	for (let i = 0; i < state.length; i++) words.setInt32(i * 4, at(state, i));
}

/** The first 64 bits of the HMAC-SHA-256 of the text in UTF-8, as two numbers of 32 bits. */
export function mac64({ inner, outer }: MacKey, text: string): [high: number, low: number] {
	state.set(inner);
	finish(write(text), BLOCK_BYTES);
	writeState();
	state.set(outer);
	finish(HASH_BYTES, BLOCK_BYTES);
	return [at(state, 0) >>> 0, at(state, 1) >>> 0];
}
