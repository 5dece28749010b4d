/** Activities: each `external_id` is stored once, however often and concurrently it is sent. */
import { and, asc, eq } from "drizzle-orm";
import { afterAll, describe, expect, it, vi } from "vitest";
import { activities, collaborators } from "../../../db/product-schema.ts";
import type { ActivitiesSynced } from "../../../worker/schemas/sync.ts";
import { fieldsOf, product, sendText } from "../fixtures.ts";
import { call, read, tenantWithKeys } from "./tenant-with-keys.ts";

const NOW = Date.parse("2031-05-06T10:20:30.000Z");
vi.useFakeTimers({ toFake: ["Date"], now: NOW });
afterAll(() => vi.useRealTimers());

const PATH = "/v1/sync_activities";
const sync = (key: string, list: unknown) => call<ActivitiesSynced>(key, "POST", PATH, { activities: list });

const addPeople = (key: string, ids: string[]) =>
	call(key, "POST", "/v1/sync_collaborators", {
		collaborators: ids.map((id) => ({ external_id: id, name: id, email: `${id}@acme.example` })),
	});

let last = 0;
const activity = (more: Record<string, unknown> = {}) => ({
	activity_code: "001",
	external_id: `activity-${last++}`,
	collaborator_email: "a@acme.example",
	...more,
});

/** The tenant's activities, each with the external id of its collaborator. */
const stored = (tenantId: string) =>
	product
		.select({
			person: collaborators.externalId,
			activityCode: activities.activityCode,
			occurredAt: activities.occurredAt,
			externalId: activities.externalId,
			data: activities.data,
			environment: activities.environment,
			writtenBy: activities.writtenBy,
		})
		.from(activities)
		.innerJoin(
			collaborators,
			and(eq(collaborators.id, activities.collaboratorId), eq(collaborators.environment, activities.environment)),
		)
		.where(eq(activities.tenantId, tenantId))
		.orderBy(asc(activities.environment), asc(activities.activityCode), asc(activities.externalId));

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
			activity({ external_id: "r1", occurred_at: "2030-12-31T23:30:00-03:00", data: { value: 2.5 } }),
			activity({ external_id: "r2", activity_code: "999", collaborator_email: "b@acme.example" }),
		]);
		expect(reply.status).toBe(200);
		expect(reply.data).toEqual({ processed: 2, skipped: 0, duplicates: 0, errors: [], total: 2 });
		expect(await stored(tenantId)).toEqual([
			{
				person: "a",
				activityCode: "001",
				occurredAt: Date.parse("2031-01-01T02:30:00Z"),
				externalId: "r1",
				data: '{"value":2.5}',
				environment: "live",
				writtenBy: liveId,
			},
			// By default, an activity occurs at the time of the request.
			{
				person: "b",
				activityCode: "999",
				occurredAt: NOW,
				externalId: "r2",
				data: null,
				environment: "live",
				writtenBy: liveId,
			},
		]);
	});

	it("of 1,000 activities of 1,000 collaborators is stored, and can be repeated safely", async () => {
		const { tenantId, live } = await staffed();
		const ids = Array.from({ length: 1_000 }, (_, index) => `p${index}`);
		await addPeople(live, ids.slice(0, 500));
		await addPeople(live, ids.slice(500));
		const batch = ids.map((id) => activity({ collaborator_email: `${id}@acme.example`, external_id: `r-${id}` }));
		const counts = { skipped: 0, errors: [], total: 1_000 };
		expect((await sync(live, batch)).data).toEqual({ ...counts, processed: 1_000, duplicates: 0 });
		expect((await sync(live, batch)).data).toEqual({ ...counts, processed: 0, duplicates: 1_000 });
		expect(await stored(tenantId)).toHaveLength(1_000);
	});

	it.each([
		["none", []],
		["1,001", Array.from({ length: 1_001 }, () => activity())],
	])("of %s is rejected and changes nothing", async (_count, batch) => {
		const { tenantId, live } = await staffed();
		const reply = await sync(live, batch);
		expect([reply.status, reply.error.code, fieldsOf(reply)]).toEqual([400, "VALIDATION_ERROR", ["activities"]]);
		expect(await stored(tenantId)).toEqual([]);
	});
});

