/** Pages of leads with numbers and totals, in every order and with every filter, and the same list by cursor. */
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { LEAD_SORTS, LEAD_STATUSES } from "../../../db/enums.ts";
import { leads } from "../../../db/product-schema.ts";
import type { Lead } from "../../../worker/schemas/lead.ts";
import { asIntegration, createKey, fieldsOf, product } from "../fixtures.ts";
import { call, tenantWithKeys } from "./tenant-with-keys.ts";

const NOW = Date.parse("2031-05-06T10:20:30.000Z");
vi.useFakeTimers({ toFake: ["Date"], now: NOW });
afterAll(() => vi.useRealTimers());

const OWNERS = ["5c0d1f9e-8b7a-4c36-a1d2-93e4b5f60718", "00000000-0000-0000-0000-000000000001"];
const TEAMS = ["d2719c1b-4e0f-4f3a-b6a8-7c5d9e021f43", "00000000-0000-0000-0000-000000000002"];
const NAMES = ["ana", "Ána", "Bia", "bia 2", "Çelik", "Zoë", "zora"];

const acme = await tenantWithKeys();
const { live } = acme;
const { key: reader } = await createKey(acme.admin, { environment: "test", scopes: ["leads:read"] });
/** All leads of the tenant. */
let all: Lead[];

type Meta = {
	next_cursor: string | null;
	total?: number;
	total_is_capped?: boolean;
	page?: number;
	per_page?: number;
	total_pages?: number;
};

async function list(search: Record<string, string>) {
	const reply = await call<Lead[]>(live, "GET", `/v1/leads?${new URLSearchParams(search)}`);
	// The fields of a list's meta.
	return { ...reply, meta: reply.meta as typeof reply.meta & Meta };
}

beforeAll(async () => {
	for (let n = 0; n < 40; n++) {
		// Several leads of one instant.
		vi.setSystemTime(NOW + Math.floor(n / 3) * 60_000);
		const { data } = await call<Lead>(live, "POST", "/v1/leads", {
			name: NAMES[(n * 5) % NAMES.length],
			email: `lead${n}@example.com`,
			status: LEAD_STATUSES[(n * 7) % 3],
			source: ["form", "fair"][n % 2],
			owner_id: OWNERS[n % 3] ?? null,
			team_id: TEAMS[n % 4] ?? null,
		});
		vi.setSystemTime(NOW + ((n * 11) % 40) * 60_000);
		if (n % 2 === 0) await call(live, "PATCH", `/v1/leads/${data.id}`, { phone: String(n) });
	}
	const first = await list({ per_page: "100" });
	all = first.data;
	expect(all).toHaveLength(40);
	vi.setSystemTime(NOW + 3_600_000);
});

const folded = (name: string) =>
	name
		.normalize("NFKD")
		.replace(/\p{Mn}/gu, "")
		.toLowerCase();

/** What a lead is sorted by. */
function keysOf(lead: Lead, sort: string): string[] {
	switch (sort.replace("-", "")) {
		case "name":
			return [folded(lead.name), lead.id];
		case "status":
			return [lead.status, lead.created_at, lead.id];
		default:
			return [sort.endsWith("updated_at") ? lead.updated_at : lead.created_at, lead.id];
	}
}

const compare = (a: string[], b: string[]): number => {
	const at = a.findIndex((value, index) => value !== b[index]);
	return at < 0 ? 0 : (a[at] ?? "") < (b[at] ?? "") ? -1 : 1;
};

/** The ids that the list must have, in order. */
function expected({ sort = "-created_at", ...filters }: Record<string, string>): string[] {
	const matching = all.filter((lead) =>
		Object.entries(filters).every(([name, value]) => {
			if (name === "search") return folded(lead.name).includes(value);
			const [, field, side] = /^(.*)_(after|before)$/.exec(name) ?? [];
			const own = String(lead[(field === undefined ? name : `${field}_at`) as keyof Lead]);
			return side === "after" ? own >= value : side === "before" ? own < value : own === value;
		}),
	);
	const sorted = matching.sort((a, b) => compare(keysOf(a, sort), keysOf(b, sort)));
	return (sort.startsWith("-") ? sorted.reverse() : sorted).map(({ id }) => id);
}

