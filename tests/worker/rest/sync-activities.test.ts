/** Activities: each reference is stored once, however often and concurrently it is sent. */
import { and, asc, eq } from "drizzle-orm";
import { afterAll, describe, expect, it, vi } from "vitest";
import { activities, collaborators } from "../../../db/schema.ts";
import type { ActivitiesSynced } from "../../../worker/schemas/sync.ts";
import { db, fieldsOf } from "../fixtures.ts";
import { call, tenantWithKeys } from "./tenant-with-keys.ts";

const NOW = Date.parse("2031-05-06T10:20:30.000Z");
vi.useFakeTimers({ toFake: ["Date"], now: NOW });
afterAll(() => vi.useRealTimers());

const sync = (key: string, list: unknown) =>
	call<ActivitiesSynced>(key, "POST", "/v1/sync_activities", { activities: list });

const addPeople = (key: string, ids: string[]) =>
	call(key, "POST", "/v1/sync_collaborators", {
		collaborators: ids.map((id) => ({ external_id: id, name: id, email: `${id}@acme.example` })),
	});

const activity = (more: Record<string, unknown> = {}) => ({ collaborator_id: "a", activity: "001", ...more });

/** The tenant's activities, each with the external id of its collaborator. */
const stored = (tenantId: string) =>
	db
		.select({
			person: collaborators.externalId,
			activity: activities.activity,
			quantity: activities.quantity,
			occurredAt: activities.occurredAt,
			reference: activities.reference,
			environment: activities.environment,
			writtenBy: activities.writtenBy,
		})
		.from(activities)
		.innerJoin(
			collaborators,
			and(eq(collaborators.id, activities.collaboratorId), eq(collaborators.environment, activities.environment)),
		)
		.where(eq(activities.tenantId, tenantId))
		.orderBy(asc(activities.environment), asc(activities.activity), asc(activities.reference));

/** A tenant with the collaborator `a` in live and test. */
async function staffed() {
	const acme = await tenantWithKeys();
	await Promise.all([addPeople(acme.live, ["a"]), addPeople(acme.test, ["a"])]);
	return acme;
}

describe("a batch", () => {
	it("is stored", async () => {
		const { tenantId, live, liveId } = await staffed();
		await addPeople(live, ["b"]);
		const reply = await sync(live, [
			activity({ activity: "001", quantity: 2.5, occurred_at: "2030-12-31T23:30:00-03:00", reference: "r1" }),
			activity({ activity: "999", collaborator_id: "b" }),
		]);
		expect(reply.status).toBe(200);
		expect(reply.data).toEqual({ processed: 2, duplicates: 0, errors: [], total: 2 });
		expect(await stored(tenantId)).toEqual([
			{
				person: "a",
				activity: "001",
				quantity: 2.5,
				occurredAt: Date.parse("2031-01-01T02:30:00Z"),
				reference: "r1",
				environment: "live",
				writtenBy: liveId,
			},
			// The defaults: a quantity of 1, and the time of the request.
			{
				person: "b",
				activity: "999",
				quantity: 1,
				occurredAt: NOW,
				reference: null,
				environment: "live",
				writtenBy: liveId,
			},
		]);
	});

	it("of 500 activities of 500 collaborators is stored, and can be repeated safely", async () => {
		const { tenantId, live } = await staffed();
		const ids = Array.from({ length: 500 }, (_, index) => `p${index}`);
		await addPeople(live, ids);
		const batch = ids.map((id) => activity({ collaborator_id: id, reference: `r-${id}` }));
		expect((await sync(live, batch)).data).toEqual({ processed: 500, duplicates: 0, errors: [], total: 500 });
		expect((await sync(live, batch)).data).toEqual({ processed: 0, duplicates: 500, errors: [], total: 500 });
		expect(await stored(tenantId)).toHaveLength(500);
	});

	it.each([
		["none", []],
		["501", Array.from({ length: 501 }, () => activity())],
	])("of %s is rejected and changes nothing", async (_count, batch) => {
		const { tenantId, live } = await staffed();
		const reply = await sync(live, batch);
		expect([reply.status, reply.error.code, fieldsOf(reply)]).toEqual([400, "VALIDATION_ERROR", ["activities"]]);
		expect(await stored(tenantId)).toEqual([]);
	});
});

