/** The key in a gate's memory: loading it from D1 the first time, deciding and counting. */

import { type DecidedKey, decide, decideSigned } from "../keys/decide.ts";
import { parseIpRules } from "../keys/ip-allowlist.ts";
import { RecentCallers } from "../keys/recent-callers.ts";
import type { Signed } from "../keys/signature.ts";
import { SignatureMemory } from "../keys/signature-memory.ts";
import { type KeySnapshot, type Tombstone, toApiKey } from "../keys/snapshot.ts";
import type { Admitted, Refused, SignedRefused } from "../keys/verdict.ts";
import { toRateLimit, windowState } from "../keys/window.ts";
import { logError, logEvent } from "../log.ts";
import type { ApiKey, ApiKeyDetail } from "../schemas/api-key.ts";
import { UsageCounter } from "./counter.ts";
import type { StoredKey } from "./delivery/d1-records.ts";
import type { DeliveryExtent, GateContent } from "./delivery/delivery.ts";
import {
	type AdmissionCall,
	type CallerRefusals,
	type GateResult,
	NOT_FOUND,
	type Suspension,
	UNAVAILABLE,
} from "./protocol.ts";
import type { GateStore } from "./store.ts";
import { LOAD_TIMEOUT_MS, withTimeout } from "./timers.ts";

/** A key that exists, with everything that a decision needs. */
export interface LoadedKey extends DecidedKey {
	counter: UsageCounter;
	callers: RecentCallers;
	signatures: SignatureMemory;
}

/** Lower than the number of any suspension. */
const NEVER_SUSPENDED: Suspension = { no: 0, at: null };

export class KeyMemory {
	readonly #store: GateStore;
	readonly #d1: () => D1Database;
	/** The jurisdiction that this gate is in; empty: none. */
	readonly #jurisdiction: () => string;
	/** undefined: the gate has never seen its key, and has to ask D1. */
	#state: LoadedKey | Tombstone | undefined;
	#loading: Promise<boolean> | undefined;
	#suspension = NEVER_SUSPENDED;
	/** Why the gate's records cannot be read; undefined: they can. */
	#unreadable: unknown;

	/**
	 * Starts from the gate's own disk. If this release can't read a record, the key is refused. The object still starts,
	 * because the key can still be revoked and deleted (`changes.ts`).
	 */
	constructor(store: GateStore, d1: () => D1Database, jurisdiction: () => string) {
		this.#store = store;
		this.#d1 = d1;
		this.#jurisdiction = jurisdiction;
		try {
			this.#suspension = store.suspension() ?? NEVER_SUSPENDED;
			const stored = store.key();
			if (stored) this.#remember(stored);
		} catch (error) {
			this.#unreadable = error;
		}
	}

	get isUnreadable(): boolean {
		return this.#unreadable !== undefined;
	}

	get suspension(): Suspension {
		return this.#suspension;
	}

	get state(): LoadedKey | Tombstone | undefined {
		return this.#state;
	}

	/** The key, or null if the gate doesn't know it or it was deleted. */
	get loaded(): LoadedKey | null {
		return this.#state && !isTombstone(this.#state) ? this.#state : null;
	}

	/** The public object of the key, or null if there is none. */
	publicKey(now: number): ApiKey | null {
		const { loaded } = this;
		return loaded && toApiKey(loaded.key, loaded.counter.lifetime, now);
	}

	/**
	 * Loads the key from D1 if it exists there. Asks D1 once, however many requests wait. Returns false if D1 did not
	 * respond, or if the gate has records that it can't read.
	 */
	load(keyId: string): Promise<boolean> {
		if (this.isUnreadable) {
			logEvent("unreadable_record", { key_id: keyId }, { thrown: this.#unreadable });
			return Promise.resolve(false);
		}
		this.#loading ??= this.#loadFromD1(keyId).finally(() => {
			this.#loading = undefined;
		});
		return this.#loading;
	}

