/**
 * The gate of one key: a Durable Object that holds the authoritative state of the key, decides every request and counts
 * it.
 *
 * - After creation it is the only writer of its key. A change goes to its own disk first, together with the audit event
 *   and an alarm, and then to D1. The alarm delivers what D1 missed.
 * - It decides from memory, in one turn. It asks D1 only if it has never seen its key.
 * - The platform holds every response back until the writes before it are on disk, so a crash cannot lose anything that
 *   was acknowledged.
 *
 * The last parameter of a method is the time. Callers leave it out; tests pass it.
 */
import { DurableObject } from "cloudflare:workers";
import { CANARY_TENANT_ID } from "../../db/ids.ts";
import { type Bindings, usageFlushSeconds } from "../env.ts";
import { isSignedHash, sameText } from "../keys/format.ts";
import type { Signed } from "../keys/signature.ts";
import type { Tombstone } from "../keys/snapshot.ts";
import type { KeyPatch } from "../keys/transitions.ts";
import type { CountedVerdict, GateVerdict, Refused, Unavailable } from "../keys/verdict.ts";
import { keyGates, passwordHashers } from "../namespaces.ts";
import type { ApiKey, ApiKeyDetail } from "../schemas/api-key.ts";
import { BackOff } from "./back-off.ts";
import type { ChangingGate } from "./changes.ts";
import type { DeliveryState } from "./delivery.ts";
import {
	countRefusals,
	decideAndCount,
	decideSignedAndCount,
	describeKey,
	isTombstone,
	KeyMemory,
	type LoadedKey,
} from "./key-memory.ts";
import {
	type AdmissionCall,
	type AlreadyRotated,
	type Explained,
	type GateReport,
	type GateResult,
	type ManagementCall,
	type PackedCall,
	type PackedRefusals,
	type PackedVerdict,
	pack,
	type Recognition,
	type Rotated,
	type RotationRequest,
	type Suspension,
	UNAVAILABLE,
	unpackCall,
	unpackRefusals,
} from "./protocol.ts";
import type { Recognizer } from "./recognition.ts";
import { GateStore, type HourCounts } from "./store.ts";
import { GateAlarm, IdleTimer } from "./timers.ts";
import { UsagePace } from "./usage-pace.ts";

/** Loaded by the first change, so that an isolate starts sooner. */
const changes = () => import("./changes.ts");
/** Loaded when D1 or the gate was restored. */
const repairs = () => import("./repair.ts");

type Decide<V extends CountedVerdict> = (loaded: LoadedKey) => V;
/** The value in the same turn if the key is in memory. */
type Immediate<T> = T | Promise<T>;

export class KeyGate extends DurableObject<Bindings> {
	readonly #store: GateStore;
	readonly #memory: KeyMemory;
	readonly #alarm: GateAlarm;
	readonly #backOff: BackOff;
	readonly #flushMs: number;
	readonly #pace: UsagePace;
	#loadedParts: Promise<ChangingGate> | undefined;
	/** Only for an imported key. */
	#recognizer: Recognizer | undefined;
	#hasCheckedForGhost = false;
	readonly #d1 = () => this.env.DB;
	/** Runs before the platform evicts an idle object, which must not cost admissions or lose callers. */
	readonly #idle = new IdleTimer(() => this.#persistAll(Date.now()));

