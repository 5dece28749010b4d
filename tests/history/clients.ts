/** Concurrent clients that use and change keys at random, and record every call with its response. */
import { type Random, randomOf, seeded } from "../../scripts/demo/random.ts";
import { type CallResponse, type Invocation, Recorder, type Settings } from "./operations.ts";
import type { MadeKey, Presented, ServiceCalls, SignedRequest } from "./service-calls.ts";

/** The parameters of a history. */
export interface Plan {
	seed: number;
	/** Keys in use at once. A key that has ended makes room for another. */
	keys: number;
	/** Concurrent calls. */
	clients: number;
	operations: number;
	/** Relative frequency of each kind of call. */
	weights: Record<Action, number>;
	/** The limits to choose from for a new key. */
	limits: [number, ...number[]];
	/** Share of the keys that sign their requests. */
	signedShare?: number;
}

type Action =
	| "admit"
	| "read"
	| "usage"
	| "update"
	| "rotate"
	| "revoke"
	| "job"
	| "delete"
	| "suspension"
	| "clock"
	| "crash";

/** The clock and the crashes, which each test environment provides in its own way. */
export interface Controls {
	now(): number;
	/** Sets the clock forward. Absent: the clock is the real one. */
	setClock?(now: number): void;
	/** Makes a key's gate lose its memory. */
	crash?(keyId: string): Promise<void>;
	/** Whether a gate is idle before it loses its memory: clients leave its key alone. */
	isIdleBeforeCrash?: boolean;
	/** Another interface that admits keys. */
	admit?(key: string, presented: Presented): Promise<CallResponse | null>;
}

export interface TrackedKey extends MadeKey {
	id: string;
	/** The latest signed requests, which clients send again, and the number of all. */
	sent: SignedRequest[];
	signatures: number;
	/** By how many seconds the clocks of its callers may differ from the true time. */
	clocksDiffer: readonly [behind: number, ahead: number];
	/** Whether the key was used before, so that caches may know it. */
	warm: boolean;
	/** The version that a client saw last. Others may have changed the key since. */
	version: number;
}

const ADDRESSES = ["203.0.113.7", "198.51.100.20", "2001:db8::5"] as const;
const SCOPES = ["leads:read", "leads:write", "default:sync"] as const;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Share of the keys with a bearer key that come from another system. */
const IMPORTED_SHARE = 0.3;
const SIGNED_SHARE = 0.3;
/** Share of the signed keys with callers whose clocks are far ahead. After a crash, such a key waits longest. */
const FAR_AHEAD_SHARE = 0.3;
/** Share of the signed requests that are sent twice at once, and of those that are sent again later. */
const TWICE_SHARE = 0.2;
const AGAIN_SHARE = 0.3;
/** Number of signed requests of a key that clients send again. */
const SENT_MAX = 30;
/** Most calls of other clients before a suspended tenant is resumed. */
const CALLS_WHILE_SUSPENDED = 60;
/** Number of ended keys that clients still try. */
const ENDED_MAX = 6;

export class Clients {
	readonly recorder: Recorder;
	/** All keys that clients know. */
	readonly known = new Map<string, TrackedKey>();
	readonly #plan: Plan;
	readonly #calls: ServiceCalls;
	readonly #controls: Controls;
	readonly #random: Random;
	readonly #startedAt: number;
	#slots: (TrackedKey | undefined)[] = [];
	#ended: TrackedKey[] = [];
	#left: number;
	#names = 0;
	/** Keys that no client uses for a while. */
	readonly #resting = new Set<TrackedKey>();
	/** Settled while the tenant is not suspended. New keys wait for it: a history knows them only from their creation on. */
	#resumed: Promise<void> = Promise.resolve();
	#isSuspending = false;
	/** Creations and rotations in progress. */
	#adding = 0;
	#stopped = false;

	constructor(plan: Plan, calls: ServiceCalls, controls: Controls) {
		this.#plan = plan;
		this.#calls = calls;
		this.#controls = controls;
		this.#random = randomOf(seeded(plan.seed));
		this.#startedAt = controls.now();
		this.#left = plan.operations;
		this.recorder = new Recorder(() => controls.now());
	}

