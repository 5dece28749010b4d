/**
 * Passwords, hashed with scrypt. The cost is one of the equivalent settings of OWASP's Password Storage Cheat Sheet:
 * N = 2^15, r = 8, p = 3, because its 32 MiB fit into an isolate (128 MiB) beside others. About 0.2 seconds of CPU.
 */
import { randomBytes, scryptSync, timingSafeEqual } from "node:crypto";

const COST = { N: 2 ** 15, r: 8, p: 3 };
const HASH_BYTES = 32;
const SALT_BYTES = 16;

/** `scrypt$N$r$p$salt$hash`. The parameters are stored with the hash, so that old passwords stay valid when they are raised. */
export function hashPassword(password: string, cost = COST): string {
	const salt = randomBytes(SALT_BYTES);
	const { N, r, p } = cost;
	return ["scrypt", N, r, p, salt.toString("base64"), derive(password, salt, cost).toString("base64")].join("$");
}

/** Whether the password is the hashed one, in constant time. Throws if the stored hash is damaged. */
export function checkPassword(password: string, stored: string): boolean {
	const [scheme, N, r, p, salt, hash] = stored.split("$");
	if (scheme !== "scrypt" || !salt || !hash) return false;
	const expected = Buffer.from(hash, "base64");
	const actual = derive(password, Buffer.from(salt, "base64"), { N: Number(N), r: Number(r), p: Number(p) });
	return timingSafeEqual(actual, expected);
}

/** Takes as long as a real check. For accounts that don't exist: the time must not reveal which do. */
export function checkNoPassword(password: string): false {
	derive(password, Buffer.alloc(SALT_BYTES), COST);
	return false;
}

/** The cost of checking against this hash, as a share of the full cost, at most 1. A damaged hash costs nothing. */
export function costOf(stored: string | null): number {
	if (stored === null) return 1;
	const [, N, r, p] = stored.split("$").map(Number);
	const share = ((N ?? 0) * (r ?? 0) * (p ?? 0)) / (COST.N * COST.r * COST.p);
	return share > 0 ? Math.min(share, 1) : 0;
}

function derive(password: string, salt: Buffer, cost: typeof COST): Buffer {
	// scrypt needs a little more than 128·N·r bytes. Node's default limit is exactly that.
	const maxmem = 2 * 128 * cost.N * cost.r;
	// NFKC makes a password the same on every keyboard (NIST SP 800-63B).
	return scryptSync(password.normalize("NFKC"), salt, HASH_BYTES, { ...cost, maxmem });
}
