/** The simulation of one hot key over several objects: the limit holds, no admissions are stranded, throughput scales. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { BLOCK_MAX, type Scenario, simulate } from "../../bench/hot-key/simulation.ts";

const scenario = fc.record<Scenario>({
	limit: fc.integer({ min: 1, max: 5_000 }),
	objects: fc.integer({ min: 1, max: 24 }),
	offered: fc.integer({ min: 500, max: 20_000 }),
	seed: fc.integer(),
	blocks: fc.constantFrom("fixed", "shrinking"),
	recall: fc.boolean(),
	halfFallsSilent: fc.boolean(),
	deaths: fc.integer({ min: 0, max: 5 }),
});

it("never admits more than the limit, even if objects die with borrowed blocks", () => {
	fc.assert(
		fc.property(scenario, (given) => {
			const { admitted } = simulate(given);
			expect(admitted).toBeLessThanOrEqual(given.limit);
			if (given.objects === 1 && given.deaths === 0) expect(admitted).toBe(given.limit);
		}),
		{ numRuns: 60 },
	);
});

it("admits exactly the limit if unused blocks are recalled, even if half of the objects fall silent", () => {
	fc.assert(
		fc.property(scenario, (given) => {
			const { admitted, leftAtFirstRefusal } = simulate({ ...given, recall: true, deaths: 0 });
			expect(admitted).toBe(given.limit);
			expect(leftAtFirstRefusal).toBe(0);
		}),
		{ numRuns: 60 },
	);
});

const HOT: Scenario = {
	limit: 200_000,
	objects: 32,
	offered: 12_800,
	seed: 1,
	blocks: "fixed",
	recall: false,
	halfFallsSilent: true,
	deaths: 0,
};

it("strands admissions in blocks that are not recalled", () => {
	const fixed = simulate(HOT);
	const shrinking = simulate({ ...HOT, blocks: "shrinking" });
	expect(fixed.leftAtFirstRefusal).toBeGreaterThan(shrinking.leftAtFirstRefusal);
	expect(shrinking.leftAtFirstRefusal).toBeGreaterThan(0);
});

it("loses at most the blocks of the objects that die", () => {
	const { admitted } = simulate({ ...HOT, blocks: "shrinking", recall: true, halfFallsSilent: false, deaths: 3 });
	expect(admitted).toBeLessThan(HOT.limit);
	expect(admitted).toBeGreaterThanOrEqual(HOT.limit - 3 * 2 * BLOCK_MAX);
});

it("admits in proportion to the objects and rarely asks the gate", () => {
	const rate = (objects: number) =>
		simulate({ ...HOT, objects, offered: objects * 800, blocks: "shrinking", recall: true, halfFallsSilent: false });
	expect(rate(1).admittedPerSecond).toBeLessThanOrEqual(1_000);
	expect(rate(32).admittedPerSecond).toBeGreaterThan(0.9 * 32 * rate(1).admittedPerSecond);
	expect(rate(32).gateMessagesPerSecond).toBeLessThan(200);
});

it("repeats a run for the same seed and changes with another seed", () => {
	expect(simulate(HOT)).toEqual(simulate(HOT));
	expect(simulate({ ...HOT, seed: 2 })).not.toEqual(simulate(HOT));
});
