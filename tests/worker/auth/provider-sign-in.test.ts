/** Signing in with the company's identity provider: who gets in, and every response of a provider that is refused. */
import { env } from "cloudflare:workers";
import { and, desc, eq } from "drizzle-orm";
import { decodeJwt, exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from "jose";
import { afterEach, describe, expect, it, vi } from "vitest";
import { newId, randomText } from "../../../db/ids.ts";
import { accessLinks, auditEvents, NO_PASSWORD, sessions, tenants, userIdentities, users } from "../../../db/schema.ts";
import { createApp } from "../../../worker/app.ts";
import { type Bindings, readConfig } from "../../../worker/env.ts";
import { addTenant, db, ORIGIN, query } from "../fixtures.ts";
import { beforeBatch } from "./before-batch.ts";
import { addInvitation, addPerson } from "./populated-tenant.ts";

const CLIENT = "salesos";
const KID = "k1";
const keys = await generateKeyPair("RS256", { extractable: true });
const otherKeys = await generateKeyPair("RS256", { extractable: true });
const jwks = { keys: [{ ...(await exportJWK(keys.publicKey)), kid: KID, alg: "RS256", use: "sig" }] };

type Claims = Record<string, unknown>;
interface Provider {
	issuer: string;
	/** What it says of the person; `undefined` leaves a claim out. */
	claims: Claims;
	/** Claims of the UserInfo endpoint. */
	info: Claims | null;
	metadata: Claims;
	/** How it signs an ID token. */
	sign: (claims: Claims) => Promise<string> | string;
	isDown: boolean;
	/** The codes that were exchanged. A code works once. */
	used: Set<string>;
	/** The last request to the token endpoint. */
	exchanged: URLSearchParams | null;
}

const signWith =
	(key: CryptoKey | Uint8Array, header: { alg: string; kid?: string } = { alg: "RS256", kid: KID }) =>
	(claims: Claims) =>
		new SignJWT(claims).setProtectedHeader(header).sign(key);

let number = 0;
/** A provider that no other test has, with a person whose email is verified. */
function newProvider(claims: Claims = {}): Provider {
	return {
		issuer: `https://login-${number++}.company.example`,
		claims: { sub: `person-${number}`, email: `person-${number}@company.example`, email_verified: true, ...claims },
		info: null,
		metadata: {},
		sign: signWith(keys.privateKey),
		isDown: false,
		used: new Set(),
		exchanged: null,
	};
}

/** Answers the Worker's requests to the provider. */
function serve(provider: Provider, nonceOf: () => string): void {
	const json = (body: unknown, status = 200) => Response.json(body, { status });
	vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
		const request = new Request(input, init);
		const { origin, pathname } = new URL(request.url);
		if (provider.isDown || origin !== provider.issuer) throw new Error("Network connection lost.");
		const { issuer } = provider;
		switch (pathname) {
			case "/.well-known/openid-configuration":
				return json({
					issuer,
					authorization_endpoint: `${issuer}/authorize`,
					token_endpoint: `${issuer}/token`,
					jwks_uri: `${issuer}/jwks`,
					userinfo_endpoint: `${issuer}/userinfo`,
					end_session_endpoint: `${issuer}/logout`,
					authorization_response_iss_parameter_supported: true,
					...provider.metadata,
				});
			case "/jwks":
				return json(jwks);
			case "/userinfo":
				return provider.info ? json(provider.info) : json({}, 404);
			case "/token": {
				provider.exchanged = new URLSearchParams(Buffer.from(await request.arrayBuffer()).toString());
				const code = provider.exchanged.get("code") ?? "";
				if (provider.used.has(code)) return json({ error: "invalid_grant" }, 400);
				provider.used.add(code);
				const now = Math.floor(Date.now() / 1_000);
				const standard = { iss: issuer, aud: CLIENT, iat: now, exp: now + 300, nonce: nonceOf() };
				const id_token = await provider.sign({ ...standard, ...provider.claims });
				return json({ access_token: "opaque", token_type: "Bearer", expires_in: 300, id_token });
			}
			default:
				return json({}, 404);
		}
	});
}

afterEach(() => {
	vi.restoreAllMocks();
	vi.useRealTimers();
});