	/** Runs the clients until all operations are done, or until `stop`. */
	async run(): Promise<void> {
		this.#stopped = false;
		await Promise.all(Array.from({ length: this.#plan.clients }, () => this.#client()));
	}

	/** Makes no new calls. Those in flight continue. */
	stop(): void {
		this.#stopped = true;
	}

	/** Reads every key once more, after all other calls have ended. */
	async readAll(): Promise<void> {
		for (const key of this.known.values()) {
			await this.#read(key);
			await this.#usage(key);
		}
	}

	async #client(): Promise<void> {
		while (this.#left-- > 0 && !this.#stopped) {
			// Without a pause, the calls would starve the responses of D1 and the alarms.
			if (this.#random.chance(0.1)) await new Promise((resolve) => setTimeout(resolve, 0));
			await this.#action();
		}
	}

	async #action(): Promise<void> {
		const action = this.#draw();
		if (action === "clock") return this.#moveClock();
		if (action === "suspension") return this.#suspension();
		const slot = this.#random.whole(0, this.#plan.keys - 1);
		const key = this.#slots[slot];
		if (!key) return this.#create(slot);
		if (this.#resting.has(key)) return;
		switch (action) {
			case "admit":
				return this.#present(this.#ended.length > 0 && this.#random.chance(0.1) ? this.#endedKey() : key);
			case "read":
				return this.#read(key);
			case "usage":
				return this.#usage(key);
			case "update":
				return this.#update(this.#random.chance(0.05) && this.#ended.length > 0 ? this.#endedKey() : key);
			case "rotate":
				return this.#add(() => this.#rotate(slot, key));
			case "revoke":
				return this.#end(slot, key, { kind: "revoke", reason: `Reason ${this.#names++}` });
			case "job":
				return this.#job();
			case "delete":
				return this.#end(slot, key, { kind: "delete" });
			case "crash":
				return this.#crash(key);
			default:
				return action satisfies never;
		}
	}

	#draw(): Action {
		const weights = Object.entries(this.#plan.weights) as [Action, number][];
		let at = this.#random.between(
			0,
			weights.reduce((sum, [, weight]) => sum + weight, 0),
		);
		for (const [action, weight] of weights) {
			at -= weight;
			if (at < 0) return action;
		}
		return "admit";
	}

	#endedKey(): TrackedKey {
		// Only call usage if there are keys.
		return this.#random.pick(this.#ended as [TrackedKey, ...TrackedKey[]]);
	}

	#settings(): Settings {
		const random = this.#random;
		return {
			name: `Key ${this.#names++}`,
			scopes: random.chance(0.4) ? [] : random.some(SCOPES, 0.6),
			limit: random.pick(this.#plan.limits),
			addresses: random.chance(0.6) ? [] : random.some(ADDRESSES, 0.7),
			expiresAt: random.chance(0.5) ? null : this.#controls.now() + random.whole(2_000, HOUR_MS / 4),
		};
	}

	/** Random changes of some settings. */
	#patch(): Partial<Settings> & { name: string } {
		const { name, ...others } = this.#settings();
		return { name, ...Object.fromEntries(this.#random.some(Object.entries(others), 0.4)) };
	}

	#create(slot: number): Promise<void> {
		return this.#add(() => this.#createNow(slot));
	}

	/** Adds a key while no suspension is in progress. */
	async #add(add: () => Promise<void>): Promise<void> {
		while (this.#isSuspending) await this.#resumed;
		this.#adding++;
		try {
			await add();
		} finally {
			this.#adding--;
		}
	}

	async #createNow(slot: number): Promise<void> {
		const end = this.recorder.begin();
		// The expiry may have passed when the request arrives.
		const settings = { ...this.#settings(), expiresAt: null };
		const { signedShare = SIGNED_SHARE } = this.#plan;
		const isSigned = this.#random.chance(signedShare);
		const made = await (isSigned || !this.#random.chance(IMPORTED_SHARE)
			? this.#calls.create(settings, isSigned ? "signed" : "bearer")
			: this.#calls.import(settings));
		if (!made) return;
		end(made.id, { kind: "create", settings: made.settings }, { kind: "done" });
		this.#keep(slot, made);
	}

	#keep(slot: number, made: MadeKey & { id: string }): void {
		const { id, key, secret = null } = made;
		const isFarAhead = this.#random.chance(FAR_AHEAD_SHARE);
		const clocksDiffer = isFarAhead ? ([-33, 33] as const) : ([-32, 0] as const);
		const tracked: TrackedKey = { id, key, secret, sent: [], signatures: 0, clocksDiffer, warm: false, version: 1 };
		this.known.set(id, tracked);
		this.#slots[slot] = tracked;
	}

	async #present(tracked: TrackedKey): Promise<void> {
		if (this.#resting.has(tracked)) return;
		await (tracked.secret === null ? this.#admit(tracked) : this.#sign(tracked));
	}

	/** Sends a new signed request, once or twice at the same time, or one that was sent before. */
	async #sign(tracked: TrackedKey): Promise<void> {
		const { id, sent, clocksDiffer } = tracked;
		const random = this.#random;
		tracked.warm = true;
		const [first, ...others] = sent;
		let request = first && random.chance(AGAIN_SHARE) ? random.pick([first, ...others]) : undefined;
		if (!request) {
			const scope = random.chance(0.5) ? null : "leads:write";
			const differs = random.chance(0.6) ? 0 : random.whole(...clocksDiffer);
			const at = Math.floor(this.#controls.now() / 1_000) + differs;
			request = this.#calls.sign(tracked, scope, { no: tracked.signatures++, at });
			sent.push(request);
			if (sent.length > SENT_MAX) sent.shift();
		}
		const { signature, scope } = request;
		const times = random.chance(TWICE_SHARE) ? 2 : 1;
		await Promise.all(
			Array.from({ length: times }, () => {
				const address = random.chance(0.1) ? null : random.pick(ADDRESSES);
				const presented = { scope, address, consume: true, signature };
				return this.recorder.call(id, { kind: "admit", ...presented }, () => this.#calls.sendSigned(request, address));
			}),
		);
	}

	async #admit(tracked: TrackedKey): Promise<void> {
		const { id, key } = tracked;
		const random = this.#random;
		const address = random.chance(0.1) ? null : random.pick(ADDRESSES);
		const scope = random.chance(0.5) ? null : random.pick(SCOPES);
		const choice = random.between(0, 1);
		tracked.warm = true;
		const further = this.#controls.admit;
		if (further && choice < 0.94) {
			const presented = { scope, address, consume: random.chance(0.95) };
			await this.recorder.call(id, { kind: "admit", ...presented }, () => further(key, presented));
		} else if (choice < (further ? 0.95 : 0.1)) {
			const presented = { scope, address, consume: random.chance(0.7) };
			await this.recorder.call(id, { kind: "admit", ...presented }, () => this.#calls.verify(key, presented));
		} else {
			const presented = { scope: scope === null ? null : "leads:write", address, consume: true };
			const header = random.chance(0.5) ? "bearer" : "x-api-key";
			await this.recorder.call(id, { kind: "admit", ...presented }, () => this.#calls.present(key, presented, header));
		}
	}

	async #read(key: TrackedKey): Promise<void> {
		this.#see(key, await this.recorder.call(key.id, { kind: "read" }, () => this.#calls.read(key.id)));
	}

	/** Remembers the version that a response shows. */
	#see(key: TrackedKey, response: CallResponse | null): void {
		if (response !== null && "version" in response && response.version !== undefined) key.version = response.version;
	}

	/** The expected version, for some of the changes. */
	#expectation({ version }: TrackedKey): number | undefined {
		return this.#random.chance(0.3) ? version : undefined;
	}

	async #usage({ id }: TrackedKey): Promise<void> {
		const [from, to] = [this.#startedAt - DAY_MS, this.#controls.now() + DAY_MS];
		await this.recorder.call(id, { kind: "usage" }, () => this.#calls.usage(id, from, to));
	}

	async #update(key: TrackedKey): Promise<void> {
		const patch = this.#patch();
		const expectedVersion = this.#expectation(key);
		const update = () => this.#calls.update(key.id, patch, expectedVersion);
		this.#see(key, await this.recorder.call(key.id, { kind: "update", patch, expectedVersion }, update));
	}

	async #rotate(slot: number, key: TrackedKey): Promise<void> {
		const overlapMs = this.#random.pick([null, 0, 1_000, HOUR_MS / 2]);
		const end = this.recorder.begin();
		const expectedVersion = this.#expectation(key);
		const { response, made } = await this.#calls.rotate(key.id, overlapMs, expectedVersion);
		end(key.id, { kind: "rotate", overlapMs, expectedVersion }, response);
		this.#see(key, response);
		if (response?.kind !== "rotated" || made === undefined) return;
		end(response.successorId, { kind: "create", settings: response.successor }, { kind: "done" });
		this.#retire(key);
		this.#keep(slot, { id: response.successorId, ...made });
	}

