/**
 * The gate of one key: a Durable Object that holds the key's truth, decides every request and counts it.
 *
 * - It is the only writer of its key after creation. A change goes to its own disk first, together with the audit
 *   event and an alarm, and then to D1; what D1 misses, the alarm delivers.
 * - It decides in one turn from memory. D1 is asked once, when the gate has never seen its key.
 * - The platform holds every answer back until the writes before it are on disk, so nothing is acknowledged that a
 *   crash could forget.
 *
 * The last parameter of a method is the time; callers leave it out, tests pass it.
 */
import { DurableObject } from "cloudflare:workers";
import { type Bindings, usageFlushSeconds } from "../env.ts";
import { decide } from "../keys/decide.ts";
import { type AddressRule, addressRules } from "../keys/ip-allowlist.ts";
import { type KeySnapshot, type Lifetime, NEVER_USED, statusOf, type Tombstone, toApiKey } from "../keys/snapshot.ts";
import {
	creation,
	type KeyPatch,
	remove,
	revoke,
	rotate,
	successorOf,
	type Transition,
	update,
} from "../keys/transitions.ts";
import type { Admitted, Refused, Unanswered, Verdict } from "../keys/verdict.ts";
import { type Tally, toRateLimit, windowState } from "../keys/window.ts";
import { logError } from "../log.ts";
import type { ApiKey, ApiKeyDetail } from "../schemas/api-key.ts";
import { RecentCallers } from "./callers.ts";
import { UsageCounter } from "./counter.ts";
import { Delivery, RETRY_FIRST_MS } from "./delivery.ts";
import {
	type AdmissionCall,
	type AlreadyRotated,
	ATTEMPT_KEPT_MS,
	type Attempt,
	type GateResult,
	type ManagementCall,
	type PackedCall,
	type PackedVerdict,
	pack,
	type Rotated,
	type RotationRequest,
	unpackCall,
} from "./protocol.ts";
import { GateStore, type HourTally } from "./store.ts";
import { AlarmClock, LOAD_GIVEN_UP_MS, QuietTimer, within } from "./timers.ts";

const NOT_FOUND = { code: "NOT_FOUND" } as const;
const UNAVAILABLE = { code: "UNAVAILABLE" } as const;

/** How long the answer to a change waits for D1, so that lists show it; the change itself is durable before. */
const DELIVERY_PATIENCE_MS = 3_000;

/** What is in memory once the gate knows its key. */
interface Known {
	key: KeySnapshot;
	rules: AddressRule[];
	counter: UsageCounter;
	callers: RecentCallers;
}

