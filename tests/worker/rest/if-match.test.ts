/** Concurrent changes of one API key: a change that was made for an earlier version is rejected. */
import { describe, expect, it } from "vitest";
import type { ApiKey } from "../../../worker/schemas/api-key.ts";
import { addTenant, createKey, fieldsOf, request, token } from "../fixtures.ts";
import { read } from "./tenant-with-keys.ts";

const admin = await token({ tenantId: await addTenant() });
const KEYS = "/v1/api-keys";

function send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
	return request(path, {
		method,
		headers: { authorization: `Bearer ${admin}`, "content-type": "application/json", ...headers },
		...(body === undefined ? {} : { body: JSON.stringify(body) }),
	});
}
const call = async <T = ApiKey>(...sent: Parameters<typeof send>) => read<T>(await send(...sent));
/** A key of version 2, and its path. */
async function changedKey(): Promise<string> {
	const { api_key } = await createKey(admin, { scopes: ["leads:read"] });
	const path = `${KEYS}/${api_key.id}`;
	await send("PATCH", path, { scopes: [], unrestricted: true });
	return path;
}
const MESSAGE = "The API key has changed since you loaded it. Reload it and try again.";

describe("the ETag", () => {
	it("is the key's version, on every response that contains one key", async () => {
		const created = await call<{ api_key: ApiKey }>("POST", KEYS, { name: "Versioned" });
		expect([created.status, created.headers.get("etag")]).toEqual([201, '"1"']);
		const path = `${KEYS}/${created.data.api_key.id}`;
		for (const [method, at, body, etag] of [
			["PATCH", path, { name: "Renamed" }, '"2"'],
			["GET", path, undefined, '"2"'],
			["POST", `${path}/revoke`, {}, '"3"'],
		] as const) {
			const reply = await call(method, at, body);
			expect([method, reply.headers.get("etag"), `"${reply.data.version}"`]).toEqual([method, etag, etag]);
		}
	});

	it("of a rotation is the successor's, also in a replay", async () => {
		const path = await changedKey();
		for (const status of [201, 200]) {
			const rotated = await call<{ api_key: ApiKey; previous: ApiKey }>("POST", `${path}/rotate`, undefined, {
				"idempotency-key": `rotate ${path}`.replace(" ", ":"),
			});
			expect([rotated.status, rotated.headers.get("etag")]).toEqual([status, '"1"']);
			expect(rotated.data.previous.version).toBe(3);
		}
	});
});

describe("a change of an earlier version", () => {
	it.each([
		["PATCH", "", { name: "Late" }],
		["POST", "/rotate", {}],
		["POST", "/revoke", {}],
	])("is rejected by If-Match and by expected_version, and changes nothing: %s %s", async (method, action, body) => {
		const path = await changedKey();
		for (const [sent, headers] of [
			[body, { "if-match": '"1"' }],
			[{ ...body, expected_version: 1 }, {}],
		] as const) {
			const reply = await call(method, path + action, sent, headers);
			expect([reply.status, reply.error?.code, reply.error?.message]).toEqual([409, "CONFLICT", MESSAGE]);
		}
		expect((await call("GET", path)).data).toMatchObject({
			version: 2,
			status: "active",
			rotated_to: null,
			scopes: [],
		});
	});

	it("is rejected for a deletion", async () => {
		const path = await changedKey();
		expect((await call("DELETE", path, undefined, { "if-match": '"1"' })).status).toBe(409);
		expect((await send("DELETE", path, undefined, { "if-match": '"2"' })).status).toBe(204);
	});

	it("of several at once lets one through", async () => {
		const path = await changedKey();
		const replies = await Promise.all(
			["a", "b", "c", "d"].map((name) => call("PATCH", path, { name }, { "if-match": '"2"' })),
		);
		expect(replies.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409]);
	});
});

describe("If-Match", () => {
	it.each(['"2"', 'W/"2"', "*", ' "2" '])("%s allows a change of version 2", async (ifMatch) => {
		const reply = await call("PATCH", await changedKey(), { name: "In time" }, { "if-match": ifMatch });
		expect([reply.status, reply.data?.version]).toEqual([200, 3]);
	});

	it.each(["2", '"two"', '"2", "3"', '""', '"-1"', '"02"'])("%s is rejected by name", async (ifMatch) => {
		const reply = await call("PATCH", await changedKey(), { name: "x" }, { "if-match": ifMatch });
		expect([reply.status, reply.error.code, fieldsOf(reply)]).toEqual([400, "VALIDATION_ERROR", ["If-Match"]]);
	});

	it("must agree with expected_version", async () => {
		const path = await changedKey();
		const send = (version: number) =>
			call("PATCH", path, { name: "y", expected_version: version }, { "if-match": '"2"' });
		const different = await send(1);
		expect([different.status, fieldsOf(different)]).toEqual([400, ["If-Match"]]);
		expect((await send(2)).status).toBe(200);
	});
});
