import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hourOf, reserveAdmissions, reserveRefusals, secondsLeft } from "../../../worker/keys/window.ts";
import { HOUR_MS } from "../../../worker/schemas/time.ts";

const instant = fc.integer({ min: 0, max: Date.UTC(2286, 0) });

describe("the hour", () => {
	it("is the UTC clock hour of an instant, and its remaining time is 1 to 3600 whole seconds", () => {
		fc.assert(
			fc.property(instant, (now) => {
				const hour = hourOf(now);
				expect(hour % HOUR_MS).toBe(0);
				expect(now - hour).toBeGreaterThanOrEqual(0);
				expect(now - hour).toBeLessThan(HOUR_MS);
				const left = secondsLeft(hour, now);
				expect(Number.isInteger(left) && left >= 1 && left <= 3_600).toBe(true);
				// A caller that waits for this time is in the next hour.
				expect(hourOf(now + left * 1_000)).toBeGreaterThan(hour);
			}),
		);
	});
});

describe("reserving admissions", () => {
	it("never exceeds the limit and is never below the count", () => {
		fc.assert(
			fc.property(fc.integer({ min: 1, max: 1_000_000 }), fc.nat(), (limit, seed) => {
				const count = 1 + (seed % limit);
				const ceiling = reserveAdmissions(count, limit);
				expect(ceiling).toBeGreaterThanOrEqual(count);
				expect(ceiling).toBeLessThanOrEqual(limit);
			}),
		);
	});

	it("reserves one at a time up to a limit of 1,000, and can lose at most one percent of a larger one", () => {
		expect(reserveAdmissions(1, 1_000)).toBe(1);
		fc.assert(
			fc.property(fc.integer({ min: 1_001, max: 1_000_000 }), (limit) => {
				expect(reserveAdmissions(1, limit) - 1).toBeLessThanOrEqual(limit / 100);
			}),
		);
	});
});

it("reserves refusals with few writes, however many there are", () => {
	let writes = 0;
	let ceiling = 0;
	for (let count = 1; count <= 1_000_000; count++) {
		if (count <= ceiling) continue;
		ceiling = reserveRefusals(count);
		writes++;
	}
	expect(writes).toBeLessThan(130);
});
