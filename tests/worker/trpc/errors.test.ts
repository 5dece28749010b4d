/** Errors of tRPC: the code, every invalid field, the request id, and nothing else. */
import { describe, expect, it } from "vitest";
import { addTenant, createKey, fieldsOf, mutate, query, request, token } from "../fixtures.ts";

const MIB = 1_048_576;
const admin = await token({ tenantId: await addTenant() });
const bearer = { authorization: `Bearer ${admin}` };

interface Failure {
	error: { message: string; code: number; data: Record<string, unknown> };
}
interface Shown {
	status: number;
	headers: Headers;
	body: Failure;
}

async function show(response: Promise<Response>): Promise<Shown> {
	const { status, headers } = await response;
	return { status, headers, body: await (await response).json<Failure>() };
}

const post = (procedure: string, body: BodyInit | null, headers: Record<string, string> = {}) =>
	request(`/trpc/${procedure}`, {
		method: "POST",
		headers: { "content-type": "application/json", ...bearer, ...headers },
		body,
	});
const get = (path: string) => request(`/trpc/${path}`, { headers: bearer });

/** The input of `keys.create` as JSON of this number of bytes. */
const inputOf = (bytes: number) => {
	const frame = '{"name":""}';
	return frame.replace('""', `"${"x".repeat(bytes - frame.length)}"`);
};
const streamed = (text: string) =>
	new ReadableStream<Uint8Array>({
		start(controller) {
			controller.enqueue(new TextEncoder().encode(text));
			controller.close();
		},
	});

const calls = (procedures: string[], inputs: unknown[]) =>
	`${procedures.join(",")}?batch=1&input=${encodeURIComponent(JSON.stringify({ ...inputs }))}`;

