/**
 * A change consists of steps: the gate's own disk, its outbox, the alarm, D1. Here something goes wrong at each of them
 * and between any two, for every kind of change. Afterwards the history must be that of a key that was told what it was
 * told, and D1 must agree: nothing acknowledged is lost, nothing is half done, no event is missing or there twice.
 */
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { eq } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { apiKeys } from "../../../db/schema.ts";
import type { KeyGate } from "../../../worker/gate/key-gate.ts";
import { disagreements } from "../../history/agreement.ts";
import { check } from "../../history/checker.ts";
import { type Answer, type Ask, Recorder } from "../../history/operations.ts";
import { describeViolations } from "../../history/report.ts";
import { ServiceCalls, settingsOf } from "../../history/service-calls.ts";
import { addTenant, createKey, db, gateOf, request, token } from "../fixtures.ts";
import { storedOf } from "../history/in-workerd.ts";
import { crash, disk, type FakeLink, linkToD1 } from "./gate-control.ts";

/** For which time an order to take a successor back stands at most. */
const DISCARD_PATIENCE_MS = 301_000;

// Each takes a fraction of a second, or several where the machine has much else to do.
vi.setConfig({ testTimeout: 60_000 });
beforeEach(() => {
	vi.spyOn(console, "error").mockImplementation(() => undefined);
	vi.useFakeTimers({ toFake: ["Date"] });
});
afterEach(() => {
	vi.useRealTimers();
	vi.restoreAllMocks();
});

const CHANGES: Record<string, Extract<Ask, { kind: "update" | "rotate" | "revoke" | "delete" }>> = {
	update: { kind: "update", patch: { name: "Changed", limit: 3, scopes: ["leads:read"] } },
	"rotation with overlap": { kind: "rotate", overlapMs: 3_600_000 },
	"rotation without": { kind: "rotate", overlapMs: 0 },
	"update of an expected version": {
		kind: "update",
		patch: { name: "Changed", limit: 3 },
		expectedVersion: 1,
	},
	revocation: { kind: "revoke", reason: "Leaked" },
	deletion: { kind: "delete" },
};

/** A key with a history, warm, and a link to D1 that can fail. */
class Patient {
	readonly #recorder = new Recorder(Date.now);
	readonly #service: ServiceCalls;
	readonly #tenantId: string;
	readonly id: string;
	readonly #key: string;
	link: FakeLink;

	private constructor(tenantId: string, service: ServiceCalls, made: { id: string; key: string }, link: FakeLink) {
		this.#tenantId = tenantId;
		this.#service = service;
		this.id = made.id;
		this.#key = made.key;
		this.link = link;
	}

	static async admitted(): Promise<Patient> {
		const tenantId = await addTenant();
		const admin = await token({ tenantId, expiresIn: 86_400 });
		const { key, api_key } = await createKey(admin, { scopes: [], rate_limit: 5 });
		const patient = new Patient(
			tenantId,
			new ServiceCalls({ fetch: request }, admin),
			{ id: api_key.id, key },
			await linkToD1(api_key.id),
		);
		patient.#recorder.begin()(api_key.id, { kind: "create", settings: settingsOf(api_key) }, { kind: "done" });
		await patient.use();
		await runDurableObjectAlarm(gateOf(api_key.id));
		return patient;
	}

