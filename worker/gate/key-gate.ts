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
import type { Bindings } from "../env.ts";
import { isSignedHash, sameText } from "../keys/format.ts";
import type { Signed } from "../keys/signature.ts";
import type { KeyPatch } from "../keys/transitions.ts";
import { passwordHashers } from "../namespaces.ts";
import type { ApiKey, ApiKeyDetail } from "../schemas/api-key.ts";
import type { DeliveryState } from "./delivery/delivery.ts";
import { countRefusals, decideAndCount, decideSignedAndCount, describeKey, isTombstone } from "./key-memory.ts";
import { GateParts, type Immediate, repairs } from "./parts.ts";
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
	type Recognition,
	type Rotated,
	type RotationRequest,
	type Suspension,
	UNAVAILABLE,
	unpackCall,
	unpackRefusals,
} from "./protocol.ts";
import type { Recognizer } from "./recognition.ts";
import type { HourCounts } from "./store.ts";

/** Loaded by the first change, so that an isolate starts sooner. */
const changes = () => import("./changes.ts");

export class KeyGate extends DurableObject<Bindings> {
	readonly #parts: GateParts;
	/** Only for an imported key. */
	#recognizer: Recognizer | undefined;

	constructor(ctx: DurableObjectState, env: Bindings) {
		super(ctx, env);
		this.#parts = new GateParts(ctx.storage, () => this.env);
		void ctx.blockConcurrencyWhile(() => this.#parts.alarm.load());
	}

	/** Admits or refuses one request, and counts it. */
	admitPacked(packed: PackedCall, now = Date.now()): Immediate<PackedVerdict> {
		const call = unpackCall(packed);
		return this.#parts.admit(call, now, (loaded) => decideAndCount(loaded, call, now));
	}

	/**
	 * The same for a signed request, which is admitted once. A method of its own: a gate of the release before has none, so it
	 * cannot admit a request without looking for a replay.
	 */
	admitSigned(packed: PackedCall, signed: Signed, now = Date.now()): Immediate<PackedVerdict> {
		const call = unpackCall(packed);
		return this.#parts.admit(call, now, (loaded) => decideSignedAndCount(loaded, call, signed, now));
	}

	/** The verdict together with the key, for callers that have to explain it. */
	async verify(call: AdmissionCall, now = Date.now()): Promise<GateResult<Explained>> {
		const verdict = await this.#parts.loadAndDecide(call, now, (loaded) => decideAndCount(loaded, call, now));
		if (verdict.code === "UNAVAILABLE") return UNAVAILABLE;
		const apiKey = verdict.code === "NOT_FOUND" ? null : this.#parts.memory.publicKey(now);
		return { code: "OK", value: { verdict, apiKey } };
	}

	/** Whether `key` is the imported key of this gate. From the first time on, the gate admits it by its SHA-256. */
	async recognize(keyId: string, key: string, caller: string, now = Date.now()): Promise<Recognition> {
		const { Recognizer } = await import("./recognition.ts");
		const parts = await this.#parts.changing();
		this.#recognizer ??= new Recognizer(parts, this.#parts.flushMs, () => passwordHashers(this.env));
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
		if (!(await this.#parts.memory.load(keyId))) throw new Error("The key could not be loaded");
		const { loaded } = this.#parts.memory;
		if (!loaded || !sameText(loaded.key.secretHash, secretHash)) return;
		countRefusals(loaded, counted, now);
		this.#parts.afterCounting(loaded, now);
	}

	/** The key in its current state. */
	describe(keyId: string, tenantId: string, now = Date.now()): Promise<GateResult<ApiKeyDetail>> {
		return this.#parts.memory.withKey(keyId, tenantId, (loaded) => ({ code: "OK", value: describeKey(loaded, now) }));
	}

	/** The hours that D1 may not have in full yet. */
	liveHours(keyId: string, tenantId: string, now = Date.now()): Promise<GateResult<HourCounts[]>> {
		return this.#parts.memory.withKey(keyId, tenantId, ({ counter }) => {
			counter.roll(now);
			return { code: "OK", value: counter.hours() };
		});
	}

	/**
	 * Called when someone lists the tenant's keys. Delivers the usage that D1 lacks, and delivers soon until `until`. A method of
	 * its own, because a gate of a release without it always delivers soon.
	 */
	async watchUsage(keyId: string, tenantId: string, until: number, now = Date.now()): Promise<void> {
		const { loaded } = this.#parts.memory;
		if (loaded?.key.id !== keyId || loaded.key.tenantId !== tenantId) return;
		this.#parts.pace.watch(until);
		if (this.#parts.alarm.isScheduled) await this.#parts.deliver(now);
	}

	/** Changes settings. They apply from the next request on. */
	async update(call: ManagementCall, patch: KeyPatch, now = Date.now()): Promise<GateResult<ApiKey>> {
		return (await changes()).updateKey(await this.#parts.changing(), call, patch, now);
	}

	/** Revokes the key for good: once this has returned, no request is admitted. Idempotent, whatever version is expected. */
	async revoke(call: ManagementCall, reason: string | null, now = Date.now()): Promise<GateResult<ApiKey>> {
		return (await changes()).revokeKey(await this.#parts.changing(), call, reason, now);
	}

	/** Deletes the key. A tombstone stays here, and the audit trail stays in D1. */
	async remove(call: ManagementCall, now = Date.now()): Promise<GateResult<null>> {
		return (await changes()).removeKey(await this.#parts.changing(), call, now);
	}

	/** Makes a successor with the same settings. If the same attempt was completed before, returns that successor's id. */
	async rotate(
		call: ManagementCall,
		request: RotationRequest,
		now = Date.now(),
	): Promise<GateResult<Rotated | AlreadyRotated>> {
		return (await changes()).rotateKey(await this.#parts.changing(), call, request, now);
	}

	/**
	 * Takes over whether the key's tenant is suspended. Once this has returned for a suspension, the key is not admitted
	 * any more. A method of its own: the gate of a release without suspensions has none, so it cannot acknowledge one.
	 */
	suspend(suspension: Suspension): void {
		this.#parts.memory.suspend(suspension);
	}

	/**
	 * Deletes everything but a tombstone, because the key's tenant is deleted. Its rows in D1 are deleted afterwards. The
	 * tombstone has ids and a time only. It stays, so that a restored database can't bring the key back.
	 */
	async erase(keyId: string, tenantId: string, now = Date.now()): Promise<void> {
		const tombstone = { id: keyId, tenantId, deletedAt: now };
		// First in memory: a gate that is busy then writes nothing while its storage is emptied.
		this.#parts.memory.replace(tombstone);
		await this.ctx.storage.deleteAll();
		this.#parts.memory.replace(tombstone);
		void this.ctx.storage.deleteAlarm();
	}

	/**
	 * Deletes everything about a deleted key of the canary, tombstone included: thousands a day would stay for ever, and no
	 * request will ever present one again. Returns false, and deletes nothing, for any other key and while D1 lacks an event.
	 */
	async forgetCanary(): Promise<boolean> {
		const { state } = this.#parts.memory;
		if (!state || !isTombstone(state) || state.tenantId !== CANARY_TENANT_ID) return false;
		if (this.#parts.store.events().length > 0) return false;
		await this.ctx.storage.deleteAlarm();
		await this.ctx.storage.deleteAll();
		return true;
	}

	/** Deletes this key because the rotation that made it was not completed. Only the key that made it can discard it. */
	async discardSuccessor(keyId: string, tenantId: string, predecessorId: string, now = Date.now()): Promise<void> {
		(await changes()).discardSuccessor(await this.#parts.changing(), { id: keyId, tenantId, predecessorId }, now);
	}

	/**
	 * Compares this gate with D1, and repairs the difference unless it is a dry run. `keyId` is null if the object was found by
	 * its own id.
	 */
	async reconcile(keyId: string | null, isDryRun: boolean, now = Date.now()): Promise<GateReport> {
		return (await repairs()).reconcile(await this.#parts.changing(), keyId, isDryRun, now);
	}

	/** How far D1 is behind this gate. */
	async deliveryState(): Promise<DeliveryState> {
		return (await this.#parts.changing()).delivery.state();
	}

	/** For health checks: shows that objects can be reached. */
	ping(): "pong" {
		return "pong";
	}

	/** Brings D1 up to date. */
	override async alarm(): Promise<void> {
		this.#parts.alarm.fired();
		const now = Date.now();
		const { loaded } = this.#parts.memory;
		if (loaded && isSignedHash(loaded.key.secretHash)) loaded.signatures.recover(now);
		await this.#parts.deliver(now);
	}
}
