/** The list of leads: order, pages, filters and search. */
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { Lead } from "../../../worker/schemas/lead.ts";
import { fieldsOf, query } from "../fixtures.ts";
import { call, tenantWithKeys } from "./tenant-with-keys.ts";

const NOW = Date.parse("2031-05-06T10:20:30.000Z");
vi.useFakeTimers({ toFake: ["Date"], now: NOW });
beforeEach(() => vi.setSystemTime(NOW));
afterAll(() => vi.useRealTimers());

async function add(key: string, ...leads: Record<string, unknown>[]): Promise<Lead[]> {
	const added: Lead[] = [];
	for (const lead of leads) added.push((await call<Lead>(key, "POST", "/v1/leads", lead)).data);
	return added;
}

const list = (key: string, search: Record<string, string> = {}) =>
	call<Lead[]>(key, "GET", `/v1/leads?${new URLSearchParams(search)}`);

const names = async (key: string, search: Record<string, string>) =>
	(await list(key, search)).data.map(({ name }) => name).sort();

/** All pages, in order. */
async function pages(key: string, search: Record<string, string>): Promise<Lead[][]> {
	const all: Lead[][] = [];
	let cursor: string | null = null;
	do {
		const page: Awaited<ReturnType<typeof list>> = await list(key, {
			...search,
			...(cursor === null ? {} : { cursor }),
		});
		expect(page.status).toBe(200);
		all.push(page.data);
		cursor = page.meta.next_cursor ?? null;
		expect(all.length).toBeLessThan(50);
	} while (cursor !== null);
	return all;
}

const ids = (leads: Lead[]) => leads.map(({ id }) => id);

describe("the list", () => {
	it("is empty for a tenant without leads", async () => {
		const { live } = await tenantWithKeys();
		const reply = await list(live);
		expect([reply.status, reply.data, reply.meta.next_cursor]).toEqual([200, [], null]);
	});

	it("has the newest first, with all fields of each lead", async () => {
		const { live } = await tenantWithKeys();
		const added: Lead[] = [];
		for (const name of ["first", "second", "third"]) {
			added.push(...(await add(live, { name, tags: ["t"], custom_fields: { a: 1 } })));
			vi.setSystemTime(Date.now() + 1_000);
		}
		expect((await list(live)).data).toEqual(added.reverse());
	});

	it("contains only leads of the key's tenant and environment", async () => {
		const [ours, theirs] = [await tenantWithKeys(), await tenantWithKeys()];
		await add(ours.live, { name: "live" });
		await add(ours.test, { name: "test" });
		await add(theirs.live, { name: "theirs" });
		expect(await names(ours.live, {})).toEqual(["live"]);
		expect(await names(ours.test, {})).toEqual(["test"]);
		expect(await names(theirs.live, {})).toEqual(["theirs"]);
		expect(await names(theirs.test, {})).toEqual([]);
	});
});

describe("a page", () => {
	it.each([1, 2, 3, 7, 8])(
		"of %i after the other gives every lead once, in order, although all are of one instant",
		async (limit) => {
			const { live } = await tenantWithKeys();
			const added = await add(live, ...Array.from({ length: 7 }, (_, index) => ({ name: `Lead ${index}` })));
			const got = await pages(live, { limit: String(limit) });
			expect(got.flat()).toHaveLength(7);
			expect(ids(got.flat()).sort()).toEqual(ids(added).sort());
			expect(got.map((page) => page.length)).toEqual(
				Array.from({ length: Math.ceil(7 / limit) }, (_, page) => Math.min(limit, 7 - page * limit)),
			);
			expect(ids(got.flat())).toEqual(ids((await list(live)).data));
		},
	);

	it("loses and repeats nothing if many leads have the same time", async () => {
		const { live } = await tenantWithKeys();
		for (const count of [3, 1, 4, 2]) {
			await add(live, ...Array.from({ length: count }, (_, index) => ({ name: `Lead ${index}` })));
			vi.setSystemTime(Date.now() + 1);
		}
		const got = (await pages(live, { limit: "2" })).flat();
		expect(new Set(ids(got)).size).toBe(10);
		const times = got.map(({ created_at }) => created_at);
		expect(times).toEqual([...times].sort().reverse());
	});

	it("does not change when leads are created meanwhile", async () => {
		const { live } = await tenantWithKeys();
		const added = await add(live, ...Array.from({ length: 4 }, (_, index) => ({ name: `Lead ${index}` })));
		const first = await list(live, { limit: "2" });
		vi.setSystemTime(NOW + 1);
		await add(live, { name: "Later" });
		const second = await list(live, { limit: "2", cursor: first.meta.next_cursor ?? "" });
		expect(ids([...first.data, ...second.data]).sort()).toEqual(ids(added).sort());
		expect(second.meta.next_cursor).toBeNull();
	});

	it("has 25 leads by default and 100 at most", async () => {
		const { live } = await tenantWithKeys();
		await add(live, ...Array.from({ length: 26 }, (_, index) => ({ name: `Lead ${index}` })));
		expect((await list(live)).data).toHaveLength(25);
		expect((await list(live, { limit: "100" })).data).toHaveLength(26);
	});

	it.each(["0", "101", "-1", "1.5", "many", "", "0x10", "1e1", " 5"])(
		"with the limit %j is rejected",
		async (limit) => {
			const { live } = await tenantWithKeys();
			const reply = await list(live, { limit });
			expect([reply.status, reply.error.code, fieldsOf(reply)]).toEqual([400, "VALIDATION_ERROR", ["limit"]]);
		},
	);

	it("keeps the filters of the first page", async () => {
		const { live } = await tenantWithKeys();
		for (let index = 0; index < 6; index++)
			await add(live, { name: `Lead ${index}`, status: index % 2 ? "new" : "contacted", source: "form" });
		const got = await pages(live, { limit: "2", status: "new", source: "form", search: "lead" });
		expect(got.map((page) => page.length)).toEqual([2, 1]);
		expect(got.flat().every(({ status }) => status === "new")).toBe(true);
	});
});

