/** A history: the calls on keys with their responses, in the order in which they began and ended. */

import type { Refused, SignedRefused } from "../../worker/keys/verdict.ts";
import type { ApiKey } from "../../worker/schemas/api-key.ts";

/** The settings of a key. */
export interface Settings {
	/** New with every update, so that an audit event identifies its update. */
	name: string;
	scopes: readonly string[];
	limit: number;
	/** Single IP addresses; empty: any. */
	addresses: readonly string[];
	/** Milliseconds since the epoch. */
	expiresAt: number | null;
}

/** What identifies a signed request: sending it again is a replay. */
export interface Signature {
	/** Its number among the signed requests of the key, from 0. */
	no: number;
	/** Its timestamp, in Unix seconds. */
	at: number;
}

/** A call on one key. */
export type Invocation =
	| { kind: "create"; settings: Settings }
	| { kind: "admit"; scope: string | null; address: string | null; consume: boolean; signature?: Signature }
	| { kind: "read" }
	| { kind: "usage" }
	| { kind: "update"; patch: Partial<Settings> & { name: string }; expectedVersion?: number | undefined }
	| { kind: "rotate"; overlapMs: number | null; expectedVersion?: number | undefined }
	| { kind: "revoke"; reason: string; expectedVersion?: number | undefined }
	| { kind: "delete"; expectedVersion?: number | undefined }
	/** The key's tenant is suspended or resumed, until the service says that it is for every key. */
	| { kind: "suspend" }
	| { kind: "resume" }
	/** The gate loses its memory, at one moment. If it was idle before, it has persisted what it must not forget. */
	| { kind: "crash"; wasIdle?: boolean };

export type VerdictCode = "VALID" | Refused["code"] | SignedRefused["code"];

/** The response. */
export type CallResponse =
	| {
			kind: "verdict";
			code: VerdictCode;
			/** From the rate-limit headers; absent if the key is unknown. `hour` is its first millisecond. */
			window?: { limit: number; remaining: number; hour: number };
			/** Seconds after which a request that is signed again is admitted. */
			retryAfter?: number;
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
	/** `version`: the version after the change, if the response shows it. */
	| { kind: "done"; version?: number }
	| { kind: "not found" }
	| { kind: "conflict" }
	| { kind: "invalid" }
	/** A change by the tenant's people, which a suspended tenant doesn't allow. */
	| { kind: "tenant suspended" };

/** One call. `began` and `ended` are positions in the common order of all beginnings and ends. */
export interface Call {
	keyId: string;
	invocation: Invocation;
	/** Null: the connection broke or the gate was unavailable, so the call may have taken effect or not. */
	response: CallResponse | null;
	began: number;
	ended: number;
	/** The time at the beginning and at the end. The clock never goes back. */
	clock: readonly [number, number];
}

/** Records a history. */
export class Recorder {
	readonly calls: Call[] = [];
	readonly #now: () => number;
	#place = 0;

	/** `now` returns the current time. */
	constructor(now: () => number) {
		this.#now = now;
	}

	/** Records one call from its beginning to its end. */
	async call(
		keyId: string,
		invocation: Invocation,
		run: () => Promise<CallResponse | null>,
	): Promise<CallResponse | null> {
		const end = this.begin();
		const response = await run();
		end(keyId, invocation, response);
		return response;
	}

	/** Begins a call. Call the returned function at its end, once for each key that it was about. */
	begin(): (keyId: string, invocation: Invocation, response: CallResponse | null) => void {
		const began = this.#place++;
		const from = this.#now();
		let ended: number | undefined;
		return (keyId, invocation, response) => {
			ended ??= this.#place++;
			this.calls.push({ keyId, invocation, response, began, ended, clock: [from, this.#now()] });
		};
	}

	/** Records that the gates of these keys lose their memory at some moment while `crash` runs. */
	async crashed(keyIds: Iterable<string>, crash: () => Promise<void>): Promise<void> {
		const ends = [...keyIds].map((keyId) => ({ keyId, end: this.begin() }));
		await crash();
		for (const { keyId, end } of ends) end(keyId, { kind: "crash" }, { kind: "done" });
	}
}
