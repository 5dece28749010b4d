/**
 * No secret is anywhere but in the one answer that shows it. Everything that the service does is done once from outside,
 * right and wrong; then every answer, the whole log and every file of the databases are searched for every secret.
 */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { requestInit, type Sent, Service } from "../harness.ts";
import { type Found, filesUnder, formsOf, search, secretOf } from "./secret-forms.ts";

const run = promisify(execFile);

let service: Service;
/** By name, with all the forms that are looked for. */
const secrets = new Map<string, readonly string[]>();
/** Whole answers, by what was asked. */
const answers: { place: string; text: string; shows: string[] }[] = [];
let vars: Record<string, string> = {};
/** An identity provider that does not answer, so that there is something to log. */
const NOBODY_LISTENS = "http://127.0.0.1:9/jwks.json";
/** The request that was logged for that. */
let failed = "";

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
const know = (name: string, secret: string) => secrets.set(name, formsOf(secret));

/** Calls the service and keeps the answer whole. `shows` names what this answer is allowed to show. */
async function call<T>(method: string, path: string, sent: Sent = {}, shows: string[] = []) {
	const response = await service.fetch(path, {
		method,
		redirect: "manual",
		...requestInit(sent),
	});
	const text = await response.text();
	const lines = [...response.headers].map(([name, value]) => `${name}: ${value}`);
	answers.push({
		place: `${method} ${path.slice(0, 60)} ${response.status}`,
		text: [...lines, text].join("\n"),
		shows,
	});
	// A success of REST or tRPC. If a field is missing, the test fails where it reads it.
	const parsed = text.startsWith("{") ? (JSON.parse(text) as { data?: T; result?: { data: T } }) : {};
	return {
		status: response.status,
		data: (parsed.result?.data ?? parsed.data) as T,
		cookies: response.headers.getSetCookie(),
		requestId: response.headers.get("x-request-id") ?? "",
	};
}

interface Issued {
	key: string;
	api_key: { id: string };
}

/** A call that shows a key: from then on it is looked for everywhere else. */
async function issue(name: string, method: string, path: string, sent: Sent): Promise<Issued> {
	const { data, status } = await call<Issued>(method, path, sent, [name]);
	expect([name, status]).toEqual([name, expect.toBeOneOf([200, 201])]);
	know(name, secretOf(data.key));
	return data;
}

