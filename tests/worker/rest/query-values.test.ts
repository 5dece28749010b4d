/** Query strings as tools and people write them. */
import { describe, expect, it } from "vitest";
import { addTenant, createKey, fieldsOf, request, token } from "../fixtures.ts";
import { read } from "./tenant-with-keys.ts";

const tenantId = await addTenant();
const admin = await token({ tenantId });
const { api_key } = await createKey(admin, { name: "Queried" });
const get = async <T>(path: string) => read<T>(await request(path, { headers: { authorization: `Bearer ${admin}` } }));

describe("a time with an offset", () => {
	it.each([
		["/v1/audit-events?limit=1&", "from", "2026-11-27T00:00:00+03:00"],
		["/v1/audit-events?limit=1&", "to", "2999-11-27T00:00:00.5+05:30"],
		[`/v1/api-keys/${api_key.id}/usage?to=2026-11-28T00:00:00Z&`, "from", "2026-11-27T00:00:00+03:00"],
	])("may be sent without escaping the plus sign: %s%s=%s", async (path, name, time) => {
		const unescaped = await get(`${path}${name}=${time}`);
		const escaped = await get(`${path}${name}=${encodeURIComponent(time)}`);
		expect([unescaped.status, unescaped.data]).toEqual([200, escaped.data]);
	});

	it("is read with its offset", async () => {
		const usage = await get<{ buckets: { start: string }[] }>(
			`/v1/api-keys/${api_key.id}/usage?from=2026-11-27T00:00:00+03:00&to=2026-11-27T01:00:00+03:00`,
		);
		expect(usage.data.buckets.map(({ start }) => start)).toEqual(["2026-11-26T21:00:00.000Z"]);
	});

	it.each(["2026-11-27 00:00:00+03:00", "2026-11-27T00:00:00  03:00", "2026-11-27"])(
		"is still rejected if it is not ISO 8601: %s",
		async (time) => {
			const reply = await get(`/v1/audit-events?from=${time}`);
			expect([reply.status, fieldsOf(reply)]).toEqual([400, ["from"]]);
		},
	);
});

describe("an empty value", () => {
	it.each(["sort=", "status=", "environment=", "sort=&status=&environment=&search="])(
		"of a choice means that the parameter is absent: %s",
		async (query) => {
			const reply = await get<{ id: string }[]>(`/v1/api-keys?${query}`);
			expect([reply.status, reply.data.map(({ id }) => id)]).toEqual([200, [api_key.id]]);
		},
	);

	it.each(["limit", "cursor"])("of %s is rejected", async (name) => {
		const reply = await get(`/v1/api-keys?${name}=`);
		expect([reply.status, fieldsOf(reply)]).toEqual([400, [name]]);
	});
});