describe("an external_id", () => {
	it("is stored once, within a batch and across batches, with its first values", async () => {
		const { tenantId, live } = await staffed();
		const first = await sync(live, [
			activity({ external_id: "r1", data: { n: 1 } }),
			activity({ external_id: "r1", data: { n: 2 } }),
			activity({ external_id: "r2" }),
		]);
		expect(first.data).toEqual({ processed: 2, skipped: 0, duplicates: 1, errors: [], total: 3 });
		const second = await sync(live, [
			activity({ external_id: "r1", data: { n: 3 } }),
			activity({ external_id: "r3", data: null }),
		]);
		expect(second.data).toEqual({ processed: 1, skipped: 0, duplicates: 1, errors: [], total: 2 });
		expect((await stored(tenantId)).map(({ externalId, data }) => [externalId, data])).toEqual([
			["r1", '{"n":1}'],
			["r2", null],
			["r3", null],
		]);
	});

	it("is stored once if the same batch is sent many times at once", async () => {
		const { tenantId, live } = await staffed();
		const batch = Array.from({ length: 60 }, (_, index) => activity({ external_id: `r${index}` }));
		const replies = await Promise.all(Array.from({ length: 6 }, () => sync(live, batch)));
		expect(replies.map(({ status }) => status)).toEqual(Array(6).fill(200));
		expect(replies.reduce((sum, { data }) => sum + data.processed, 0)).toBe(60);
		expect(replies.reduce((sum, { data }) => sum + data.duplicates, 0)).toBe(5 * 60);
		expect(await stored(tenantId)).toHaveLength(60);
	});

	it("belongs to one environment and one tenant", async () => {
		const [ours, theirs] = [await staffed(), await staffed()];
		for (const key of [ours.live, ours.test, theirs.live])
			expect((await sync(key, [activity({ external_id: "r1" })])).data).toMatchObject({ processed: 1, duplicates: 0 });
		expect((await stored(ours.tenantId)).map(({ environment }) => environment)).toEqual(["live", "test"]);
		expect(await stored(theirs.tenantId)).toHaveLength(1);
	});
});

describe("a collaborator", () => {
	it("is found by the email without regard to case", async () => {
		const { tenantId, live } = await staffed();
		const reply = await sync(live, [activity({ collaborator_email: " A@ACME.Example " })]);
		expect(reply.data).toMatchObject({ processed: 1, skipped: 0 });
		expect(await stored(tenantId)).toMatchObject([{ person: "a" }]);
	});

	it("who has not been synced yet is skipped without an error, and the others are stored", async () => {
		const { tenantId, live } = await staffed();
		const stranger = activity({ collaborator_email: "stranger@acme.example" });
		const batch = [stranger, activity(), { ...stranger, external_id: "another" }];
		const reply = await sync(live, batch);
		expect(reply.status).toBe(200);
		expect(reply.data).toEqual({ processed: 1, skipped: 2, duplicates: 0, errors: [], total: 3 });
		expect(await stored(tenantId)).toHaveLength(1);
		// A skipped activity is not remembered, so it is stored once the person exists.
		await addPeople(live, ["stranger"]);
		expect((await sync(live, batch)).data).toMatchObject({ processed: 2, skipped: 0, duplicates: 1 });
	});

	it("of the live environment is unknown to a test key, and vice versa", async () => {
		const { tenantId, live, test } = await tenantWithKeys();
		await addPeople(live, ["livia"]);
		await addPeople(test, ["tess"]);
		for (const [key, stranger] of [
			[test, "livia"],
			[live, "tess"],
		] as const)
			expect((await sync(key, [activity({ collaborator_email: `${stranger}@acme.example` })])).data).toMatchObject({
				processed: 0,
				skipped: 1,
			});
		expect(await stored(tenantId)).toEqual([]);
	});

	it("of another tenant is unknown", async () => {
		const [ours, theirs] = [await tenantWithKeys(), await staffed()];
		expect((await sync(ours.live, [activity()])).data).toMatchObject({ processed: 0, skipped: 1 });
		expect(await stored(theirs.tenantId)).toEqual([]);
	});
});

