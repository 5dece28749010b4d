/** Collaborators of a CRM: new ones are created, known ones updated, invalid ones reported. */
import { asc, eq } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { collaborators } from "../../../db/product-schema.ts";
import type { CollaboratorsSynced } from "../../../worker/schemas/sync.ts";
import { fieldsOf, product } from "../fixtures.ts";
import { call, tenantWithKeys } from "./tenant-with-keys.ts";

const sync = (key: string, people: unknown) =>
	call<CollaboratorsSynced>(key, "POST", "/v1/sync_collaborators", { collaborators: people });

const person = (id: string, more: Record<string, unknown> = {}) => ({
	external_id: id,
	name: `Person ${id}`,
	email: `${id}@acme.example`,
	...more,
});

/** The tenant's collaborators, by external id. */
const stored = (tenantId: string) =>
	product
		.select()
		.from(collaborators)
		.where(eq(collaborators.tenantId, tenantId))
		.orderBy(asc(collaborators.environment), asc(collaborators.externalId));

describe("a batch", () => {
	it("creates new collaborators", async () => {
		const { tenantId, live, liveId } = await tenantWithKeys();
		const reply = await sync(live, [person("a", { team: "North", role: "Closer" }), person("b")]);
		expect(reply.status).toBe(200);
		expect(reply.data).toEqual({ created: 2, existing: 0, errors: [], total: 2 });
		expect(await stored(tenantId)).toMatchObject([
			{
				externalId: "a",
				name: "Person a",
				email: "a@acme.example",
				team: "North",
				role: "Closer",
				environment: "live",
				writtenBy: liveId,
			},
			{ externalId: "b", team: null, role: null, phone: null, document: null, metadata: null },
		]);
	});

	it("stores phone, document and metadata", async () => {
		const { tenantId, live } = await tenantWithKeys();
		const more = { phone: "+55 11 90000-0000", document: "123.456.789-09", metadata: { b: null, a: [1] } };
		await sync(live, [person("a", more)]);
		expect(await stored(tenantId)).toMatchObject([{ ...more, metadata: '{"b":null,"a":[1]}' }]);
	});

	it("updates known collaborators, who keep their ids", async () => {
		const { tenantId, live } = await tenantWithKeys();
		await sync(live, [person("a"), person("b")]);
		const [before] = await stored(tenantId);
		const reply = await sync(live, [person("a", { name: "Anna New", email: "A@Acme.Example" }), person("c")]);
		expect(reply.data).toEqual({ created: 1, existing: 1, errors: [], total: 2 });
		const [after, ...others] = await stored(tenantId);
		expect(after).toMatchObject({
			id: before?.id,
			createdAt: before?.createdAt,
			name: "Anna New",
			email: "A@Acme.Example",
		});
		expect(others.map(({ externalId }) => externalId)).toEqual(["b", "c"]);
	});

	it("changes optional fields only in items that send them, and clears what is sent empty", async () => {
		const { tenantId, live } = await tenantWithKeys();
		const full = { team: "North", role: "Closer", phone: "1", document: "2", metadata: { a: 1 } };
		await sync(
			live,
			["a", "b", "c", "d"].map((id) => person(id, full)),
		);
		await sync(live, [
			person("a", { name: "Renamed" }),
			person("b", { team: "South", metadata: {} }),
			person("c", { team: null, role: null, phone: null, document: null, metadata: null }),
			person("d", { team: "", role: " ", phone: "", document: "" }),
		]);
		const empty = { team: null, role: null, phone: null, document: null };
		expect(await stored(tenantId)).toMatchObject([
			{ ...full, name: "Renamed", metadata: '{"a":1}' },
			{ ...full, team: "South", metadata: "{}" },
			{ ...empty, metadata: null },
			{ ...empty, metadata: '{"a":1}' },
		]);
	});

	it("sent a second time creates no collaborator", async () => {
		const { tenantId, live } = await tenantWithKeys();
		const batch = [person("a"), person("b"), person("c")];
		await sync(live, batch);
		expect((await sync(live, batch)).data).toEqual({ created: 0, existing: 3, errors: [], total: 3 });
		expect(await stored(tenantId)).toHaveLength(3);
	});

	it("sent twice at once creates each collaborator once", async () => {
		const { tenantId, live } = await tenantWithKeys();
		const batch = Array.from({ length: 40 }, (_, index) => person(`p${index}`));
		const replies = await Promise.all([sync(live, batch), sync(live, batch)]);
		expect(replies.map(({ status }) => status)).toEqual([200, 200]);
		expect(replies.reduce((sum, { data }) => sum + data.created, 0)).toBe(40);
		expect(replies.reduce((sum, { data }) => sum + data.existing, 0)).toBe(40);
		expect(await stored(tenantId)).toHaveLength(40);
	});

	it("of 500 new and known collaborators is stored", async () => {
		const { tenantId, live } = await tenantWithKeys();
		const batch = Array.from({ length: 500 }, (_, index) => person(`p${index}`, { team: "T", role: "R" }));
		expect((await sync(live, batch)).data).toEqual({ created: 500, existing: 0, errors: [], total: 500 });
		expect((await sync(live, batch)).data).toEqual({ created: 0, existing: 500, errors: [], total: 500 });
		expect(await stored(tenantId)).toHaveLength(500);
	});

	it.each([
		["none", []],
		["501", Array.from({ length: 501 }, (_, index) => person(`p${index}`))],
	])("of %s is rejected and changes nothing", async (_count, batch) => {
		const { tenantId, live } = await tenantWithKeys();
		const reply = await sync(live, batch);
		expect([reply.status, reply.error.code, fieldsOf(reply)]).toEqual([400, "VALIDATION_ERROR", ["collaborators"]]);
		expect(await stored(tenantId)).toEqual([]);
	});

	it.each([
		["an object", {}],
		["text", "a"],
		["null", null],
		["nothing", undefined],
	])("that is %s instead of a list is rejected", async (_what, batch) => {
		const { live } = await tenantWithKeys();
		const reply = await sync(live, batch);
		expect([reply.status, fieldsOf(reply)]).toEqual([400, ["collaborators"]]);
	});
});

