/**
 * Recognises an imported key when it is presented for the first time. The import brings a bcrypt hash, or a SHA-256 without
 * the last four characters. From the first right presentation on, the gate knows the key as it knows every other: by its
 * SHA-256. Gates load this module only for imported keys.
 */
import type { Bindings } from "../env.ts";
import { hashKey, isBcrypt, sameText } from "../keys/format.ts";
import { sha256 } from "../keys/hash.ts";
import { logError } from "../log.ts";
import type { ChangingGate } from "./changes.ts";
import type { KeyMemory } from "./key-memory.ts";
import type { Recognition } from "./protocol.ts";
import { DELIVERY_WAIT_MS } from "./timers.ts";

type Hashers = Bindings["PASSWORD_HASHER"];

/** Callers are spread over this many hashers. One caller always has the same, which counts its wrong keys. */
const HASHERS = 16;

export class Recognizer {
	readonly #gate: ChangingGate;
	readonly #memory: KeyMemory;
	/** How late D1 may get what was learned, in milliseconds. */
	readonly #flushMs: number;
	readonly #hashers: () => Hashers;
	/** Comparisons in progress, by SHA-256 of the key: clients open several connections at once. */
	readonly #comparing = new Map<string, Promise<Recognition>>();

	constructor(gate: ChangingGate, flushMs: number, hashers: () => Hashers) {
		this.#gate = gate;
		this.#memory = gate.memory;
		this.#flushMs = flushMs;
		this.#hashers = hashers;
	}

	/** Whether `key` is this gate's key. `caller` is the network that it came from. */
	async recognize(keyId: string, key: string, caller: string, now: number): Promise<Recognition> {
		if (!this.#memory.state && !(await this.#memory.load(keyId))) return "UNAVAILABLE";
		const { loaded } = this.#memory;
		if (!loaded) return "OTHER";
		const { secretHash: stored } = loaded.key;
		const secretHash = hashKey(key);
		const result = isBcrypt(stored)
			? await this.#compareOnce(key, secretHash, stored, caller)
			: sameText(stored, secretHash)
				? "KNOWN"
				: "OTHER";
		// The key may have been changed, revoked or deleted meanwhile. This changes nothing but the hash.
		const isNew = result === "KNOWN" && this.#memory.recordSecret(secretHash, key.slice(-4));
		// Before the key is admitted, so that an import of it by its SHA-256 finds this key. If D1 is down, it gets the SHA-256
		// later: the wait is bounded.
		if (isNew) await Promise.race([this.#deliver(now), scheduler.wait(DELIVERY_WAIT_MS)]);
		return result;
	}

	/** Delivers what was learned to D1. Never rejects. */
	#deliver(now: number): Promise<void> {
		// In the turn that persists it: if D1 is down or the gate crashes, the alarm delivers it.
		this.#gate.alarm.scheduleBy(now + this.#flushMs);
		return this.#gate.delivery.run(() => this.#memory.content("with usage"), now);
	}

	#compareOnce(key: string, secretHash: string, stored: string, caller: string): Promise<Recognition> {
		const running = this.#comparing.get(secretHash);
		if (running) return running;
		const comparison = this.#compare(key, stored, caller).finally(() => this.#comparing.delete(secretHash));
		this.#comparing.set(secretHash, comparison);
		return comparison;
	}

	async #compare(key: string, stored: string, caller: string): Promise<Recognition> {
		const shard = Number.parseInt(sha256(caller).slice(0, 4), 16) % HASHERS;
		try {
			const verdict = await this.#hashers().getByName(`imported keys ${shard}`).checkKey(key, stored, caller);
			switch (verdict) {
				case "RIGHT":
					return "KNOWN";
				case "WRONG":
					return "OTHER";
				case "THROTTLED":
					return "THROTTLED";
				case "BUSY":
					return "UNAVAILABLE";
				default:
					return verdict satisfies never;
			}
		} catch (error) {
			logError("An imported key could not be compared with its hash", error);
			return "UNAVAILABLE";
		}
	}
}
