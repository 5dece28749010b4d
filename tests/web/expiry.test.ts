/** What the choices of "expires" come to. */
import { afterEach, describe, expect, it, vi } from "vitest";
import {
	dateProblem,
	dayOf,
	type Expiry,
	endOfDay,
	expiryOfChangedKey,
	expiryOfNewKey,
} from "../../web/features/keys/form/expiry.ts";

const NOW = Date.parse("2031-05-06T10:20:30.400Z");
afterEach(() => {
	vi.unstubAllEnvs();
});
const at = (choice: Expiry["choice"], date = ""): Expiry => ({ choice, date });

describe("a day ends where the reader is", () => {
	it.each([
		["UTC", "2031-05-06", "2031-05-06T23:59:59.999Z"],
		["America/Sao_Paulo", "2031-05-06", "2031-05-07T02:59:59.999Z"],
		["Asia/Kathmandu", "2031-05-06", "2031-05-06T18:14:59.999Z"],
		// The day on which clocks go forward has 23 hours, and still ends at midnight.
		["Europe/Berlin", "2031-03-30", "2031-03-30T21:59:59.999Z"],
		["UTC", "2032-02-29", "2032-02-29T23:59:59.999Z"],
	])("in %s, %s", (zone, day, end) => {
		vi.stubEnv("TZ", zone);
		expect(endOfDay(day)).toBe(end);
	});

	it.each(["", "2031-02-29", "2031-13-01", "31-05-06", "tomorrow", "12031-05-06"])("%j is no day", (text) => {
		expect(endOfDay(text)).toBe("");
	});

	it("a year of two digits is not taken for one of the last century", () => {
		vi.stubEnv("TZ", "UTC");
		expect(endOfDay("0031-05-06")).toBe("0031-05-06T23:59:59.999Z");
	});

	it("today is the reader's, not Greenwich's", () => {
		vi.stubEnv("TZ", "Pacific/Auckland");
		expect(dayOf(Date.parse("2031-05-06T20:00:00Z"))).toBe("2031-05-07");
	});
});

describe("what is wrong with a date", () => {
	it("counts only where a date was chosen", () => {
		expect(dateProblem(at(90, "nonsense"), NOW)).toBeNull();
		expect(dateProblem(at("never"), NOW)).toBeNull();
	});

	it("none was given, it is over, or it is fine until its last moment", () => {
		vi.stubEnv("TZ", "UTC");
		expect(dateProblem(at("date"), NOW)).toBe("missing");
		expect(dateProblem(at("date", "2031-05-05"), NOW)).toBe("past");
		expect(dateProblem(at("date", "2031-05-06"), NOW)).toBeNull();
		expect(dateProblem(at("date", "2031-05-06"), Date.parse("2031-05-06T23:59:59.999Z"))).toBe("past");
	});
});

describe("what is sent", () => {
	it("a new key is given days, an instant, or nothing for never", () => {
		vi.stubEnv("TZ", "UTC");
		expect(expiryOfNewKey(at(180, "2031-06-01"))).toEqual({ expires_in_days: 180 });
		expect(expiryOfNewKey(at("date", "2031-06-01"))).toEqual({ expires_at: "2031-06-01T23:59:59.999Z" });
		expect(expiryOfNewKey(at("never"))).toEqual({});
	});

	it("a key that exists is given an instant, null for never, and nothing to keep what it has", () => {
		vi.stubEnv("TZ", "UTC");
		expect(expiryOfChangedKey(at(30), NOW)).toEqual({ expires_at: "2031-06-05T10:20:30.400Z" });
		expect(expiryOfChangedKey(at("date", "2031-06-01"), NOW)).toEqual({ expires_at: "2031-06-01T23:59:59.999Z" });
		expect(expiryOfChangedKey(at("never"), NOW)).toEqual({ expires_at: null });
		expect(expiryOfChangedKey(at("keep"), NOW)).toEqual({});
	});

	it("a date that cannot be read never comes to a key that does not expire", () => {
		expect(expiryOfNewKey(at("date", "soon"))).toEqual({ expires_at: "" });
		expect(expiryOfChangedKey(at("date"), NOW)).toEqual({ expires_at: "" });
	});
});