describe("an invalid item", () => {
	it("is reported with its index and id, and the valid items are stored", async () => {
		const { tenantId, live } = await tenantWithKeys();
		const reply = await sync(live, [
			person("a"),
			person("b", { email: "not an address" }),
			"not an object",
			{ external_id: 7, name: "Number", email: "n@acme.example" },
			person("c"),
			{ external_id: "d" },
			null,
		]);
		expect(reply.status).toBe(200);
		expect(reply.data).toMatchObject({ created: 2, existing: 0, total: 7 });
		expect(reply.data.errors.map(({ index, external_id }) => [index, external_id])).toEqual([
			[1, "b"],
			[2, null],
			[3, null],
			[5, "d"],
			[6, null],
		]);
		const messages = reply.data.errors.map(({ message }) => message);
		expect(messages[0]).toContain("email");
		expect(messages[2]).toContain("external_id");
		expect(messages[3]).toMatch(/name: Is required.*email: Is required/);
		expect((await stored(tenantId)).map(({ externalId }) => externalId)).toEqual(["a", "c"]);
	});

	it.each([
		["external_id", ""],
		["external_id", "   "],
		["external_id", "x".repeat(256)],
		["name", ""],
		["name", "x".repeat(256)],
		["name", "line\nbreak"],
		["name", null],
		["email", "a@"],
		["email", `${"x".repeat(250)}@acme.example`],
		["email", "ana maria@acme.example"],
		["email", "\ud800@acme.example"],
		["phone", 5],
		["document", "x".repeat(21)],
		["team", "x".repeat(101)],
		["role", "x".repeat(51)],
		["role", 5],
		["metadata", []],
		["metadata", "text"],
		["metadata", { text: "x".repeat(16_384) }],
	])("has a %s of %j", async (field, value) => {
		const { live } = await tenantWithKeys();
		const reply = await sync(live, [person("a", { [field]: value })]);
		expect(reply.data).toMatchObject({ created: 0, existing: 0, total: 1 });
		expect(reply.data.errors).toHaveLength(1);
		expect(reply.data.errors[0]?.message).toContain(`${field}: `);
	});

	it("includes one that repeats an email of the batch; the first one is stored", async () => {
		const { tenantId, live } = await tenantWithKeys();
		const reply = await sync(live, [
			person("a", { name: "First" }),
			person("b"),
			person("c", { name: "Second", email: "A@ACME.EXAMPLE" }),
			person("a", { name: "Third", email: " a@acme.example " }),
		]);
		expect(reply.data).toMatchObject({ created: 2, existing: 0, total: 4 });
		expect(reply.data.errors).toEqual([
			{ index: 2, external_id: "c", message: "email: Duplicate of the email in item 0" },
			{ index: 3, external_id: "a", message: "email: Duplicate of the email in item 0" },
		]);
		expect((await stored(tenantId))[0]).toMatchObject({ externalId: "a", name: "First" });
	});

	it("does not reserve its email: a later valid item with the same email is stored", async () => {
		const { live } = await tenantWithKeys();
		const reply = await sync(live, [person("a", { name: "" }), person("a")]);
		expect(reply.data).toMatchObject({ created: 1, total: 2, errors: [{ index: 0, external_id: "a" }] });
	});

	it("is no error of the request: the status is 200 even if no item is valid", async () => {
		const { tenantId, live } = await tenantWithKeys();
		const reply = await sync(live, [{}, {}]);
		expect([reply.status, reply.data.created, reply.data.errors.length]).toEqual([200, 0, 2]);
		expect(await stored(tenantId)).toEqual([]);
	});
});

