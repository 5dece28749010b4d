/**
 * The service as deployed: the security headers of every kind of response, requests that no well-behaved client sends, and
 * the memory that a flood of bad requests takes.
 */
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Service } from "../harness.ts";
import { authorizationOf } from "../sign.ts";

/** Requests of one round. Every seventh has a body of BODY_BYTES. */
const ROUND = 400;
const BODY_BYTES = 900_000;
/** The heap size varies, so it takes several rounds to see whether it grows. */
const ROUNDS = process.env.FUZZ_REQUESTS === undefined ? 5 : 20;

let service: Service;
let key: string;
let token: string;
let signed: { key: string; secret: string };

beforeAll(async () => {
	service = await Service.start();
	const owner = await service.signIn();
	token = owner.token ?? "";
	const unrestricted = { name: "Malformed requests", scopes: [], rate_limit: 1_000_000 };
	({ key } = await owner.mutate("keys.create", unrestricted));
	const made = await owner.mutate("keys.create", { ...unrestricted, authentication: "signed" });
	signed = { key: made.key, secret: made.secret ?? "" };
}, 180_000);
afterAll(() => service?.dispose());

const as = (credential: string) => ({ authorization: `Bearer ${credential}` });
const json = { "content-type": "application/json" };

const post = (path: string, body: string, headers: Record<string, string> = json) =>
	service.fetch(path, { method: "POST", headers: { ...as(key), ...headers }, body });

describe("every response", () => {
	const page = { accept: "text/html" };
	const KINDS: [string, () => Promise<Response>, number][] = [
		["the page", () => service.fetch("/", { headers: page }), 200],
		["a deep link of the page", () => service.fetch("/keys/000000000000", { headers: page }), 200],
		["a compressed body", () => post("/v1/leads", "{}", { ...json, "content-encoding": "gzip" }), 415],
		["a compressed body of tRPC", () => post("/trpc/keys.create", "{}", { ...json, "content-encoding": "br" }), 415],
		["the reference", () => service.fetch("/docs", { headers: page }), 200],
		["a script", async () => service.fetch(await assetOf("/")), 200],
		["the icon", () => service.fetch("/icon.svg"), 200],
		["an unknown path", () => service.fetch("/nothing-here"), 404],
		["health", () => service.fetch("/healthz"), 200],
		["the document", () => service.fetch("/v1/openapi.json"), 200],
		["REST to an integration", () => service.fetch("/v1/whoami", { headers: as(key) }), 200],
		["REST to a manager", () => service.fetch("/v1/api-keys", { headers: as(token) }), 200],
		["an error of REST", () => service.fetch("/v1/api-keys"), 401],
		["a key on a management route", () => service.fetch("/v1/api-keys", { headers: as(key) }), 403],
		["an unknown path of REST", () => service.fetch("/v1/nothing"), 404],
		["another method of REST", () => service.fetch("/v1/whoami", { method: "PUT" }), 405],
		["a body that is too large", () => post("/v1/leads", "x".repeat(1_100_000)), 413],
		["a body of another type", () => post("/v1/leads", "a=b", { "content-type": "text/plain" }), 415],
		["a body that is not valid", () => post("/v1/leads", "{"), 400],
		["tRPC", () => service.fetch("/trpc/keys.list", { headers: as(token) }), 200],
		["an error of tRPC", () => service.fetch("/trpc/keys.list"), 401],
		["an unknown procedure", () => service.fetch("/trpc/nothing"), 404],
		["another method of tRPC", () => service.fetch("/trpc/keys.list", { method: "POST" }), 405],
		["a login that fails", () => post("/trpc/session.login", `{"email":"a@b.example","password":"x"}`), 401],
	];

	it.each(KINDS)("has the security headers: %s", async (_, ask, status) => {
		const response = await ask();
		const { headers } = response;
		const text = await response.text();
		expect([response.status, text.slice(0, 100)]).toEqual([status, text.slice(0, 100)]);
		expect(headers.get("strict-transport-security")).toMatch(/^max-age=(1[5-9]|[2-9]\d)\d{6}; includeSubDomains/);
		expect(headers.get("x-content-type-options")).toBe("nosniff");
		expect(headers.get("x-frame-options")).toBe("DENY");
		expect(headers.get("referrer-policy")).toBe("no-referrer");
		const policy = headers.get("content-security-policy") ?? "";
		expect(policy).toMatch(/default-src 'none'/);
		expect(policy).toMatch(/frame-ancestors 'none'/);
		expect(policy).not.toMatch(/script-src[^;]*'unsafe|\*/);
		for (const header of ["server", "x-powered-by"]) expect(headers.get(header) ?? "").not.toMatch(/\d/);
		// The page and its files are public. Everything else may be private, so no cache may keep it.
		const isFile = !headers.has("x-request-id") || headers.get("content-type")?.startsWith("text/html");
		if (!isFile) expect(headers.get("cache-control")).toBe("no-store");
	});

	async function assetOf(path: string): Promise<string> {
		const html = await (await service.fetch(path, { headers: page })).text();
		const script = /src="(\/assets\/[^"]+\.js)"/.exec(html)?.[1];
		if (!script) throw new Error("The page has no script.");
		return script;
	}

	it("hides the session cookie from scripts, other sites and subdomains", async () => {
		const { DEMO_OWNER_EMAIL: email, DEMO_OWNER_PASSWORD: password } = service.vars;
		const answer = await post("/trpc/session.login", JSON.stringify({ email, password }));
		expect(answer.status).toBe(200);
		const [cookie = "", device = "", ...others] = answer.headers.getSetCookie();
		expect(others).toEqual([]);
		expect(device).toMatch(/^__Host-device=eyJ.*HttpOnly; Secure; SameSite=Strict$/);
		const [pair = "", ...attributes] = cookie.split("; ");
		expect(pair).toMatch(/^__Host-session=eyJ/);
		expect(attributes.sort()).toEqual(["HttpOnly", "Max-Age=43200", "Path=/", "SameSite=Strict", "Secure"]);
		const logout = await post("/trpc/session.logout", "", {});
		expect(logout.headers.getSetCookie()).toEqual([expect.stringMatching(/^__Host-session=; Max-Age=0; .*Secure/)]);
	});
});

