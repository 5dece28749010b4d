/**
 * Checks and hashes passwords, and checks imported keys by their bcrypt hash, in a Durable Object, away from the isolate
 * that admits keys: a check takes up to a fifth of a second of CPU, and nothing else runs in its isolate meanwhile. See
 * docs/decisions/password-hashing.md and docs/decisions/imported-keys.md.
 */
import { DurableObject } from "cloudflare:workers";
import { putLast } from "../bounded-map.ts";
import type { Bindings } from "../env.ts";
import { MINUTE_MS } from "../schemas/time.ts";

/**
 * Objects of one script may share an isolate, and locally they all do. So a check is followed by a pause of four times its
 * length: requests in the same isolate are held up for a fifth of the time. The platform's clock stands still during a
 * check, hence the minimum. The maximum lets people sign in on a machine that is overloaded.
 */
const PAUSE_SHARE = 4;
const PAUSE_MIN_MS = 800;
const PAUSE_MAX_MS = 2_000;
/** A slow sign-in is better than a rejected one: a person who is rejected waits as well, and types again. */
const WAIT_MAX_MS = 15_000;
const WAITING_MAX = 8;

/** CPU time of a bcrypt comparison with cost 10. Each step of the cost doubles it. */
const BCRYPT_MS = 100;
const BCRYPT_COST = 10;
/** The measured time also contains that of other work, so it counts as this much more than is expected at most. */
const MEASURED_MAX = 4;
/**
 * Keys that wait for a comparison. After an import, the first presentation of many keys comes within minutes; a rejected
 * request is retried, and one that waits until the deadline is not.
 */
const KEYS_WAITING_MAX = 128;
/** Comparisons with a wrong key that a caller can cause in a minute: about four seconds of CPU. */
const WRONG_KEYS_MAX = 40;
const CALLERS_MAX = 10_000;

/** Devices that have signed in before have a lane of their own, which attackers can't fill. */
export type Lane = "known" | "other";

/** `DAMAGED`: the stored hash can't be read. `BUSY`: too many checks wait already. */
export type PasswordVerdict = "RIGHT" | "WRONG" | "DAMAGED" | "BUSY";

/** `THROTTLED`: the caller has sent too many wrong keys in this minute. */
export type KeyVerdict = "RIGHT" | "WRONG" | "THROTTLED" | "BUSY";

/** Shared by all objects of the isolate, since they share its processor. Times are of `performance.now()`. */
const lanes: Record<Lane | "imported keys", { nextTurn: number; waiting: number; waitingMax: number }> = {
	known: { nextTurn: 0, waiting: 0, waitingMax: WAITING_MAX },
	other: { nextTurn: 0, waiting: 0, waitingMax: WAITING_MAX },
	"imported keys": { nextTurn: 0, waiting: 0, waitingMax: KEYS_WAITING_MAX },
};

/** Wrong keys by caller in the minute, which is counted since the epoch. */
const wrongKeys = new Map<string, { minute: number; keys: number }>();

export class PasswordHasher extends DurableObject<Bindings> {
	/** Compares a password with the stored hash. Without one (no such account) it does the same work and is `WRONG`. */
	async check(password: string, stored: string | null, lane: Lane): Promise<PasswordVerdict> {
		// Loaded on demand: isolates that admit keys start faster without it.
		const { checkNoPassword, checkPassword, costOf } = await import("./password.ts");
		if (!(await hasTurn(lane))) return "BUSY";
		const start = performance.now();
		try {
			const isRight = stored === null ? checkNoPassword(password) : checkPassword(password, stored);
			return isRight ? "RIGHT" : "WRONG";
		} catch {
			// The error may quote parts of the hash.
			return "DAMAGED";
		} finally {
			pauseAfter(lane, start, costOf(stored));
		}
	}

	/** Hashes a new password. Null: too many checks wait already. */
	async hash(password: string, lane: Lane): Promise<string | null> {
		const { hashPassword } = await import("./password.ts");
		if (!(await hasTurn(lane))) return null;
		const start = performance.now();
		try {
			return hashPassword(password);
		} finally {
			pauseAfter(lane, start, 1);
		}
	}

	/**
	 * Compares an imported key with its bcrypt hash. The comparisons of an isolate take half of its time at most, and those
	 * of a caller with wrong keys a few seconds a minute: anyone can make up keys with a prefix that they have seen.
	 */
	async checkKey(key: string, bcryptHash: string, caller: string, now = Date.now()): Promise<KeyVerdict> {
		const { compareSync, getRounds } = await import("bcryptjs");
		const minute = Math.floor(now / MINUTE_MS);
		const isThrottled = () => wrongKeysOf(caller, minute) >= WRONG_KEYS_MAX;
		if (isThrottled()) return "THROTTLED";
		if (!(await hasTurn("imported keys"))) return "BUSY";
		// Others of this caller may have been wrong while this one waited.
		if (isThrottled()) return "THROTTLED";
		const start = performance.now();
		const isRight = compareSync(key, bcryptHash);
		const lane = lanes["imported keys"];
		const expected = BCRYPT_MS * 2 ** (getRounds(bcryptHash) - BCRYPT_COST);
		lane.nextTurn = start + 2 * expected;
		// The clock moves on with the next turn of the event loop, and shows how long it took on this machine.
		await scheduler.wait(0);
		const took = Math.min(performance.now() - start, MEASURED_MAX * expected);
		lane.nextTurn = Math.max(lane.nextTurn, start + 2 * took);
		if (isRight) return "RIGHT";
		putLast(wrongKeys, caller, { minute, keys: wrongKeysOf(caller, minute) + 1 }, CALLERS_MAX);
		return "WRONG";
	}
}

/** Lets the next check of the lane begin after a pause. `share` is the cost of the one that began at `start`. */
function pauseAfter(lane: Lane, start: number, share: number): void {
	const end = performance.now();
	const pause = Math.min(PAUSE_MAX_MS, Math.max(PAUSE_MIN_MS, PAUSE_SHARE * (end - start)));
	lanes[lane].nextTurn = end + pause * share;
}

function wrongKeysOf(caller: string, minute: number): number {
	const counted = wrongKeys.get(caller);
	return counted?.minute === minute ? counted.keys : 0;
}

/** Waits until a check may begin, which must then begin in the same turn of the event loop. False if that takes too long. */
async function hasTurn(name: keyof typeof lanes): Promise<boolean> {
	const lane = lanes[name];
	const deadline = performance.now() + WAIT_MAX_MS;
	if (performance.now() >= lane.nextTurn) return true;
	if (lane.waiting >= lane.waitingMax) return false;
	lane.waiting++;
	try {
		for (let now = performance.now(); now < lane.nextTurn; now = performance.now()) {
			if (lane.nextTurn > deadline) return false;
			await scheduler.wait(lane.nextTurn - now);
		}
		return true;
	} finally {
		lane.waiting--;
	}
}