/** A browser at the service with this provider. */
function browserAt(provider: Provider, settings: Partial<Bindings> = {}, DB = env.DB) {
	const config = readConfig({ ...env, OIDC_ISSUER: provider.issuer, OIDC_CLIENT_ID: CLIENT, ...settings });
	const app = createApp(config);
	const ip = `2001:db8:${randomHex()}:${randomHex()}::1`;
	const cookies = new Map<string, string>();
	let nonce = "";
	serve(provider, () => nonce);

	async function open(path: string, init: RequestInit = {}): Promise<Response> {
		const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
		const headers = { accept: "text/html", "cf-connecting-ip": ip, cookie, ...(init.headers as object) };
		// The app uses nothing but its bindings.
		const bindings = { ...(env as Bindings), DB };
		const response = await app.fetch(new Request(ORIGIN + path, { ...init, headers }), bindings);
		for (const set of response.headers.getSetCookie()) {
			const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
			if (value === "") cookies.delete(name);
			else cookies.set(name, value);
		}
		return response;
	}
	async function start(to?: string) {
		const response = await open(`/auth/sso/start${to === undefined ? "" : `?${new URLSearchParams({ to })}`}`);
		const location = new URL(response.headers.get("location") ?? "", ORIGIN);
		nonce = location.searchParams.get("nonce") ?? "";
		return { response, location, state: location.searchParams.get("state") ?? "" };
	}
	/** Comes back from the provider. Returns where that leads. */
	async function comeBack(parameters: Record<string, string>): Promise<URL> {
		const all = { code: randomText(), iss: provider.issuer, ...parameters };
		const response = await open(`/auth/sso/callback?${new URLSearchParams(all)}`);
		expect(response.status).toBe(302);
		return new URL(response.headers.get("location") ?? "", ORIGIN);
	}
	async function signIn(to?: string): Promise<URL> {
		const { state } = await start(to);
		return comeBack({ state });
	}
	return { open, start, comeBack, signIn, cookies, config };
}

const randomHex = () => (((crypto.getRandomValues(new Uint16Array(1))[0] ?? 0) | 1) >>> 0).toString(16);
const problemOf = (url: URL) => url.searchParams.get("problem");
const cookieOf = (cookies: Map<string, string>) => cookies.get("__Host-session");

/** An invited person, and the provider that knows them. */
async function invitedPerson(claims: Claims = {}) {
	const tenantId = await addTenant();
	const { id, email, secret } = await addInvitation(tenantId);
	return { tenantId, id, email, secret, provider: newProvider({ email, tenant_id: tenantId, ...claims }) };
}

const eventsOf = async (tenantId: string) =>
	db.select().from(auditEvents).where(eq(auditEvents.tenantId, tenantId)).orderBy(desc(auditEvents.at));

describe("the start", () => {
	it("leads to the provider with PKCE, state and nonce, and binds them to the browser", async () => {
		const { start } = browserAt(newProvider());
		const { response, location } = await start();
		expect(location.pathname).toBe("/authorize");
		expect(Object.fromEntries(location.searchParams)).toEqual({
			client_id: CLIENT,
			redirect_uri: `${ORIGIN}/auth/sso/callback`,
			response_type: "code",
			scope: "openid email profile",
			state: expect.stringMatching(/^[\w-]{43}$/),
			nonce: expect.stringMatching(/^[\w-]{43}$/),
			code_challenge: expect.stringMatching(/^[\w-]{43}$/),
			code_challenge_method: "S256",
		});
		expect(response.headers.getSetCookie().join()).toMatch(
			/^__Host-sign-in=[^;]+; Max-Age=600; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
		);
		expect(response.headers.get("cache-control")).toBe("no-store");
	});

	it("doesn't exist without a provider", async () => {
		const response = await createApp(readConfig(env)).fetch(new Request(`${ORIGIN}/auth/sso/start`), env as Bindings);
		expect(response.status).toBe(404);
	});

	it("is limited as sign-ins are", async () => {
		const { start } = browserAt(newProvider());
		for (let attempt = 0; attempt < 10; attempt++) expect(problemOf((await start()).location)).toBeNull();
		expect(problemOf((await start()).location)).toBe("throttled");
	});

	it("leads back to the form while the provider is down", async () => {
		const provider = newProvider();
		provider.isDown = true;
		vi.spyOn(console, "error").mockImplementation(() => {});
		expect(problemOf((await browserAt(provider).start()).location)).toBe("unavailable");
	});
});