async function everythingThatCanBeDone(): Promise<void> {
	const { DEMO_OWNER_EMAIL: email = "", DEMO_OWNER_PASSWORD: password = "", SERVICE_ROLE_KEY: platform = "" } = vars;
	const signIn = (body: unknown, shows: string[] = []) =>
		call<{ token: string; user: { tenant_id: string } }>("POST", "/trpc/session.login", { body }, shows);

	// Signing in, right and wrong.
	const wrong = "wrong-password-0123456789abcdef";
	know("a wrong password", wrong);
	expect((await signIn({ email, password: wrong })).status).toBe(401);
	expect((await signIn({ email: "nobody@acme.example", password: wrong })).status).toBe(401);
	expect((await signIn({ email, password, extra: wrong })).status).toBe(400);
	expect((await signIn(`{"email":"${email}","password":"${wrong}"`)).status).toBe(400);
	const { data: session, cookies } = await signIn({ email, password }, ["the token"]);
	const token = session.token;
	know("the token", token);
	expect(cookies.join()).toContain(token);
	const as = token;
	const inTenant = { as: platform, headers: { "x-tenant-id": session.user.tenant_id } };
	await call("GET", "/trpc/session.me", { headers: { cookie: `__Host-session=${token}` } });

	// Keys over REST and tRPC: create, repeat, rotate, change, read, verify, end.
	const settings = { name: "Secret scenario", scopes: [], rate_limit: 3 };
	const first = await issue("the first key", "POST", "/trpc/keys.create", { as, body: settings });
	const second = await issue("the second key", "POST", "/v1/api-keys", { ...inTenant, body: settings });
	const retry = { as, body: settings, headers: { "idempotency-key": "secret-scenario-1" } };
	const third = await issue("the third key", "POST", "/v1/api-keys", retry);
	expect((await call("POST", "/v1/api-keys", retry)).status).toBe(200);
	expect((await call("POST", "/v1/api-keys", { ...retry, body: { ...settings, rate_limit: 4 } })).status).toBe(409);
	const turned = await issue("a successor", "POST", "/trpc/keys.rotate", { as, body: { id: first.api_key.id } });
	await issue("another successor", "POST", `/v1/api-keys/${second.api_key.id}/rotate`, { as, body: {} });
	const verify = (body: Record<string, unknown>) => call("POST", "/v1/api-keys/verify", { as, body });
	for (const { key } of [first, second, third, turned]) {
		await verify({ key, consume: false });
		await verify({ key, scope: "leads:read", ip: "203.0.113.7" });
		await call("POST", "/trpc/keys.verify", { as, body: { key } });
	}

	// Integrations, admitted and refused for every reason, with keys where none belongs.
	for (const { key } of [first, second, third, turned]) {
		for (let turn = 0; turn < 5; turn++) await call("GET", "/v1/whoami", { as: key });
		await call("GET", "/v1/whoami", { headers: { "x-api-key": key } });
		await call("GET", "/v1/whoami", { as: `${key}0` });
		await call("GET", "/v1/whoami", { as: `${key.slice(0, -1)}_` });
		await call("GET", "/v1/api-keys", { as: key });
		await call("GET", `/v1/leads?cursor=${key}&source=${key}`, { as: turned.key });
		await call("GET", `/v1/nothing/${key}`);
		await call("GET", `/trpc/${key}`);
		await call("GET", `/trpc/keys.list?input=${encodeURIComponent(JSON.stringify({ search: key }))}`, { as });
		await call("GET", `/v1/api-keys/${key}`, { as });
		await call("POST", "/v1/api-keys", { as, body: { name: `for ${key}` } });
		await call("POST", "/v1/api-keys", { as, body: { name: "a", [key]: key, scopes: [key], ip_allowlist: [key] } });
		await call("POST", "/v1/api-keys", { as, body: `{"name":"${key}` });
		await call("GET", "/v1/whoami", { as: key, headers: { "user-agent": `crm/${key}` } });
		await call("PATCH", `/v1/api-keys/${third.api_key.id}`, {
			as,
			body: { rate_limit: 4 },
			headers: { "user-agent": key },
		});
		await call("GET", "/v1/whoami", { as: key, headers: { "cf-connecting-ip": key, "x-request-id": key } });
	}
	for (const credential of [token, platform, vars.KEY_PEPPER ?? "", vars.JWT_SECRET ?? ""]) {
		await call("GET", "/v1/api-keys", { as: `${credential}x` });
		await call("GET", "/v1/api-keys", { headers: { cookie: `__Host-session=${credential}x` } });
		await call("GET", "/v1/whoami", { as: credential });
	}
	const lead = { name: "Bruno Costa", email: "bruno@example.com" };
	const writer = await issue("a writer's key", "POST", "/v1/api-keys", { as, body: { name: "Writer", scopes: [] } });
	await call("POST", "/v1/leads", { as: writer.key, body: lead });
	await call("POST", "/v1/leads", { as: writer.key, body: { ...lead, name: writer.key } });
	await call("POST", "/v1/sync_collaborators", {
		as: writer.key,
		body: { collaborators: [{ external_id: writer.key }] },
	});
	await call("POST", "/v1/tenants", { as: platform, body: { name: "Secret", slug: "secret-scenario" } });

	const ofProvider = `${base64url({ alg: "RS256", kid: "1" })}.${base64url({ sub: platform })}.${"x".repeat(340)}`;
	const unanswered = await call("GET", "/v1/api-keys", { as: ofProvider });
	expect(unanswered.status).toBe(503);
	failed = unanswered.requestId;

	// The command line, with the credential in its environment.
	const cli = (...args: string[]) =>
		run("node", [join(service.folder, "client/dist/cli.js"), ...args], {
			env: { PATH: process.env.PATH ?? "", HOME: service.folder, SALESOS_URL: service.url, SALESOS_TOKEN: token },
		});
	const made = (await cli("create", "--name", "From a script", "--quiet")).stdout.trim();
	expect(made).toMatch(/^sk_live_\w{48}$/);
	know("a script's key", secretOf(made));
	for (const args of [["list"], ["list", "--json"]]) {
		const { stdout, stderr } = await cli(...args);
		answers.push({ place: `salesos-keys ${args.join(" ")}`, text: stdout + stderr, shows: [] });
	}

	// The end of some, and reading all that is kept of it.
	await call("POST", "/trpc/keys.revoke", { as, body: { id: first.api_key.id, reason: "Leaked" } });
	await call("GET", "/v1/whoami", { as: first.key });
	await call("DELETE", `/v1/api-keys/${third.api_key.id}`, { as });
	await call("GET", "/v1/whoami", { as: third.key });
	for (const path of ["/v1/api-keys?limit=100", "/v1/audit-events?limit=100", `/v1/api-keys/${writer.api_key.id}`])
		expect((await call("GET", path, { as })).status).toBe(200);
	for (const path of ["/", "/docs", "/healthz", "/v1/openapi.json"]) await call("GET", path);
	await call("POST", "/trpc/session.logout", { as });
	expect((await call("GET", "/trpc/session.me", { as })).status).toBe(401);
}