export class KeyGate extends DurableObject<Bindings> {
	readonly #store: GateStore;
	readonly #flushMs: number;
	readonly #clock: AlarmClock;
	readonly #delivery: Delivery;
	/** undefined: the gate has never seen its key, and D1 must be asked. */
	#state: Known | Tombstone | undefined;
	#loading: Promise<boolean> | undefined;
	/** Being taken out of memory by the platform must cost nothing of the limit, and forget no caller. */
	readonly #quiet = new QuietTimer(() => {
		if (!this.#state || isTombstone(this.#state)) return;
		this.#state.counter.settle();
		this.#keep(this.#state.callers);
	});

	constructor(ctx: DurableObjectState, env: Bindings) {
		super(ctx, env);
		this.#store = new GateStore(ctx.storage.kv);
		this.#flushMs = usageFlushSeconds(env) * 1_000;
		const key = this.#store.key();
		if (key) this.#remember(key, NEVER_USED);
		this.#clock = new AlarmClock(ctx.storage);
		this.#delivery = new Delivery(
			this.#store,
			this.#clock,
			() => this.env.DB,
			(successorId, { id, tenantId }) => this.env.KEY_GATE.getByName(successorId).bury(successorId, tenantId, id),
		);
		void ctx.blockConcurrencyWhile(() => this.#clock.load());
	}

	/** Admits or refuses one request, and counts it. */
	admit(call: AdmissionCall, now = Date.now()): Verdict | Promise<Verdict> {
		return this.#state ? this.#decide(this.#state, call, now) : this.#loadAndDecide(call, now);
	}

	/** The same in the form that crosses to the Worker fastest. */
	admitPacked(packed: PackedCall, now = Date.now()): PackedVerdict | Promise<PackedVerdict> {
		const call = unpackCall(packed);
		return this.#state ? pack(this.#decide(this.#state, call, now)) : this.#loadAndDecide(call, now).then(pack);
	}

	/** The verdict together with the key it is about, for callers who must explain it. */
	async verify(
		call: AdmissionCall,
		now = Date.now(),
	): Promise<GateResult<{ verdict: Exclude<Verdict, Unanswered>; apiKey: ApiKey | null }>> {
		if (!this.#state && !(await this.#load(call.keyId))) return UNAVAILABLE;
		const verdict = this.#verdict(call, now);
		const current = this.#current(now);
		const apiKey = verdict.code !== "NOT_FOUND" && current.code === "OK" ? current.value : null;
		return { code: "OK", value: { verdict, apiKey } };
	}

	/** The key as it is at this moment. */
	describe(keyId: string, tenantId: string, now = Date.now()): Promise<GateResult<ApiKeyDetail>> {
		return this.#with(keyId, tenantId, ({ key, counter, callers }) => {
			counter.roll(now);
			const window = windowState(key.rateLimit, counter.tally.allowed, Math.max(now, counter.hour));
			return {
				code: "OK",
				value: {
					...toApiKey(key, counter.lifetime, now),
					current_hour: { used: counter.tally.allowed, ...toRateLimit(window) },
					recent_callers: callers.describe(),
				},
			};
		});
	}

	/** The hours that D1 may not know in full yet. */
	liveHours(keyId: string, tenantId: string, now = Date.now()): Promise<GateResult<HourTally[]>> {
		return this.#with(keyId, tenantId, ({ counter }) => {
			counter.roll(now);
			return { code: "OK", value: counter.hours() };
		});
	}

	/** Changes settings. The next request is judged by them. */
	update(call: ManagementCall, patch: KeyPatch, now = Date.now()): Promise<GateResult<ApiKey>> {
		return this.#with(call.keyId, call.author.tenantId, ({ key, counter }) => {
			if (statusOf(key, now) === "revoked") return isRevoked("changed");
			// What is reserved ahead is a share of the old limit: of a lower one a crash would cost far too much.
			if (patch.rateLimit !== undefined) counter.settle();
			return this.#make(update(key, patch, call.author, now), now);
		});
	}

	/** Stops the key for good. When this has returned, nothing is admitted any more. Idempotent. */
	revoke(call: ManagementCall, reason: string | null, now = Date.now()): Promise<GateResult<ApiKey>> {
		return this.#with(call.keyId, call.author.tenantId, ({ key }) =>
			this.#make(revoke(key, reason, call.author, now), now),
		);
	}

	/** Removes the key. A tombstone stays here, the audit trail stays in D1. */
	remove(call: ManagementCall, now = Date.now()): Promise<GateResult<null>> {
		return this.#with(call.keyId, call.author.tenantId, async ({ key }) => {
			this.#store.forgetUsage();
			await this.#make(remove(key, call.author, now), now);
			return { code: "OK", value: null };
		});
	}

	/**
	 * Makes a successor with the same settings; of an `attempt` that was made before, tells what it made. D1 gets it before this key points to it, and the order to take it back
	 * is written down before that and torn up when the rotation is whole. So whatever fails or dies in between, there
	 * is either a whole rotation or none.
	 */
	rotate(
		call: ManagementCall,
		{ material, lifeMs, overlapMs, expectedSuccessor, attempt }: RotationRequest,
		now = Date.now(),
	): Promise<GateResult<Rotated | AlreadyRotated>> {
		const { keyId, author } = call;
		return this.#with(keyId, author.tenantId, async (before) => {
			const repeated = this.#repeated(attempt, now);
			if (repeated) return repeated;
			if (statusOf(before.key, now) === "revoked") return isRevoked("rotated");
			if (expectedSuccessor !== undefined && before.key.rotatedTo !== expectedSuccessor) return ROTATED_MEANWHILE;
			const successor = successorOf(before.key, material, lifeMs, author.actor, now);
			const insert = async () => {
				const { insertSuccessor } = await import("./d1-records.ts");
				await insertSuccessor(this.env.DB, successor, creation(successor, author, now));
			};
			// While D1 is asked, this key may be changed or deleted. Then the order to discard stands.
			const complete = () =>
				this.#with<Rotated | AlreadyRotated>(keyId, author.tenantId, async ({ key }) => {
					// Asked for twice at once: the other has been faster.
					const repeated = this.#repeated(attempt, now);
					if (repeated) return repeated;
					if (key.revokedAt !== null) return isRevoked("rotated");
					// The successor would have settings that are no longer those of the key.
					if (key.version !== before.key.version) return CHANGED_MEANWHILE;
					this.#store.deleteDiscard(successor.id);
					if (attempt)
						this.#store.putRotation({ ...attempt, successorId: successor.id, at: now }, now - ATTEMPT_KEPT_MS);
					const previous = await this.#make(rotate(key, successor.id, overlapMs, author, now), now);
					if (previous.code !== "OK") return previous;
					return { code: "OK", value: { successor: toApiKey(successor, NEVER_USED, now), previous: previous.value } };
				});
			return (await this.#delivery.rotating(successor.id, now, insert, complete)) ?? UNAVAILABLE;
		});
	}

	/** What came of an attempt that was made before; null if none was. */
	#repeated(attempt: Attempt | undefined, now: number): GateResult<AlreadyRotated> | null {
		const known = attempt && this.#store.rotation(attempt.nameHash);
		if (!known || known.at <= now - ATTEMPT_KEPT_MS) return null;
		if (known.inputHash !== attempt.inputHash) return OTHER_INPUT;
		return { code: "OK", value: { successorId: known.successorId } };
	}

	/**
	 * Ends a key that was never handed out, because the rotation of `predecessorId` that made it was not completed.
	 * Anything else that this gate may hold stays: only who made a key can take it back, and nobody one that was used.
	 */
	bury(keyId: string, tenantId: string, predecessorId: string, now = Date.now()): void {
		const state = this.#state;
		if (state) {
			if (isTombstone(state)) return;
			const { key, counter } = state;
			if (key.rotatedFrom !== predecessorId || counter.lifetime.usageCount > 0)
				throw new Error(`The gate of ${keyId} holds a key that is not to be buried`);
		}
		this.#store.forgetUsage();
		this.#state = { id: keyId, tenantId, deletedAt: now };
		this.#store.putKey(this.#state);
	}

	/** Answers, so that a health check knows that objects can be reached. */
	ping(): "pong" {
		return "pong";
	}

	/** Brings D1 up to date. */
	override async alarm(): Promise<void> {
		this.#clock.rang();
		if (this.#state && !isTombstone(this.#state)) {
			// Should the gate die and nobody call again, it resumes from what D1 is told now, and they agree.
			this.#state.counter.settle();
			this.#keep(this.#state.callers);
		}
		await this.#deliver(Date.now(), "with usage");
	}

	#decide(state: Known | Tombstone, call: AdmissionCall, now: number): Admitted | Refused {
		if (isTombstone(state)) return { code: "NOT_FOUND", final: true };
		const { key, rules, counter, callers } = state;
		counter.roll(now);
		const verdict = decide(key, rules, call, counter.tally.allowed, Math.max(now, counter.hour));
		if (call.consume && verdict.code !== "NOT_FOUND") {
			counter.count(outcomeOf(verdict.code), key.rateLimit, now);
			const isNew = callers.see(call.ip, call.userAgent, call.endpoint, verdict.code === "VALID", now);
			const isFirst = this.#clock.ringBy(now + this.#flushMs);
			// An object that waits for a timer is kept awake, and billed; so there is one only for what would be lost. Of the
			// callers, a few seconds of one that is known may be.
			if (counter.isAhead) this.#quiet.disturb();
			else if (isNew || isFirst) this.#keep(callers);
		}
		return verdict;
	}

	#keep(callers: RecentCallers): void {
		const changed = callers.takeChanged();
		if (changed) this.#store.putCallers(changed);
	}

	async #loadAndDecide(call: AdmissionCall, now: number): Promise<Verdict> {
		return (await this.#load(call.keyId)) ? this.#verdict(call, now) : UNAVAILABLE;
	}

	/** By what the gate knows: one that has never seen its key has to ask D1 before. */
	#verdict(call: AdmissionCall, now: number): Admitted | Refused {
		return this.#state ? this.#decide(this.#state, call, now) : { code: "NOT_FOUND", final: false };
	}

	/**
	 * Runs `act` on the key, if it is there and the tenant's. `act` gets the state of this very turn: what is read
	 * before an `await` may be history after it, and a change made from history would undo what came between.
	 */
	async #with<T>(
		keyId: string,
		tenantId: string,
		act: (known: Known) => GateResult<T> | Promise<GateResult<T>>,
	): Promise<GateResult<T>> {
		if (!this.#state && !(await this.#load(keyId))) return UNAVAILABLE;
		const state = this.#state;
		return state && !isTombstone(state) && state.key.tenantId === tenantId ? act(state) : NOT_FOUND;
	}

	/** Asks D1 for the key, once however many requests wait for it, and keeps it from then on. False: D1 did not answer. */
	#load(keyId: string): Promise<boolean> {
		this.#loading ??= this.#loadFromD1(keyId).finally(() => {
			this.#loading = undefined;
		});
		return this.#loading;
	}

	async #loadFromD1(keyId: string): Promise<boolean> {
		try {
			const { readKey } = await import("./d1-records.ts");
			const found = await within(LOAD_GIVEN_UP_MS, readKey(this.env.DB, keyId));
			if (!found || this.#state) return true;
			this.#store.putKey(found.key);
			this.#remember(found.key, found.lifetime);
			return true;
		} catch (error) {
			logError("D1 did not tell a gate its key", error);
			return false;
		}
	}

	#remember(key: KeySnapshot | Tombstone, lifetime: Lifetime): void {
		this.#state = isTombstone(key)
			? key
			: {
					key,
					rules: addressRules(key.ipAllowlist),
					counter: new UsageCounter(this.#store, lifetime),
					callers: new RecentCallers(this.#store.callers()),
				};
	}

	/**
	 * Makes a transition durable and effective in one turn, then tells D1. Returns the key as the transition left it: by
	 * the time that D1 knows, somebody may have changed it again or deleted it.
	 */
	async #make(transition: Transition | null, now: number): Promise<GateResult<ApiKey>> {
		if (!transition) return this.#current(now);
		const { next, event } = transition;
		this.#store.putKey(next);
		this.#store.putEvent(event);
		this.#clock.ringBy(event.at + RETRY_FIRST_MS);
		if (isTombstone(next)) this.#state = next;
		else if (this.#state && !isTombstone(this.#state))
			this.#state = { ...this.#state, key: next, rules: addressRules(next.ipAllowlist) };
		const made = this.#current(now);
		await Promise.race([this.#deliver(event.at, "without usage"), scheduler.wait(DELIVERY_PATIENCE_MS)]);
		return made;
	}

	#deliver(now: number, extent: "with usage" | "without usage"): Promise<void> {
		return this.#delivery.run(() => {
			const state = this.#state;
			if (!state) return null;
			if (isTombstone(state)) return { key: state, usage: null };
			const { key, counter } = state;
			return { key, usage: extent === "with usage" ? { hours: counter.hours(), lifetime: counter.lifetime } : null };
		}, now);
	}

	#current(now: number): GateResult<ApiKey> {
		const state = this.#state;
		if (!state || isTombstone(state)) return NOT_FOUND;
		return { code: "OK", value: toApiKey(state.key, state.counter.lifetime, now) };
	}
}

function isTombstone(state: Known | KeySnapshot | Tombstone): state is Tombstone {
	return "deletedAt" in state;
}

function outcomeOf(code: Exclude<(Admitted | Refused)["code"], "NOT_FOUND">): keyof Tally {
	switch (code) {
		case "VALID":
			return "allowed";
		case "RATE_LIMITED":
			return "rateLimited";
		case "REVOKED":
		case "EXPIRED":
		case "ADDRESS_NOT_ALLOWED":
		case "MISSING_SCOPE":
			return "denied";
		default:
			return code satisfies never;
	}
}

const CHANGED_MEANWHILE = {
	code: "CONFLICT",
	message: "This API key was changed while it was being rotated. Look at it, and rotate it again.",
} as const;

const OTHER_INPUT = {
	code: "CONFLICT",
	message: "This Idempotency-Key was used for another request. Use a new one.",
} as const;

const ROTATED_MEANWHILE = {
	code: "CONFLICT",
	message: "This API key has another successor than expected_rotated_to says. Look at it before you rotate it.",
} as const;

const isRevoked = (what: string) =>
	({ code: "CONFLICT", message: `This API key is revoked, which is final. It cannot be ${what}.` }) as const;