describe("every failure", () => {
	const failures: [string, number, string, () => Promise<Response>][] = [
		["a wrong field", 400, "VALIDATION_ERROR", () => post("keys.create", '{"name":""}')],
		["broken JSON", 400, "VALIDATION_ERROR", () => post("keys.create", "{")],
		["a broken input parameter", 400, "VALIDATION_ERROR", () => get("keys.list?input={")],
		["no credential", 401, "UNAUTHORIZED", () => request("/trpc/keys.list")],
		["a bad credential", 401, "UNAUTHORIZED", () => post("keys.create", "{}", { authorization: "Bearer x" })],
		["an unknown key", 404, "NOT_FOUND", () => get('keys.get?input={"id":"000000000000"}')],
		["an unknown procedure", 404, "NOT_FOUND", () => get("keys.steal")],
		["no procedure", 404, "NOT_FOUND", () => get("")],
		["a router", 404, "NOT_FOUND", () => get("keys")],
		["a name that every object has", 404, "NOT_FOUND", () => get("constructor")],
		["a query that is posted", 405, "METHOD_NOT_ALLOWED", () => post("keys.list", "{}")],
		["a mutation that is got", 405, "METHOD_NOT_ALLOWED", () => get('keys.create?input={"name":"x"}')],
		["a body too large", 413, "PAYLOAD_TOO_LARGE", () => post("keys.create", inputOf(MIB + 1))],
		["a wrong type", 415, "UNSUPPORTED_MEDIA_TYPE", () => post("keys.create", "x", { "content-type": "text/plain" })],
	];

	it.each(failures)("(%s) is %i %s, in one shape", async (_what, status, code, send) => {
		const failure = await show(send());
		expect(failure.status).toBe(status);
		const { error } = failure.body;
		expect(error.message.length).toBeGreaterThan(10);
		expect(error.code).toBeLessThan(0);
		expect(error.data).toMatchObject({ code, httpStatus: status });
		expect(error.data.request_id).toBe(failure.headers.get("x-request-id"));
		expect(failure.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
		expect(error.data).not.toHaveProperty("stack");
		expect(Object.keys(failure.body)).toEqual(["error"]);
		expect(JSON.stringify(failure.body)).not.toMatch(/\bat .*\.ts|\.js:\d+|select |insert |D1_|sqlite|zod/i);
	});

	it.each(failures)("(%s) cannot be cached or framed", async (_what, _status, _code, send) => {
		const { headers } = await send();
		expect(headers.get("cache-control")).toBe("no-store");
		expect(headers.get("content-type")).toMatch(/^application\/json/);
		expect(headers.get("x-content-type-options")).toBe("nosniff");
		expect(headers.get("x-frame-options")).toBe("DENY");
		expect(headers.get("strict-transport-security")).toMatch(/max-age=\d{7,}/);
		expect(headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
		expect(headers.get("access-control-allow-origin")).toBeNull();
	});
});

describe("a success", () => {
	it("has a request id, the same headers, and plain JSON", async () => {
		const response = await get("scopes.list");
		expect(response.status).toBe(200);
		expect(response.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
		expect(response.headers.get("cache-control")).toBe("no-store");
		expect(response.headers.get("x-content-type-options")).toBe("nosniff");
		expect(Object.keys(await response.json<object>())).toEqual(["result"]);
	});
});

describe("a body", () => {
	it.each([
		["cut short", '{"name":'],
		["of white space", " \n"],
		["two documents", '{"name":"a"}{"name":"b"}'],
		["no UTF-8", new Uint8Array([0x7b, 0xff, 0x7d])],
	])("that is not JSON (%s) is 400", async (_what, body) => {
		const failure = await show(post("keys.create", body));
		expect([failure.status, failure.body.error.data.code]).toEqual([400, "VALIDATION_ERROR"]);
		expect(fieldsOf({ error: failure.body.error.data })).toEqual(["body"]);
	});

	it.each([
		["of one call", "keys.list?input={"],
		["of a batch", "keys.list?batch=1&input={"],
		["of a batch that is no object", "keys.list?batch=1&input=5"],
	])("in a parameter %s that is not JSON is 400", async (_what, path) => {
		const body = await (await get(path)).json<Failure | [Failure]>();
		const { data } = ("error" in body ? body : body[0]).error;
		expect(data).toMatchObject({ code: "VALIDATION_ERROR", httpStatus: 400 });
		expect(fieldsOf({ error: data })).toHaveLength(1);
	});

	it.each(["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonp"])(
		"of the type %s is 415, even if it is JSON: no form of another site can send it",
		async (type) => {
			const failure = await show(post("keys.create", '{"name":"CRM"}', { "content-type": type }));
			expect([failure.status, failure.body.error.data.code]).toEqual([415, "UNSUPPORTED_MEDIA_TYPE"]);
		},
	);

	it.each(["application/json", "application/json; charset=utf-8", "Application/JSON"])(
		"of the type %s is read",
		async (type) => {
			expect((await post("keys.create", '{"name":"CRM"}', { "content-type": type })).status).toBe(200);
		},
	);

	it("of more than 1 MiB is 413, with and without Content-Length", async () => {
		const text = inputOf(MIB + 1);
		for (const send of [
			post("keys.create", text, { "content-length": String(text.length) }),
			post("keys.create", streamed(text)),
		]) {
			const failure = await show(send);
			expect([failure.status, failure.body.error.data.code]).toEqual([413, "PAYLOAD_TOO_LARGE"]);
		}
		// A body of exactly 1 MiB is read, and its name is too long.
		expect((await show(post("keys.create", streamed(inputOf(MIB))))).status).toBe(400);
	});

	it("can be left out for a procedure without input", async () => {
		const response = await request("/trpc/session.logout", { method: "POST" });
		expect([response.status, await response.json()]).toEqual([
			200,
			{ result: { data: { ended: false, provider_url: null } } },
		]);
	});
});

describe("a method", () => {
	it.each([
		["keys.list", "POST", "GET"],
		["keys.list", "PUT", "GET"],
		["keys.list", "DELETE", "GET"],
		["keys.list", "OPTIONS", "GET"],
		["keys.create", "GET", "POST"],
		["keys.create", "PUT", "POST"],
		["keys.create", "PATCH", "POST"],
	])("that %s does not support, %s, is 405 and names %s", async (procedure, method, allowed) => {
		const body = method === "GET" ? {} : { body: '{"name":"CRM"}' };
		const failure = await show(
			request(`/trpc/${procedure}`, { method, headers: { ...bearer, "content-type": "application/json" }, ...body }),
		);
		expect([failure.status, failure.body.error.data.code]).toEqual([405, "METHOD_NOT_ALLOWED"]);
		expect((failure.headers.get("allow") ?? "").split(/, */)).toContain(allowed);
		expect((failure.headers.get("allow") ?? "").split(/, */)).not.toContain(method);
	});

	it("GET never creates a key", async () => {
		const quiet = await token({ tenantId: await addTenant() });
		const input = encodeURIComponent('{"name":"CRM"}');
		await request(`/trpc/keys.create?input=${input}`, { headers: { authorization: `Bearer ${quiet}` } });
		expect((await query<{ items: unknown[] }>(quiet, "keys.list")).data.items).toEqual([]);
	});
});

describe("wrong input", () => {
	it("is rejected with the name of every field, in queries and mutations", async () => {
		const wrong = { limit: 0, sort: "x", status: "x", nonsense: 1 };
		const list = await query(admin, "keys.list", wrong);
		expect([list.status, fieldsOf(list).sort()]).toEqual([400, ["limit", "nonsense", "sort", "status"]]);
		const update = await mutate(admin, "keys.update", { rate_limit: 0, scopes: ["x"], nonsense: 1 });
		expect([update.status, fieldsOf(update).sort()]).toEqual([400, ["id", "nonsense", "rate_limit", "scopes.0"]]);
		for (const { message } of [...(list.error.details ?? []), ...(update.error.details ?? [])]) {
			expect(message.length).toBeGreaterThan(5);
			expect(message).not.toMatch(/undefined|\[object|NaN/);
		}
	});

	it("is validated after the credential: an unknown caller learns nothing about the fields", async () => {
		const answer = await mutate(null, "keys.create", { nonsense: 1 });
		expect([answer.status, answer.error.details]).toEqual([401, undefined]);
	});
});

describe("a batch", () => {
	it("of 20 calls is accepted, of 21 rejected as a whole", async () => {
		const some = (count: number) => calls(Array(count).fill("scopes.list"), []);
		const fits = await get(some(20));
		expect([fits.status, await fits.json<unknown[]>()]).toEqual([200, expect.objectContaining({ length: 20 })]);
		const refused = await show(get(some(21)));
		expect([refused.status, refused.body.error.data.code]).toEqual([400, "VALIDATION_ERROR"]);
		expect(JSON.stringify(refused.body)).not.toContain("grants");
	});

	it("that is rejected as a whole has a request id that the log contains", async () => {
		const { headers, body } = await show(get(calls(Array(21).fill("scopes.list"), [])));
		expect(body.error.data).toMatchObject({ request_id: headers.get("x-request-id") });
	});

	it("has a result for each call", async () => {
		const response = await get(
			calls(["scopes.list", "keys.get", "keys.steal", "keys.list"], [{}, { id: "x" }, {}, { limit: 0 }]),
		);
		expect(response.status).toBe(207);
		const answers = await response.json<({ result: unknown } | Failure)[]>();
		expect(answers.map((answer) => ("error" in answer ? answer.error.data.code : "good"))).toEqual([
			"good",
			"NOT_FOUND",
			"NOT_FOUND",
			"VALIDATION_ERROR",
		]);
		for (const answer of answers)
			if ("error" in answer) expect(answer.error.data.request_id).toBe(response.headers.get("x-request-id"));
	});

	it("of mutations runs each of them once", async () => {
		const quiet = await token({ tenantId: await addTenant() });
		const response = await request("/trpc/keys.create,keys.create?batch=1", {
			method: "POST",
			headers: { "content-type": "application/json", authorization: `Bearer ${quiet}` },
			body: JSON.stringify({ 0: { name: "one" }, 1: { name: "two" } }),
		});
		expect(response.status).toBe(200);
		const { items } = (await query<{ items: { name: string }[] }>(quiet, "keys.list", { sort: "name" })).data;
		expect(items.map(({ name }) => name)).toEqual(["one", "two"]);
	});
});

describe("an API key", () => {
	it("is rejected by every procedure that takes a credential, for reads and for changes", async () => {
		const { key, api_key } = await createKey(admin, { scopes: [] });
		const { id } = api_key;
		const answers = [
			await query(key, "keys.list"),
			await query(key, "keys.get", { id }),
			await mutate(key, "keys.update", { id, rate_limit: 1_000_000 }),
			await mutate(key, "keys.verify", { key }),
			await query(key, "tenants.list"),
			await query({ "x-api-key": key }, "audit.list"),
			await query(key, "session.me"),
		];
		for (const { status, error } of answers) expect([status, error.code]).toEqual([403, "FORBIDDEN"]);
	});
});