	use(): Promise<Answer | null> {
		const asked = { scope: null, address: "203.0.113.7", consume: true };
		return this.#recorder.call(this.id, { kind: "admit", ...asked }, () =>
			this.#service.present(this.#key, asked, "bearer"),
		);
	}

	async change(ask: (typeof CHANGES)[string]): Promise<Answer | null> {
		const end = this.#recorder.begin();
		const answer = await this.#do(ask);
		end(this.id, ask, answer);
		if (answer?.kind === "rotated")
			end(answer.successorId, { kind: "create", settings: answer.successor }, { kind: "done" });
		return answer;
	}

	async #do(ask: (typeof CHANGES)[string]): Promise<Answer | null> {
		switch (ask.kind) {
			case "update":
				return this.#service.update(this.id, ask.patch, ask.expectedVersion);
			case "rotate":
				return (await this.#service.rotate(this.id, ask.overlapMs)).answer;
			case "revoke":
				return this.#service.revoke(this.id, ask.reason);
			case "delete":
				return this.#service.delete(this.id);
			default:
				return ask satisfies never;
		}
	}

	/** Rings as often as the gate wants to be woken, at the times it wants; at most until all is said to be delivered. */
	async rings(): Promise<void> {
		for (let i = 0; i < 4; i++) {
			const at = await runInDurableObject(gateOf(this.id), (_gate: KeyGate, state) => state.storage.getAlarm());
			if (at === null) return;
			vi.setSystemTime(Math.max(Date.now(), at));
			await runDurableObjectAlarm(gateOf(this.id));
		}
	}

	/** Everything that must hold when nothing is broken any more. */
	async expectWhole(): Promise<void> {
		await this.use();
		await this.rings();
		vi.setSystemTime(Date.now() + DISCARD_PATIENCE_MS);
		await this.rings();
		const { calls } = this.#recorder;
		for (const id of new Set(calls.map(({ keyId }) => keyId)))
			await this.#recorder.call(id, { kind: "read" }, () => this.#service.read(id));
		expect(describeViolations(check(calls))).toEqual([]);
		expect(disagreements(calls, await storedOf(this.#tenantId))).toEqual([]);
		const left = [...(await disk(this.id)).keys()].filter((name) => /^(event|discard):/.test(name));
		expect(left).toEqual([]);
	}
}

const refuse = () => Promise.reject(new Error("D1_ERROR: no route to the database"));

/** What D1, or the gate's own life, does at a batch that the gate sends. `late` runs when everything else is over. */
const FAULTS: Record<string, Fault> = {
	"D1 refuses": () => refuse,
	"D1 does it and its answer is lost": () => async (apply) => {
		await apply();
		return refuse();
	},
	"D1 does it only long after it was given up on": (_link, late) => (apply) => {
		late.push(apply);
		return refuse();
	},
	"the gate dies before its disk has it": (link) => () => {
		link.die();
		return refuse();
	},
	"the gate dies before D1 hears of it": (link) => async () => {
		await link.durable();
		link.die();
		return refuse();
	},
	"the gate dies before it hears that D1 has done it": (link) => async (apply) => {
		await apply();
		link.die();
		return refuse();
	},
	// The platform lets nothing out before the disk has what was written ahead of it.
	"the gate dies and D1 does it afterwards": (link, late) => async (apply) => {
		await link.durable();
		late.push(apply);
		link.die();
		return refuse();
	},
};
type Fault = (link: FakeLink, late: (() => Promise<unknown>)[]) => NonNullable<FakeLink["intercept"]>;

/** The gate's batch at which it happens. A rotation sends two: the successor, and the change of the key itself. */
const steps = Object.entries(CHANGES).flatMap(([name, ask]) =>
	(ask.kind === "rotate" ? [1, 2] : [1]).flatMap((batch) =>
		Object.entries(FAULTS).map(([fault, make]) => ({ name, ask, batch, fault, make })),
	),
);

describe("when something goes wrong with D1", () => {
	it.each(steps)("$name: $fault (batch $batch)", async ({ ask, batch, make }) => {
		const patient = await Patient.admitted();
		const late: (() => Promise<unknown>)[] = [];
		const fault = make(patient.link, late);
		let batches = 0;
		let struck = 0;
		patient.link.intercept = (apply) => {
			if (++batches !== batch) return apply();
			struck++;
			return fault(apply);
		};
		await patient.change(ask);
		expect(struck).toBe(1);
		await patient.use();
		// Others go on meanwhile: what comes late must not undo them.
		await patient.change({ kind: "update", patch: { name: "Changed once more", limit: 4 } });
		await patient.rings();
		for (const apply of late) await apply().catch(() => undefined);
		await patient.expectWhole();
	});

	it.each(Object.entries(CHANGES))(
		"%s, while D1 stays away for long and the gate dies in between",
		async (_name, ask) => {
			const patient = await Patient.admitted();
			patient.link.intercept = refuse;
			await patient.change(ask);
			await patient.rings();
			await patient.use();
			await crash(patient.id);
			patient.link = await linkToD1(patient.id);
			patient.link.intercept = refuse;
			await patient.change({ kind: "update", patch: { name: "Meanwhile" } });
			await patient.rings();
			delete patient.link.intercept;
			await patient.expectWhole();
		},
	);
});

describe("when the gate dies at a write to its own disk", () => {
	const writes = Object.entries(CHANGES).flatMap(([name, ask]) => [1, 2, 3, 4].map((write) => ({ name, ask, write })));

	it.each(writes)("$name: at write $write it is all there or nothing of it", async ({ ask, write }) => {
		const patient = await Patient.admitted();
		let count = 0;
		await runInDurableObject(gateOf(patient.id), (_gate: KeyGate, { storage }) => {
			const { kv } = storage;
			const at =
				<A extends unknown[], R>(act: (...args: A) => R) =>
				(...args: A): R => {
					if (++count === write) patient.link.die();
					return act(...args);
				};
			Object.assign(kv, { put: at(kv.put.bind(kv)), delete: at(kv.delete.bind(kv)) });
			Object.assign(storage, { setAlarm: at(storage.setAlarm.bind(storage)) });
		});
		const answer = await patient.change(ask);
		// Every change writes the key and its event, some more.
		if (write <= 2) expect(count).toBeGreaterThanOrEqual(write);
		if (count >= write) expect(answer).toBeNull();
		await patient.expectWhole();
	});
});

describe("when an object cannot be reached", () => {
	it("a change that is under way is not acknowledged, and done all the same or not at all", async () => {
		const patient = await Patient.admitted();
		let asked = false;
		patient.link.intercept = () => {
			asked = true;
			return new Promise(() => undefined);
		};
		const change = patient.change({ kind: "revoke", reason: "Under way" });
		await vi.waitUntil(() => asked, { timeout: 30_000 });
		await crash(patient.id);
		expect(await change).toBeNull();
		await patient.expectWhole();
	});

	it("a request that is under way is refused, and the next one is admitted", async () => {
		const admin = await token({ tenantId: await addTenant() });
		const { key, api_key } = await createKey(admin);
		const link = await linkToD1(api_key.id);
		let asked = false;
		link.interceptRead = () => {
			asked = true;
			return new Promise(() => undefined);
		};
		const whoami = () => request("/v1/whoami", { headers: { authorization: `Bearer ${key}` } });
		const refused = whoami();
		await vi.waitUntil(() => asked, { timeout: 30_000 });
		await crash(api_key.id);
		expect((await refused).status).toBe(503);
		expect((await whoami()).status).toBe(200);
	});

	it("a successor is taken back once its gate can be told", async () => {
		const patient = await Patient.admitted();
		patient.link.intercept = async (apply) => {
			await apply();
			return refuse();
		};
		expect(await patient.change({ kind: "rotate", overlapMs: null })).toBeNull();
		delete patient.link.intercept;
		patient.link.unreachable = true;
		await patient.rings();
		const successors = () => db.select().from(apiKeys).where(eq(apiKeys.rotatedFrom, patient.id));
		expect(await successors()).toHaveLength(1);
		patient.link.unreachable = false;
		await patient.expectWhole();
		expect(await successors()).toEqual([]);
	});
});

describe("when D1 does not answer at all", () => {
	beforeEach(() => {
		vi.spyOn(scheduler, "wait").mockResolvedValue(undefined);
	});
	const never = () => new Promise<never>(() => undefined);
	/** Lets the gate's own timers run out. */
	const giveUp = (id: string, ms: number) => runInDurableObject(gateOf(id), () => void vi.advanceTimersByTime(ms));

	it.each(Object.entries(CHANGES).filter(([, { kind }]) => kind !== "rotate"))(
		"%s is answered all the same, and delivered once D1 is given up on and comes back",
		async (_name, ask) => {
			vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"] });
			const patient = await Patient.admitted();
			patient.link.intercept = never;
			expect(await patient.change(ask)).toMatchObject({ kind: "done" });
			delete patient.link.intercept;
			await giveUp(patient.id, 31_000);
			await patient.expectWhole();
		},
	);

	it("a rotation is refused, and its successor, which comes after all, is taken back", async () => {
		vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"] });
		const patient = await Patient.admitted();
		const late: (() => Promise<unknown>)[] = [];
		const asked = Promise.withResolvers<void>();
		patient.link.intercept = (apply) => {
			late.push(apply);
			asked.resolve();
			return never();
		};
		const rotation = patient.change({ kind: "rotate", overlapMs: 0 });
		await asked.promise;
		delete patient.link.intercept;
		await giveUp(patient.id, 31_000);
		expect(await rotation).toBeNull();
		for (const apply of late) await apply();
		await patient.expectWhole();
	});

	it("a key that its gate has never seen is refused, and admitted once D1 is back", async () => {
		vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"] });
		const admin = await token({ tenantId: await addTenant() });
		const { key, api_key } = await createKey(admin);
		const link = await linkToD1(api_key.id);
		const asked = Promise.withResolvers<void>();
		link.interceptRead = () => {
			asked.resolve();
			return never();
		};
		const whoami = () => request("/v1/whoami", { headers: { authorization: `Bearer ${key}` } });
		const refused = whoami();
		await asked.promise;
		await giveUp(api_key.id, 11_000);
		expect((await refused).status).toBe(503);
		delete link.interceptRead;
		expect((await whoami()).status).toBe(200);
	});
});