const state = () => join(service.folder, ".wrangler/state");

/** Keys that the scenario has put into addresses, where they are worth nothing. */
const IN_ADDRESSES = ["the first key", "the second key", "the third key", "a successor"];

/**
 * What must not be in a file. The tools of local development keep traces of requests with their addresses, as the
 * platform's own log does: a key that its holder puts there can be read there, but no other secret.
 */
function secretsIn(path: string): ReadonlyMap<string, readonly string[]> {
	if (!path.startsWith(join(state(), "v3/observability"))) return secrets;
	return new Map([...secrets].filter(([name]) => !IN_ADDRESSES.includes(name)));
}

beforeAll(async () => {
	service = await Service.start({ settings: { USAGE_FLUSH_SECONDS: "1", JWKS_URL: NOBODY_LISTENS } });
	vars = service.vars;
	for (const name of ["JWT_SECRET", "SERVICE_ROLE_KEY", "KEY_PEPPER"]) know(name, vars[name] ?? "");
	know("the password", vars.DEMO_OWNER_PASSWORD ?? "");
	await everythingThatCanBeDone();
});
afterAll(() => service?.dispose());

describe("a secret", () => {
	it("is in no answer but the one that shows it, where it is", () => {
		const found = answers.flatMap(({ place, text }) => search(place, text, secrets));
		const shown = answers.flatMap(({ place, shows }) => shows.map((secret): Found => ({ secret, place })));
		expect(shown.length).toBeGreaterThan(6);
		expect(found).toEqual(shown);
	});

	it("is in no answer that may be kept by a cache", () => {
		const kept = answers.filter(({ text, shows }) => shows.length > 0 && !/^cache-control: no-store$/m.test(text));
		expect(kept.map(({ place }) => place)).toEqual([]);
	});

	it("is nowhere in the log", () => {
		expect(search("log", service.output(), secrets)).toEqual([]);
		// There is a log: it tells of what went wrong.
		expect(service.output()).toContain(`"request_id":"${failed}"`);
	});

	it("is in no file of the databases, be they stopped or running", async () => {
		const look = () => filesUnder(state()).flatMap(({ path, content }) => search(path, content, secretsIn(path)));
		const names = filesUnder(state()).map(({ path }) => path);
		expect(names.filter((path) => /[/\\]d1[/\\].*\.sqlite(-wal)?$/.test(path)).length).toBeGreaterThan(1);
		expect(names.filter((path) => /[/\\]do[/\\].*\.sqlite(-wal)?$/.test(path)).length).toBeGreaterThan(8);
		expect(look()).toEqual([]);
		await service.stop();
		expect(look()).toEqual([]);
	});
});

describe("the search", () => {
	const secret = "0123456789abcdefghijABCDEFGHIJ";
	const sought = new Map([["planted", formsOf(secret)]]);

	it.each([
		["as it is", (text: string) => text],
		["its first half", (text: string) => text.slice(0, 15)],
		["its second half", (text: string) => text.slice(15)],
		["in hex", (text: string) => Buffer.from(text).toString("hex")],
		["in base64 after one byte", (text: string) => Buffer.from(`x${text}`).toString("base64")],
		["in base64 after two bytes", (text: string) => Buffer.from(`xx${text}yy`).toString("base64")],
		["in base64url inside JSON", (text: string) => Buffer.from(JSON.stringify({ a: text })).toString("base64url")],
	])("finds what was planted %s", (_, form) => {
		const bytes = Buffer.concat([Buffer.from([0, 255, 1]), Buffer.from(form(secret)), Buffer.from([0])]);
		expect(search("here", bytes, sought)).toEqual([{ secret: "planted", place: "here" }]);
		expect(search("here", bytes.subarray(0, 12), sought)).toEqual([]);
	});

	it("reads what is really there: the hash of a key, and the name that it was given", () => {
		const content = Buffer.concat(filesUnder(state()).map((file) => file.content));
		expect(content.includes("Secret scenario")).toBe(true);
	});
});