	async #end(
		slot: number,
		key: TrackedKey,
		invocation: Extract<Invocation, { kind: "revoke" | "delete" }>,
	): Promise<void> {
		if (!key.warm) await this.#present(key);
		const expectedVersion = this.#expectation(key);
		const call = () =>
			invocation.kind === "revoke"
				? this.#calls.revoke(key.id, invocation.reason, expectedVersion)
				: this.#calls.delete(key.id, expectedVersion);
		if (this.#slots[slot] === key) this.#slots[slot] = undefined;
		this.#retire(key);
		await this.recorder.call(key.id, { ...invocation, expectedVersion }, call);
		// Delete some revoked keys, and revoke some of them again.
		if (invocation.kind === "revoke" && this.#random.chance(0.3))
			await this.#end(
				slot,
				key,
				this.#random.chance(0.5) ? { kind: "delete" } : { ...invocation, reason: "Once more" },
			);
	}

	/** Revokes some keys as a job. Each key is recorded as one revocation. */
	async #job(): Promise<void> {
		const keys = this.#random.some([...this.#slots.filter((key) => key !== undefined), ...this.#ended], 0.3);
		if (keys.length === 0) return;
		const reason = `Reason ${this.#names++}`;
		this.#slots = this.#slots.map((key) => (key && keys.includes(key) ? undefined : key));
		for (const key of keys) this.#retire(key);
		const end = this.recorder.begin();
		const responses = await this.#calls.revokeAsJob(
			keys.map(({ id }) => id),
			reason,
			{ stops: this.#random.chance(0.3), workers: this.#random.whole(1, 2) },
		);
		if (responses === "rejected") return;
		for (const { id } of keys) end(id, { kind: "revoke", reason }, responses.get(id) ?? null);
	}

	/** Suspends the tenant, lets the other clients try its keys, and resumes it. */
	async #suspension(): Promise<void> {
		// One at a time: the response to one that another replaces would say nothing about the keys.
		if (this.#adding > 0 || this.#isSuspending) return;
		this.#isSuspending = true;
		const { promise, resolve } = Promise.withResolvers<void>();
		this.#resumed = promise;
		try {
			await this.#changeTenant("suspend");
			const until = this.recorder.calls.length + this.#random.whole(0, CALLS_WHILE_SUSPENDED);
			for (let waits = 0; waits < 50 && this.recorder.calls.length < until; waits++)
				await new Promise((done) => setTimeout(done, 0));
			await this.#changeTenant("resume");
		} finally {
			this.#isSuspending = false;
			resolve();
		}
	}

	/** Recorded for each key. */
	async #changeTenant(kind: "suspend" | "resume"): Promise<void> {
		const end = this.recorder.begin();
		await this.#calls.changeTenant(kind);
		for (const id of this.known.keys()) end(id, { kind }, { kind: "done" });
	}

	#retire(key: TrackedKey): void {
		if (this.#ended.includes(key)) return;
		this.#ended.push(key);
		if (this.#ended.length > ENDED_MAX) this.#ended.shift();
	}

	async #crash(key: TrackedKey): Promise<void> {
		const { crash, isIdleBeforeCrash: wasIdle = false } = this.#controls;
		if (!crash) return;
		if (wasIdle) this.#resting.add(key);
		await this.recorder.call(key.id, { kind: "crash", wasIdle }, async () => {
			await crash(key.id);
			return { kind: "done" };
		});
		this.#resting.delete(key);
	}

	/** Sets the clock forward: a little, to the last moments of the hour, or into the next hour. */
	#moveClock(): void {
		const now = this.#controls.now();
		const hourEnds = now - (now % HOUR_MS) + HOUR_MS;
		const far = this.#random.between(0, 1);
		if (far < 0.6) this.#controls.setClock?.(now + this.#random.whole(1, 5_000));
		else if (far < 0.8) this.#controls.setClock?.(Math.max(now, hourEnds - this.#random.whole(1, 3)));
		else this.#controls.setClock?.(hourEnds + this.#random.whole(0, 2));
	}
}
