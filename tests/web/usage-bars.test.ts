import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Bucket } from "../../web/api/types.ts";
import {
	heightOf,
	limitFits,
	marksOf,
	OUTCOMES,
	type Outcome,
	scaleFor,
	stack,
} from "../../web/features/usage/bars.ts";

const bucket = (allowed: number, rate_limited = 0, denied = 0): Bucket => ({
	start: "2026-11-22T14:00:00.000Z",
	allowed,
	rate_limited,
	denied,
});
const all = new Set<Outcome>(OUTCOMES);

describe("the scale of the bars", () => {
	it("has few round steps and free space above the highest bar", () => {
		expect(scaleFor(67)).toEqual({ top: 80, step: 20 });
		expect(scaleFor(1_000)).toEqual({ top: 1_500, step: 500 });
		fc.assert(
			fc.property(fc.integer({ min: 0, max: 1_000_000_000 }), (most) => {
				const scale = scaleFor(most);
				expect(scale.top).toBeGreaterThan(most);
				expect(scale.top / scale.step).toBeLessThanOrEqual(5);
				expect(Number(String(scale.step).replace(/0+$/, ""))).toBeOneOf([1, 2, 5]);
			}),
		);
	});

	it("has whole numbers for few or no requests", () => {
		expect(scaleFor(0)).toEqual({ top: 2, step: 1 });
		expect(scaleFor(3)).toEqual({ top: 4, step: 1 });
		expect(marksOf(scaleFor(3))).toEqual([0, 1, 2, 3, 4]);
	});
});

describe("the parts of a bar", () => {
	it("are stacked in the order of the legend", () => {
		expect(stack([bucket(10, 5, 2), bucket(0, 0, 4)], all, 0)).toEqual({
			allowed: { from: [0, 0], to: [10, 0] },
			rate_limited: { from: [10, 0], to: [15, 0] },
			denied: { from: [15, 0], to: [17, 4] },
		});
	});

	it("leave no gap for an outcome that is not shown", () => {
		const parts = stack([bucket(10, 5, 2)], new Set<Outcome>(["rate_limited", "denied"]), 0);
		expect(parts.allowed).toEqual({ from: [0], to: [0] });
		expect(parts.rate_limited).toEqual({ from: [0], to: [5] });
		expect(parts.denied).toEqual({ from: [5], to: [7] });
		expect(heightOf(bucket(10, 5, 2), new Set<Outcome>(["rate_limited", "denied"]))).toBe(7);
	});

	it("have a minimum height, and none without requests", () => {
		const parts = stack([bucket(1_000, 0, 1)], all, 12);
		expect(parts.denied).toEqual({ from: [1_000], to: [1_012] });
		expect(parts.rate_limited).toEqual({ from: [1_000], to: [1_000] });
	});

	it("stay below the top of the scale, even when drawn larger", () => {
		// The chart draws at least two pixels of two hundred.
		fc.assert(
			fc.property(fc.nat(2_000), fc.nat(3), fc.nat(3), (allowed, limited, denied) => {
				const one = bucket(allowed, limited, denied);
				const { top } = scaleFor(heightOf(one, all));
				expect(stack([one], all, (top * 2) / 200).denied.to[0]).toBeLessThanOrEqual(top);
			}),
		);
	});
});

describe("the limit beside the bars", () => {
	it("is drawn if the bars come close to it or there are none", () => {
		expect(limitFits([bucket(60), bucket(0)], 1_000)).toBe(true);
		expect(limitFits([bucket(0)], 1_000)).toBe(true);
	});

	it("is left out if it would flatten the bars", () => {
		expect(limitFits([bucket(12), bucket(3)], 1_000)).toBe(false);
		expect(limitFits([bucket(0, 0, 3)], 1_000)).toBe(false);
	});
});