/** Sends bytes as they are, keeps the connection open, and returns the first bytes of the response. */
async function firstOf(bytes: string): Promise<string> {
	const { hostname, port } = new URL(service.url);
	const socket = connect(Number(port), hostname, () => socket.write(bytes));
	try {
		const [response] = (await once(socket, "data")) as [Buffer];
		return response.toString("latin1");
	} finally {
		socket.destroy();
	}
}

/** Sends bytes as they are and reads until the connection closes. */
function raw(bytes: string | Buffer): Promise<string> {
	const { hostname, port } = new URL(service.url);
	return new Promise((resolve, reject) => {
		const socket = connect(Number(port), hostname, () => socket.end(bytes));
		let response = "";
		socket.setEncoding("latin1").on("data", (chunk) => {
			response += chunk;
		});
		socket.on("close", () => resolve(response));
		socket.on("error", (error) => ("code" in error && error.code === "ECONNRESET" ? resolve(response) : reject(error)));
	});
}

describe("a malformed request", () => {
	const ending = "Connection: close\r\n\r\n";
	const get = (line: string, ...headers: string[]) =>
		`${line}\r\nHost: localhost\r\n${headers.join("\r\n")}\r\n${ending}`;
	const REQUESTS: [string, () => string | Buffer][] = [
		["a line break in a URL", () => get("GET /v1/whoami?a=b%0d%0aSet-Cookie:%20x=y HTTP/1.1", "X-A: b")],
		["a bare line feed in a header", () => get("GET /v1/whoami HTTP/1.1", "X-Tenant-Id: a\nX-Injected: 1")],
		["a bare carriage return in a header", () => get("GET /v1/whoami HTTP/1.1", "X-Tenant-Id: a\rX-Injected: 1")],
		["NUL in a header", () => get("GET /v1/whoami HTTP/1.1", "X-API-Key: a\0b")],
		[
			"bytes that are not ASCII",
			() => Buffer.from(get("GET /v1/whoami HTTP/1.1", "X-API-Key: \u00ff\u00fe"), "latin1"),
		],
		[
			"a signature that is not ASCII",
			() => Buffer.from(get("GET /v1/whoami HTTP/1.1", "Authorization: P2S-SIGN-V1 \u00ff:1:\u00fe"), "latin1"),
		],
		[
			"a signature of 100 kB",
			() => get("GET /v1/whoami HTTP/1.1", `Authorization: P2S-SIGN-V1 ${signed.key}:1:${"a".repeat(100_000)}`),
		],
		[
			"two Authorization headers",
			() => get("GET /v1/whoami HTTP/1.1", `Authorization: Bearer ${key}`, "Authorization: Bearer x"),
		],
		["a host of another site", () => `GET /v1/openapi.json HTTP/1.1\r\nHost: evil.example\r\n${ending}`],
		["two lengths", () => `${get("POST /v1/leads HTTP/1.1", "Content-Length: 2", "Content-Length: 3")}{}`],
		[
			"a length and chunks",
			() => `${get("POST /v1/leads HTTP/1.1", "Content-Length: 2", "Transfer-Encoding: chunked")}0\r\n\r\n`,
		],
		["invalid chunks", () => `${get("POST /v1/leads HTTP/1.1", "Transfer-Encoding: chunked")}zz\r\n{}\r\n`],
		[
			"a body to a GET",
			() =>
				`${get(
					"GET /trpc/scopes.list HTTP/1.1",
					`Authorization: Bearer ${token}`,
					"Content-Type: application/json",
					"Content-Length: 2",
				)}{}`,
		],
		["an invalid URL", () => get("GET //[::1 HTTP/1.1")],
		["an absolute URL", () => get("GET http://evil.example/v1/whoami HTTP/1.1")],
		["an invalid method", () => get("G@T /v1/whoami HTTP/1.1")],
		["a header of 100 kB", () => get("GET /v1/whoami HTTP/1.1", `X-Long: ${"x".repeat(100_000)}`)],
		[
			"a thousand headers",
			() => get("GET /v1/whoami HTTP/1.1", ...Array.from({ length: 1_000 }, (_, n) => `X-${n}: 1`)),
		],
		["no HTTP at all", () => Buffer.from([0x16, 0x03, 0x01, 0x00, 0xa5, 0x01, 0x00, 0x00])],
	];

	it.each(REQUESTS)("gets no 5xx, and none of it becomes a response header: %s", async (_, request) => {
		const response = await raw(request());
		const [head = ""] = response.split("\r\n\r\n");
		expect(head).not.toMatch(/^(set-cookie|x-injected):/im);
		expect(response).not.toMatch(/^HTTP\/1\.1 5(?!05)/);
		expect((await service.fetch("/healthz")).status).toBe(200);
	});

	const announced = (
		line: string,
		credential: string | null,
		length = "Content-Length: 50",
		type = "application/json",
	) =>
		get(line, ...(credential === null ? [] : [`Authorization: Bearer ${credential}`]), `Content-Type: ${type}`, length);

	it.each([
		["from an integration", () => announced("POST /v1/leads HTTP/1.1", key)],
		["in a chunk", () => `${announced("POST /v1/leads HTTP/1.1", key, "Transfer-Encoding: chunked")}5\r\n`],
		["from a manager", () => announced("POST /v1/api-keys HTTP/1.1", token)],
		["on an operation without a body", () => announced("DELETE /v1/api-keys/000000000000 HTTP/1.1", token)],
		["to tRPC", () => announced("POST /trpc/keys.create HTTP/1.1", token)],
		["to tRPC, as text", () => announced("POST /trpc/keys.create HTTP/1.1", token, "Content-Length: 50", "text/plain")],
	])("with an incomplete body is 400 and logs nothing: %s", async (_, request) => {
		const before = service.output();
		const response = await raw(`${request()}{}`);
		expect(response).toMatch(/^HTTP\/1\.1 400 /);
		expect(response).toContain('"VALIDATION_ERROR"');
		expect(response).toContain('"field":"body"');
		expect(service.output()).toBe(before);
	});

	it.each([
		["a key that was made here", () => signed.key],
		["a key that never was", () => `sk_live_${"7".repeat(48)}`],
	])("that is signed and cut off is 400 for every key: %s", async (_, keyOf) => {
		const sent = { method: "POST", path: "/v1/leads", body: "{}" };
		const authorization = authorizationOf({ key: keyOf(), secret: "sks_live_", ...sent });
		const head = get("POST /v1/leads HTTP/1.1", `Authorization: ${authorization}`, "Content-Length: 50");
		const response = await raw(`${head}{}`);
		expect(response).toMatch(/^HTTP\/1\.1 400 /);
		expect(response).toContain('"field":"body"');
	});

	it("with two signatures is malformed", async () => {
		const authorization = `Authorization: ${authorizationOf(signed)}`;
		const response = await raw(get("GET /v1/whoami HTTP/1.1", authorization, authorization));
		expect(response).toMatch(/^HTTP\/1\.1 401 /);
		expect(response).toContain("Malformed Authorization header");
	});

	it.each([
		["an unknown procedure", "POST /trpc/nothing HTTP/1.1", 404],
		["the wrong method", "POST /trpc/keys.list HTTP/1.1", 405],
		["REST without a credential", "POST /v1/api-keys HTTP/1.1", 401],
		["a missing key", "POST /v1/leads HTTP/1.1", 401],
	])("gets its error before its body has arrived: %s", async (_, line, status) => {
		expect(await firstOf(announced(line, null))).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
	});

	it.each(["GET /v1/leads", "HEAD /v1/leads", "GET /v1/leads/lead_x", "GET /v1/api-keys", "GET /trpc/scopes.list"])(
		"may have a body that the operation does not read: %s",
		async (line) => {
			const credential = line.includes("leads") ? key : token;
			const response = await raw(`${announced(`${line} HTTP/1.1`, credential)}\xff`);
			expect(response).toMatch(/^HTTP\/1\.1 (200|404) /);
		},
	);
});

