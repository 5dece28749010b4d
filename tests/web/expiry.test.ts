/** The choices for a key's expiry and the times they stand for. */
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

describe("the end of a day", () => {
	it.each([
		["UTC", "2031-05-06", "2031-05-06T23:59:59.999Z"],
		["America/Sao_Paulo", "2031-05-06", "2031-05-07T02:59:59.999Z"],
		["Asia/Kathmandu", "2031-05-06", "2031-05-06T18:14:59.999Z"],
		// A day of 23 hours still ends at midnight.
		["Europe/Berlin", "2031-03-30", "2031-03-30T21:59:59.999Z"],
		["UTC", "2032-02-29", "2032-02-29T23:59:59.999Z"],
		// Clocks go back at midnight, so the last hour comes twice.
		["America/Santiago", "2027-04-03", "2027-04-04T03:59:59.999Z"],
		["Africa/Cairo", "2027-10-28", "2027-10-28T21:59:59.999Z"],
		["Asia/Beirut", "2027-10-30", "2027-10-30T21:59:59.999Z"],
		["America/Nuuk", "2027-10-30", "2027-10-31T01:59:59.999Z"],
		// Clocks skip the next midnight.
		["America/Santiago", "2027-09-04", "2027-09-05T03:59:59.999Z"],
		["Africa/Cairo", "2027-04-29", "2027-04-29T21:59:59.999Z"],
		["Asia/Beirut", "2027-03-27", "2027-03-27T21:59:59.999Z"],
	])("is local midnight less a millisecond in %s on %s", (zone, day, end) => {
		vi.stubEnv("TZ", zone);
		expect(endOfDay(day)).toBe(end);
	});

	it.each(["", "2031-02-29", "2031-13-01", "31-05-06", "tomorrow", "12031-05-06"])("does not exist for %j", (text) => {
		expect(endOfDay(text)).toBe("");
	});

	it("is not in the last century for a year below 100", () => {
		vi.stubEnv("TZ", "UTC");
		expect(endOfDay("0031-05-06")).toBe("0031-05-06T23:59:59.999Z");
	});

	it.each([
		"America/Santiago",
		"America/Havana",
		"America/Nuuk",
		"America/Asuncion",
		"Africa/Cairo",
		"Asia/Beirut",
		"Australia/Lord_Howe",
		"Atlantic/Azores",
	])("is the last millisecond of every day of a year in %s", (zone) => {
		vi.stubEnv("TZ", zone);
		for (let day = Date.UTC(2027, 0, 1); day < Date.UTC(2028, 0, 1); day += 86_400_000) {
			const date = new Date(day).toISOString().slice(0, 10);
			const end = Date.parse(endOfDay(date));
			expect(dayOf(end)).toBe(date);
			expect(dayOf(end + 1) > date).toBe(true);
		}
	});

	it("is in the reader's time zone, not in UTC", () => {
		vi.stubEnv("TZ", "Pacific/Auckland");
		expect(dayOf(Date.parse("2031-05-06T20:00:00Z"))).toBe("2031-05-07");
	});
});

describe("errors of a date", () => {
	it("exist only if the choice is a date", () => {
		expect(dateProblem(at(90, "nonsense"), NOW)).toBeNull();
		expect(dateProblem(at("never"), NOW)).toBeNull();
	});

	it("are a missing date and a date in the past; today is valid until its last millisecond", () => {
		vi.stubEnv("TZ", "UTC");
		expect(dateProblem(at("date"), NOW)).toBe("missing");
		expect(dateProblem(at("date", "2031-05-05"), NOW)).toBe("past");
		expect(dateProblem(at("date", "2031-05-06"), NOW)).toBeNull();
		expect(dateProblem(at("date", "2031-05-06"), Date.parse("2031-05-06T23:59:59.999Z"))).toBe("past");
	});
});

describe("the expiry that is sent", () => {
	it("is days, a time, or nothing for a new key", () => {
		vi.stubEnv("TZ", "UTC");
		expect(expiryOfNewKey(at(180, "2031-06-01"))).toEqual({ expires_in_days: 180 });
		expect(expiryOfNewKey(at("date", "2031-06-01"))).toEqual({ expires_at: "2031-06-01T23:59:59.999Z" });
		expect(expiryOfNewKey(at("never"))).toEqual({});
	});

	it("is a time, null for never, or nothing to keep it for an existing key", () => {
		vi.stubEnv("TZ", "UTC");
		expect(expiryOfChangedKey(at(30), NOW)).toEqual({ expires_at: "2031-06-05T10:20:30.400Z" });
		expect(expiryOfChangedKey(at("date", "2031-06-01"), NOW)).toEqual({ expires_at: "2031-06-01T23:59:59.999Z" });
		expect(expiryOfChangedKey(at("never"), NOW)).toEqual({ expires_at: null });
		expect(expiryOfChangedKey(at("keep"), NOW)).toEqual({});
	});

	it("is never missing because of an invalid date", () => {
		expect(expiryOfNewKey(at("date", "soon"))).toEqual({ expires_at: "" });
		expect(expiryOfChangedKey(at("date"), NOW)).toEqual({ expires_at: "" });
	});
});
