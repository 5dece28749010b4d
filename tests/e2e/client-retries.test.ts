/** How the typed client handles failures, against a server that sends scripted responses. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createSalesOSClient, type SalesOSClientOptions, SalesOSError } from "../../client/index.ts";

type Respond = (response: ServerResponse) => void;

/** The responses to send, in order. The last one repeats. */
let script: Respond[] = [];
let requests: { method: string; path: string; headers: IncomingMessage["headers"] }[] = [];
const server = createServer((request, response) => {
	requests.push({ method: request.method ?? "", path: request.url?.split("?")[0] ?? "", headers: request.headers });
	request.resume();
	(script.length > 1 ? script.shift() : script[0])?.(response);
});

beforeAll(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve)));
afterAll(() => {
	server.closeAllConnections();
	server.close();
});
beforeEach(() => {
	requests = [];
});

const client = (options: Partial<SalesOSClientOptions> = {}) =>
	createSalesOSClient({
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		token: "a.b.c",
		...options,
	} as SalesOSClientOptions);
const failure = (call: Promise<unknown>): Promise<SalesOSError> =>
	call.then(
		() => expect.unreachable("the call succeeded"),
		(error) => error,
	);

const json = (status: number, body: unknown, headers: Record<string, string> = {}): Respond => {
	return (response) => {
		response.writeHead(status, { "content-type": "application/json", ...headers });
		response.end(JSON.stringify(body));
	};
};
const data = (value: unknown) => json(200, { result: { data: value } });
const error = (status: number, code: string, headers: Record<string, string> = {}) =>
	json(
		status,
		{ error: { code: -32000, message: code, data: { code, httpStatus: status, request_id: "req_1" } } },
		headers,
	);
const now = { "retry-after": "0" };
const disconnect: Respond = (response) => response.destroy();
const brokenOff: Respond = (response) => {
	response.writeHead(200, { "content-type": "application/json", "content-length": "100" });
	response.write('{"result":', () => response.destroy());
};
const noResponse: Respond = () => {};

describe("retries", () => {
	it.each([
		["too many requests", error(429, "RATE_LIMITED", now)],
		["an unavailable service", error(503, "UNAVAILABLE", now)],
		["an unavailable service without Retry-After", error(503, "UNAVAILABLE")],
		["a broken connection", disconnect],
		["a response that breaks off", brokenOff],
	])("after %s", async (_case, passing) => {
		script = [passing, data({ id: "abc" })];
		await expect(client().keys.get.query({ id: "abc" })).resolves.toEqual({ id: "abc" });
		expect(requests).toHaveLength(2);
	});

	it("after a timeout", async () => {
		script = [noResponse, data({ id: "abc" })];
		await expect(client({ timeout: 50 }).keys.get.query({ id: "abc" })).resolves.toEqual({ id: "abc" });
	});

	it("twice by default", async () => {
		script = [error(429, "RATE_LIMITED", now)];
		expect(await failure(client().keys.list.query())).toMatchObject({ code: "RATE_LIMITED", status: 429 });
		expect(requests).toHaveLength(3);
		requests = [];
		await failure(client({ retries: 0 }).keys.list.query());
		expect(requests).toHaveLength(1);
	});

	it("a mutation that is idempotent", async () => {
		script = [disconnect, data({ id: "abc" })];
		await client().keys.revoke.mutate({ id: "abc" });
		expect(requests.map(({ path }) => path)).toEqual(["/trpc/keys.revoke", "/trpc/keys.revoke"]);
	});

	it("an update only without expected_version, which the first attempt may have moved", async () => {
		script = [disconnect, data({ id: "abc" })];
		await client().keys.update.mutate({ id: "abc", rate_limit: 5 });
		expect(requests).toHaveLength(2);
		requests = [];
		script = [disconnect, data({ id: "abc" })];
		await failure(client().keys.update.mutate({ id: "abc", rate_limit: 5, expected_version: 3 }));
		expect(requests).toHaveLength(1);
	});

	it("a creation only if the response says that nothing was done", async () => {
		script = [error(429, "RATE_LIMITED", now), data({ key: "k" })];
		await client().keys.create.mutate({ name: "CRM" });
		expect(requests).toHaveLength(2);
		for (const answer of [error(503, "UNAVAILABLE"), error(503, "UNAVAILABLE", now), disconnect, brokenOff]) {
			requests = [];
			script = [answer];
			await failure(client().keys.create.mutate({ name: "CRM" }));
			expect(requests).toHaveLength(1);
		}
	});

	it.each([
		[400, "VALIDATION_ERROR"],
		[401, "UNAUTHORIZED"],
		[404, "NOT_FOUND"],
		[409, "CONFLICT"],
		[500, "SERVER_ERROR"],
	])("not after a %s", async (status, code) => {
		script = [error(status, code)];
		expect(await failure(client().keys.list.query())).toMatchObject({ status, code });
		expect(requests).toHaveLength(1);
	});

	it("not if the wait would exceed maxWait", async () => {
		script = [error(429, "RATE_LIMITED", { "retry-after": "31" })];
		await failure(client().keys.list.query());
		script = [error(429, "RATE_LIMITED", { "retry-after": new Date(Date.now() + 60_000).toUTCString() })];
		await failure(client().keys.list.query());
		expect(requests).toHaveLength(2);
	});
});

