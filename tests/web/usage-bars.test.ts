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
	it("has few round steps, and holds the highest bar with room above it", () => {
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

	it("counts whole requests, where there are few or none", () => {
		expect(scaleFor(0)).toEqual({ top: 2, step: 1 });
		expect(scaleFor(3)).toEqual({ top: 4, step: 1 });
		expect(marksOf(scaleFor(3))).toEqual([0, 1, 2, 3, 4]);
	});
});

describe("the parts of a bar", () => {
	it("stand on each other in the order of the legend", () => {
		expect(stack([bucket(10, 5, 2), bucket(0, 0, 4)], all, 0)).toEqual({
			allowed: { from: [0, 0], to: [10, 0] },
			rate_limited: { from: [10, 0], to: [15, 0] },
			denied: { from: [15, 0], to: [17, 4] },
		});
	});

	it("close the gap that an outcome leaves which is not shown", () => {
		const parts = stack([bucket(10, 5, 2)], new Set<Outcome>(["rate_limited", "denied"]), 0);
		expect(parts.allowed).toEqual({ from: [0], to: [0] });
		expect(parts.rate_limited).toEqual({ from: [0], to: [5] });
		expect(parts.denied).toEqual({ from: [5], to: [7] });
		expect(heightOf(bucket(10, 5, 2), new Set<Outcome>(["rate_limited", "denied"]))).toBe(7);
	});

	it("are never too small to be seen, and nothing is where nothing was", () => {
		const parts = stack([bucket(1_000, 0, 1)], all, 12);
		expect(parts.denied).toEqual({ from: [1_000], to: [1_012] });
		expect(parts.rate_limited).toEqual({ from: [1_000], to: [1_000] });
	});

	it("fit below the top of their scale, even drawn larger than they are", () => {
		// As drawn: two pixels of two hundred.
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
	it("is drawn where the bars come near it, or where there are none", () => {
		expect(limitFits([bucket(60), bucket(0)], 1_000)).toBe(true);
		expect(limitFits([bucket(0)], 1_000)).toBe(true);
	});

	it("is left out where it would flatten them", () => {
		expect(limitFits([bucket(12), bucket(3)], 1_000)).toBe(false);
		expect(limitFits([bucket(0, 0, 3)], 1_000)).toBe(false);
	});
});