	constructor(ctx: DurableObjectState, env: Bindings) {
		super(ctx, env);
		this.#store = new GateStore(ctx.storage.kv);
		this.#memory = new KeyMemory(this.#store, this.#d1, () => this.env.JURISDICTION ?? "");
		this.#alarm = new GateAlarm(ctx.storage);
		this.#flushMs = usageFlushSeconds(env) * 1_000;
		this.#pace = new UsagePace(this.#store, this.#flushMs);
		this.#backOff = new BackOff(this.#store);
		void ctx.blockConcurrencyWhile(() => this.#alarm.load());
	}

	/** Admits or refuses one request, and counts it. */
	admitPacked(packed: PackedCall, now = Date.now()): Immediate<PackedVerdict> {
		const call = unpackCall(packed);
		return this.#admit(call, now, (loaded) => decideAndCount(loaded, call, now));
	}

	/**
	 * The same for a signed request, which is admitted once. A method of its own: a gate of the release before has none, so it
	 * cannot admit a request without looking for a replay.
	 */
	admitSigned(packed: PackedCall, signed: Signed, now = Date.now()): Immediate<PackedVerdict> {
		const call = unpackCall(packed);
		return this.#admit(call, now, (loaded) => decideSignedAndCount(loaded, call, signed, now));
	}

	/** The verdict together with the key, for callers that have to explain it. */
	async verify(call: AdmissionCall, now = Date.now()): Promise<GateResult<Explained>> {
		const verdict = await this.#loadAndDecide(call, now, (loaded) => decideAndCount(loaded, call, now));
		if (verdict.code === "UNAVAILABLE") return UNAVAILABLE;
		const apiKey = verdict.code === "NOT_FOUND" ? null : this.#memory.publicKey(now);
		return { code: "OK", value: { verdict, apiKey } };
	}

	/** Whether `key` is the imported key of this gate. From the first time on, the gate admits it by its SHA-256. */
	async recognize(keyId: string, key: string, caller: string, now = Date.now()): Promise<Recognition> {
		const { Recognizer } = await import("./recognition.ts");
		const parts = await this.#parts();
		this.#recognizer ??= new Recognizer(parts, this.#flushMs, () => passwordHashers(this.env));
		return this.#recognizer.recognize(keyId, key, caller, now);
	}

	/**
	 * Counts requests that a Worker refused from memory because this key is revoked. They count in the current hour, which
	 * may be the one after that of the requests. A Worker that doesn't know the secret counts nothing.
	 */
	async countRefusals(
		keyId: string,
		secretHash: string,
		refusals: readonly PackedRefusals[],
		now = Date.now(),
	): Promise<void> {
		const counted = refusals.map(unpackRefusals);
		if (!(await this.#memory.load(keyId))) throw new Error("The key could not be loaded");
		const { loaded } = this.#memory;
		if (!loaded || !sameText(loaded.key.secretHash, secretHash)) return;
		countRefusals(loaded, counted, now);
		this.#afterCounting(loaded, now);
	}

	/** The key in its current state. */
	describe(keyId: string, tenantId: string, now = Date.now()): Promise<GateResult<ApiKeyDetail>> {
		return this.#memory.withKey(keyId, tenantId, (loaded) => ({ code: "OK", value: describeKey(loaded, now) }));
	}

	/** The hours that D1 may not have in full yet. */
	liveHours(keyId: string, tenantId: string, now = Date.now()): Promise<GateResult<HourCounts[]>> {
		return this.#memory.withKey(keyId, tenantId, ({ counter }) => {
			counter.roll(now);
			return { code: "OK", value: counter.hours() };
		});
	}

	/**
	 * Called when someone lists the tenant's keys. Delivers the usage that D1 lacks, and delivers soon until `until`. A method of
	 * its own, because a gate of a release without it always delivers soon.
	 */
	async watchUsage(keyId: string, tenantId: string, until: number, now = Date.now()): Promise<void> {
		const { loaded } = this.#memory;
		if (loaded?.key.id !== keyId || loaded.key.tenantId !== tenantId) return;
		this.#pace.watch(until);
		if (this.#alarm.isScheduled) await this.#deliverAll(now);
	}

	/** Changes settings. They apply from the next request on. */
	async update(call: ManagementCall, patch: KeyPatch, now = Date.now()): Promise<GateResult<ApiKey>> {
		return (await changes()).updateKey(await this.#parts(), call, patch, now);
	}

	/** Revokes the key for good: once this has returned, no request is admitted. Idempotent, whatever version is expected. */
	async revoke(call: ManagementCall, reason: string | null, now = Date.now()): Promise<GateResult<ApiKey>> {
		return (await changes()).revokeKey(await this.#parts(), call, reason, now);
	}

	/** Deletes the key. A tombstone stays here, and the audit trail stays in D1. */
	async remove(call: ManagementCall, now = Date.now()): Promise<GateResult<null>> {
		return (await changes()).removeKey(await this.#parts(), call, now);
	}

	/** Makes a successor with the same settings. If the same attempt was completed before, returns that successor's id. */
	async rotate(
		call: ManagementCall,
		request: RotationRequest,
		now = Date.now(),
	): Promise<GateResult<Rotated | AlreadyRotated>> {
		return (await changes()).rotateKey(await this.#parts(), call, request, now);
	}

	/**
	 * Takes over whether the key's tenant is suspended. Once this has returned for a suspension, the key is not admitted
	 * any more. A method of its own: the gate of a release without suspensions has none, so it cannot acknowledge one.
	 */
	suspend(suspension: Suspension): void {
		this.#memory.suspend(suspension);
	}

	/**
	 * Deletes everything but a tombstone, because the key's tenant is deleted. Its rows in D1 are deleted afterwards. The
	 * tombstone has ids and a time only. It stays, so that a restored database can't bring the key back.
	 */
	async erase(keyId: string, tenantId: string, now = Date.now()): Promise<void> {
		const tombstone = { id: keyId, tenantId, deletedAt: now };
		// First in memory: a gate that is busy then writes nothing while its storage is emptied.
		this.#memory.replace(tombstone);
		await this.ctx.storage.deleteAll();
		this.#memory.replace(tombstone);
		void this.ctx.storage.deleteAlarm();
	}

	/**
	 * Deletes everything about a deleted key of the canary, tombstone included: thousands a day would stay for ever, and no
	 * request will ever present one again. Returns false, and deletes nothing, for any other key and while D1 lacks an event.
	 */
	async forgetCanary(): Promise<boolean> {
		const { state } = this.#memory;
		if (!state || !isTombstone(state) || state.tenantId !== CANARY_TENANT_ID) return false;
		if (this.#store.events().length > 0) return false;
		await this.ctx.storage.deleteAlarm();
		await this.ctx.storage.deleteAll();
		return true;
	}

	/** Deletes this key because the rotation that made it was not completed. Only the key that made it can discard it. */
	async discardSuccessor(keyId: string, tenantId: string, predecessorId: string, now = Date.now()): Promise<void> {
		(await changes()).discardSuccessor(await this.#parts(), { id: keyId, tenantId, predecessorId }, now);
	}

	/**
	 * Compares this gate with D1, and repairs the difference unless it is a dry run. `keyId` is null if the object was found by
	 * its own id.
	 */
	async reconcile(keyId: string | null, isDryRun: boolean, now = Date.now()): Promise<GateReport> {
		return (await repairs()).reconcile(await this.#parts(), keyId, isDryRun, now);
	}

	/** How far D1 is behind this gate. */
	async deliveryState(): Promise<DeliveryState> {
		return (await this.#parts()).delivery.state();
	}

	/** For health checks: shows that objects can be reached. */
	ping(): "pong" {
		return "pong";
	}

	/** Brings D1 up to date. */
	override async alarm(): Promise<void> {
		this.#alarm.fired();
		const now = Date.now();
		const { loaded } = this.#memory;
		if (loaded && isSignedHash(loaded.key.secretHash)) loaded.signatures.recover(now);
		await this.#deliverAll(now);
	}

	/** What changes and deliveries work on. Loaded by the first of them, because admission needs no delivery. */
	#parts(): Promise<ChangingGate> {
		this.#loadedParts ??= this.#loadParts();
		return this.#loadedParts;
	}

	async #loadParts(): Promise<ChangingGate> {
		const { Delivery } = await import("./delivery.ts");
		const delivery = new Delivery(
			this.#store,
			this.#alarm,
			this.#backOff,
			this.#d1,
			(successorId, { id, tenantId }) =>
				keyGates(this.env).getByName(successorId).discardSuccessor(successorId, tenantId, id),
			(lifetime, watchedUntil) => {
				this.#memory.loaded?.counter.delivered(lifetime);
				this.#pace.watch(watchedUntil);
			},
			{
				takeOver: async (now) => (await repairs()).takeOver(parts, now),
				forget: async (placement, now) => (await repairs()).forget(parts, placement, now),
				suspend: (suspension) => this.#memory.suspend(suspension),
			},
		);
		const parts = { store: this.#store, memory: this.#memory, alarm: this.#alarm, delivery, d1: this.#d1 };
		return parts;
	}

	async #deliverAll(now: number): Promise<void> {
		// If the gate crashes later and is not called again, it resumes from what D1 gets now, and the two agree.
		this.#memory.persistUsage();
		const { delivery } = await this.#parts();
		await delivery.run(() => this.#memory.content("with usage"), now);
	}

	#admit(call: AdmissionCall, now: number, decide: Decide<CountedVerdict>): Immediate<PackedVerdict> {
		const { state } = this.#memory;
		const packed = (verdict: GateVerdict) => pack(verdict, this.#memory.loaded?.key.tenantId);
		return state ? packed(this.#decide(state, call, now, decide)) : this.#loadAndDecide(call, now, decide).then(packed);
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
		if (verdict.code !== "NOT_FOUND") this.#memory.recordPepper(call.pepperId);
		this.#afterCounting(state, now);
		return verdict;
	}

	/** A restore of D1 may have brought the row of the deleted key back. Checked once while the object is in memory. */
	#removeGhost(now: number): void {
		if (this.#hasCheckedForGhost) return;
		this.#hasCheckedForGhost = true;
		void this.#parts().then(({ delivery }) => delivery.run(() => this.#memory.content("with comparison"), now));
	}

	#afterCounting({ key, counter, callers, signatures }: LoadedKey, now: number): void {
		if (!callers.hasChanged) return;
		this.#alarm.scheduleBy(Math.max(this.#backOff.until, this.#pace.due(counter, key.rateLimit, now)));
		// A running timer keeps the object in memory, which is billed. So it runs only if an eviction would lose something.
		if (counter.isAhead || callers.isAheadOfDisk || signatures.isOpen) this.#idle.activity();
	}

	async #loadAndDecide<V extends CountedVerdict>(
		call: AdmissionCall,
		now: number,
		decide: Decide<V>,
	): Promise<V | Refused | Unavailable> {
		if (!this.#memory.state && !(await this.#memory.load(call.keyId))) return UNAVAILABLE;
		const { state } = this.#memory;
		return state ? this.#decide(state, call, now, decide) : { code: "NOT_FOUND", final: false };
	}

	/** Persists what an eviction would lose. */
	#persistAll(now: number): void {
		this.#memory.persistUsage();
		const signatures = this.#memory.loaded?.signatures;
		signatures?.persist(now);
		if (signatures?.isOpen) this.#idle.activity();
	}
}