describe("fails with a SalesOSError", () => {
	it("with everything that the service sent", async () => {
		const details = [{ field: "name", message: "must not be empty" }];
		const body = { code: "VALIDATION_ERROR", httpStatus: 400, request_id: "req_7", details };
		script = [json(400, { error: { code: -32600, message: "name: must not be empty", data: body } })];
		const failed = await failure(client().keys.create.mutate({ name: "" }));
		expect(failed).toBeInstanceOf(SalesOSError);
		expect(failed).toMatchObject({
			name: "SalesOSError",
			message: "name: must not be empty",
			code: "VALIDATION_ERROR",
			status: 400,
			requestId: "req_7",
			details,
			retryAfter: null,
		});
	});

	it("with the seconds to wait", async () => {
		const body = { code: "RATE_LIMITED", httpStatus: 429, request_id: "req_1", retry_after: 90 };
		script = [json(429, { error: { code: -32029, message: "Slow down", data: body } }, { "retry-after": "90" })];
		expect(await failure(client().keys.list.query())).toMatchObject({ code: "RATE_LIMITED", retryAfter: 90 });
	});

	it("when the service does not respond in time", async () => {
		script = [noResponse];
		const failed = await failure(client({ timeout: 50, retries: 0 }).keys.list.query());
		expect(failed).toBeInstanceOf(SalesOSError);
		expect(failed).toMatchObject({ code: "TIMEOUT", status: null, requestId: null });
	});

	it("when a proxy responds instead of the service", async () => {
		script = [
			(response) => {
				response.writeHead(502, { "content-type": "text/html" });
				response.end("<h1>Bad gateway</h1>");
			},
		];
		script.push(json(502, { message: "Bad gateway" }));
		for (const _answer of ["a page", "JSON"]) {
			const failed = await failure(client().keys.list.query());
			expect(failed).toMatchObject({ code: "UNREACHABLE", status: 502, message: expect.stringContaining("502") });
		}
	});

	it("unless the caller aborts the call", async () => {
		script = [noResponse];
		const failed = await failure(client().keys.list.query({}, { signal: AbortSignal.timeout(20) }));
		expect(failed).not.toBeInstanceOf(SalesOSError);
		expect(requests).toHaveLength(1);
	});

	it("that never contains the credential", async () => {
		for (const answer of [error(401, "UNAUTHORIZED"), disconnect, brokenOff, json(403, { message: "Blocked" })]) {
			script = [answer];
			const failed = await failure(client({ token: "secret.secret.secret", retries: 0 }).keys.list.query());
			const seen = [inspect(failed, { depth: null, showHidden: true, getters: true }), JSON.stringify(failed)].join();
			expect(seen).not.toContain("secret.secret");
		}
	});
});

describe("rejects invalid options:", () => {
	it.each([
		["url: must be a URL", { url: "keys.example", token: "t" }],
		["url: must begin with https://", { url: "http://keys.example", token: "t" }],
		["url: must not hold a credential", { url: "https://me:pass@keys.example", token: "t" }],
		["url: must not have a query string", { url: "https://keys.example?tenant=1", token: "t" }],
		["token: must not contain spaces, line breaks", { url: "https://keys.example", token: "secret.\nsecret" }],
		[
			"serviceRoleKey: must not contain spaces",
			{ url: "https://keys.example", serviceRoleKey: "a secret", tenantId: "t" },
		],
		["token: is required", { url: "https://keys.example" }],
		["tenantId: is required", { url: "https://keys.example", serviceRoleKey: "s" }],
		[
			"token, serviceRoleKey: pass one",
			{ url: "https://keys.example", token: "t", serviceRoleKey: "s", tenantId: "t" },
		],
	])("%s", (message, options) => {
		const make = () => createSalesOSClient(options as SalesOSClientOptions);
		expect(make).toThrow(message);
		expect(make).not.toThrow("secret");
	});
});

it("does not follow a redirect, which could lead the credential elsewhere", async () => {
	const redirect: Respond = (response) => response.writeHead(307, { location: "/elsewhere" }).end();
	script = [redirect, data({ id: "abc" })];
	const failed = await failure(
		client({ token: null }).session.login.mutate({ email: "a@b.example", password: "secret" }),
	);
	expect(failed).toMatchObject({ code: "UNREACHABLE", status: 307 });
	expect(requests.map(({ path }) => path)).toEqual(["/trpc/session.login"]);
});

it("sends the credential and the platform's tenant in headers", async () => {
	script = [data({ items: [], next_cursor: null })];
	await client().keys.list.query();
	const options = { token: undefined, serviceRoleKey: "platform", tenantId: "ten_1" };
	await client(options as unknown as SalesOSClientOptions).keys.list.query();
	expect(requests[0]?.headers.authorization).toBe("Bearer a.b.c");
	expect(requests[0]?.headers).not.toHaveProperty("x-tenant-id");
	expect(requests[1]?.headers).toMatchObject({ authorization: "Bearer platform", "x-tenant-id": "ten_1" });
});
