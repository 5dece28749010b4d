/**
 * A change has several steps: the gate's storage, its outbox, the alarm, D1. These tests inject a fault at each step and
 * between any two, for every kind of change. Afterwards the model must explain all responses, and D1 must agree with
 * them: no acknowledged change is lost, no change is half done, and each event occurs exactly once.
 */
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { apiKeys } from "../../../db/schema.ts";
import type { KeyGate } from "../../../worker/gate/key-gate.ts";
import { disagreements } from "../../history/agreement.ts";
import { check } from "../../history/checker.ts";
import { type CallResponse, type Invocation, Recorder } from "../../history/operations.ts";
import { describeViolations } from "../../history/report.ts";
import { ServiceCalls, settingsOf } from "../../history/service-calls.ts";
import { addTenant, createKey, db, gateOf, request, token } from "../fixtures.ts";
import { storedOf } from "../history/in-workerd.ts";
import { crash, disk, type FakeLink, linkToD1 } from "./gate-control.ts";

/** A little longer than the gate keeps an order to discard a successor. */
const DISCARD_EXPIRES_MS = 301_000;

// Each test takes a fraction of a second, or several seconds on a busy machine.
vi.setConfig({ testTimeout: 60_000 });
beforeEach(() => {
	vi.spyOn(console, "error").mockImplementation(() => undefined);
	vi.useFakeTimers({ toFake: ["Date"] });
});
afterEach(() => {
	vi.useRealTimers();
	vi.restoreAllMocks();
});

const CHANGES: Record<string, Extract<Invocation, { kind: "update" | "rotate" | "revoke" | "delete" }>> = {
	update: { kind: "update", patch: { name: "Changed", limit: 3, scopes: ["leads:read"] } },
	"rotation with overlap": { kind: "rotate", overlapMs: 3_600_000 },
	"rotation without overlap": { kind: "rotate", overlapMs: 0 },
	"update of an expected version": {
		kind: "update",
		patch: { name: "Changed", limit: 3 },
		expectedVersion: 1,
	},
	revocation: { kind: "revoke", reason: "Leaked" },
	deletion: { kind: "delete" },
};

/** A key that its gate has loaded, with a recorded history, and a link to D1 that can fail. */
class KeyUnderTest {
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

	static async admitted(): Promise<KeyUnderTest> {
		const tenantId = await addTenant();
		const admin = await token({ tenantId, expiresIn: 86_400 });
		const { key, api_key } = await createKey(admin, { scopes: [], rate_limit: 5 });
		const subject = new KeyUnderTest(
			tenantId,
			new ServiceCalls({ fetch: request }, { admin, platform: env.SERVICE_ROLE_KEY, tenantId }),
			{ id: api_key.id, key },
			await linkToD1(api_key.id),
		);
		subject.#recorder.begin()(api_key.id, { kind: "create", settings: settingsOf(api_key) }, { kind: "done" });
		await subject.use();
		await runDurableObjectAlarm(gateOf(api_key.id));
		return subject;
	}

