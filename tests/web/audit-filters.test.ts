/** Filters of the log to query string and back, including edited URLs. Days are in the reader's time zone. */
import { afterEach, describe, expect, it, vi } from "vitest";
import {
	countFilters,
	filtersOf,
	isDay,
	isWrongOrder,
	type LogFilters,
	NO_FILTERS,
	paramsOf,
	queryOf,
} from "../../web/features/audit/log-filters.ts";

const ACTIONS = ["api_key.create", "api_key.revoke"] as const;
const filters = (some: Partial<LogFilters>): LogFilters => ({ ...NO_FILTERS, ...some });

describe("the query string of a log", () => {
	it("is empty without filters", () => {
		expect(filtersOf({}, ACTIONS)).toEqual(NO_FILTERS);
		expect(Object.values(paramsOf(NO_FILTERS)).every((value) => value === undefined)).toBe(true);
		expect(countFilters(NO_FILTERS)).toBe(0);
	});

	it("restores the filters that it was built from", () => {
		const all = filters({
			action: "api_key.revoke",
			who: "ana@acme.example",
			keyId: "key1",
			from: "2026-11-01",
			to: "2026-11-22",
		});
		expect(filtersOf(paramsOf(all), ACTIONS)).toEqual(all);
		expect(countFilters(all)).toBe(5);
	});

	it("ignores unknown values and shortens what the service would reject", () => {
		const typed = {
			action: "session.login",
			who: ` ${"x".repeat(300)}`,
			key_id: ["a", "b"],
			from: "x",
			to: "2026-02-30",
		};
		expect(filtersOf(typed, ACTIONS)).toEqual(filters({ who: "x".repeat(254) }));
	});
});

describe("a date", () => {
	it.each(["2000-01-01", "2024-02-29", "2999-12-31"])("can be %s", (text) => expect(isDay(text)).toBe(true));
	it.each(["", "0202-11-22", "1999-12-31", "2026-02-29", "2026-13-01", "2026-11-2", "2026-11-22T00:00"])(
		"is not %j",
		(text) => expect(isDay(text)).toBe(false),
	);

	it("cannot be after the last day, but can be the same", () => {
		expect(isWrongOrder({ from: "2026-11-23", to: "2026-11-22" })).toBe(true);
		expect(isWrongOrder({ from: "2026-11-22", to: "2026-11-22" })).toBe(false);
		expect(isWrongOrder({ from: "2026-11-22", to: null })).toBe(false);
	});
});

describe("the query for the service", () => {
	afterEach(() => vi.unstubAllEnvs());

	it("leaves out filters that are not in use", () => {
		expect(queryOf(NO_FILTERS)).toEqual({});
		expect(queryOf(filters({ who: "  " }))).toEqual({});
	});

	it("uses the service's names", () => {
		expect(queryOf(filters({ action: "api_key.create", who: " ana@acme.example ", keyId: "key1" }))).toEqual({
			action: "api_key.create",
			actor: "ana@acme.example",
			key_id: "key1",
		});
	});

	it("includes the whole last day", () => {
		vi.stubEnv("TZ", "America/Sao_Paulo");
		expect(queryOf(filters({ from: "2026-11-22", to: "2026-11-22" }))).toEqual({
			from: "2026-11-22T03:00:00.000Z",
			to: "2026-11-23T03:00:00.000Z",
		});
	});

	it("follows the calendar across New Year and on days of 23 hours", () => {
		vi.stubEnv("TZ", "Europe/Berlin");
		expect(queryOf(filters({ to: "2026-12-31" })).to).toBe("2026-12-31T23:00:00.000Z");
		const { from = "", to = "" } = queryOf(filters({ from: "2026-03-29", to: "2026-03-29" }));
		expect(Date.parse(to) - Date.parse(from)).toBe(23 * 3_600_000);
	});
});
