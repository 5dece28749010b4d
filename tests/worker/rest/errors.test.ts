/** Every error has the envelope, the documented code, and no internal details. */
import { env } from "cloudflare:workers";
import { afterAll, describe, expect, it, vi } from "vitest";
import { createApp } from "../../../worker/app.ts";
import { readConfig } from "../../../worker/env.ts";
import { asIntegration, createKey, fieldsOf, query, request, sendJson } from "../fixtures.ts";
import { call, read, tenantWithKeys, visit } from "./tenant-with-keys.ts";

// The middle of an hour, so that a limit that is used up stays used up during the test.
vi.useFakeTimers({ toFake: ["Date"], now: Date.parse("2031-05-06T10:20:30.000Z") });
afterAll(() => vi.useRealTimers());

const MIB = 1_048_576;
const { admin, live } = await tenantWithKeys();
const { key: scoped } = await createKey(admin, { scopes: ["default:sync"] });
const { key: exhausted } = await createKey(admin, { scopes: [], rate_limit: 1 });
await asIntegration(exhausted);

const post = (body: BodyInit | null, headers: Record<string, string> = {}) =>
	asIntegration(live, "/v1/leads", {
		method: "POST",
		body,
		headers: { "content-type": "application/json", ...headers },
	});

/** The JSON of a lead, `bytes` long. */
const leadOf = (bytes: number) => {
	const frame = '{"name":"Ana","custom_fields":{"note":""}}';
	return frame.replace('""', `"${"x".repeat(bytes - frame.length)}"`);
};

/** The same bytes without Content-Length. */
const streamed = (text: string) =>
	new ReadableStream<Uint8Array>({
		start(controller) {
			const bytes = new TextEncoder().encode(text);
			for (let start = 0; start < bytes.length; start += 65_536)
				controller.enqueue(bytes.subarray(start, start + 65_536));
			controller.close();
		},
	});