	use(): Promise<CallResponse | null> {
		const presented = { scope: null, address: "203.0.113.7", consume: true };
		return this.#recorder.call(this.id, { kind: "admit", ...presented }, () =>
			this.#service.present(this.#key, presented, "bearer"),
		);
	}

	async change(change: (typeof CHANGES)[string]): Promise<CallResponse | null> {
		const end = this.#recorder.begin();
		const response = await this.#do(change);
		end(this.id, change, response);
		if (response?.kind === "rotated")
			end(response.successorId, { kind: "create", settings: response.successor }, { kind: "done" });
		return response;
	}

	async #do(change: (typeof CHANGES)[string]): Promise<CallResponse | null> {
		switch (change.kind) {
			case "update":
				return this.#service.update(this.id, change.patch, change.expectedVersion);
			case "rotate":
				return (await this.#service.rotate(this.id, change.overlapMs)).response;
			case "revoke":
				return this.#service.revoke(this.id, change.reason);
			case "delete":
				return this.#service.delete(this.id);
			default:
				return change satisfies never;
		}
	}

	/** Runs the gate's alarms at the times it has set. Four are enough to deliver everything. */
	async runAlarms(): Promise<void> {
		for (let i = 0; i < 4; i++) {
			const at = await runInDurableObject(gateOf(this.id), (_gate: KeyGate, state) => state.storage.getAlarm());
			if (at === null) return;
			vi.setSystemTime(Math.max(Date.now(), at));
			await runDurableObjectAlarm(gateOf(this.id));
		}
	}

	/** Checks everything that must hold once all faults are over. */
	async expectWhole(): Promise<void> {
		await this.use();
		await this.runAlarms();
		vi.setSystemTime(Date.now() + DISCARD_EXPIRES_MS);
		await this.runAlarms();
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

/** The faults at a batch that the gate sends to D1. `late` collects batches that D1 applies at the end. */
const FAULTS: Record<string, Fault> = {
	"D1 fails": () => refuse,
	"D1 applies it, and the response is lost": () => async (apply) => {
		await apply();
		return refuse();
	},
	"D1 applies it long after the gate has given up": (_link, late) => (apply) => {
		late.push(apply);
		return refuse();
	},
	"the gate dies before the change is on disk": (link) => () => {
		link.die();
		return refuse();
	},
	"the gate dies before the batch reaches D1": (link) => async () => {
		await link.durable();
		link.die();
		return refuse();
	},
	"the gate dies before it receives D1's response": (link) => async (apply) => {
		await apply();
		link.die();
		return refuse();
	},
	// The platform sends nothing before the writes that precede it are on disk.
	"the gate dies, and D1 applies the batch afterwards": (link, late) => async (apply) => {
		await link.durable();
		late.push(apply);
		link.die();
		return refuse();
	},
};
type Fault = (link: FakeLink, late: (() => Promise<unknown>)[]) => NonNullable<FakeLink["intercept"]>;

/** `batch`: the batch with the fault. A rotation sends two: the successor, and the change of the key itself. */
const steps = Object.entries(CHANGES).flatMap(([name, change]) =>
	(change.kind === "rotate" ? [1, 2] : [1]).flatMap((batch) =>
		Object.entries(FAULTS).map(([fault, make]) => ({ name, change, batch, fault, make })),
	),
);

describe("when D1 fails", () => {
	it.each(steps)("$name: $fault (batch $batch)", async ({ change, batch, make }) => {
		const subject = await KeyUnderTest.admitted();
		const late: (() => Promise<unknown>)[] = [];
		const fault = make(subject.link, late);
		let batches = 0;
		let faults = 0;
		subject.link.intercept = (apply) => {
			if (++batches !== batch) return apply();
			faults++;
			return fault(apply);
		};
		await subject.change(change);
		expect(faults).toBe(1);
		await subject.use();
		// A later change succeeds meanwhile: a late batch must not undo it.
		await subject.change({ kind: "update", patch: { name: "Changed once more", limit: 4 } });
		await subject.runAlarms();
		for (const apply of late) await apply().catch(() => undefined);
		await subject.expectWhole();
	});

	it.each(Object.entries(CHANGES))(
		"%s, while D1 is down for long and the gate dies in between",
		async (_name, change) => {
			const subject = await KeyUnderTest.admitted();
			subject.link.intercept = refuse;
			await subject.change(change);
			await subject.runAlarms();
			await subject.use();
			await crash(subject.id);
			subject.link = await linkToD1(subject.id);
			subject.link.intercept = refuse;
			await subject.change({ kind: "update", patch: { name: "Meanwhile" } });
			await subject.runAlarms();
			delete subject.link.intercept;
			await subject.expectWhole();
		},
	);
});

describe("when the gate dies at a write to its own disk", () => {
	const writes = Object.entries(CHANGES).flatMap(([name, change]) =>
		[1, 2, 3, 4].map((write) => ({ name, change, write })),
	);

	it.each(writes)("$name: at write $write, the change is made completely or not at all", async ({ change, write }) => {
		const subject = await KeyUnderTest.admitted();
		let count = 0;
		await runInDurableObject(gateOf(subject.id), (_gate: KeyGate, { storage }) => {
			const { kv } = storage;
			const at =
				<A extends unknown[], R>(act: (...args: A) => R) =>
				(...args: A): R => {
					if (++count === write) subject.link.die();
					return act(...args);
				};
			Object.assign(kv, { put: at(kv.put.bind(kv)), delete: at(kv.delete.bind(kv)) });
			Object.assign(storage, { setAlarm: at(storage.setAlarm.bind(storage)) });
		});
		const response = await subject.change(change);
		// Every change writes at least the key and its event.
		if (write <= 2) expect(count).toBeGreaterThanOrEqual(write);
		if (count >= write) expect(response).toBeNull();
		await subject.expectWhole();
	});
});

describe("when an object cannot be reached", () => {
	it("a change in flight is not acknowledged, and is made completely or not at all", async () => {
		const subject = await KeyUnderTest.admitted();
		let called = false;
		subject.link.intercept = () => {
			called = true;
			return new Promise(() => undefined);
		};
		const change = subject.change({ kind: "revoke", reason: "In flight" });
		await vi.waitUntil(() => called, { timeout: 30_000 });
		await crash(subject.id);
		expect(await change).toBeNull();
		await subject.expectWhole();
	});

	it("a request in flight is refused, and the next one is admitted", async () => {
		const admin = await token({ tenantId: await addTenant() });
		const { key, api_key } = await createKey(admin);
		const link = await linkToD1(api_key.id);
		let called = false;
		link.interceptRead = () => {
			called = true;
			return new Promise(() => undefined);
		};
		const whoami = () => request("/v1/whoami", { headers: { authorization: `Bearer ${key}` } });
		const refused = whoami();
		await vi.waitUntil(() => called, { timeout: 30_000 });
		await crash(api_key.id);
		expect((await refused).status).toBe(503);
		expect((await whoami()).status).toBe(200);
	});

	it("a successor is discarded once its gate can be reached", async () => {
		const subject = await KeyUnderTest.admitted();
		subject.link.intercept = async (apply) => {
			await apply();
			return refuse();
		};
		expect(await subject.change({ kind: "rotate", overlapMs: null })).toBeNull();
		delete subject.link.intercept;
		subject.link.unreachable = true;
		await subject.runAlarms();
		const successors = () => db.select().from(apiKeys).where(eq(apiKeys.rotatedFrom, subject.id));
		expect(await successors()).toHaveLength(1);
		subject.link.unreachable = false;
		await subject.expectWhole();
		expect(await successors()).toEqual([]);
	});
});

describe("when D1 does not respond", () => {
	beforeEach(() => {
		vi.spyOn(scheduler, "wait").mockResolvedValue(undefined);
	});
	const never = () => new Promise<never>(() => undefined);
	/** Advances the gate's timers beyond its timeouts. */
	const giveUp = (id: string, ms: number) => runInDurableObject(gateOf(id), () => void vi.advanceTimersByTime(ms));

	it.each(Object.entries(CHANGES).filter(([, { kind }]) => kind !== "rotate"))(
		"%s is acknowledged, and delivered once the gate has given up and D1 is back",
		async (_name, change) => {
			vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"] });
			const subject = await KeyUnderTest.admitted();
			subject.link.intercept = never;
			expect(await subject.change(change)).toMatchObject({ kind: "done" });
			delete subject.link.intercept;
			await giveUp(subject.id, 31_000);
			await subject.expectWhole();
		},
	);

	it("a rotation fails, and its successor, which D1 inserts late, is discarded", async () => {
		vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"] });
		const subject = await KeyUnderTest.admitted();
		const late: (() => Promise<unknown>)[] = [];
		const called = Promise.withResolvers<void>();
		subject.link.intercept = (apply) => {
			late.push(apply);
			called.resolve();
			return never();
		};
		const rotation = subject.change({ kind: "rotate", overlapMs: 0 });
		await called.promise;
		delete subject.link.intercept;
		await giveUp(subject.id, 31_000);
		expect(await rotation).toBeNull();
		for (const apply of late) await apply();
		await subject.expectWhole();
	});

	it("a key that its gate has not loaded is refused, and admitted once D1 is back", async () => {
		vi.useFakeTimers({ toFake: ["Date", "setTimeout", "clearTimeout"] });
		const admin = await token({ tenantId: await addTenant() });
		const { key, api_key } = await createKey(admin);
		const link = await linkToD1(api_key.id);
		const called = Promise.withResolvers<void>();
		link.interceptRead = () => {
			called.resolve();
			return never();
		};
		const whoami = () => request("/v1/whoami", { headers: { authorization: `Bearer ${key}` } });
		const refused = whoami();
		await called.promise;
		await giveUp(api_key.id, 11_000);
		expect((await refused).status).toBe(503);
		delete link.interceptRead;
		expect((await whoami()).status).toBe(200);
	});
});