describe("a person who was invited", () => {
	it("gets a session, and the link of the invitation no longer works", async () => {
		const { tenantId, id, provider } = await invitedPerson();
		const { signIn, cookies, config } = browserAt(provider);
		const url = await signIn("/settings/sessions");
		expect([url.origin, url.pathname, Object.fromEntries(url.searchParams)]).toEqual([
			ORIGIN,
			"/sign-in",
			{ done: "1", to: "/settings/sessions" },
		]);
		const session = cookieOf(cookies) ?? "";
		expect((await query(session, "session.me")).data).toMatchObject({ user: { id, tenant_id: tenantId } });
		expect(decodeJwt(session)).toMatchObject({ at_provider: true });
		expect(await db.select().from(accessLinks).where(eq(accessLinks.userId, id))).toEqual([]);
		expect(await db.select().from(userIdentities).where(eq(userIdentities.userId, id))).toEqual([
			expect.objectContaining({ issuer: config.openid?.issuer, subject: provider.claims.sub, tenantId }),
		]);
		const events = await eventsOf(tenantId);
		expect(events.map(({ action }) => action).sort()).toEqual(["member.join", "session.login"]);
		expect(events.find(({ action }) => action === "session.login")?.changes).toEqual({
			method: { from: null, to: "openid" },
		});
	});

	it("is recognised by the provider's id afterwards, whatever their email is and without a tenant", async () => {
		const { id, provider } = await invitedPerson();
		const { signIn, cookies } = browserAt(provider);
		await signIn();
		provider.claims.email = `renamed-${provider.claims.email}`;
		provider.claims.tenant_id = undefined;
		expect((await signIn()).searchParams.get("done")).toBe("1");
		expect(decodeJwt(cookieOf(cookies) ?? "").sub).toBe(id);
	});

	it("may have their email from the UserInfo endpoint alone, and in capitals", async () => {
		const { email, provider } = await invitedPerson({ email: undefined, email_verified: undefined });
		provider.info = { sub: provider.claims.sub, email: email.toUpperCase(), email_verified: true };
		expect((await browserAt(provider).signIn()).searchParams.get("done")).toBe("1");
	});

	it("sends the verifier that belongs to the challenge", async () => {
		const { provider } = await invitedPerson();
		const { start, comeBack } = browserAt(provider);
		const { location, state } = await start();
		await comeBack({ state });
		const verifier = provider.exchanged?.get("code_verifier") ?? "";
		const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
		expect(Buffer.from(digest).toString("base64url")).toBe(location.searchParams.get("code_challenge"));
		expect(provider.exchanged?.get("redirect_uri")).toBe(`${ORIGIN}/auth/sso/callback`);
	});

	it("replaces the session that their browser has", async () => {
		const { tenantId, provider } = await invitedPerson();
		const { signIn, cookies } = browserAt(provider);
		await signIn();
		const first = cookieOf(cookies) ?? "";
		await signIn();
		expect(cookieOf(cookies)).not.toBe(first);
		expect((await query(first, "session.me")).status).toBe(401);
		expect((await eventsOf(tenantId)).map(({ action }) => action)).toContain("session.logout");
	});
});

