/** What docs/scaling.md computes agrees with the service and with known cases. */
import { describe, expect, it } from "vitest";
import { keptResults } from "../../bench/results.ts";
import { flushesPerSecond } from "../../bench/scaling/flushes.ts";
import { loadAt, watched } from "../../bench/scaling/model.ts";
import { KEPT_DAYS, storedInD1, usageRows } from "../../bench/scaling/storage.ts";
import { USAGE_KEPT_DAYS } from "../../worker/services/retention.ts";
import { HOURS_KEPT_DAYS } from "../../worker/services/usage-roll-up.ts";

describe("flushes", () => {
	it.each([
		["all the time", 2, 1 / 300, 1 / 15],
		["rarely", 0.00001, 0.00001, 0.00001],
	])("of a key that is used %s", (_use, perSecond, unwatched, watched) => {
		expect(flushesPerSecond(perSecond, false) / unwatched).toBeCloseTo(1, 1);
		expect(flushesPerSecond(perSecond, true) / watched).toBeCloseTo(1, 1);
	});

	it("of a watched key are twenty times as many, and are all that it adds", () => {
		const evenly = keptResults().counts?.evenly;
		if (!evenly) throw new Error("The kept run has no counts");
		const more = watched(evenly, 10_000);
		expect(more.alarms / more.admitted).toBeCloseTo(240 / 10_000);
		expect(more.d1RowsWritten / more.alarms).toBeCloseTo(evenly.d1RowsWritten / evenly.alarms);
		expect(more.timerSeconds).toBe(evenly.timerSeconds);
	});
});

describe("storage", () => {
	it("is kept as long as the service keeps it", () => {
		expect(KEPT_DAYS).toEqual({ byHour: HOURS_KEPT_DAYS, all: USAGE_KEPT_DAYS });
		expect(usageRows(1)).toBeCloseTo(35 * 24 + 365);
		expect(usageRows(0)).toBe(0);
	});

	it("of 10,000 keys that are used all day is an eighth of what it was by the hour alone", () => {
		const { usage } = storedInD1(10_000, 1);
		expect(storedInD1(10_000, 1, KEPT_DAYS.all).usage / usage).toBeCloseTo(8, 0);
	});
});

it("a database is full long before its writes are, for keys with little traffic", () => {
	const { databases } = loadAt({ keys: 1_000_000, requestsPerSecond: 100 }, keptResults());
	expect(databases.storage).toBeGreaterThan(databases.writes);
});
