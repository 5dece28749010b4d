/** Lifetimes of successors, and pauses before a rotation. */
import { describe, expect, it } from "vitest";
import { observation, pausesIn } from "../../web/features/keys/rotation/rotation-pause.ts";
import { lifeOf, lifeToRepeat, otherLives } from "../../web/features/keys/rotation/rotation-plan.ts";
import { DAY_MS as DAY, HOUR_MS as HOUR } from "../../worker/schemas/time.ts";

const START = Date.parse("2031-05-01T00:00:00.000Z");
const iso = (ms: number) => new Date(START + ms).toISOString();
const life = (days: number | null) => ({ created_at: iso(0), expires_at: days === null ? null : iso(days * DAY) });

describe("the lifetime of the new key", () => {
	it("has other choices than that of the old key, which is not listed twice", () => {
		expect(otherLives(life(null))).toEqual([30, 90, 180, 365]);
		expect(otherLives(life(90))).toEqual([30, 180, 365]);
		expect(otherLives(life(91))).toEqual([30, 90, 180, 365]);
		expect(lifeOf(life(null))).toBeNull();
		expect(lifeOf(life(2))).toBe(2 * DAY);
	});

	it.each([
		["never, as the old key", null, null, undefined],
		["as long as the old key, to the millisecond the server counts in", 90, 90, undefined],
		["as it was chosen", 30, 90, 30],
		["as it was chosen, where the old key has no end", 365, null, 365],
		["at least a day", 0.2, 90, 1],
		["not longer than can be asked for", 5_000, 90, 3_650],
	])("is repeated for another successor: %s", (_, last, old, days) => {
		expect(lifeToRepeat(life(last), life(old))).toBe(days);
	});
});

describe("pauses of a key before its rotation", () => {
	/** The key was used in these hours after START and observed for `days`. */
	const pauses = (days: number, hours: number[]) => {
		const watched = observation(iso(0), iso(days * DAY));
		const buckets = hours.map((hour) => ({ start: iso(hour * HOUR), allowed: 2 }));
		return pausesIn([{ start: iso(HOUR), allowed: 0 }, ...buckets], watched);
	};
	const nightly = (days: number) => Array.from({ length: days }, (_, day) => day * 24 + 2);

	it("are a day for a nightly job", () => {
		expect(pauses(10, nightly(10))).toEqual({ kind: "used", observedMs: 10 * DAY, longestMs: DAY });
	});

	it("are longer if the job missed a night", () => {
		const missed = nightly(10).filter((hour) => hour !== 5 * 24 + 2);
		expect(pauses(10, missed)).toMatchObject({ longestMs: 2 * DAY });
	});

	it("are a week for a weekly job, and count at both ends of the time", () => {
		expect(pauses(14, [3 * 24, 10 * 24])).toMatchObject({ longestMs: 7 * DAY });
		expect(pauses(14, [10 * 24])).toMatchObject({ longestMs: 10 * DAY });
		expect(pauses(14, [4 * 24])).toMatchObject({ longestMs: 10 * DAY });
	});

	it("are an hour for a key that is always in use", () => {
		expect(
			pauses(
				3,
				Array.from({ length: 72 }, (_, hour) => hour),
			),
		).toMatchObject({ longestMs: HOUR });
	});

	it("do not include the time after the rotation", () => {
		expect(pauses(3, [80])).toEqual({ kind: "unused", observedMs: 3 * DAY });
	});

	it("are unknown for a young key", () => {
		expect(pauses(1, [3])).toEqual({ kind: "unknown" });
	});

	it("are looked for in two weeks", () => {
		const { from, to } = observation(iso(0), iso(100 * DAY + 90 * 60_000));
		expect([from, to]).toEqual([START + 86 * DAY + HOUR, START + 100 * DAY + HOUR]);
	});
});