/** Memory of all workerd processes below this process, in bytes. */
function memory(): number {
	const processes = execFileSync("ps", ["-axo", "pid=,ppid=,rss=,command="], { encoding: "utf8" })
		.split("\n")
		.flatMap((line) => {
			const [, pid, parent, kilobytes, command] = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
			return command === undefined ? [] : [{ pid, parent, bytes: Number(kilobytes) * 1_024, command }];
		});
	const family = new Set([String(process.pid)]);
	// Children may be listed before their parents, so repeat until no process is added.
	for (let size = 0; size !== family.size; ) {
		size = family.size;
		for (const { pid = "", parent = "" } of processes) if (family.has(parent)) family.add(pid);
	}
	return processes
		.filter(({ pid = "", command }) => family.has(pid) && /\/workerd\b/.test(command))
		.reduce((sum, { bytes }) => sum + bytes, 0);
}

describe("a flood of bad requests", () => {
	const big = JSON.stringify({ name: "x".repeat(BODY_BYTES) });
	const BAD: ((turn: number) => Promise<Response>)[] = [
		(turn) => service.fetch("/v1/whoami", { headers: as(`sk_live_${String(turn).padStart(48, "0")}`) }),
		(turn) => service.fetch("/v1/whoami", { headers: { ...as(key), "user-agent": `agent ${turn}` } }),
		(turn) => service.fetch(`/v1/leads/lead_${turn}`, { headers: as(key) }),
		() => post("/v1/leads", big),
		(turn) => service.fetch(`/trpc/nothing${turn}`),
		(turn) => service.fetch("/v1/api-keys", { headers: as(`eyJhbGciOiJIUzI1NiJ9.${turn}.x`) }),
		() => post("/v1/leads", "[".repeat(50_000)),
	];

	async function flood(from: number, to: number): Promise<void> {
		let turn = from;
		const worker = async () => {
			for (let mine = turn++; mine < to; mine = turn++) {
				const response = await BAD[mine % BAD.length]?.(mine);
				expect(response?.status).toBeLessThan(500);
				await response?.arrayBuffer();
			}
		};
		await Promise.all(Array.from({ length: 8 }, worker));
	}

	it("does not make the memory grow from round to round", async () => {
		const sizes: number[] = [];
		for (let round = 0; round < ROUNDS; round++) {
			await flood(round * ROUND, (round + 1) * ROUND);
			sizes.push(memory());
		}
		console.info(`Memory of the runtime, in MiB: ${sizes.map((size) => Math.round(size / 1_048_576)).join(", ")}`);
		expect(sizes[0]).toBeGreaterThan(10 * 1_048_576);
		const added = sizes.slice(2).map((size, index) => size - (sizes[index + 1] ?? 0));
		// If the service kept a part of every request, each round would add as much.
		expect(Math.min(...added)).toBeLessThan(((ROUND / BAD.length) * BODY_BYTES) / 2);
	}, 600_000);
});