describe("a reference", () => {
	it("is stored once, within a batch and across batches, with its first values", async () => {
		const { tenantId, live } = await staffed();
		const first = await sync(live, [
			activity({ reference: "r1", quantity: 1 }),
			activity({ reference: "r1", quantity: 2 }),
			activity({ reference: "r2" }),
		]);
		expect(first.data).toEqual({ processed: 2, duplicates: 1, errors: [], total: 3 });
		const second = await sync(live, [activity({ reference: "r1", quantity: 3 }), activity({ reference: "r3" })]);
		expect(second.data).toEqual({ processed: 1, duplicates: 1, errors: [], total: 2 });
		expect((await stored(tenantId)).map(({ reference, quantity }) => [reference, quantity])).toEqual([
			["r1", 1],
			["r2", 1],
			["r3", 1],
		]);
	});

	it("is stored once if the same batch is sent many times at once", async () => {
		const { tenantId, live } = await staffed();
		const batch = Array.from({ length: 60 }, (_, index) => activity({ reference: `r${index}` }));
		const replies = await Promise.all(Array.from({ length: 6 }, () => sync(live, batch)));
		expect(replies.map(({ status }) => status)).toEqual(Array(6).fill(200));
		expect(replies.reduce((sum, { data }) => sum + data.processed, 0)).toBe(60);
		expect(replies.reduce((sum, { data }) => sum + data.duplicates, 0)).toBe(5 * 60);
		expect(await stored(tenantId)).toHaveLength(60);
	});

	it("that is absent makes every activity a new one", async () => {
		const { tenantId, live } = await staffed();
		expect((await sync(live, [activity(), activity()])).data).toMatchObject({ processed: 2, duplicates: 0 });
		expect((await sync(live, [activity(), activity()])).data).toMatchObject({ processed: 2, duplicates: 0 });
		expect(await stored(tenantId)).toHaveLength(4);
	});

	it("belongs to one environment and one tenant", async () => {
		const [ours, theirs] = [await staffed(), await staffed()];
		for (const key of [ours.live, ours.test, theirs.live])
			expect((await sync(key, [activity({ reference: "r1" })])).data).toMatchObject({ processed: 1, duplicates: 0 });
		expect((await stored(ours.tenantId)).map(({ environment }) => environment)).toEqual(["live", "test"]);
		expect(await stored(theirs.tenantId)).toHaveLength(1);
	});
});

describe("a collaborator", () => {
	it("that is unknown is an error of that item, and the others are stored", async () => {
		const { tenantId, live } = await staffed();
		const reply = await sync(live, [
			activity({ collaborator_id: "unknown" }),
			activity({ reference: "r1" }),
			activity({ collaborator_id: "unknown too" }),
		]);
		expect(reply.status).toBe(200);
		expect(reply.data).toMatchObject({ processed: 1, duplicates: 0, total: 3 });
		expect(reply.data.errors.map(({ index, collaborator_id }) => [index, collaborator_id])).toEqual([
			[0, "unknown"],
			[2, "unknown too"],
		]);
		expect(reply.data.errors[0]?.message).toContain("collaborator_id");
		expect(await stored(tenantId)).toHaveLength(1);
	});

	it("of the live environment is unknown to a test key, and vice versa", async () => {
		const { tenantId, live, test } = await tenantWithKeys();
		await addPeople(live, ["livia"]);
		await addPeople(test, ["tess"]);
		for (const [key, stranger] of [
			[test, "livia"],
			[live, "tess"],
		] as const)
			expect((await sync(key, [activity({ collaborator_id: stranger })])).data).toMatchObject({
				processed: 0,
				errors: [{ index: 0, collaborator_id: stranger }],
			});
		expect(await stored(tenantId)).toEqual([]);
	});

	it("of another tenant is unknown", async () => {
		const [ours, theirs] = [await tenantWithKeys(), await staffed()];
		expect((await sync(ours.live, [activity()])).data).toMatchObject({ processed: 0, errors: [{ index: 0 }] });
		expect(await stored(theirs.tenantId)).toEqual([]);
	});
});

describe("an invalid item", () => {
	it.each([
		["activity", "000"],
		["activity", "1000"],
		["activity", "abc"],
		["activity", "01"],
		["activity", "1"],
		["activity", ""],
		["activity", " 001"],
		["activity", "001\n"],
		["activity", "٠٠١"],
		["activity", 1],
		["activity", undefined],
		["collaborator_id", ""],
		["collaborator_id", undefined],
		["quantity", 0],
		["quantity", -1],
		["quantity", "2"],
		["quantity", 1_000_000_001],
		["occurred_at", "yesterday"],
		["occurred_at", "2031-01-01"],
		["occurred_at", "2031-02-30T00:00:00Z"],
		["occurred_at", 1_700_000_000],
		["reference", ""],
		["reference", "x".repeat(201)],
		["reference", 7],
	])("has a %s of %j; the item next to it is stored", async (field, value) => {
		const { tenantId, live } = await staffed();
		const reply = await sync(live, [activity({ [field]: value }), activity({ activity: "123" })]);
		expect(reply.status).toBe(200);
		expect(reply.data).toMatchObject({ processed: 1, duplicates: 0, total: 2, errors: [{ index: 0 }] });
		expect(reply.data.errors).toHaveLength(1);
		expect(reply.data.errors[0]?.message).toContain(`${field}: `);
		expect((await stored(tenantId)).map((row) => row.activity)).toEqual(["123"]);
	});

	it.each(["001", "010", "100", "500", "999"])("does not include one with the code %s", async (code) => {
		const { live } = await staffed();
		expect((await sync(live, [activity({ activity: code })])).data).toMatchObject({ processed: 1, errors: [] });
	});

	it("of every kind is reported in the order of the batch", async () => {
		const { live } = await staffed();
		const reply = await sync(live, [
			activity({ collaborator_id: "unknown" }),
			activity({ activity: "000" }),
			activity(),
			"nonsense",
			activity({ collaborator_id: "unknown" }),
		]);
		expect(reply.data.errors.map(({ index, collaborator_id }) => [index, collaborator_id])).toEqual([
			[0, "unknown"],
			[1, "a"],
			[3, null],
			[4, "unknown"],
		]);
	});
});
