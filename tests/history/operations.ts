/** A history: what was asked of keys and what was answered, in the order in which calls began and ended. */

import type { Refused } from "../../worker/keys/verdict.ts";
import type { ApiKey } from "../../worker/schemas/api-key.ts";

/** What a key is judged by. */
export interface Settings {
	/** Different after every update, so that the trail tells which one it was. */
	name: string;
	scopes: readonly string[];
	limit: number;
	/** Single addresses; empty: any. */
	addresses: readonly string[];
	/** Milliseconds since the epoch. */
	expiresAt: number | null;
}

/** What is asked of one key. */
export type Ask =
	| { kind: "create"; settings: Settings }
	| { kind: "admit"; scope: string | null; address: string | null; consume: boolean }
	| { kind: "read" }
	| { kind: "usage" }
	| { kind: "update"; patch: Partial<Settings> & { name: string }; expectedVersion?: number | undefined }
	| { kind: "rotate"; overlapMs: number | null; expectedVersion?: number | undefined }
	| { kind: "revoke"; reason: string; expectedVersion?: number | undefined }
	| { kind: "delete"; expectedVersion?: number | undefined }
	/** The gate's memory is lost. No call: it happens at one moment. */
	| { kind: "crash" };

export type VerdictCode = "VALID" | Refused["code"];

/** What is answered. */
export type Answer =
	| {
			kind: "verdict";
			code: VerdictCode;
			/** As the rate limit headers say; absent where a key is not known. `hour` is its first millisecond. */
			window?: { limit: number; remaining: number; hour: number };
	  }
	| {
			kind: "key";
			settings: Settings;
			status: ApiKey["status"];
			version?: number;
			used?: { hour: number; count: number; total: number };
	  }
	| { kind: "usage"; allowed: number; rateLimited: number; denied: number }
	| { kind: "rotated"; successorId: string; successor: Settings; version?: number }
	/** `version`: the version after the change, where the response shows it. */
	| { kind: "done"; version?: number }
	| { kind: "not found" }
	| { kind: "conflict" }
	| { kind: "invalid" };

/** One call. `began` and `ended` are places in the one order of all beginnings and ends. */
export interface Call {
	keyId: string;
	ask: Ask;
	/** Null: the connection broke, or the gate could not be asked. Nobody knows whether it was done. */
	answer: Answer | null;
	began: number;
	ended: number;
	/** What the clock showed at the beginning and at the end. It never goes back. */
	clock: readonly [number, number];
}

/** Writes a history down. */
export class Recorder {
	readonly calls: Call[] = [];
	readonly #now: () => number;
	#place = 0;

	/** `now` tells what the clock shows. */
	constructor(now: () => number) {
		this.#now = now;
	}

	/** Records one call from its beginning to its end. */
	async call(keyId: string, ask: Ask, run: () => Promise<Answer | null>): Promise<Answer | null> {
		const end = this.begin();
		const answer = await run();
		end(keyId, ask, answer);
		return answer;
	}

	/** A call begins. What is returned ends it: once for each key that it was about. */
	begin(): (keyId: string, ask: Ask, answer: Answer | null) => void {
		const began = this.#place++;
		const from = this.#now();
		let ended: number | undefined;
		return (keyId, ask, answer) => {
			ended ??= this.#place++;
			this.calls.push({ keyId, ask, answer, began, ended, clock: [from, this.#now()] });
		};
	}

	/** The memory of these keys' gates is lost at some moment while `crash` runs. */
	async crashed(keyIds: Iterable<string>, crash: () => Promise<void>): Promise<void> {
		const ends = [...keyIds].map((keyId) => ({ keyId, end: this.begin() }));
		await crash();
		for (const { keyId, end } of ends) end(keyId, { kind: "crash" }, { kind: "done" });
	}
}