describe("a response of the provider", () => {
	it.each<[string, Claims | ((provider: Provider) => void)]>([
		["another nonce", { nonce: "another" }],
		["no nonce", { nonce: undefined }],
		["another audience", { aud: "another-client" }],
		["two audiences without an authorized party", { aud: [CLIENT, "another-client"] }],
		["another authorized party", { aud: [CLIENT, "another-client"], azp: "another-client" }],
		["another issuer", { iss: "https://evil.example" }],
		["an expiry in the past", { exp: Math.floor(Date.now() / 1_000) - 60 }],
		["no expiry", { exp: undefined }],
		["no subject", { sub: undefined }],
		["the algorithm none", (provider) => (provider.sign = (claims) => new UnsecuredJWT(claims).encode())],
		["the signature of another key", (provider) => (provider.sign = signWith(otherKeys.privateKey))],
		[
			"an HMAC under the client's id",
			(provider) => (provider.sign = signWith(new TextEncoder().encode(CLIENT.repeat(8)), { alg: "HS256", kid: KID })),
		],
		["no ID token", (provider) => (provider.sign = () => "")],
		[
			"a UserInfo of another person",
			(provider) => {
				provider.claims.email = undefined;
				provider.info = { sub: "another", email: "owner@company.example", email_verified: true };
			},
		],
	])("is refused with %s", async (_, change) => {
		const { id, provider } = await invitedPerson();
		if (typeof change === "function") change(provider);
		else Object.assign(provider.claims, change);
		const log = vi.spyOn(console, "error").mockImplementation(() => {});
		const { signIn, cookies } = browserAt(provider);
		expect(problemOf(await signIn())).toBe("failed");
		expect(cookieOf(cookies)).toBeUndefined();
		expect(log).toHaveBeenCalled();
		expect(await db.select().from(userIdentities).where(eq(userIdentities.userId, id))).toEqual([]);
	});

	it("is refused if the metadata allows the algorithm none", async () => {
		const { provider } = await invitedPerson();
		provider.metadata = { id_token_signing_alg_values_supported: ["none", "HS256", "RS256"] };
		provider.sign = (claims) => new UnsecuredJWT(claims).encode();
		vi.spyOn(console, "error").mockImplementation(() => {});
		expect(problemOf(await browserAt(provider).signIn())).toBe("failed");
	});

	it.each<[string, Record<string, string>, string]>([
		["another state", { state: "another" }, "failed"],
		["another issuer in the callback (mix-up)", { iss: "https://evil.example" }, "failed"],
		["an error", { error: "server_error" }, "failed"],
		["a refusal of the person", { error: "access_denied" }, "cancelled"],
	])("is refused with %s", async (_, parameters, problem) => {
		const { provider } = await invitedPerson();
		vi.spyOn(console, "error").mockImplementation(() => {});
		const { start, comeBack, cookies } = browserAt(provider);
		const { state } = await start();
		expect(problemOf(await comeBack({ state, ...parameters }))).toBe(problem);
		expect([cookieOf(cookies), provider.exchanged]).toEqual([undefined, null]);
	});

	it("is refused without the issuer in the callback if the provider always names it", async () => {
		const { provider } = await invitedPerson();
		vi.spyOn(console, "error").mockImplementation(() => {});
		const { start, open } = browserAt(provider);
		const { state } = await start();
		const response = await open(`/auth/sso/callback?${new URLSearchParams({ state, code: "c" })}`);
		expect(problemOf(new URL(response.headers.get("location") ?? "", ORIGIN))).toBe("failed");
	});

	it.each([[false], [undefined], ["true"]])("is refused with email_verified %s", async (email_verified) => {
		const { provider } = await invitedPerson({ email_verified });
		expect(problemOf(await browserAt(provider).signIn())).toBe("unverified_email");
	});
});

describe("a callback", () => {
	it("works once", async () => {
		const { provider } = await invitedPerson();
		const { start, comeBack, cookies } = browserAt(provider);
		const { state } = await start();
		const attempt = cookies.get("__Host-sign-in") ?? "";
		expect((await comeBack({ state, code: "the-code" })).searchParams.get("done")).toBe("1");
		expect(cookies.has("__Host-sign-in")).toBe(false);
		expect(problemOf(await comeBack({ state, code: "the-code" }))).toBe("outdated");
		// The provider refuses the code even if the cookie was kept.
		cookies.set("__Host-sign-in", attempt);
		vi.spyOn(console, "error").mockImplementation(() => {});
		expect(problemOf(await comeBack({ state, code: "the-code" }))).toBe("failed");
	});

	it("is refused in a browser that didn't start it", async () => {
		const { provider } = await invitedPerson();
		const attacker = browserAt(provider);
		const { state } = await attacker.start();
		const victim = browserAt(provider);
		expect(problemOf(await victim.comeBack({ state }))).toBe("outdated");
		expect(cookieOf(victim.cookies)).toBeUndefined();
	});

	it("is refused ten minutes after the start, and with a forged cookie", async () => {
		const { provider } = await invitedPerson();
		const late = browserAt(provider);
		const { state } = await late.start();
		const attempt = late.cookies.get("__Host-sign-in") ?? "";
		vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 601_000 });
		expect(problemOf(await late.comeBack({ state }))).toBe("outdated");
		vi.useRealTimers();
		late.cookies.set("__Host-sign-in", `${attempt.slice(0, -2)}AA`);
		expect(problemOf(await late.comeBack({ state }))).toBe("outdated");
	});

	it.each(["https://evil.example/", "//evil.example", "/\\evil.example", "/..//evil.example", "javascript:alert(1)"])(
		"leads to no other site: %s",
		async (to) => {
			const { provider } = await invitedPerson();
			const url = await browserAt(provider).signIn(to);
			expect([url.origin, url.pathname, url.searchParams.get("to")]).toEqual([ORIGIN, "/sign-in", null]);
		},
	);
});