describe("the same collaborator", () => {
	it("is two collaborators in live and test", async () => {
		const { tenantId, live, test } = await tenantWithKeys();
		await sync(live, [person("a", { name: "Live" })]);
		expect((await sync(test, [person("a", { name: "Test" })])).data).toMatchObject({ created: 1, existing: 0 });
		expect(await stored(tenantId)).toMatchObject([
			{ environment: "live", name: "Live" },
			{ environment: "test", name: "Test" },
		]);
	});

	it("is two collaborators in two tenants", async () => {
		const [ours, theirs] = [await tenantWithKeys(), await tenantWithKeys()];
		await sync(ours.live, [person("a", { name: "Ours" })]);
		expect((await sync(theirs.live, [person("a", { name: "Theirs" })])).data).toMatchObject({
			created: 1,
			existing: 0,
		});
		expect(await stored(ours.tenantId)).toMatchObject([{ name: "Ours" }]);
		expect(await stored(theirs.tenantId)).toMatchObject([{ name: "Theirs" }]);
	});
});

describe("an email", () => {
	it("identifies the person, whose external_id may change", async () => {
		const { tenantId, live } = await tenantWithKeys();
		await sync(live, [person("a")]);
		const [before] = await stored(tenantId);
		const reply = await sync(live, [person("new id", { email: "A@Acme.EXAMPLE" })]);
		expect(reply.data).toEqual({ created: 0, existing: 1, errors: [], total: 1 });
		expect(await stored(tenantId)).toMatchObject([{ id: before?.id, externalId: "new id", email: "A@Acme.EXAMPLE" }]);
	});

	it("makes two people of one external_id", async () => {
		const { tenantId, live } = await tenantWithKeys();
		await sync(live, [person("a")]);
		const reply = await sync(live, [person("a", { email: "another@acme.example" })]);
		expect(reply.data).toMatchObject({ created: 1, existing: 0, errors: [] });
		expect(await stored(tenantId)).toHaveLength(2);
	});

	it("may be in any script, and is the same in upper case", async () => {
		const { tenantId, live } = await tenantWithKeys();
		await sync(live, [
			person("a", { email: "joão.ção@exemplo.com.br" }),
			person("b", { email: "οδυσσεύς@παράδειγμα.ελ" }),
		]);
		const reply = await sync(live, [
			person("a", { email: "JOÃO.ÇÃO@EXEMPLO.COM.BR" }),
			// With combining accents.
			person("b", { email: "ΟΔΥΣΣΕΎΣ@ΠΑΡΆΔΕΙΓΜΑ.ΕΛ".normalize("NFD") }),
		]);
		expect(reply.data).toEqual({ created: 0, existing: 2, errors: [], total: 2 });
		expect(await stored(tenantId)).toHaveLength(2);
	});
});
