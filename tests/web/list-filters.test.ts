/** Filters of the list to query string and back, including edited URLs. */
import { describe, expect, it } from "vitest";
import { filtersOf, nextSort, paramsOf, queryOf } from "../../web/features/keys/list/list-filters.ts";
import { withoutSecret } from "../../web/key-secret.ts";

describe("the query string of a list", () => {
	it("is empty with the default filters", () => {
		const usual = filtersOf({});
		expect(usual).toEqual({ tab: "all", environment: "live", search: "", sort: "-created_at" });
		expect(paramsOf(usual)).toEqual({ status: undefined, env: undefined, q: undefined, sort: undefined });
	});

	it("restores the filters that it was built from", () => {
		const filters = { tab: "expiring", environment: "test", search: "crm são", sort: "-usage_count" } as const;
		expect(filtersOf(paramsOf(filters))).toEqual(filters);
	});

	it("ignores unknown values and shortens a search that the service would reject", () => {
		expect(filtersOf({ status: "asleep", env: ["live", "test"], sort: "secret_hash", q: "x".repeat(300) })).toEqual({
			tab: "all",
			environment: "live",
			search: "x".repeat(100),
			sort: "-created_at",
		});
	});
});

it("a key that is pasted is looked for by its beginning, and goes nowhere", () => {
	const key = `sk_live_${"4fK9".padEnd(48, "x")}`;
	expect(withoutSecret(`from ${key} here`)).toBe("from sk_live_4fK9 here");
	expect(filtersOf({ q: key }).search).toBe("sk_live_4fK9");
});

describe("the query for the service", () => {
	const usual = filtersOf({});

	it("has a status, or days for keys that expire soon", () => {
		expect(queryOf(usual)).toEqual({ environment: "live", sort: "-created_at" });
		expect(queryOf({ ...usual, tab: "revoked" })).toMatchObject({ status: "revoked" });
		expect(queryOf({ ...usual, tab: "expiring" })).toEqual({
			environment: "live",
			sort: "-created_at",
			expires_within_days: 14,
		});
	});

	it("leaves out a search of only spaces", () => {
		expect(queryOf({ ...usual, search: "  " })).not.toHaveProperty("search");
		expect(queryOf({ ...usual, search: " crm " })).toMatchObject({ search: "crm" });
	});
});

describe("a click on a header", () => {
	it("sorts numbers and times descending and names ascending, then reversed, then by default", () => {
		expect(nextSort("-created_at", "usage_count")).toBe("-usage_count");
		expect(nextSort("-usage_count", "usage_count")).toBe("usage_count");
		expect(nextSort("usage_count", "usage_count")).toBe("-created_at");
		expect(nextSort("-usage_count", "name")).toBe("name");
		expect(nextSort("name", "name")).toBe("-name");
		expect(nextSort("-name", "name")).toBe("-created_at");
	});
});