describe("a person who may not sign in", () => {
	it("is deactivated, which is recorded", async () => {
		const { tenantId, id, provider } = await invitedPerson();
		await db.update(users).set({ deactivatedAt: 1 }).where(eq(users.id, id));
		const { signIn, cookies } = browserAt(provider);
		expect(problemOf(await signIn())).toBe("deactivated");
		expect(cookieOf(cookies)).toBeUndefined();
		expect((await eventsOf(tenantId)).map(({ action, actor }) => [action, actor])).toEqual([
			["session.login_failed", id],
		]);
	});

	it("was deactivated after they had signed in", async () => {
		const { id, provider } = await invitedPerson();
		const { signIn } = browserAt(provider);
		await signIn();
		await db.update(users).set({ deactivatedAt: 1 }).where(eq(users.id, id));
		expect(problemOf(await signIn())).toBe("deactivated");
	});

	it("was not invited", async () => {
		const provider = newProvider({ tenant_id: await addTenant() });
		expect(problemOf(await browserAt(provider).signIn())).toBe("not_invited");
		expect(
			await db
				.select()
				.from(users)
				.where(eq(users.email, String(provider.claims.email))),
		).toEqual([]);
	});

	it("is of another company than the configured one, or than the provider says", async () => {
		const other = await addTenant();
		const { provider } = await invitedPerson();
		expect(problemOf(await browserAt(provider, { OIDC_TENANT: other }).signIn())).toBe("other_company");
		provider.claims.tenant_id = other;
		expect(problemOf(await browserAt(provider).signIn())).toBe("other_company");
	});

	it("has the email of an account, and neither the configuration nor the provider names a tenant", async () => {
		const { id, provider } = await invitedPerson({ tenant_id: undefined });
		const { signIn, cookies } = browserAt(provider);
		expect(problemOf(await signIn())).toBe("no_company");
		expect(cookieOf(cookies)).toBeUndefined();
		expect(await db.select().from(userIdentities).where(eq(userIdentities.userId, id))).toEqual([]);
	});

	it("was deactivated or removed at the same moment", async () => {
		for (const [change, problem] of [
			[(id: string) => db.update(users).set({ deactivatedAt: 1 }).where(eq(users.id, id)), "deactivated"],
			[(id: string) => db.delete(users).where(eq(users.id, id)), "not_invited"],
		] as const) {
			const { id, provider } = await invitedPerson();
			const { signIn, cookies } = browserAt(
				provider,
				{},
				beforeBatch(() => change(id)),
			);
			expect(problemOf(await signIn())).toBe(problem);
			expect(cookieOf(cookies)).toBeUndefined();
			expect(await db.select().from(userIdentities).where(eq(userIdentities.userId, id))).toEqual([]);
			expect(await db.select().from(sessions).where(eq(sessions.userId, id))).toEqual([]);
		}
	});

	it("has the email of a person who has signed in before", async () => {
		const { provider } = await invitedPerson();
		const { signIn } = browserAt(provider);
		await signIn();
		provider.claims.sub = "a newcomer with the old email";
		expect(problemOf(await signIn())).toBe("other_person");
	});
});

