/**
 * Checks passwords in a Durable Object, away from the isolate that admits keys: a check takes a fifth of a second of CPU,
 * and nothing else runs in its isolate meanwhile. See docs/decisions/password-hashing.md.
 */
import { DurableObject } from "cloudflare:workers";
import type { Bindings } from "../env.ts";
import { checkNoPassword, checkPassword, costOf } from "./password.ts";

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

/** Devices that have signed in before have a lane of their own, which attackers can't fill. */
export type Lane = "known" | "other";

/** `DAMAGED`: the stored hash can't be read. `BUSY`: too many checks wait already. */
export type PasswordVerdict = "RIGHT" | "WRONG" | "DAMAGED" | "BUSY";

/** Shared by all objects of the isolate, since they share its processor. Times are of `performance.now()`. */
const lanes: Record<Lane, { nextTurn: number; waiting: number }> = {
	known: { nextTurn: 0, waiting: 0 },
	other: { nextTurn: 0, waiting: 0 },
};

export class PasswordHasher extends DurableObject<Bindings> {
	/** Compares a password with the stored hash. Without one (no such account) it does the same work and is `WRONG`. */
	async check(password: string, stored: string | null, lane: Lane): Promise<PasswordVerdict> {
		if (!(await hasTurn(lane))) return "BUSY";
		const start = performance.now();
		try {
			const isRight = stored === null ? checkNoPassword(password) : checkPassword(password, stored);
			return isRight ? "RIGHT" : "WRONG";
		} catch {
			// The error may quote parts of the hash.
			return "DAMAGED";
		} finally {
			const end = performance.now();
			const pause = Math.min(PAUSE_MAX_MS, Math.max(PAUSE_MIN_MS, PAUSE_SHARE * (end - start)));
			lanes[lane].nextTurn = end + pause * costOf(stored);
		}
	}
}

/** Waits until a check may begin, which must then begin in the same turn of the event loop. False if that takes too long. */
async function hasTurn(name: Lane): Promise<boolean> {
	const lane = lanes[name];
	const deadline = performance.now() + WAIT_MAX_MS;
	if (performance.now() >= lane.nextTurn) return true;
	if (lane.waiting >= WAITING_MAX) return false;
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