const at = (minutes: number) => new Date(NOW + minutes * 60_000).toISOString();
const FILTERS: Record<string, string>[] = [
	{},
	{ status: "new" },
	{ source: "form" },
	{ owner_id: OWNERS[0] ?? "" },
	{ team_id: TEAMS[0] ?? "" },
	{ status: "contacted", owner_id: OWNERS[1] ?? "" },
	{ status: "new", team_id: TEAMS[1] ?? "", source: "fair" },
	{ owner_id: OWNERS[0] ?? "", team_id: TEAMS[0] ?? "" },
	{ created_after: at(3), created_before: at(9) },
	{ updated_after: at(10), updated_before: at(30) },
	{ created_before: at(8), updated_after: at(5), source: "form" },
	{ created_after: at(2), updated_before: at(20), status: "new", owner_id: OWNERS[0] ?? "" },
	{ search: "an" },
	{ search: "an", status: "new", updated_after: at(3) },
	{ status: "converted" },
];

describe.each(FILTERS)("the leads with %j", (filters) => {
	it.each(LEAD_SORTS)("sorted by %s are the same by number and by cursor, and are counted", async (sort) => {
		const ids = expected({ ...filters, sort });
		const numbered: string[] = [];
		for (let page = 1; page <= Math.ceil(ids.length / 7) + 1; page++) {
			const { status, data, meta } = await list({ ...filters, sort, page: String(page), per_page: "7" });
			expect(status).toBe(200);
			const totals = { total: ids.length, total_is_capped: false, total_pages: Math.ceil(ids.length / 7) };
			expect(meta).toMatchObject({ ...totals, page, per_page: 7 });
			numbered.push(...data.map(({ id }) => id));
		}
		expect(numbered).toEqual(ids);
		if (filters.search !== undefined && !sort.endsWith("created_at")) return;
		const walked: string[] = [];
		for (let cursor: string | null | undefined; cursor !== null; ) {
			const { status, data, meta } = await list({ ...filters, sort, limit: "7", ...(cursor ? { cursor } : {}) });
			expect([status, meta.total]).toEqual([200, undefined]);
			walked.push(...data.map(({ id }) => id));
			cursor = meta.next_cursor;
		}
		expect(walked).toEqual(ids);
	});
});

describe("a page", () => {
	it("is the first one, with 25 leads and totals, if nothing is said", async () => {
		const { data, meta } = await list({});
		expect(data.map(({ id }) => id)).toEqual(expected({}).slice(0, 25));
		expect(meta).toMatchObject({ total: 40, total_is_capped: false, page: 1, per_page: 25, total_pages: 2 });
	});

	it("leads on to a cursor", async () => {
		const { meta } = await list({ page: "2", per_page: "10" });
		const { data } = await list({ cursor: meta.next_cursor ?? "", limit: "100" });
		expect(data.map(({ id }) => id)).toEqual(expected({}).slice(20));
	});

	it.each([
		[{ page: "1", cursor: "x" }, ["page"]],
		[{ per_page: "10", limit: "10" }, ["per_page"]],
		[{ page: "1", per_page: "10", limit: "10", cursor: "x" }, ["page", "per_page"]],
		[{ page: "0" }, ["page"]],
		[{ page: "1.5" }, ["page"]],
		[{ per_page: "0" }, ["per_page"]],
		[{ per_page: "101" }, ["per_page"]],
	])("of %j is rejected, and the error names the field", async (search, fields) => {
		const reply = await list(search);
		expect([reply.status, fieldsOf(reply)]).toEqual([400, fields]);
	});

	it.each([
		[{ page: "401" }, 400],
		[{ page: "400" }, 200],
		[{ page: "100", per_page: "100" }, 200],
		[{ page: "101", per_page: "100" }, 400],
		[{ page: "401", search: "ana" }, 400],
	])("of %j reaches no deeper than 10,000 leads: %i", async (search, status) => {
		const reply = await list(search);
		expect(reply.status).toBe(status);
		if (status === 400) {
			expect(fieldsOf(reply)).toEqual(["page"]);
			expect(reply.error.message).toMatch(/cursor/);
		}
	});
});

