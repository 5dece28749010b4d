/** No signed request is admitted twice: not after the gate was evicted, not after it crashed, whatever the clocks say. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { GateStore } from "../../../worker/gate/store.ts";
import { SignatureMemory } from "../../../worker/keys/signature-memory.ts";

const START = 1_900_000_000_000;

/** A gate's disk, with a count of its writes. */
function disk() {
	const kept = new Map<string, unknown>();
	const writes = { count: 0 };
	const kv = {
		get: (name: string) => structuredClone(kept.get(name)),
		put: (name: string, value: unknown) => {
			writes.count++;
			kept.set(name, structuredClone(value));
		},
	};
	// The memory calls nothing else of the storage.
	return { store: new GateStore(kv as unknown as SyncKvStorage), writes };
}

/** A gate with a clock, and requests by number. */
function gate() {
	const { store, writes } = disk();
	let memory = new SignatureMemory(store);
	let now = START;
	return {
		writes,
		get now() {
			return now;
		},
		wait: (ms: number) => {
			now += ms;
		},
		/** Presents request `n`, and admits it unless there is a reason not to. */
		send: (n: number, at = Math.floor(now / 1_000)) => {
			const signed = { signature: n.toString(16).padStart(64, "0").split("").reverse().join(""), at };
			const refused = memory.check(signed, now);
			if (refused === null) memory.add(signed);
			return refused;
		},
		idle: () => memory.persist(now),
		/** Loses the memory: after `idle` an eviction, otherwise a crash. */
		restart: () => {
			memory = new SignatureMemory(store);
		},
	};
}

type Step =
	| { do: "send"; ahead: number }
	| { do: "replay"; which: number }
	| { do: "wait"; ms: number }
	| { do: "idle" }
	| { do: "evict" }
	| { do: "crash"; behindMs: number };

const step: fc.Arbitrary<Step> = fc.oneof(
	{ weight: 6, arbitrary: fc.record({ do: fc.constant("send" as const), ahead: fc.integer({ min: -30, max: 30 }) }) },
	{ weight: 6, arbitrary: fc.record({ do: fc.constant("replay" as const), which: fc.nat() }) },
	{ weight: 3, arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 20_000 }) }) },
	{ weight: 1, arbitrary: fc.record({ do: fc.constantFrom("idle" as const, "evict" as const) }) },
	{
		weight: 1,
		arbitrary: fc.record({ do: fc.constant("crash" as const), behindMs: fc.integer({ min: 0, max: 9_999 }) }),
	},
);

describe("in any order of requests, replays, evictions and crashes", () => {
	it("no request is admitted twice, and without a crash every new one is admitted", () => {
		fc.assert(
			fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
				const it = gate();
				const admitted: { n: number; at: number }[] = [];
				let crashed = false;
				let sent = 0;
				for (const one of steps) {
					switch (one.do) {
						case "send": {
							const request = { n: ++sent, at: Math.floor(it.now / 1_000) + one.ahead };
							const refused = it.send(request.n, request.at);
							if (refused === null) admitted.push(request);
							else if (!crashed) expect([refused, one.ahead]).toEqual([{ code: "OUTDATED" }, -30]);
							break;
						}
						case "replay": {
							const earlier = admitted[one.which % admitted.length];
							if (earlier) expect(it.send(earlier.n, earlier.at)).not.toBeNull();
							break;
						}
						case "wait":
							it.wait(one.ms);
							break;
						case "idle":
							it.idle();
							break;
						case "evict":
							it.idle();
							it.restart();
							break;
						case "crash":
							crashed = true;
							it.restart();
							// Another machine, whose clock may be behind.
							it.wait(-one.behindMs);
					}
				}
			}),
			{ numRuns: 2_000 },
		);
	});
});

describe("after an eviction", () => {
	it("a replay is named as one, and a new request is admitted", () => {
		const it = gate();
		for (let n = 0; n < 100; n++) it.send(n);
		it.idle();
		it.restart();
		it.wait(20_000);
		for (let n = 0; n < 100; n++) expect(it.send(n, START / 1_000)).toEqual({ code: "REPLAYED" });
		expect(it.send(100)).toBeNull();
	});
});

describe("after a crash", () => {
	it.each([
		["usual clocks", 0, 12],
		["the clock of a caller that is 20 seconds ahead", 20, 21],
	])("with %s, a request that is signed again after `retrySeconds` is admitted", (_, ahead, wait) => {
		const it = gate();
		const sign = () => Math.floor(it.now / 1_000) + ahead;
		expect(it.send(1, sign())).toBeNull();
		it.restart();
		expect(it.send(2, sign())).toEqual({ code: "UNCERTAIN", retrySeconds: wait });
		it.wait(wait * 1_000);
		expect(it.send(2, sign())).toBeNull();
		expect(it.send(1, START / 1_000 + ahead)).not.toBeNull();
	});

	it("a request is not admitted twice if the new machine's clock is 9 seconds behind", () => {
		const it = gate();
		it.send(1);
		it.wait(100_000);
		const at = Math.floor(it.now / 1_000) + 1;
		expect(it.send(2, at)).toBeNull();
		it.restart();
		it.wait(-9_000);
		expect(it.send(2, at)?.code).toBe("UNCERTAIN");
	});

	it("a second crash and an eviction forget nothing of the first", () => {
		const it = gate();
		it.send(1, START / 1_000 + 1);
		it.restart();
		it.wait(100);
		for (const end of [it.restart, it.idle]) {
			expect(it.send(1, START / 1_000 + 1)?.code).toBe("UNCERTAIN");
			end();
		}
		it.restart();
		expect(it.send(1, START / 1_000 + 1)?.code).toBe("UNCERTAIN");
	});
});

describe("the writes", () => {
	it("are two for a busy period, however many requests it has", () => {
		const it = gate();
		for (let n = 0; n < 1_000; n++) {
			it.send(n);
			it.wait(100);
		}
		expect(it.writes.count).toBe(1);
		it.idle();
		it.idle();
		expect(it.writes.count).toBe(2);
	});

	it("are one more where callers with different clocks use the key", () => {
		const it = gate();
		for (let n = 0; n < 100; n++) it.send(n, START / 1_000 + (n % 20));
		expect(it.writes.count).toBe(2);
	});
});

describe("a clock that is set back", () => {
	it("makes no old request valid again", () => {
		const it = gate();
		it.send(1);
		it.wait(40_000);
		it.send(2);
		it.wait(-40_000);
		expect(it.send(1, START / 1_000)).toEqual({ code: "OUTDATED" });
		it.idle();
		it.restart();
		expect(it.send(1, START / 1_000)).toEqual({ code: "OUTDATED" });
	});
});

describe("a flood", () => {
	it("is refused before the memory for it grows without bound, and is over after a minute", () => {
		const it = gate();
		let admitted = 0;
		for (let n = 0; n < 400_100; n++) if (it.send(n) === null) admitted++;
		expect(admitted).toBe(400_000);
		expect(it.send(500_000)).toEqual({ code: "UNCERTAIN", retrySeconds: 30 });
		// Too many to persist: the mark stays.
		it.idle();
		it.restart();
		expect(it.send(1)?.code).toBe("UNCERTAIN");
		it.wait(61_000);
		expect(it.send(500_001)).toBeNull();
	});
});