describe("every response", () => {
	const answers: [string, number, () => Promise<Response>][] = [
		["a success", 200, () => asIntegration(live)],
		["a new lead", 201, () => sendJson(live, "POST", "/v1/leads", { name: "Ana" })],
		["a list", 200, () => asIntegration(live, "/v1/leads")],
		["health", 200, () => request("/healthz")],
		["a wrong field", 400, () => sendJson(live, "POST", "/v1/leads", {})],
		["broken JSON", 400, () => post("{")],
		["no credential", 401, () => request("/v1/whoami")],
		["a missing scope", 403, () => asIntegration(scoped, "/v1/leads")],
		["an unknown lead", 404, () => asIntegration(live, "/v1/leads/lead_unknown")],
		["an unknown path", 404, () => request("/v1/nothing")],
		["a wrong method", 405, () => request("/v1/leads", { method: "PUT" })],
		["a body too large", 413, () => post(leadOf(MIB + 1))],
		["a wrong type", 415, () => post("x", { "content-type": "text/plain" })],
		["an hour used up", 429, () => asIntegration(exhausted)],
	];

	it.each(answers)("(%s, %i) has the envelope", async (_what, status, send) => {
		const response = await send();
		expect(response.status).toBe(status);
		expect(response.headers.get("content-type")).toMatch(/^application\/json/);
		const body = await response.json<Record<string, Record<string, unknown>>>();
		expect(Object.keys(body).sort()).toEqual(status < 400 ? ["data", "meta"] : ["error", "meta"]);
		expect(body.meta?.request_id).toBe(response.headers.get("x-request-id"));
		expect(body.meta?.request_id).toMatch(/^[0-9a-f-]{36}$/);
		expect(body.meta?.timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
		if (status < 400) return;
		expect(Object.keys(body.error ?? {})).toEqual(
			expect.not.arrayContaining(["stack", "cause", "name", "status", "headers"]),
		);
		expect(body.error?.code).toMatch(/^[A-Z_]+$/);
		expect(String(body.error?.message).length).toBeGreaterThan(10);
		expect(JSON.stringify(body)).not.toMatch(/\bat .*\.ts|\.js:\d+|select |insert |D1_|sqlite/i);
	});

	it.each(answers)("(%s, %i) is not cached and not readable by other sites", async (_what, _status, send) => {
		const { headers } = await send();
		expect(headers.get("cache-control")).toBe("no-store");
		expect(headers.get("x-content-type-options")).toBe("nosniff");
		expect(headers.get("x-frame-options")).toBe("DENY");
		expect(headers.get("strict-transport-security")).toMatch(/max-age=\d{7,}/);
		expect(headers.get("referrer-policy")).toBe("no-referrer");
		expect(headers.get("content-security-policy")).toContain("default-src 'none'");
		expect(headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
		expect(headers.get("x-powered-by")).toBeNull();
		expect(headers.get("access-control-allow-origin")).toBeNull();
	});

	it("has a unique request id", async () => {
		const seen = await Promise.all(
			Array.from({ length: 5 }, async () => (await request("/healthz")).headers.get("x-request-id")),
		);
		expect(new Set(seen).size).toBe(5);
	});
});

describe("a body", () => {
	it.each([
		["cut short", '{"name":'],
		["with single quotes", "{'name':'Ana'}"],
		["empty", ""],
		["of white space", "  \n"],
		["not UTF-8", new Uint8Array([0x7b, 0xff, 0xfe, 0x7d])],
		["a name in Latin-1", Uint8Array.from('{"name":"Jos\u00e9"}', (letter) => letter.charCodeAt(0))],
		["two documents", '{"name":"a"}{"name":"b"}'],
	])("that is not JSON (%s) is 400", async (_what, body) => {
		const reply = await read(await post(body));
		expect([reply.status, reply.error.code, fieldsOf(reply)]).toEqual([400, "VALIDATION_ERROR", ["body"]]);
	});

	it("that is absent is 400", async () => {
		const reply = await read(await post(null));
		expect([reply.status, reply.error.code]).toEqual([400, "VALIDATION_ERROR"]);
	});

	it.each([
		"text/plain",
		"application/x-www-form-urlencoded",
		"multipart/form-data; boundary=x",
		"application/xml",
		"application/jsonp",
	])("of the type %s is 415, even if it is JSON", async (type) => {
		const reply = await read(await post('{"name":"Ana"}', { "content-type": type }));
		expect([reply.status, reply.error.code]).toEqual([415, "UNSUPPORTED_MEDIA_TYPE"]);
	});

	it.each(["gzip", "GZIP", "identity, br", "zstd"])("in the encoding %s is 415, which names it", async (encoding) => {
		const reply = await read(await post('{"name":"Ana"}', { "content-encoding": encoding }));
		expect([reply.status, reply.error.code]).toEqual([415, "UNSUPPORTED_MEDIA_TYPE"]);
		expect(reply.error.message).toContain(`Content-Encoding ${encoding.split(", ").at(-1)?.toLowerCase()} is not`);
		expect(reply.headers.get("accept-encoding")).toBe("identity");
	});

	it.each(["", "identity", " , Identity"])("that is not encoded is read: %j", async (encoding) => {
		const reply = await read(await post('{"name":"Ana"}', { "content-encoding": encoding }));
		expect(reply.status).toBe(201);
	});

	it("without a type is 415", async () => {
		const body = streamed('{"name":"Ana"}');
		const reply = await read(await asIntegration(live, "/v1/leads", { method: "POST", body }));
		expect([reply.status, reply.error.code]).toEqual([415, "UNSUPPORTED_MEDIA_TYPE"]);
	});

	it.each([
		"application/json",
		"application/json; charset=utf-8",
		"Application/JSON",
		"application/json;charset=UTF-8",
	])("of the type %s is read", async (type) => {
		expect((await post('{"name":"Ana"}', { "content-type": type })).status).toBe(201);
	});

	it("of more than 1 MiB is 413, with or without Content-Length", async () => {
		const text = leadOf(MIB + 1);
		for (const response of [await post(text, { "content-length": String(text.length) }), await post(streamed(text))]) {
			const reply = await read(response);
			expect([reply.status, reply.error.code]).toEqual([413, "PAYLOAD_TOO_LARGE"]);
		}
	});

	it("of exactly 1 MiB is read", async () => {
		const text = leadOf(MIB);
		expect(text.length).toBe(MIB);
		for (const response of [await post(text), await post(streamed(text))]) {
			// Too long for a field of a lead, but the body was read.
			expect(fieldsOf(await read(response))).toEqual(["custom_fields"]);
		}
	});
});

describe("a path", () => {
	it.each([
		"/v1",
		"/v1/",
		"/v1/nothing",
		"/v1/leads/",
		"/v1/leads/a/b",
		"/v1/whoami/",
		"/V1/whoami",
		"/functions/v1/other",
		"/v2/whoami",
		"/v1/%00",
	])("that is unknown (%s) is 404", async (path) => {
		const reply = await read(await asIntegration(live, path));
		expect([reply.status, reply.error.code]).toEqual([404, "NOT_FOUND"]);
	});
});

/** The methods of each route. */
const routes = new Map<string, Set<string>>();
for (const { method, path } of createApp(readConfig(env)).routes) {
	if (method === "ALL") continue;
	routes.set(path, (routes.get(path) ?? new Set()).add(method));
}
/** The methods of all routes that match a path. */
const methodsAt = (requested: string) => {
	const methods = new Set<string>();
	for (const [path, known] of routes) {
		if (!new RegExp(`^${path.replace(/:[^/]+/g, "[^/]+")}$`).test(requested)) continue;
		for (const method of known) methods.add(method);
	}
	if (methods.has("GET")) methods.add("HEAD");
	return methods;
};
const paths = [...routes.keys()].map((path) => path.replace(/:[^/]+/g, "an-id"));

describe("a method", () => {
	it("is listed for every route of integrations", () => {
		expect([...methodsAt("/v1/leads")].sort()).toEqual(["GET", "HEAD", "POST"]);
		expect([...methodsAt("/v1/leads/an-id")].sort()).toEqual(["DELETE", "GET", "HEAD", "PATCH"]);
		expect([...methodsAt("/v1/sync_activities")]).toEqual(["POST"]);
	});

	it.each(paths)("that %s does not support is 405 with an Allow header, also without a credential", async (path) => {
		const taken = methodsAt(path);
		const others = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"].filter((name) => !taken.has(name));
		expect(others.length).toBeGreaterThan(0);
		for (const method of others) {
			for (const headers of [{}, { authorization: `Bearer ${live}` }]) {
				const response = await request(path, { method, headers });
				expect([method, response.status]).toEqual([method, 405]);
				const allowed = (response.headers.get("allow") ?? "").split(", ");
				expect(allowed.length).toBeGreaterThan(0);
				for (const name of allowed) expect(taken).toContain(name);
				if (method !== "HEAD") expect((await read(response)).error.code).toBe("METHOD_NOT_ALLOWED");
			}
		}
	});

	it("HEAD works wherever GET does, with the same headers and no body", async () => {
		for (const path of ["/healthz", "/v1/leads"]) {
			const [head, get] = [await asIntegration(live, path, { method: "HEAD" }), await asIntegration(live, path)];
			expect([head.status, await head.text()]).toEqual([get.status, ""]);
			expect(head.headers.get("content-type")).toBe(get.headers.get("content-type"));
		}
	});
});

describe("a key in the URL", () => {
	it.each(["api_key", "key", "apikey", "x-api-key", "access_token", "token", "authorization"])(
		"as ?%s= opens nothing and is not repeated",
		async (name) => {
			for (const [path, method] of [
				["/v1/whoami", "GET"],
				["/v1/leads", "GET"],
				["/v1/leads", "POST"],
				["/v1/nothing", "GET"],
			] as const) {
				const response = await request(`${path}?${name}=${live}`, {
					method,
					...(method === "POST" ? { headers: { "content-type": "application/json" }, body: '{"name":"Ana"}' } : {}),
				});
				expect(response.status).toBe(path === "/v1/nothing" ? 404 : 401);
				expect(JSON.stringify([await response.text(), [...response.headers]])).not.toContain(live);
			}
			expect((await query(null, `keys.list?${name}=${live}`)).status).toBe(401);
		},
	);

	it("is rejected by name if a header has a key too", async () => {
		const response = await asIntegration(live, `/v1/whoami?api_key=${live}`);
		const text = await response.text();
		expect([response.status, fieldsOf(JSON.parse(text))]).toEqual([400, ["api_key"]]);
		expect(text).not.toContain(live);
	});
});

describe("two credentials", () => {
	it("of which one is valid: Authorization decides", async () => {
		const good = await request("/v1/whoami", {
			headers: { authorization: `Bearer ${live}`, "x-api-key": "nonsense" },
		});
		const bad = await request("/v1/whoami", { headers: { authorization: "Bearer nonsense", "x-api-key": live } });
		expect([good.status, bad.status]).toEqual([200, 401]);
	});
});

describe("a validation error", () => {
	it("does not repeat the value of a header", async () => {
		const reply = await call(live, "GET", "/v1/leads?status=open&limit=0&cursor=%F0%9F");
		expect(reply.status).toBe(400);
		expect(fieldsOf(reply)).toEqual(expect.arrayContaining(["status", "limit"]));
		expect(JSON.stringify(reply)).not.toContain(live);
	});
});

describe("health", () => {
	it("needs no credential", async () => {
		expect((await visit<{ status: string }>("/healthz")).data).toEqual({ status: "ok" });
	});
});
