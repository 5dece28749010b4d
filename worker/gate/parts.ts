/**
 * The parts of a gate, and what takes several of them: deciding a request and counting it, persisting what an eviction would
 * lose, delivering to D1.
 */
import { type Bindings, usageFlushSeconds } from "../env.ts";
import type { Tombstone } from "../keys/snapshot.ts";
import type { CountedVerdict, GateVerdict, Refused, Unavailable } from "../keys/verdict.ts";
import { keyGates } from "../namespaces.ts";
import type { ChangingGate } from "./changes.ts";
import { BackOff } from "./delivery/back-off.ts";
import { UsagePace } from "./delivery/usage-pace.ts";
import { isTombstone, KeyMemory, type LoadedKey } from "./key-memory.ts";
import { type AdmissionCall, type PackedVerdict, pack, UNAVAILABLE } from "./protocol.ts";
import { GateStore } from "./store.ts";
import { GateAlarm, IdleTimer } from "./timers.ts";

/** Loaded when D1 or the gate was restored. */
export const repairs = () => import("./delivery/repair.ts");

type Decide<V extends CountedVerdict> = (loaded: LoadedKey) => V;
/** The value in the same turn if the key is in memory. */
export type Immediate<T> = T | Promise<T>;

export class GateParts {
	readonly store: GateStore;
	readonly memory: KeyMemory;
	readonly alarm: GateAlarm;
	readonly pace: UsagePace;
	/** How late D1 may get usage, in milliseconds. */
	readonly flushMs: number;
	readonly #env: () => Bindings;
	readonly #backOff: BackOff;
	#changing: Promise<ChangingGate> | undefined;
	#hasCheckedForGhost = false;
	readonly #d1 = () => this.#env().DB;
	/** Runs before the platform evicts an idle object, which must not cost admissions or lose callers. */
	readonly #idle = new IdleTimer(() => this.#persistAll(Date.now()));

	constructor(storage: DurableObjectStorage, env: () => Bindings) {
		this.#env = env;
		this.store = new GateStore(storage.kv);
		this.memory = new KeyMemory(this.store, this.#d1, () => this.#env().JURISDICTION ?? "");
		this.alarm = new GateAlarm(storage);
		this.flushMs = usageFlushSeconds(env()) * 1_000;
		this.pace = new UsagePace(this.store, this.flushMs);
		this.#backOff = new BackOff(this.store);
	}

	/** What changes and deliveries work on. Loaded by the first of them, because admission needs no delivery. */
	changing(): Promise<ChangingGate> {
		this.#changing ??= this.#load();
		return this.#changing;
	}

	async #load(): Promise<ChangingGate> {
		const { Delivery } = await import("./delivery/delivery.ts");
		const delivery = new Delivery(
			this.store,
			this.alarm,
			this.#backOff,
			this.#d1,
			(successorId, { id, tenantId }) =>
				keyGates(this.#env()).getByName(successorId).discardSuccessor(successorId, tenantId, id),
			(lifetime, watchedUntil) => {
				this.memory.loaded?.counter.delivered(lifetime);
				this.pace.watch(watchedUntil);
			},
			{
				takeOver: async (now) => (await repairs()).takeOver(parts, now),
				forget: async (placement, now) => (await repairs()).forget(parts, placement, now),
				suspend: (suspension) => this.memory.suspend(suspension),
			},
		);
		const parts = { store: this.store, memory: this.memory, alarm: this.alarm, delivery, d1: this.#d1 };
		return parts;
	}

	/** Brings D1 up to date. */
	async deliver(now: number): Promise<void> {
		// If the gate crashes later and is not called again, it resumes from what D1 gets now, and the two agree.
		this.memory.persistUsage();
		const { delivery } = await this.changing();
		await delivery.run(() => this.memory.content("with usage"), now);
	}

	/** Decides with `decide`, in this turn if the key is in memory. */
	admit(call: AdmissionCall, now: number, decide: Decide<CountedVerdict>): Immediate<PackedVerdict> {
		const { state } = this.memory;
		return state
			? this.#pack(this.#decide(state, call, now, decide))
			: this.loadAndDecide(call, now, decide).then((verdict) => this.#pack(verdict));
	}

	#pack(verdict: GateVerdict): PackedVerdict {
		return pack(verdict, this.memory.loaded?.key.tenantId);
	}

	/** Decides with `decide`, which also counts. */
	#decide<V extends CountedVerdict>(
		state: LoadedKey | Tombstone,
		call: AdmissionCall,
		now: number,
		decide: Decide<V>,
	): V | Refused {
		if (isTombstone(state)) {
			this.#removeGhost(now);
			return { code: "NOT_FOUND", final: true };
		}
		const verdict = decide(state);
		if (verdict.code !== "NOT_FOUND") this.memory.recordPepper(call.pepperId);
		this.afterCounting(state, now);
		return verdict;
	}

	/** A restore of D1 may have brought the row of the deleted key back. Checked once while the object is in memory. */
	#removeGhost(now: number): void {
		if (this.#hasCheckedForGhost) return;
		this.#hasCheckedForGhost = true;
		void this.changing().then(({ delivery }) => delivery.run(() => this.memory.content("with comparison"), now));
	}

	/** Schedules the delivery of what was counted. */
	afterCounting({ key, counter, callers, signatures }: LoadedKey, now: number): void {
		if (!callers.hasChanged) return;
		this.alarm.scheduleBy(Math.max(this.#backOff.until, this.pace.due(counter, key.rateLimit, now)));
		// A running timer keeps the object in memory, which is billed. So it runs only if an eviction would lose something.
		if (counter.isAhead || callers.isAheadOfDisk || signatures.isOpen) this.#idle.activity();
	}

	/** The same, as a promise. Loads the key from D1 if the gate has never seen it. */
	async loadAndDecide<V extends CountedVerdict>(
		call: AdmissionCall,
		now: number,
		decide: Decide<V>,
	): Promise<V | Refused | Unavailable> {
		if (!this.memory.state && !(await this.memory.load(call.keyId))) return UNAVAILABLE;
		const { state } = this.memory;
		return state ? this.#decide(state, call, now, decide) : { code: "NOT_FOUND", final: false };
	}

	/** Persists what an eviction would lose. */
	#persistAll(now: number): void {
		this.memory.persistUsage();
		const signatures = this.memory.loaded?.signatures;
		signatures?.persist(now);
		if (signatures?.isOpen) this.#idle.activity();
	}
}