describe("a cursor", () => {
	it.each([
		["nonsense", "nonsense"],
		["empty", ""],
		["JSON of another shape", btoa('{"a":1}')],
		["of an order that does not exist", btoa('["other",1,"lead_1"]')],
		["with a value of another type", btoa('["leads -created_at","1","lead_1"]')],
		["too long", "x".repeat(513)],
	])("that is %s is rejected, and the error names it", async (_what, cursor) => {
		const { live } = await tenantWithKeys();
		const reply = await list(live, { cursor });
		expect([reply.status, reply.error.code, fieldsOf(reply)]).toEqual([400, "VALIDATION_ERROR", ["cursor"]]);
	});

	it("of another list is rejected", async () => {
		const { live, admin } = await tenantWithKeys();
		const keys = await query<{ next_cursor: string }>(admin, "keys.list", { limit: 1 });
		const reply = await list(live, { cursor: keys.data.next_cursor });
		expect([reply.status, fieldsOf(reply)]).toEqual([400, ["cursor"]]);
	});

	it("of another tenant gives no access to its leads", async () => {
		const [ours, theirs] = [await tenantWithKeys(), await tenantWithKeys()];
		await add(ours.live, { name: "ours 1" }, { name: "ours 2" });
		await add(theirs.live, { name: "theirs 1" }, { name: "theirs 2" });
		const { meta } = await list(theirs.live, { limit: "1" });
		const got = await list(ours.live, { cursor: meta.next_cursor ?? "" });
		expect(got.data.every(({ name }) => name.startsWith("ours"))).toBe(true);
	});
});

describe("filters", () => {
	const shop = tenantWithKeys().then(async (acme) => {
		await add(
			acme.live,
			{ name: "José Conceição", email: "JC@Example.com", company: "Padaria São João", source: "website" },
			{ name: "Ana Müller", phone: "+55 11 98765-4321", source: "partner", status: "contacted" },
			{ name: "100% off_er", company: "ACME", source: "website", status: "contacted" },
			{ name: "Zoë 'Bobby' Tables", source: "Website", status: "converted" },
		);
		return acme.live;
	});

	it.each([
		[{ status: "new" }, ["José Conceição"]],
		[{ status: "contacted" }, ["100% off_er", "Ana Müller"]],
		[{ status: "qualified" }, []],
		[{ source: "website" }, ["100% off_er", "José Conceição"]],
		[{ source: "partner" }, ["Ana Müller"]],
		[{ status: "contacted", source: "website" }, ["100% off_er"]],
		[{ status: "contacted", search: "muller" }, ["Ana Müller"]],
		[{ search: "jose conceicao" }, ["José Conceição"]],
		[{ search: "CONCEIÇÃO" }, ["José Conceição"]],
		[{ search: "concei\u0063\u0327\u0061\u0303o" }, ["José Conceição"]],
		[{ search: "  sao joao " }, ["José Conceição"]],
		[{ search: "jc@example" }, ["José Conceição"]],
		[{ search: "98765" }, ["Ana Müller"]],
		[{ search: "acme" }, ["100% off_er"]],
		[{ search: "zoe" }, ["Zoë 'Bobby' Tables"]],
		[{ search: "%" }, ["100% off_er"]],
		[{ search: "f_e" }, ["100% off_er"]],
		[{ search: "_" }, ["100% off_er"]],
		[{ search: "'" }, ["Zoë 'Bobby' Tables"]],
		[{ search: "nobody" }, []],
		[{ search: "website" }, []],
	])("%j find %j", async (search: Record<string, string>, expected) => {
		expect(await names(await shop, search)).toEqual(expected);
	});

	it.each([
		["status", "open"],
		["source", "x".repeat(101)],
		["owner_id", "7"],
		["team_id", "not a UUID"],
		["created_after", "yesterday"],
		["updated_before", "2031-13-01"],
		["sort", "email"],
		["search", "x".repeat(101)],
	])("with an invalid %s are rejected, and the error names it", async (field, value) => {
		const reply = await list(await shop, { [field]: value });
		expect([reply.status, fieldsOf(reply)]).toEqual([400, [field]]);
	});

	it("find a lead by its new values and not by its old ones", async () => {
		const { live } = await tenantWithKeys();
		const [lead] = await add(live, { name: "Márcia", source: "form" });
		await call(live, "PATCH", `/v1/leads/${lead?.id}`, { name: "Antônia", status: "converted", source: "fair" });
		expect(await names(live, { search: "antonia" })).toEqual(["Antônia"]);
		expect(await names(live, { status: "converted" })).toEqual(["Antônia"]);
		expect(await names(live, { source: "fair" })).toEqual(["Antônia"]);
		expect(await names(live, { search: "marcia" })).toEqual([]);
		expect(await names(live, { status: "new" })).toEqual([]);
		expect(await names(live, { source: "form" })).toEqual([]);
	});
});