describe("an invalid item", () => {
	it.each([
		["activity_code", "000"],
		["activity_code", "1000"],
		["activity_code", "abc"],
		["activity_code", "01"],
		["activity_code", "1"],
		["activity_code", ""],
		["activity_code", " 001"],
		["activity_code", "001\n"],
		["activity_code", "٠٠١"],
		["activity_code", 1],
		["activity_code", undefined],
		["external_id", ""],
		["external_id", "x".repeat(256)],
		["external_id", 7],
		["external_id", undefined],
		["collaborator_email", ""],
		["collaborator_email", "a@"],
		["collaborator_email", undefined],
		["data", []],
		["data", "text"],
		["data", 7],
		["data", { text: "x".repeat(16_384) }],
		["occurred_at", "yesterday"],
		["occurred_at", "2031-01-01"],
		["occurred_at", "2031-02-30T00:00:00Z"],
		["occurred_at", 1_700_000_000],
	])("has a %s of %j; it rejects the request, and nothing is stored", async (field, value) => {
		const { tenantId, live } = await staffed();
		const reply = await sync(live, [activity({ activity_code: "123" }), activity({ [field]: value })]);
		expect([reply.status, reply.error.code]).toEqual([400, "VALIDATION_ERROR"]);
		expect(reply.error.message).toMatch(/^The activities payload is invalid\./);
		expect(reply.error.details).toEqual([{ index: 1, field, message: expect.any(String) }]);
		expect(await stored(tenantId)).toEqual([]);
	});

	it.each(["001", "010", "100", "500", "999"])("does not include one with the code %s", async (code) => {
		const { live } = await staffed();
		expect((await sync(live, [activity({ activity_code: code })])).data).toMatchObject({ processed: 1 });
	});

	it("of every kind is named, with every field", async () => {
		const { live } = await staffed();
		const { error } = await sync(live, [activity(), activity({ activity_code: "000", data: 1 }), "nonsense", null]);
		expect(error.details?.map(({ index, field }) => [index, field])).toEqual([
			[1, "activity_code"],
			[1, "data"],
			[2, "item"],
			[3, "item"],
		]);
	});

	it("is named also if all 1,000 are invalid", async () => {
		const { live } = await staffed();
		const { error } = await sync(live, Array(1_000).fill(activity({ activity_code: "000" })));
		expect(error.details?.map(({ index }) => index)).toEqual(Array.from({ length: 1_000 }, (_, index) => index));
	});

	it("with hundreds of unknown fields is described with a few of them", async () => {
		const { live } = await staffed();
		const more = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`field_${index}`, 1]));
		const { error } = await sync(live, [activity(more)]);
		expect(error.details).toHaveLength(10);
	});
});

describe("the time of an activity", () => {
	it.each([
		["2030-12-31T23:30:00-03:00", "2031-01-01T02:30:00.000Z"],
		["2030-12-31T23:30:00.123456+05:45", "2030-12-31T17:45:00.123Z"],
		["2030-12-31T23:30:00Z", "2030-12-31T23:30:00.000Z"],
		["2030-12-31T23:30:00-0300", "2031-01-01T02:30:00.000Z"],
		["2030-12-31T23:30:00-03", "2031-01-01T02:30:00.000Z"],
	])("%s is stored as the instant %s", async (sent, instant) => {
		const { tenantId, live } = await staffed();
		expect((await sync(live, [activity({ occurred_at: sent })])).data).toMatchObject({ processed: 1 });
		expect((await stored(tenantId)).map(({ occurredAt }) => new Date(occurredAt).toISOString())).toEqual([instant]);
	});

	it("is rejected if it is longer than any time, before the pattern of short offsets reads it", async () => {
		const { live } = await staffed();
		for (const sent of [`2030-12-31T23:30:00.${"1".repeat(30)}+03`, `T${"+00".repeat(20_000)}`]) {
			const reply = await sync(live, [activity({ occurred_at: sent })]);
			expect([reply.status, reply.error.details]).toMatchObject([400, [{ index: 0, field: "occurred_at" }]]);
		}
	});

	it("is the time of the request if it is null", async () => {
		const { tenantId, live } = await staffed();
		await sync(live, [activity({ occurred_at: null })]);
		expect(await stored(tenantId)).toMatchObject([{ occurredAt: NOW }]);
	});
});

