/** Filters of the list to query string and back, including edited URLs. */
import { describe, expect, it } from "vitest";
import { changeTo, filtersOf, nextSort, paramsOf, queryOf } from "../../web/features/keys/list/list-filters.ts";
import { keyIdsIn, searchFor, withoutSecret } from "../../web/key-secret.ts";

describe("the query string of a list", () => {
	it("is empty with the default filters", () => {
		const usual = filtersOf({});
		expect(usual).toEqual({
			tab: "all",
			environment: "live",
			authentication: "any",
			creator: "",
			pepper: "any",
			search: "",
			sort: "-created_at",
		});
		expect(Object.values(paramsOf(usual)).every((value) => value === undefined)).toBe(true);
	});

	it("restores the filters that it was built from", () => {
		const filters = {
			tab: "expiring",
			environment: "test",
			authentication: "signed",
			creator: "usr_8Rk2mWq5Zt1bNc7v",
			pepper: "previous",
			search: "crm são",
			sort: "-usage_count",
		} as const;
		expect(filtersOf(paramsOf(filters))).toEqual(filters);
	});

	it("ignores unknown values and shortens a search that the service would reject", () => {
		const edited = { status: "asleep", env: ["live", "test"], authentication: "mtls", sort: "secret_hash" };
		expect(filtersOf({ ...edited, q: "x".repeat(300) })).toEqual({
			tab: "all",
			environment: "live",
			authentication: "any",
			creator: "",
			pepper: "any",
			search: "x".repeat(100),
			sort: "-created_at",
		});
	});
});

describe("a pasted text with API keys", () => {
	// Assembled here, so that no text of the repository looks like a key.
	const id = "4fK9aB2cD3eF";
	const key = `sk_live_${id}${"x".repeat(36)}`;
	const other = `sk_test_${"7".repeat(12)}${"y".repeat(36)}`;

	it.each([
		key,
		`Authorization: Bearer ${key}`,
		`SALESOS_API_KEY="${key}"`,
		`curl -H 'X-API-Key: ${key}' https://example.com`,
		`${"2026-11-22T10:00:00Z GET /v1/leads ".repeat(20)}${key}`,
		`sk_live_${id}`,
	])("is searched by the id of the key alone (%#)", (text) => {
		expect(searchFor(text)).toBe(`sk_live_${id}`);
		expect(keyIdsIn(searchFor(text))).toEqual([id]);
		expect(paramsOf({ ...filtersOf({}), search: searchFor(text) }).q).not.toContain("xxx");
	});

	it("is searched for every key in it, each once", () => {
		expect(keyIdsIn(searchFor(`${key} ${other} ${key}`))).toEqual([id, "7".repeat(12)]);
	});

	it("is never sent as search text, even if it is in the URL", () => {
		const filters = filtersOf({ q: `from ${key} here` });
		expect(filters.search).toBe(`sk_live_${id}`);
		expect(queryOf(filters)).not.toHaveProperty("search");
	});

	it("loses its secrets in other fields", () => {
		expect(withoutSecret(`from ${key} here`)).toBe(`from sk_live_${id} here`);
	});

	it("does not include hints, which the service finds itself", () => {
		expect(searchFor("sk_live_4fK9…x7Qz")).toBe("sk_live_4fK9…x7Qz");
		expect(keyIdsIn("sk_live_4fK9…x7Qz")).toEqual([]);
	});
});

describe("a pasted text with an imported key", () => {
	const start = "sk_live_h3k9";
	const key = start + "0a".repeat(14);

	it.each([key, `Authorization: Bearer ${key}`, `SALESOS_API_KEY="${key}"`])(
		"is searched by the start of the key alone (%#)",
		(text) => {
			expect(searchFor(text)).toBe(start);
			expect(keyIdsIn(searchFor(text))).toEqual([]);
			expect(queryOf({ ...filtersOf({}), search: searchFor(text) })).toMatchObject({ search: start });
		},
	);
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

	it("has an origin for imported keys, which are sorted by their last use", () => {
		expect(queryOf({ ...usual, ...changeTo("imported") })).toEqual({
			environment: "live",
			origin: "imported",
			sort: "-last_used_at",
		});
		expect(changeTo("active")).toEqual({ tab: "active" });
	});

	it("has the chosen authentication", () => {
		expect(queryOf({ ...usual, authentication: "signed" })).toMatchObject({ authentication: "signed" });
		expect(queryOf({ ...usual, authentication: "bearer" })).toMatchObject({ authentication: "bearer" });
	});

	it("has the member who created the keys", () => {
		expect(queryOf({ ...usual, pepper: "previous" })).toMatchObject({ pepper: "previous" });
		expect(queryOf({ ...usual, creator: "usr_1" })).toEqual({
			environment: "live",
			created_by: "usr_1",
			sort: "-created_at",
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
