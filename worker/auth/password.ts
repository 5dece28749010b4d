/**
 * Passwords, hashed with scrypt. Cost after OWASP's Password Storage Cheat Sheet: of its equivalent settings the one
 * with N = 2^15, r = 8, p = 3, because its 32 MiB leave an isolate (128 MiB) room for others. About 0.2 s of CPU.
 */
import { randomBytes, scryptSync, timingSafeEqual } from "node:crypto";

const COST = { N: 2 ** 15, r: 8, p: 3 };
const HASH_BYTES = 32;
const SALT_BYTES = 16;

/** `scrypt$N$r$p$salt$hash`: the parameters travel with the hash, so that raising them leaves old passwords valid. */
export function hashPassword(password: string): string {
	const salt = randomBytes(SALT_BYTES);
	const { N, r, p } = COST;
	return ["scrypt", N, r, p, salt.toString("base64"), derive(password, salt, COST).toString("base64")].join("$");
}

/** Whether the password is the hashed one, in constant time. */
export function checkPassword(password: string, stored: string): boolean {
	const [scheme, N, r, p, salt, hash] = stored.split("$");
	if (scheme !== "scrypt" || !salt || !hash) return false;
	const expected = Buffer.from(hash, "base64");
	const actual = derive(password, Buffer.from(salt, "base64"), { N: Number(N), r: Number(r), p: Number(p) });
	return timingSafeEqual(actual, expected);
}

/** Takes as long as a real check, for accounts that do not exist: the time must not tell which do. */
export function checkNoPassword(password: string): false {
	derive(password, Buffer.alloc(SALT_BYTES), COST);
	return false;
}

function derive(password: string, salt: Buffer, cost: typeof COST): Buffer {
	// scrypt needs 128·N·r bytes and a little; Node's default ceiling is exactly too low.
	const maxmem = 2 * 128 * cost.N * cost.r;
	// NFKC, so that one password is one password on every keyboard (as NIST SP 800-63B advises).
	return scryptSync(password.normalize("NFKC"), salt, HASH_BYTES, { ...cost, maxmem });
}
