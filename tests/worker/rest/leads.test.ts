/** One lead: created, read, updated, and not accessible to keys of other tenants and environments. */
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { Lead } from "../../../worker/schemas/lead.ts";
import { asIntegration, fieldsOf } from "../fixtures.ts";
import { call, tenantWithKeys } from "./tenant-with-keys.ts";

const NOW = Date.parse("2031-05-06T10:20:30.000Z");
vi.useFakeTimers({ toFake: ["Date"], now: NOW });
beforeEach(() => vi.setSystemTime(NOW));
afterAll(() => vi.useRealTimers());

const { live, test } = await tenantWithKeys();
const other = await tenantWithKeys();

const FULL = {
	name: "José Conceição",
	email: "jose@acme.example",
	phone: "+55 11 99999-0000",
	company: "Conceição & Filhos",
	position: "Owner",
	source: "website",
	status: "contacted",
	tags: ["vip", "são paulo"],
	custom_fields: { budget: 12_000.5, nested: { list: [1, "two", null, true] } },
	owner_id: "5c0d1f9e-8b7a-4c36-a1d2-93e4b5f60718",
	team_id: "d2719c1b-4e0f-4f3a-b6a8-7c5d9e021f43",
};

const create = async (key: string, body: Record<string, unknown>): Promise<Lead> => {
	const reply = await call<Lead>(key, "POST", "/v1/leads", body);
	expect(reply.status).toBe(201);
	return reply.data;
};

describe("a lead that is created", () => {
	it("is returned with all fields, 201 and a Location", async () => {
		const created = await call<Lead>(live, "POST", "/v1/leads", FULL);
		expect(created.status).toBe(201);
		expect(created.data).toEqual({
			...FULL,
			id: created.data.id,
			environment: "live",
			created_at: "2031-05-06T10:20:30.000Z",
			updated_at: "2031-05-06T10:20:30.000Z",
		});
		const location = created.headers.get("location");
		expect(location).toBe(`/v1/leads/${created.data.id}`);
		const read = await call<Lead>(live, "GET", location ?? "");
		expect([read.status, read.data]).toEqual([200, created.data]);
	});

	it("needs only a name", async () => {
		expect(await create(test, { name: "  Ana  " })).toMatchObject({
			name: "Ana",
			environment: "test",
			email: null,
			phone: null,
			company: null,
			position: null,
			source: null,
			status: "new",
			tags: [],
			custom_fields: {},
		});
	});

	it("may have null for fields that are not known", async () => {
		const nothing = { email: null, phone: null, company: null, position: null, source: null };
		expect(await create(live, { name: "Ana", ...nothing })).toMatchObject(nothing);
	});

	it.each([
		["name", undefined],
		["name", ""],
		["name", "   "],
		["name", "x".repeat(201)],
		["name", "line\nbreak"],
		["name", null],
		["name", 5],
		["email", "nobody"],
		["email", ""],
		["phone", "x".repeat(51)],
		["company", "x".repeat(201)],
		["position", "x".repeat(201)],
		["source", "x".repeat(101)],
		["status", "open"],
		["status", null],
		["tags", "vip"],
		["tags", Array(51).fill("tag")],
		["tags", null],
		["custom_fields", []],
		["custom_fields", "text"],
		["custom_fields", null],
		["owner_id", "7"],
		["team_id", 7],
		["id", "lead_mine"],
		["tenant_id", other.tenantId],
		["environment", "test"],
		["created_at", "2020-01-01T00:00:00.000Z"],
		["campany", "Acme"],
	])("is rejected if %s is %j, and the error names the field", async (field, value) => {
		const reply = await call(live, "POST", "/v1/leads", { name: "Ana", [field]: value });
		expect([reply.status, reply.error.code, fieldsOf(reply)]).toEqual([400, "VALIDATION_ERROR", [field]]);
	});

	it("is rejected with all invalid fields in one error", async () => {
		const reply = await call(live, "POST", "/v1/leads", { email: "x", status: "open", tags: ["ok", ""], extra: 1 });
		expect(fieldsOf(reply).sort()).toEqual(["email", "extra", "name", "status", "tags.1"]);
	});

	it.each([
		["a list", []],
		["text", "lead"],
		["null", null],
	])("is rejected as %s", async (_what, body) => {
		const reply = await call(live, "POST", "/v1/leads", body);
		expect([reply.status, fieldsOf(reply)]).toEqual([400, ["body"]]);
	});
});

