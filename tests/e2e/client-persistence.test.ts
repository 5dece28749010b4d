/** How the typed client takes failures, against a server that answers what each test says. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createSalesOSClient, type SalesOSClientOptions, SalesOSError } from "../../client/index.ts";

type Answer = (response: ServerResponse) => void;

/** What the server says next, in turn; the last one goes on. */
let script: Answer[] = [];
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

const json = (status: number, body: unknown, headers: Record<string, string> = {}): Answer => {
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
const cut: Answer = (response) => response.destroy();
const brokenOff: Answer = (response) => {
	response.writeHead(200, { "content-type": "application/json", "content-length": "100" });
	response.write('{"result":', () => response.destroy());
};
const silence: Answer = () => {};

describe("tries again", () => {
	it.each([
		["too many requests", error(429, "RATE_LIMITED", now)],
		["a service that is unavailable", error(503, "UNAVAILABLE", now)],
		["a service that is unavailable and does not say for how long", error(503, "UNAVAILABLE")],
		["a connection that breaks", cut],
		["an answer that breaks off", brokenOff],
	])("after %s", async (_case, passing) => {
		script = [passing, data({ id: "abc" })];
		await expect(client().keys.get.query({ id: "abc" })).resolves.toEqual({ id: "abc" });
		expect(requests).toHaveLength(2);
	});

	it("after silence", async () => {
		script = [silence, data({ id: "abc" })];
		await expect(client({ timeout: 50 }).keys.get.query({ id: "abc" })).resolves.toEqual({ id: "abc" });
	});

	it("twice, unless told otherwise", async () => {
		script = [error(429, "RATE_LIMITED", now)];
		expect(await failure(client().keys.list.query())).toMatchObject({ code: "RATE_LIMITED", status: 429 });
		expect(requests).toHaveLength(3);
		requests = [];
		await failure(client({ retries: 0 }).keys.list.query());
		expect(requests).toHaveLength(1);
	});

	it("what changes something, where twice is as once", async () => {
		script = [cut, data({ id: "abc" })];
		await client().keys.revoke.mutate({ id: "abc" });
		expect(requests.map(({ path }) => path)).toEqual(["/trpc/keys.revoke", "/trpc/keys.revoke"]);
	});

	it("a creation only where the answer says that nothing was made", async () => {
		script = [error(429, "RATE_LIMITED", now), data({ key: "k" })];
		await client().keys.create.mutate({ name: "CRM" });
		expect(requests).toHaveLength(2);
		for (const answer of [error(503, "UNAVAILABLE"), error(503, "UNAVAILABLE", now), cut, brokenOff]) {
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

	it("not where the wait would be longer than the caller allows", async () => {
		script = [error(429, "RATE_LIMITED", { "retry-after": "31" })];
		await failure(client().keys.list.query());
		script = [error(429, "RATE_LIMITED", { "retry-after": new Date(Date.now() + 60_000).toUTCString() })];
		await failure(client().keys.list.query());
		expect(requests).toHaveLength(2);
	});
});

describe("fails with a SalesOSError", () => {
	it("that has everything the service said", async () => {
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

	it("that says how long to wait", async () => {
		const body = { code: "RATE_LIMITED", httpStatus: 429, request_id: "req_1", retry_after: 90 };
		script = [json(429, { error: { code: -32029, message: "Slow down", data: body } }, { "retry-after": "90" })];
		expect(await failure(client().keys.list.query())).toMatchObject({ code: "RATE_LIMITED", retryAfter: 90 });
	});

	it("when nothing is there, in time", async () => {
		script = [silence];
		const failed = await failure(client({ timeout: 50, retries: 0 }).keys.list.query());
		expect(failed).toBeInstanceOf(SalesOSError);
		expect(failed).toMatchObject({ code: "TIMEOUT", status: null, requestId: null });
	});

	it("when something else answers", async () => {
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

	it("but with the caller's own reason when the caller has called it off", async () => {
		script = [silence];
		const failed = await failure(client().keys.list.query({}, { signal: AbortSignal.timeout(20) }));
		expect(failed).not.toBeInstanceOf(SalesOSError);
		expect(requests).toHaveLength(1);
	});

	it("that never holds the credential", async () => {
		for (const answer of [error(401, "UNAUTHORIZED"), cut, brokenOff, json(403, { message: "Blocked" })]) {
			script = [answer];
			const failed = await failure(client({ token: "secret.secret.secret", retries: 0 }).keys.list.query());
			const seen = [inspect(failed, { depth: null, showHidden: true, getters: true }), JSON.stringify(failed)].join();
			expect(seen).not.toContain("secret.secret");
		}
	});
});

describe("refuses options that cannot work:", () => {
	it.each([
		["url: must be an address", { url: "keys.example", token: "t" }],
		["url: must begin with https://", { url: "http://keys.example", token: "t" }],
		["url: must not hold a credential", { url: "https://me:pass@keys.example", token: "t" }],
		["url: must end before any ? or #", { url: "https://keys.example?tenant=1", token: "t" }],
		["token: holds a space, a line end", { url: "https://keys.example", token: "secret.\nsecret" }],
		["serviceRoleKey: holds a space", { url: "https://keys.example", serviceRoleKey: "a secret", tenantId: "t" }],
		["token: is missing", { url: "https://keys.example" }],
		["tenantId: is missing", { url: "https://keys.example", serviceRoleKey: "s" }],
		[
			"token, serviceRoleKey: give one",
			{ url: "https://keys.example", token: "t", serviceRoleKey: "s", tenantId: "t" },
		],
	])("%s", (message, options) => {
		const make = () => createSalesOSClient(options as SalesOSClientOptions);
		expect(make).toThrow(message);
		expect(make).not.toThrow("secret");
	});
});

it("follows no redirect, which may lead the credential elsewhere", async () => {
	const elsewhere: Answer = (response) => response.writeHead(307, { location: "/elsewhere" }).end();
	script = [elsewhere, data({ id: "abc" })];
	const failed = await failure(
		client({ token: null }).session.login.mutate({ email: "a@b.example", password: "secret" }),
	);
	expect(failed).toMatchObject({ code: "UNREACHABLE", status: 307 });
	expect(requests.map(({ path }) => path)).toEqual(["/trpc/session.login"]);
});

it("sends the credential, and the tenant that the platform acts in, in headers", async () => {
	script = [data({ items: [], next_cursor: null })];
	await client().keys.list.query();
	const options = { token: undefined, serviceRoleKey: "platform", tenantId: "ten_1" };
	await client(options as unknown as SalesOSClientOptions).keys.list.query();
	expect(requests[0]?.headers.authorization).toBe("Bearer a.b.c");
	expect(requests[0]?.headers).not.toHaveProperty("x-tenant-id");
	expect(requests[1]?.headers).toMatchObject({ authorization: "Bearer platform", "x-tenant-id": "ten_1" });
});