describe("a time in a filter", () => {
	it("is an instant with any offset, or a date", async () => {
		const count = async (search: Record<string, string>) => (await list(search)).meta.total;
		expect(await count({ created_after: "2031-05-06T07:23:30-03:00" })).toBe(expected({ created_after: at(3) }).length);
		expect(await count({ created_after: "2031-05-06" })).toBe(40);
		expect(await count({ created_before: "2031-05-06" })).toBe(0);
	});
});

describe("a cursor of the list sorted by status", () => {
	it.each(["new", "new x", "new 1 2", "NEW 1"])("with the value %j is rejected", async (value) => {
		const cursor = Buffer.from(JSON.stringify(["leads status,created_at", value, "x"])).toString("base64url");
		const reply = await list({ sort: "status", cursor });
		expect([reply.status, fieldsOf(reply)]).toEqual([400, ["cursor"]]);
	});
});

describe("a search by cursor", () => {
	it("goes in the order of creation only", async () => {
		const reply = await list({ search: "ana", sort: "name", limit: "5" });
		expect([reply.status, fieldsOf(reply)]).toEqual([400, ["sort"]]);
	});
});

describe("a lead", () => {
	it("has a UUID, which is the same in upper case, and an owner and a team", async () => {
		const sent = { name: "Nia", owner_id: OWNERS[0]?.toUpperCase(), team_id: TEAMS[0] };
		const { data } = await call<Lead>(acme.test, "POST", "/v1/leads", sent);
		expect(data.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
		expect(data).toMatchObject({ owner_id: OWNERS[0], team_id: TEAMS[0] });
		const upper = await call<Lead>(acme.test, "GET", `/v1/leads/${data.id.toUpperCase()}`);
		expect(upper.data).toEqual(data);
		const changed = await call<Lead>(acme.test, "PATCH", `/v1/leads/${data.id}`, { owner_id: null, team_id: TEAMS[1] });
		expect(changed.data).toMatchObject({ name: "Nia", owner_id: null, team_id: TEAMS[1] });
	});

	it("of an earlier version keeps its id", async () => {
		const { data } = await call<Lead>(acme.test, "POST", "/v1/leads", { name: "Old" });
		const [row] = (await product.select().from(leads)).filter(({ id }) => id === data.id);
		if (!row) throw new Error("The lead is stored.");
		const { bytes: _, searchNo: __, ...columns } = row;
		await product.insert(leads).values({ ...columns, id: "lead_7Wd3nYk9Rq2xTm5p" });
		expect((await call<Lead>(acme.test, "GET", "/v1/leads/lead_7Wd3nYk9Rq2xTm5p")).data.name).toBe("Old");
	});

	it("is deleted with an empty 204, leaves lists, search and totals, and is unknown afterwards", async () => {
		const { data } = await call<Lead>(acme.test, "POST", "/v1/leads", { name: "Gone" });
		const total = async () => (await call<Lead[]>(acme.test, "GET", "/v1/leads")).meta as unknown as Meta;
		const before = (await total()).total ?? 0;
		const path = `/v1/leads/${data.id}`;
		expect((await call(reader, "DELETE", path)).error.message).toContain("leads:write");
		const response = await asIntegration(acme.test, path, { method: "DELETE" });
		expect([response.status, await response.text()]).toEqual([204, ""]);
		expect(response.headers.get("x-ratelimit-remaining")).not.toBeNull();
		for (const method of ["GET", "DELETE"]) expect((await call(acme.test, method, path)).status).toBe(404);
		expect((await total()).total).toBe(before - 1);
		expect((await call<Lead[]>(acme.test, "GET", "/v1/leads?search=gone")).data).toEqual([]);
	});

	it("is not converted: there are no deals", async () => {
		const { data } = await call<Lead>(acme.test, "POST", "/v1/leads", { name: "Deal" });
		expect((await call(acme.test, "POST", `/v1/leads/${data.id}/convert`, {})).status).toBe(404);
	});
});