describe("data", () => {
	it("is kept as it is sent: order of fields, nulls, long numbers, repeated and strange names", async () => {
		const { tenantId, live } = await staffed();
		const data =
			'{"z":null,"10":1,"2":{"b":[1e20,1.50,12345678901234567890]},"__proto__":{"x":1},"a":"\\u00e9\\ud800","z":0}';
		const body = `{"activities":[{"activity_code":"001","external_id":"r1","collaborator_email":"a@acme.example", "data" : ${data} }]}`;
		const reply = await read<ActivitiesSynced>(await sendText(live, PATH, body));
		expect(reply.data).toMatchObject({ processed: 1 });
		expect(await stored(tenantId)).toMatchObject([{ data }]);
	});

	it("of 1,000 activities can have numbers that grow when they are written out", async () => {
		const { live } = await staffed();
		const data = `{"n":[${Array(150).fill("1e20").join()}]}`;
		const items = Array.from(
			{ length: 1_000 },
			(_, index) =>
				`{"activity_code":"001","external_id":"${index}","collaborator_email":"a@acme.example","data":${data}}`,
		);
		const reply = await read<ActivitiesSynced>(await sendText(live, PATH, `{"activities":[${items}]}`));
		expect([reply.status, reply.data]).toMatchObject([200, { processed: 1_000 }]);
	});

	it("that is nested too deeply is an invalid item, whatever its fields are called", async () => {
		const { live } = await staffed();
		for (const name of ["a", "__proto__"]) {
			const deep = `{"${name}":`.repeat(2_000) + 1 + "}".repeat(2_000);
			const body = `{"activities":[{"activity_code":"001","external_id":"r1","collaborator_email":"a@acme.example","data":${deep}}]}`;
			const reply = await read(await sendText(live, PATH, body));
			expect([reply.status, reply.error.details]).toMatchObject([400, [{ index: 0, field: "data" }]]);
		}
	});

	it.each([
		[
			"levels of nesting",
			`{"a":${"[".repeat(1_500)}${"]".repeat(1_500)},"a":1}`,
			"Must have at most 10 levels of nesting",
		],
		["characters", `{"a":"${"x".repeat(900_000)}","a":1}`, "Must be at most 16384 characters as JSON"],
		["escapes", `{"a":"${"\\n".repeat(450_000)}","a":1}`, "Must be at most 16384 characters as JSON"],
	])("with too many %s in a member whose name is repeated is an invalid item", async (_what, data, message) => {
		const { tenantId, live } = await staffed();
		const body = `{"activities":[{"activity_code":"001","external_id":"r1","collaborator_email":"a@acme.example","data":${data}}]}`;
		const reply = await read(await sendText(live, PATH, body));
		expect([reply.status, reply.error.details]).toEqual([400, [{ index: 0, field: "data", message }]]);
		expect(await stored(tenantId)).toEqual([]);
		const person = `{"external_id":"b","name":"B","email":"b@acme.example","metadata":${data}}`;
		const people = await read(await sendText(live, "/v1/sync_collaborators", `{"collaborators":[${person}]}`));
		expect([people.status, people.data]).toMatchObject([
			200,
			{ created: 0, errors: [{ index: 0, message: `metadata: ${message}` }] },
		]);
	});

	it("of 10 levels and 16,384 characters is stored, and spaces between tokens don't count", async () => {
		const { tenantId, live } = await staffed();
		const nested = `${"[".repeat(10)}${"]".repeat(10)}`;
		const start = `{"a":${nested},"b":"`;
		const data = `${start}${"x".repeat(16_384 - start.length - 2)}"}`;
		const send = async (sent: string) => {
			const body = `{"activities":[{"activity_code":"001","external_id":"r1","collaborator_email":"a@acme.example","data":${sent}}]}`;
			return (await read(await sendText(live, PATH, body))).status;
		};
		expect(await send(data.replace("x", "xx"))).toBe(400);
		expect(await send(data.replace("[]", "[[]]").replace("xxx", "x"))).toBe(400);
		expect(await send(data.replace(",", `,${" ".repeat(20_000)}`))).toBe(200);
		expect(await stored(tenantId)).toMatchObject([{ data }]);
	});
});