	/**
	 * Runs `act` on the key if it exists and belongs to the tenant. `act` gets the state of the current turn: state that was
	 * read before an `await` may be outdated, and a change based on it would undo what happened in between.
	 */
	async withKey<T>(
		keyId: string,
		tenantId: string,
		act: (loaded: LoadedKey) => GateResult<T> | Promise<GateResult<T>>,
	): Promise<GateResult<T>> {
		// Does not yield if the key is loaded: a rotation relies on `act` running in this turn.
		if (!this.#state && !(await this.load(keyId))) return UNAVAILABLE;
		const { loaded } = this;
		return loaded?.key.tenantId === tenantId ? act(loaded) : NOT_FOUND;
	}

	async #loadFromD1(keyId: string): Promise<boolean> {
		try {
			const { connect, readKey } = await import("./delivery/d1-records.ts");
			const found = await withTimeout(LOAD_TIMEOUT_MS, readKey(connect(this.#d1()), keyId));
			// The state is set if a tombstone was written while D1 was asked.
			if (!found || this.#state) return true;
			// The gate that knows this key is in the other jurisdiction. Only that gate knows whether the key is revoked.
			const configured = this.#jurisdiction();
			if (found.jurisdiction !== configured) {
				const { otherJurisdiction } = await import("../jurisdiction.ts");
				throw new Error(otherJurisdiction(found.jurisdiction, configured));
			}
			// A newer suspension may have arrived while D1 was asked.
			this.suspend(found.suspension);
			this.#store.putKey(found.key);
			this.#remember(found.key);
			this.#raiseUsage(found);
			return true;
		} catch (error) {
			logError(`The gate of ${keyId} could not load its key from D1`, error);
			return false;
		}
	}

	/**
	 * Takes over what D1 knows and this gate doesn't, because the gate's storage was put back: the later version, every
	 * revocation, and the usage. Returns whether that changed anything. Throws if D1 doesn't respond.
	 */
	async takeOver(keyId: string): Promise<boolean> {
		const { connect, readKey } = await import("./delivery/d1-records.ts");
		const { stricterOf } = await import("../keys/stricter.ts");
		const found = await withTimeout(LOAD_TIMEOUT_MS, readKey(connect(this.#d1()), keyId));
		const { loaded } = this;
		// The key may have been deleted while D1 was asked.
		if (!loaded || found?.key.tenantId !== loaded.key.tenantId) return false;
		this.suspend(found.suspension);
		const next = stricterOf(loaded.key, found.key);
		if (next !== loaded.key) this.replace(next);
		const isCountedFurther = found.lifetime.usageCount > loaded.counter.lifetime.usageCount;
		if (isCountedFurther) this.#raiseUsage(found);
		return next !== loaded.key || isCountedFurther;
	}

	/** Counts what D1 has counted for the key, unless it was never used. */
	#raiseUsage({ newestHour, lifetime }: StoredKey): void {
		if (newestHour || lifetime.usageCount > 0) this.loaded?.counter.raise(newestHour, lifetime);
	}

	/**
	 * Takes over whether the tenant is suspended, on disk and in memory, unless the gate has a newer state. A gate that
	 * doesn't know its key yet keeps it for later, so that suspending a tenant reads no keys.
	 */
	suspend(suspension: Suspension): void {
		const { state } = this;
		if (suspension.no <= this.#suspension.no || (state && isTombstone(state))) return;
		this.#store.putSuspension(suspension);
		this.#suspension = suspension;
		if (state) this.#state = { ...state, isSuspended: suspension.at !== null };
	}

	/** Starts again from D1's copy of a key whose records cannot be read. Persist the end of the key in the same turn. */
	recover(found: StoredKey): void {
		this.#store.deleteUnreadable();
		this.#unreadable = undefined;
		this.#remember(found.key);
		this.#raiseUsage(found);
	}

	/** Stores the next state of the key, on disk and in memory. */
	replace(next: KeySnapshot | Tombstone): void {
		this.#store.putKey(next);
		if (isTombstone(next)) {
			this.#state = next;
			this.#unreadable = undefined;
		} else if (this.loaded) this.#state = { ...this.loaded, key: next, ipRules: parseIpRules(next.ipAllowlist) };
	}

	/** Remembers which pepper the key's tag was made with. Keys of earlier releases are stored without it. */
	recordPepper(pepperId: string | undefined): void {
		const { loaded } = this;
		if (!loaded || pepperId === undefined || loaded.key.pepperId === pepperId) return;
		this.replace({ ...loaded.key, pepperId });
	}

	/**
	 * Remembers the SHA-256 and the last characters of an imported key. No setting changes, so the version stays. D1 gets
	 * them with the usage. Returns whether they are new.
	 */
	recordSecret(secretHash: string, lastFour: string): boolean {
		const { loaded } = this;
		if (!loaded || (loaded.key.secretHash === secretHash && loaded.key.lastFour === lastFour)) return false;
		this.replace({ ...loaded.key, secretHash, lastFour });
		return true;
	}

	/** Persists the counts and callers that an eviction would lose. */
	persistUsage(): void {
		if (!this.loaded) return;
		this.loaded.counter.settle();
		const callers = this.loaded.callers.takeAll();
		if (callers) this.#store.putCallers(callers);
	}

	/** The content that D1 has to catch up with, or null if the gate knows nothing. */
	content(extent: DeliveryExtent): GateContent | null {
		const state = this.#state;
		if (!state) return null;
		const isCompared = extent === "with comparison";
		if (isTombstone(state)) return { key: state, usage: null, isCompared };
		const { key, counter } = state;
		const usage = extent === "without usage" ? null : { hours: counter.hours(), lifetime: counter.lifetime };
		return { key, usage, isCompared };
	}

	#usage(): Pick<LoadedKey, "counter" | "callers" | "signatures"> {
		const updates = this.#store.hours().at(-1)?.callers;
		// Read again by the first signed request. Here it shows that it can be read.
		this.#store.signatures();
		const callers = new RecentCallers(this.#store.callers(), updates);
		return {
			callers,
			counter: new UsageCounter(this.#store, callers),
			signatures: new SignatureMemory(this.#store),
		};
	}

	#remember(key: KeySnapshot | Tombstone): void {
		this.#state = isTombstone(key)
			? key
			: {
					key,
					ipRules: parseIpRules(key.ipAllowlist),
					isSuspended: this.#suspension.at !== null,
					...this.#usage(),
				};
	}
}

/** Decides a request and counts it. */
export function decideAndCount(loaded: LoadedKey, call: AdmissionCall, now: number): Admitted | Refused {
	const { counter } = loaded;
	counter.roll(now);
	const verdict = decide(loaded, call, counter.counts.allowed, Math.max(now, counter.hour));
	count(loaded, call, verdict, now);
	return verdict;
}

/** The same for a signed request, which is remembered if it is admitted. */
export function decideSignedAndCount(
	loaded: LoadedKey,
	call: AdmissionCall,
	signed: Signed,
	now: number,
): Admitted | Refused | SignedRefused {
	const { counter, signatures } = loaded;
	counter.roll(now);
	const replay = signatures.check(signed, now);
	const verdict = decideSigned(loaded, call, replay, counter.counts.allowed, Math.max(now, counter.hour));
	if (call.consume && verdict.code === "VALID") signatures.add(signed);
	count(loaded, call, verdict, now);
	return verdict;
}

function count(
	{ key, callers, counter }: LoadedKey,
	call: AdmissionCall,
	{ code }: Admitted | Refused | SignedRefused,
	now: number,
): void {
	if (!call.consume || code === "NOT_FOUND") return;
	callers.record(call, code === "VALID", now);
	counter.count(code, key.rateLimit, now);
}

/** The key with its current hour and its recent callers. */
export function describeKey({ key, counter, callers }: LoadedKey, now: number): ApiKeyDetail {
	counter.roll(now);
	const used = counter.counts.allowed;
	const window = windowState(key.rateLimit, used, Math.max(now, counter.hour));
	return {
		...toApiKey(key, counter.lifetime, now),
		current_hour: { used, ...toRateLimit(window) },
		recent_callers: callers.describe(now),
	};
}

/** Counts requests that a Worker refused from memory because the key is revoked. */
export function countRefusals(loaded: LoadedKey, refusals: readonly CallerRefusals[], now: number): void {
	const { key, counter, callers } = loaded;
	counter.roll(now);
	for (const [ip, userAgent, endpoint, requests, lastSeenAt] of refusals) {
		callers.record({ ip, userAgent, endpoint }, false, lastSeenAt, requests);
		counter.count("REVOKED", key.rateLimit, now, requests);
	}
}

export function isTombstone(state: LoadedKey | KeySnapshot | Tombstone): state is Tombstone {
	return "deletedAt" in state;
}