describe("just-in-time members", () => {
	const settings = { OIDC_SIGN_UP: "just-in-time", OIDC_DEFAULT_ROLE: "admin" };

	it("are added with the default role to the tenant that the claim names", async () => {
		const tenantId = await addTenant();
		const provider = newProvider({ tenant_id: tenantId, name: "Nina New" });
		const { signIn, cookies } = browserAt(provider, settings);
		expect((await signIn()).searchParams.get("done")).toBe("1");
		expect((await query(cookieOf(cookies) ?? "", "session.me")).data).toMatchObject({
			user: { tenant_id: tenantId, role: "admin", name: "Nina New", email: provider.claims.email },
		});
		const [person] = await db.select().from(users).where(eq(users.tenantId, tenantId));
		expect(person?.passwordHash).toBe(NO_PASSWORD);
		expect((await eventsOf(tenantId)).map(({ action }) => action).sort()).toEqual(["member.create", "session.login"]);
	});

	it("are added once, even if they sign in twice at the same moment", async () => {
		const tenantId = await addTenant();
		const provider = newProvider({ tenant_id: tenantId });
		const browser = browserAt(provider, settings);
		const { state } = await browser.start();
		const attempt = browser.cookies.get("__Host-sign-in") ?? "";
		const first = browser.comeBack({ state });
		browser.cookies.set("__Host-sign-in", attempt);
		const urls = await Promise.all([first, browser.comeBack({ state })]);
		expect(urls.map((url) => url.searchParams.get("done"))).toEqual(["1", "1"]);
		expect(await db.select().from(users).where(eq(users.tenantId, tenantId))).toHaveLength(1);
	});

	it.each(["id", "slug"] as const)("are added to the tenant that is configured by its %s", async (field) => {
		const tenantId = await addTenant();
		const [tenant] = await db.select().from(tenants).where(eq(tenants.id, tenantId));
		const browser = browserAt(newProvider(), { ...settings, OIDC_TENANT: tenant?.[field] ?? "" });
		expect((await browser.signIn()).searchParams.get("done")).toBe("1");
		expect(await db.select().from(users).where(eq(users.tenantId, tenantId))).toHaveLength(1);
	});

	it.each(["suspendedAt", "deleteAfter", "deletedAt"] as const)(
		"are not added to a tenant with %s, also if that is set at the same moment",
		async (state) => {
			for (const isAtSameMoment of [false, true]) {
				const tenantId = await addTenant();
				const close = () =>
					db
						.update(tenants)
						.set({ [state]: 1 })
						.where(eq(tenants.id, tenantId));
				const DB = isAtSameMoment ? beforeBatch(close) : env.DB;
				if (!isAtSameMoment) await close();
				const { signIn, cookies } = browserAt(newProvider({ tenant_id: tenantId }), settings, DB);
				expect(problemOf(await signIn())).toBe("suspended_company");
				expect(cookieOf(cookies)).toBeUndefined();
				expect(await db.select().from(users).where(eq(users.tenantId, tenantId))).toEqual([]);
				expect(await eventsOf(tenantId)).toEqual([]);
			}
		},
	);

	it("make no tenant", async () => {
		vi.spyOn(console, "error").mockImplementation(() => {});
		const before = (await db.select().from(tenants)).length;
		for (const claims of [{}, { tenant_id: newId("ten") }, { tenant_id: ["a", "b"] }])
			expect(problemOf(await browserAt(newProvider(claims), settings).signIn())).toBe("no_company");
		expect((await db.select().from(tenants)).length).toBe(before);
	});
});

describe("the session", () => {
	it("ends at the provider too", async () => {
		const { provider } = await invitedPerson();
		const { signIn, open } = browserAt(provider);
		await signIn();
		const headers = { origin: ORIGIN, "content-type": "application/json" };
		const response = await open("/trpc/session.logout", { method: "POST", headers });
		const { result } = (await response.json()) as { result: { data: { ended: boolean; provider_url: string } } };
		expect(result.data.ended).toBe(true);
		const url = new URL(result.data.provider_url);
		expect([url.origin, url.pathname, Object.fromEntries(url.searchParams)]).toEqual([
			provider.issuer,
			"/logout",
			{ client_id: CLIENT, post_logout_redirect_uri: `${ORIGIN}/sign-in` },
		]);
	});
});

describe("passwords that are off", () => {
	it("sign no one in, and the form shows only the provider", async () => {
		const provider = newProvider();
		const { open } = browserAt(provider, { PASSWORD_SIGN_IN: "off", OIDC_NAME: "Acme Login" });
		const options = await open("/trpc/session.options", { headers: { accept: "application/json" } });
		expect(await options.json()).toEqual({
			result: { data: { password: false, provider: { name: "Acme Login" } } },
		});
		const { email } = await addPerson(await addTenant());
		const headers = { "content-type": "application/json" };
		const body = JSON.stringify({ email, password: "correct horse battery staple" });
		expect((await open("/trpc/session.login", { method: "POST", headers, body })).status).toBe(403);
	});
});

it("leaves an event for each session, and none for a tenant that has nothing to do with it", async () => {
	const { tenantId, provider } = await invitedPerson();
	const { signIn } = browserAt(provider);
	await signIn();
	const logins = await db
		.select()
		.from(auditEvents)
		.where(and(eq(auditEvents.tenantId, tenantId), eq(auditEvents.action, "session.login")));
	expect(logins).toHaveLength(1);
});
