/**
 * A secret appears only in the one response that shows it. The test calls every operation from outside, correctly and
 * wrongly. Then it searches all responses, the log and the database files for every secret.
 */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { requestInit, type Sent, Service } from "../harness.ts";
import { exported, oldKey } from "../old-key.ts";
import { type Found, filesUnder, formsOf, search, secretOf } from "./secret-forms.ts";

const run = promisify(execFile);

let service: Service;
/** All forms of each secret, by its name. */
const secrets = new Map<string, readonly string[]>();
/** Responses with their headers, and the secrets that each may show. */
const responses: { place: string; text: string; shows: string[] }[] = [];
let vars: Record<string, string> = {};
/** An identity provider that cannot be reached, so that the service logs a failure. */
const UNREACHABLE = "http://127.0.0.1:9/jwks.json";
/** Id of the request that the service logged for it. */
let failed = "";

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
const know = (name: string, secret: string) => secrets.set(name, formsOf(secret));

/** Calls the service and keeps the whole response. `shows` names the secrets that this response may show. */
async function call<T>(method: string, path: string, sent: Sent = {}, shows: string[] = []) {
	const response = await service.fetch(path, {
		method,
		redirect: "manual",
		...requestInit(sent),
	});
	const text = await response.text();
	const lines = [...response.headers].map(([name, value]) => `${name}: ${value}`);
	responses.push({
		place: `${method} ${path.slice(0, 60)} ${response.status}`,
		text: [...lines, text].join("\n"),
		shows,
	});
	// A success of REST or tRPC. If a field is missing, the test fails where it reads it.
	const isJson = response.headers.get("content-type")?.startsWith("application/json") && text.startsWith("{");
	const parsed = isJson ? (JSON.parse(text) as { data?: T; result?: { data: T } }) : {};
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

/** Makes a call that shows a key. All other responses are searched for that key. */
async function issue(name: string, method: string, path: string, sent: Sent): Promise<Issued> {
	const { data, status } = await call<Issued>(method, path, sent, [name]);
	expect([name, status]).toEqual([name, expect.toBeOneOf([200, 201])]);
	know(name, secretOf(data.key));
	return data;
}

async function callEveryOperation(): Promise<void> {
	const { DEMO_OWNER_EMAIL: email = "", DEMO_OWNER_PASSWORD: password = "", SERVICE_ROLE_KEY: platform = "" } = vars;
	const signIn = (body: unknown, shows: string[] = []) =>
		call<{ token: string; user: { tenant_id: string } }>("POST", "/trpc/session.login", { body }, shows);

	// Sign in, with right and wrong passwords.
	const wrong = "wrong-password-0123456789abcdef";
	know("a wrong password", wrong);
	expect((await signIn({ email, password: wrong })).status).toBe(401);
	expect((await signIn({ email: "unknown@acme.example", password: wrong })).status).toBe(401);
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
	const successor = await issue("a successor", "POST", "/trpc/keys.rotate", { as, body: { id: first.api_key.id } });
	await issue("another successor", "POST", `/v1/api-keys/${second.api_key.id}/rotate`, { as, body: {} });
	// The platform imports a key of another system by its hash. Its start and, once it was used, its end are shown.
	const imported = { key: oldKey() };
	know("an imported key", imported.key.slice(12, -4));
	const keys = [exported(imported.key, { key_prefix: imported.key.slice(0, 12) }), { name: imported.key }];
	expect((await call("POST", "/v1/api-keys/import", { ...inTenant, body: { keys } })).status).toBe(200);
	const verify = (body: Record<string, unknown>) => call("POST", "/v1/api-keys/verify", { as, body });
	for (const { key } of [first, second, third, successor, imported]) {
		await verify({ key, consume: false });
		await verify({ key, scope: "leads:read", ip: "203.0.113.7" });
		await call("POST", "/trpc/keys.verify", { as, body: { key } });
	}

	// A management token: created, used, rejected, in the wrong places, revoked.
	const input = { name: "Secret scenario", permissions: ["keys:read", "keys:verify"], expires_in_days: 1 };
	const program = await call<{ token: string; management_token: { id: string } }>(
		"POST",
		"/v1/management-tokens",
		{ as, body: input },
		["a management token"],
	);
	const smt = program.data.token;
	know("a management token", smt.slice("smt_".length));
	const byProcedure = await call<{ token: string; management_token: { id: string } }>(
		"POST",
		"/trpc/tokens.create",
		{ as, body: { ...input, ip_allowlist: ["203.0.113.7"] } },
		["another management token"],
	);
	know("another management token", byProcedure.data.token.slice("smt_".length));
	const one = `/v1/management-tokens/${program.data.management_token.id}`;
	for (const { data } of [program, byProcedure]) {
		await call("GET", "/v1/api-keys", { as: data.token });
		await call("GET", "/v1/audit-events", { as: data.token });
		await call("GET", "/v1/whoami", { as: data.token });
		await call("GET", "/v1/api-keys", { as: `${data.token}0` });
		await call("GET", "/v1/api-keys", { headers: { "x-api-key": data.token } });
		await call("GET", "/v1/api-keys", { as, headers: { "user-agent": `ci/${data.token}` } });
		await call("POST", "/v1/api-keys", { as, body: { name: `for ${data.token}` } });
		await call("POST", "/v1/management-tokens", { as, body: { ...input, name: data.token, [data.token]: data.token } });
		await call("PATCH", one, { as, body: { name: data.token } });
		await call("POST", `/v1/api-keys/${first.api_key.id}/revoke`, { as, body: { reason: data.token } });
		await call("POST", "/v1/api-keys/verify", { as, body: { key: data.token } });
		await call("GET", `/v1/nothing/${data.token}`);
		await call("GET", `/trpc/${data.token}`);
	}
	expect((await call("PATCH", one, { as, body: { name: "Renamed" } })).status).toBe(200);
	for (const path of [one, "/v1/management-tokens", "/trpc/tokens.list"])
		expect((await call("GET", path, { as })).status).toBe(200);
	expect((await call("POST", `${one}/revoke`, { as })).status).toBe(200);
	expect((await call("GET", "/v1/api-keys", { as: smt })).status).toBe(401);

	// Integrations: admitted, rejected for every reason, and with keys in the wrong places.
	for (const { key } of [first, second, third, successor, imported]) {
		for (let turn = 0; turn < 5; turn++) await call("GET", "/v1/whoami", { as: key });
		await call("GET", "/v1/whoami", { headers: { "x-api-key": key } });
		await call("GET", "/v1/whoami", { as: `${key}0` });
		await call("GET", "/v1/whoami", { as: `${key.slice(0, -1)}_` });
		await call("GET", "/v1/api-keys", { as: key });
		await call("GET", `/v1/leads?cursor=${key}&source=${key}`, { as: successor.key });
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
	for (const credential of [token, platform, vars.KEY_PEPPER ?? "", vars.SIGNING_KEY ?? "", vars.JWT_SECRET ?? ""]) {
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

	// A person who is invited: the link and the password that is set with it.
	const body = { email: "ivo@acme.example", name: "Ivo", role: "member" };
	const invited = await call<{ link: { url: string } }>("POST", "/v1/members", { as, body }, ["a link"]);
	const secret = invited.data.link.url.split("#")[1] ?? "";
	know("a link", secret);
	const chosen = "sete cavalos azuis dormem";
	know("a chosen password", chosen);
	// Another IP address than that of the sign-ins, which are limited together.
	const headers = { "cf-connecting-ip": "203.0.113.50" };
	const atLink = (name: string, sent: unknown, shows: string[] = []) =>
		call<{ token: string }>("POST", `/trpc/passwords.${name}`, { headers, body: sent }, shows);
	expect((await atLink("readLink", { secret })).status).toBe(200);
	expect((await atLink("readLink", { secret: `${secret}x` })).status).toBe(404);
	expect((await atLink("set", { secret, password: "short", name: secret })).status).toBe(400);
	const joined = await atLink("set", { secret, password: chosen }, ["a member's token"]);
	know("a member's token", joined.data.token);
	expect((await atLink("set", { secret, password: chosen })).status).toBe(404);

	const ofProvider = `${base64url({ alg: "RS256", kid: "1" })}.${base64url({ sub: platform })}.${"x".repeat(340)}`;
	const unavailable = await call("GET", "/v1/api-keys", { as: ofProvider });
	expect(unavailable.status).toBe(503);
	failed = unavailable.requestId;

	// The command line, with the token in its environment.
	const cli = (...args: string[]) =>
		run("node", [join(service.folder, "client/dist/cli.js"), ...args], {
			env: { PATH: process.env.PATH ?? "", HOME: service.folder, SALESOS_URL: service.url, SALESOS_TOKEN: token },
		});
	const made = (await cli("create", "--name", "From a script", "--quiet")).stdout.trim();
	expect(made).toMatch(/^sk_live_\w{48}$/);
	know("a script's key", secretOf(made));
	for (const args of [["list"], ["list", "--json"]]) {
		const { stdout, stderr } = await cli(...args);
		responses.push({ place: `salesos-keys ${args.join(" ")}`, text: stdout + stderr, shows: [] });
	}

	// End some keys and read the records that are kept.
	await call("POST", "/trpc/keys.revoke", { as, body: { id: first.api_key.id, reason: "Leaked" } });
	await call("GET", "/v1/whoami", { as: first.key });
	await call("DELETE", `/v1/api-keys/${third.api_key.id}`, { as });
	await call("GET", "/v1/whoami", { as: third.key });
	for (const path of ["/v1/api-keys?limit=100", "/v1/audit-events?limit=100", `/v1/api-keys/${writer.api_key.id}`])
		expect((await call("GET", path, { as })).status).toBe(200);
	// What the platform's operators read, and the exports, which show rows as they are stored.
	const exportOfTenant = `/v1/tenants/${session.user.tenant_id}/export`;
	for (const path of ["/v1/operations/overview", "/v1/operations/secrets", exportOfTenant])
		expect([path, (await call("GET", path, { as: platform })).status]).toEqual([path, 200]);
	for (const [path, body] of [
		["/v1/operations/deliveries", { key_ids: [writer.api_key.id] }],
		["/v1/operations/reconcile/keys", {}],
		["/v1/operations/open-tokens", { created_before: new Date().toISOString() }],
	] as const)
		expect([path, (await call("POST", path, { as: platform, body })).status]).toEqual([path, 200]);
	for (const person of [email, "ivo@acme.example", lead.email])
		expect((await call("POST", "/v1/people/export", { as, body: { email: person } })).status).toBe(200);
	for (const path of ["/", "/docs", "/healthz", "/readyz", "/status", "/v1/status", "/v1/openapi.json"])
		await call("GET", path);
	await call("POST", "/trpc/session.logout", { as });
	expect((await call("GET", "/trpc/session.me", { as })).status).toBe(401);
}

const state = () => join(service.folder, ".wrangler/state");

/** Keys and tokens that the scenario has put into URLs, where no operation accepts them. */
const IN_URLS = [
	"the first key",
	"the second key",
	"the third key",
	"a successor",
	"a management token",
	"another management token",
];

/**
 * The secrets that must not be in a file. The local tools keep traces of requests with their URLs, as the platform's log
 * does. So a key or token that its holder puts into a URL is in the traces, but no other secret.
 */
function secretsIn(path: string): ReadonlyMap<string, readonly string[]> {
	if (!path.startsWith(join(state(), "v3/observability"))) return secrets;
	return new Map([...secrets].filter(([name]) => !IN_URLS.includes(name)));
}

beforeAll(async () => {
	service = await Service.start({ settings: { USAGE_FLUSH_SECONDS: "1", JWKS_URL: UNREACHABLE } });
	vars = service.vars;
	for (const name of ["JWT_SECRET", "SERVICE_ROLE_KEY", "KEY_PEPPER", "SIGNING_KEY"]) know(name, vars[name] ?? "");
	know("the password", vars.DEMO_OWNER_PASSWORD ?? "");
	await callEveryOperation();
});
afterAll(() => service?.dispose());

describe("a secret", () => {
	it("is in the one response that shows it and in no other", () => {
		const found = responses.flatMap(({ place, text }) => search(place, text, secrets));
		const shown = responses.flatMap(({ place, shows }) => shows.map((secret): Found => ({ secret, place })));
		expect(shown.length).toBeGreaterThan(6);
		expect(found).toEqual(shown);
	});

	it("is in no response that a cache may keep", () => {
		const kept = responses.filter(({ text, shows }) => shows.length > 0 && !/^cache-control: no-store$/m.test(text));
		expect(kept.map(({ place }) => place)).toEqual([]);
	});

	it("is not in the log", () => {
		expect(search("log", service.output(), secrets)).toEqual([]);
		// The log is not empty: it has the failure.
		expect(service.output()).toContain(`"request_id":"${failed}"`);
	});

	it("is in no database file, whether the service runs or not", async () => {
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
	])("finds a planted secret %s", (_, form) => {
		const bytes = Buffer.concat([Buffer.from([0, 255, 1]), Buffer.from(form(secret)), Buffer.from([0])]);
		expect(search("here", bytes, sought)).toEqual([{ secret: "planted", place: "here" }]);
		expect(search("here", bytes.subarray(0, 12), sought)).toEqual([]);
	});

	it("reads the real files: they contain the name of a key", () => {
		const content = Buffer.concat(filesUnder(state()).map((file) => file.content));
		expect(content.includes("Secret scenario")).toBe(true);
	});
});