describe("custom fields", () => {
	/** Custom fields whose JSON has `length` characters. */
	const ofLength = (length: number) => ({ note: "x".repeat(length - '{"note":""}'.length) });

	it("have at most 16,384 characters as JSON, in a creation and in an update", async () => {
		const lead = await create(live, { name: "Ana", custom_fields: ofLength(16_384) });
		expect(lead.custom_fields).toEqual(ofLength(16_384));
		for (const [method, path] of [
			["POST", "/v1/leads"],
			["PATCH", `/v1/leads/${lead.id}`],
		] as const) {
			const reply = await call(live, method, path, { name: "Ana", custom_fields: ofLength(16_385) });
			expect([reply.status, fieldsOf(reply)]).toEqual([400, ["custom_fields"]]);
		}
	});

	it("may be nested up to a limit, and deeper nesting is a 400", async () => {
		const nested = (depth: number) => `{"name":"Ana","custom_fields":{"a":${"[".repeat(depth)}${"]".repeat(depth)}}}`;
		const send = (depth: number) =>
			asIntegration(live, "/v1/leads", {
				method: "POST",
				headers: { "content-type": "application/json" },
				body: nested(depth),
			});
		expect((await send(10)).status).toBe(201);
		// Short enough for the limit of 16,384 characters.
		expect([201, 400]).toContain((await send(8_000)).status);
		expect((await send(400_000)).status).toBe(400);
	});

	it("have names of 1 to 100 characters", async () => {
		await create(live, { name: "Ana", custom_fields: { ["x".repeat(100)]: 1 } });
		for (const name of ["", "x".repeat(101)]) {
			const reply = await call(live, "POST", "/v1/leads", { name: "Ana", custom_fields: { [name]: 1 } });
			expect(reply.status).toBe(400);
			expect(fieldsOf(reply)[0]).toMatch(/^custom_fields/);
		}
	});
});

describe("an update", () => {
	it("changes only the fields that are sent", async () => {
		const lead = await create(live, FULL);
		vi.setSystemTime(NOW + 5_000);
		const changed = await call<Lead>(live, "PATCH", `/v1/leads/${lead.id}`, { status: "qualified" });
		expect(changed.status).toBe(200);
		expect(changed.data).toEqual({ ...lead, status: "qualified", updated_at: "2031-05-06T10:20:35.000Z" });
		expect((await call<Lead>(live, "GET", `/v1/leads/${lead.id}`)).data).toEqual(changed.data);
	});

	it("clears optional fields with null", async () => {
		const lead = await create(live, FULL);
		const nothing = { email: null, phone: null, company: null, position: null, source: null };
		const changed = await call<Lead>(live, "PATCH", `/v1/leads/${lead.id}`, nothing);
		expect(changed.data).toEqual({ ...lead, ...nothing });
	});

	it("replaces tags and custom fields", async () => {
		const lead = await create(live, FULL);
		const next = { tags: ["cold"], custom_fields: { budget: 0 } };
		expect((await call<Lead>(live, "PATCH", `/v1/leads/${lead.id}`, next)).data).toMatchObject(next);
		const emptied = (await call<Lead>(live, "PATCH", `/v1/leads/${lead.id}`, { tags: [], custom_fields: {} })).data;
		expect([emptied.tags, emptied.custom_fields]).toEqual([[], {}]);
	});

	it("without fields changes nothing", async () => {
		const lead = await create(live, FULL);
		const reply = await call<Lead>(live, "PATCH", `/v1/leads/${lead.id}`, {});
		expect([reply.status, reply.data]).toEqual([200, lead]);
	});

	it.each([
		["name", null],
		["name", ""],
		["email", "nobody"],
		["status", "open"],
		["status", null],
		["tags", null],
		["custom_fields", null],
		["id", "lead_mine"],
		["environment", "test"],
		["tenant_id", other.tenantId],
		["campany", "Acme"],
	])("is rejected if %s is %j, and changes nothing", async (field, value) => {
		const lead = await create(live, FULL);
		const reply = await call(live, "PATCH", `/v1/leads/${lead.id}`, { position: "Changed", [field]: value });
		expect([reply.status, reply.error.code, fieldsOf(reply)]).toEqual([400, "VALIDATION_ERROR", [field]]);
		expect((await call<Lead>(live, "GET", `/v1/leads/${lead.id}`)).data).toEqual(lead);
	});
});

describe("a lead of another tenant or environment", () => {
	const lead = create(live, FULL);

	it.each([
		["of the other environment", () => test],
		["of another tenant", () => other.live],
	])("(%s) gets the same response as one that does not exist", async (_which, key) => {
		const { id } = await lead;
		for (const [method, body] of [["GET"], ["PATCH", { name: "Mine now" }], ["DELETE"]] as const) {
			const [foreign, absent] = [
				await call(key(), method, `/v1/leads/${id}`, body),
				await call(key(), method, "/v1/leads/lead_00000000000000000000", body),
			];
			expect([foreign.status, foreign.error]).toEqual([404, { code: "NOT_FOUND", message: absent.error.message }]);
			expect([absent.status, absent.error]).toEqual([foreign.status, foreign.error]);
		}
		expect((await call<Lead>(live, "GET", `/v1/leads/${id}`)).data).toEqual(await lead);
	});

	it.each(["x", "lead_%00", "lead_%27%20or%201=1", "%F0%9F%98%80", "x".repeat(64)])(
		"with the id %s is 404",
		async (id) => {
			expect((await asIntegration(live, `/v1/leads/${id}`)).status).toBe(404);
		},
	);
});
