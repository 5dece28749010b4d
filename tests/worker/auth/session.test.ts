/** Signing in and out of the dashboard. */

import { env } from "cloudflare:workers";
import { scryptSync } from "node:crypto";
import { desc, eq } from "drizzle-orm";
import { decodeJwt } from "jose";
import { afterEach, describe, expect, it, vi } from "vitest";
import { PERMISSIONS } from "../../../db/enums.ts";
import { newId, randomText } from "../../../db/ids.ts";
import { auditEvents, sessions, tenants, users } from "../../../db/schema.ts";
import { seed } from "../../../scripts/seed.ts";
import { createApp } from "../../../worker/app.ts";
import { type Bindings, readConfig } from "../../../worker/env.ts";
import type { LoggedIn, Me } from "../../../worker/schemas/session.ts";
import { addTenant, cheapPasswordHash, createKey, db, mutate, ORIGIN, query, request, token } from "../fixtures.ts";
import { expectNoSecrets } from "./auth-matrix.ts";

const COOKIE = "__Host-session";
const DEVICE = "__Host-device";
const PASSWORD = "correct horse battery staple";
const HOUR_MS = 3_600_000;
const OWNER = "olivia@acme.example";

await seed(db, { email: OWNER, passwordHash: cheapPasswordHash(PASSWORD) }, Date.now());
const [acme] = await db.select().from(tenants);
if (!acme) throw new Error("There is no demo tenant.");

afterEach(() => {
	vi.useRealTimers();
	vi.restoreAllMocks();
});

/** An IP address of a network that no other test uses, because attempts are counted by network. */
function freshAddress(): string {
	const [a, b] = crypto.getRandomValues(new Uint16Array(2));
	return `2001:db8:${a?.toString(16)}:${b?.toString(16)}::1`;
}

/** A cheap hash of {@link PASSWORD}, for tests that sign in often. */
const CHEAP = { N: 16, r: 1, p: 1 };
const salt = Buffer.alloc(16);
const CHEAP_HASH = [
	"scrypt",
	16,
	1,
	1,
	salt.toString("base64"),
	scryptSync(PASSWORD, salt, 32, CHEAP).toString("base64"),
];

/** Adds a person to the demo tenant and returns their email. */
async function addUser(role: "owner" | "admin" | "member" = "admin", capabilities: string[] = []): Promise<string> {
	const email = `${randomText(12).toLowerCase()}@acme.example`;
	await db.insert(users).values({
		id: newId("usr"),
		tenantId: acme?.id ?? "",
		email,
		name: "Somebody",
		passwordHash: CHEAP_HASH.join("$"),
		role,
		capabilities,
		createdAt: Date.now(),
	});
	return email;
}

interface Attempt {
	email: string;
	password?: string;
	ip?: string;
	headers?: Record<string, string>;
}

const signIn = ({ email, password = PASSWORD, ip = freshAddress(), headers = {} }: Attempt) =>
	mutate<LoggedIn>({ "cf-connecting-ip": ip, ...headers }, "session.login", { email, password });

/** Signs in and returns the headers that a browser on our page sends from then on. */
async function asBrowser(email: string) {
	const { data } = await signIn({ email });
	return { cookie: `${COOKIE}=${data.token}`, origin: ORIGIN };
}

interface SetCookie {
	name: string;
	value: string;
	attributes: string[];
}

/** The cookies that a response sets, attribute by attribute. */
function cookiesOf(headers: Headers): SetCookie[] {
	return headers.getSetCookie().map((cookie) => {
		const [pair = "", ...attributes] = cookie.split(/; */);
		const [name = "", value = ""] = pair.split("=");
		return { name, value, attributes: attributes.sort() };
	});
}

const cookieOf = (headers: Headers, name: string = COOKIE): SetCookie | null =>
	cookiesOf(headers).find((cookie) => cookie.name === name) ?? null;

/** The cookie by which a device that has signed in is known from then on. */
const deviceOf = ({ headers }: { headers: Headers }) => `${DEVICE}=${cookieOf(headers, DEVICE)?.value}`;

const ATTRIBUTES = ["HttpOnly", "Path=/", "SameSite=Strict", "Secure"];

describe("signing in", () => {
	it.each([OWNER, "admin@acme.example", "member@acme.example"])("works for %s of the demo tenant", async (email) => {
		const { status, data, headers } = await signIn({ email });
		expect(status).toBe(200);
		expect(data.user).toMatchObject({ email, tenant_id: acme.id });
		expect(headers.get("cache-control")).toBe("no-store");
	});

	it("sets a cookie for this host alone that no script can read and no other site can send", async () => {
		vi.useFakeTimers({ toFake: ["Date"] });
		const { data, headers } = await signIn({ email: await addUser() });
		expect(cookieOf(headers)).toEqual({
			name: COOKIE,
			value: data.token,
			attributes: [...ATTRIBUTES, "Max-Age=43200"].sort(),
		});
		expect(Date.parse(data.expires_at)).toBe(Date.now() + 12 * HOUR_MS);
	});

	it("returns who has signed in, and no more", async () => {
		const email = await addUser("member", ["admin.integrations"]);
		const { data } = await signIn({ email });
		expect(data).toEqual({
			token: expect.stringMatching(/^eyJ/),
			expires_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
			user: {
				id: expect.stringMatching(/^usr_/),
				tenant_id: acme.id,
				role: "member",
				capabilities: ["admin.integrations"],
				permissions: ["keys:read", "keys:write", "keys:verify", "audit:read"],
				email,
				name: "Somebody",
			},
		});
	});

	it("accepts the email in capitals and with spaces around it", async () => {
		const email = await addUser();
		expect((await signIn({ email: `  ${email.toUpperCase()} ` })).status).toBe(200);
	});

	it("takes the password only as it is", async () => {
		const email = await addUser();
		for (const password of [PASSWORD.toUpperCase(), ` ${PASSWORD}`, `${PASSWORD} `, PASSWORD.slice(0, -1), "x"])
			expect((await signIn({ email, password })).status, password).toBe(401);
	});

	it("has the same error for a wrong password and an unknown email", async () => {
		const email = await addUser();
		const wrong = await signIn({ email, password: "wrong" });
		const unknown = await signIn({ email: "nobody@acme.example" });
		for (const answer of [wrong, unknown]) {
			expect(answer.status).toBe(401);
			expect(answer.error.code).toBe("UNAUTHORIZED");
			expect(answer.headers.get("www-authenticate")).toBe("Bearer");
			expect(cookieOf(answer.headers)).toBeNull();
		}
		expect({ ...wrong.error, request_id: "" }).toEqual({ ...unknown.error, request_id: "" });
	});

	it.each(["https://evil.example", "null", "http://keys.example", "https://sub.keys.example"])(
		"is refused to a page of %s",
		async (origin) => {
			const answer = await signIn({ email: await addUser(), headers: { origin } });
			expect(answer.status).toBe(403);
			expect(cookieOf(answer.headers)).toBeNull();
		},
	);

	it("works from a page of this origin", async () => {
		expect((await signIn({ email: await addUser(), headers: { origin: ORIGIN } })).status).toBe(200);
	});
});

describe("the session cookie", () => {
	it("is enough to read, with or without Origin", async () => {
		const { cookie } = await asBrowser(await addUser());
		for (const procedure of ["session.me", "keys.list", "audit.list"]) {
			expect((await query({ cookie }, procedure)).status, procedure).toBe(200);
			expect((await query({ cookie, origin: ORIGIN }, procedure)).status, procedure).toBe(200);
		}
	});

	it("is found among other cookies", async () => {
		const { cookie } = await asBrowser(await addUser());
		expect((await query({ cookie: `theme=dark; ${cookie}; ${COOKIE}x=1` }, "session.me")).status).toBe(200);
	});

	it("changes something only from a page of this origin", async () => {
		const browser = await asBrowser(await addUser());
		const { api_key } = await createKey(browser);
		const { cookie } = browser;
		const foreign = ["https://evil.example", "null", "http://keys.example", "https://keys.example:8443", `${ORIGIN}/`];
		for (const headers of [{ cookie }, ...foreign.map((origin) => ({ cookie, origin }))]) {
			for (const procedure of ["keys.create", "keys.update", "keys.rotate", "keys.revoke", "keys.delete"]) {
				const answer = await mutate(headers, procedure, { id: api_key.id, name: "Stolen" });
				expect(answer.status, `${procedure} with ${JSON.stringify(headers)}`).toBe(403);
				expect(answer.error.code).toBe("FORBIDDEN");
			}
		}
		const { data } = await query<{ name: string; status: string }>(browser, "keys.get", { id: api_key.id });
		expect(data).toMatchObject({ name: "Test key", status: "active" });
		expect((await mutate(browser, "keys.revoke", { id: api_key.id })).status).toBe(200);
	});

	it("changes nothing through a GET", async () => {
		const { cookie } = await asBrowser(await addUser());
		const answer = await query({ cookie }, "keys.create", { name: "By a link" });
		expect(answer.status).toBe(405);
	});

	it("gives way to a bearer credential, which no other site can send", async () => {
		const { cookie } = await asBrowser(await addUser("member"));
		const { data } = await signIn({ email: await addUser("admin") });
		const both = { cookie, authorization: `Bearer ${data.token}`, origin: "https://partner.example" };
		expect((await query<Me>(both, "session.me")).data.user.role).toBe("admin");
		expect((await mutate(both, "keys.create", { name: "By a partner's page" })).status).toBe(200);
	});
});

describe("who I am", () => {
	it("returns the user, the tenant and the end of the session", async () => {
		const email = await addUser("owner");
		const { data: signedIn } = await signIn({ email });
		const { data } = await query<Me>(signedIn.token, "session.me");
		expect(data).toEqual({
			user: signedIn.user,
			tenant: {
				id: acme.id,
				name: "Acme",
				slug: "acme",
				created_at: new Date(acme.createdAt).toISOString(),
				state: "active",
				suspended_at: null,
				delete_after: null,
				deleted_at: null,
				location_hint: null,
				progress: null,
			},
			expires_at: expect.stringMatching(/^\d{4}-.*Z$/),
		});
		expect(data.user.capabilities).toEqual(["admin.integrations"]);
		expect(data.user.permissions).toEqual(PERMISSIONS);
		// A token counts in whole seconds.
		expect(Date.parse(signedIn.expires_at) - Date.parse(data.expires_at)).toBeLessThan(1_000);
	});

	it("is returned to people without an account here, too", async () => {
		const tenantId = await addTenant();
		const { data } = await query<Me>(await token({ tenantId, role: "member" }), "session.me");
		expect(data).toMatchObject({
			user: {
				id: "usr_test",
				tenant_id: tenantId,
				role: "member",
				capabilities: [],
				permissions: [],
				email: null,
				name: null,
			},
			tenant: { id: tenantId },
		});
	});
});

describe("signing out", () => {
	it("ends the session on the server, wherever its token was copied to", async () => {
		const { data } = await signIn({ email: await addUser() });
		const answer = await mutate(data.token, "session.logout");
		expect([answer.status, answer.data]).toEqual([200, { ended: true, provider_url: null }]);
		expect((await query(data.token, "session.me")).status).toBe(401);
		expect((await query({ cookie: `${COOKIE}=${data.token}` }, "session.me")).status).toBe(401);
		expect((await mutate(data.token, "keys.create", { name: "Too late" })).status).toBe(401);
	});

	it("takes the cookie back", async () => {
		const browser = await asBrowser(await addUser());
		const answer = await mutate(browser, "session.logout");
		expect(cookieOf(answer.headers)).toEqual({
			name: COOKIE,
			value: "",
			attributes: [...ATTRIBUTES, "Max-Age=0"].sort(),
		});
		expect((await query(browser, "session.me")).status).toBe(401);
	});

	it("leaves the person's other sessions alone", async () => {
		const email = await addUser();
		const laptop = await signIn({ email });
		const phone = await signIn({ email });
		await mutate(laptop.data.token, "session.logout");
		expect((await query(phone.data.token, "session.me")).status).toBe(200);
	});

	it("succeeds without a session", async () => {
		const { data } = await signIn({ email: await addUser() });
		await mutate(data.token, "session.logout");
		for (const who of [null, data.token, "garbage", await token({ tenantId: acme.id }), { cookie: `${COOKIE}=x` }]) {
			// What comes without Origin is no browser, and a browser's cookie needs one.
			const headers = typeof who === "object" && who ? { ...who, origin: ORIGIN } : who;
			const answer = await mutate(headers, "session.logout");
			expect([answer.status, answer.data]).toEqual([200, { ended: false, provider_url: null }]);
		}
	});

	it("is refused to a page of another site", async () => {
		const browser = await asBrowser(await addUser());
		const answer = await mutate({ ...browser, origin: "https://evil.example" }, "session.logout");
		expect(answer.status).toBe(403);
		expect((await query(browser, "session.me")).status).toBe(200);
	});

	it("does not take the cookie back because a page of another site says so", async () => {
		// The browser sends no SameSite=Strict cookie with such a request, but obeys the response.
		for (const headers of [{}, { cookie: (await asBrowser(await addUser())).cookie }]) {
			const answer = await mutate({ ...headers, origin: "https://evil.example" }, "session.logout");
			expect(cookieOf(answer.headers)).toBeNull();
		}
	});
});

describe("a session", () => {
	const MINUTE_MS = 60_000;
	/** Uses the session every 20 minutes until then. */
	async function useUntil(bearer: string, end: number): Promise<void> {
		for (let now = Date.now(); now < end; now += 20 * MINUTE_MS) {
			vi.setSystemTime(now);
			expect((await query(bearer, "session.me")).status).toBe(200);
		}
		vi.setSystemTime(end);
	}

	it("lasts twelve hours", async () => {
		vi.useFakeTimers({ toFake: ["Date"] });
		const { data } = await signIn({ email: await addUser() });
		const cookie = `${COOKIE}=${data.token}`;
		const end = Date.parse(data.expires_at);
		await useUntil(data.token, end - 2_000);
		expect((await query(data.token, "session.me")).status).toBe(200);
		expect((await query({ cookie }, "session.me")).status).toBe(200);
		vi.setSystemTime(end + 6_000);
		expect((await query(data.token, "session.me")).status).toBe(401);
		expect((await query({ cookie }, "session.me")).status).toBe(401);
	});

	it("ends after 30 minutes without a request", async () => {
		vi.useFakeTimers({ toFake: ["Date"] });
		const start = Date.now();
		const { data } = await signIn({ email: await addUser() });
		vi.setSystemTime(start + 29 * MINUTE_MS);
		expect((await query(data.token, "session.me")).status).toBe(200);
		vi.setSystemTime(start + 58 * MINUTE_MS);
		expect((await query(data.token, "session.me")).status).toBe(200);
		vi.setSystemTime(start + 88 * MINUTE_MS);
		const ended = await query(data.token, "session.me");
		expect([ended.status, ended.error.message]).toEqual([401, "The session has ended. Sign in again."]);
	});

	it("is written to at most once a minute", async () => {
		vi.useFakeTimers({ toFake: ["Date"] });
		const start = Date.now();
		const { data } = await signIn({ email: await addUser() });
		const lastSeen = async () =>
			(await db.select().from(sessions).where(eq(sessions.userId, data.user.id))).map((row) => row.lastSeenAt);
		vi.setSystemTime(start + 59_000);
		await query(data.token, "session.me");
		expect(await lastSeen()).toEqual([start]);
		vi.setSystemTime(start + 61_000);
		await query(data.token, "session.me");
		expect(await lastSeen()).toEqual([start + 61_000]);
	});

	it("of the previous release continues, and counts as seen from its next request", async () => {
		vi.useFakeTimers({ toFake: ["Date"] });
		const start = Date.now();
		const { data } = await signIn({ email: await addUser() });
		await db.update(sessions).set({ lastSeenAt: null }).where(eq(sessions.userId, data.user.id));
		vi.setSystemTime(start + 60 * MINUTE_MS);
		expect((await query(data.token, "session.me")).status).toBe(200);
		vi.setSystemTime(start + 91 * MINUTE_MS);
		expect((await query(data.token, "session.me")).status).toBe(401);
	});

	it("ends when the browser signs in again, also as someone else", async () => {
		const email = await addUser();
		const first = await signIn({ email });
		const elsewhere = await signIn({ email });
		const cookie = `${COOKIE}=${first.data.token}`;
		for (const again of [{ email }, { email: await addUser() }]) {
			const before = (await signIn({ email })).data.token;
			const headers = { cookie: `${COOKIE}=${before}`, origin: ORIGIN };
			expect((await signIn({ ...again, headers })).status).toBe(200);
			expect((await query(before, "session.me")).status).toBe(401);
		}
		expect((await signIn({ email, password: "wrong", headers: { cookie } })).status).toBe(401);
		expect((await query(first.data.token, "session.me")).status).toBe(200);
		// A program with a cookie jar sends no Origin.
		expect((await signIn({ email, headers: { cookie } })).status).toBe(200);
		expect((await query(first.data.token, "session.me")).status).toBe(401);
		expect((await query(elsewhere.data.token, "session.me")).status).toBe(200);
		const events = await db.select().from(auditEvents).where(eq(auditEvents.actorEmail, email));
		expect(events.filter(({ action }) => action === "session.logout")).toHaveLength(3);
	});

	it("ends on the server even if the token has not expired", async () => {
		vi.useFakeTimers({ toFake: ["Date"] });
		const { data } = await signIn({ email: await addUser() });
		const { session_id } = decodeJwt(data.token);
		const lasting = { tenantId: acme.id, expiresIn: 24 * 3_600, claims: { session_id } };
		const longer = await token({ ...lasting, sub: data.user.id });
		// A session belongs to one person.
		expect((await query(await token({ ...lasting, sub: "usr_other" }), "session.me")).status).toBe(401);
		expect((await query(longer, "session.me")).status).toBe(200);
		vi.setSystemTime(Date.parse(data.expires_at));
		expect((await query(longer, "session.me")).status).toBe(401);
	});

	it("lets its person do what they may do today, not what they might when they signed in", async () => {
		const email = await addUser("admin");
		const { data } = await signIn({ email });
		expect((await query(data.token, "keys.list")).status).toBe(200);
		await db.update(users).set({ role: "member" }).where(eq(users.email, email));
		expect((await query(data.token, "keys.list")).status).toBe(403);
		expect((await query<Me>(data.token, "session.me")).data.user).toMatchObject({ role: "member", capabilities: [] });
		await db
			.update(users)
			.set({ capabilities: ["admin.integrations"] })
			.where(eq(users.email, email));
		expect((await query(data.token, "keys.list")).status).toBe(200);
	});

	it("ends when its person's account is removed", async () => {
		const email = await addUser("admin");
		const { data } = await signIn({ email });
		await db.delete(users).where(eq(users.email, email));
		expect((await query(data.token, "session.me")).status).toBe(401);
	});

	it("is good in no other tenant", async () => {
		const { data } = await signIn({ email: await addUser() });
		const { session_id } = decodeJwt(data.token);
		const elsewhere = await token({ tenantId: await addTenant(), claims: { session_id } });
		expect((await query(elsewhere, "session.me")).status).toBe(401);
	});

	it("that cannot be looked up is rejected", async () => {
		const { data } = await signIn({ email: await addUser() });
		const log = vi.spyOn(console, "error").mockImplementation(() => undefined);
		const down = () => {
			throw new Error("D1_ERROR: no such table: sessions");
		};
		const DB = new Proxy(env.DB, { get: () => down });
		const headers = { authorization: `Bearer ${data.token}` };
		const answer = await createApp(readConfig(env)).fetch(new Request(`${ORIGIN}/trpc/scopes.list`, { headers }), {
			// The app uses nothing but its bindings.
			...(env as Bindings),
			DB,
		});
		expect(answer.status).toBe(503);
		expectNoSecrets(await answer.text());
		expect(JSON.stringify(log.mock.calls)).not.toContain(data.token);
	});
});

/**
 * Runs what has to lie in one minute of the clock, by which the limiter counts. If it failed and the minute has
 * turned on the way, it was none, and is run again.
 */
async function withinOneMinute(attempts: () => Promise<void>): Promise<void> {
	const minute = () => Math.floor(Date.now() / 60_000);
	for (;;) {
		const start = minute();
		try {
			return await attempts();
		} catch (thrown) {
			if (minute() === start) throw thrown;
		}
	}
}
const statuses = async (attempts: Attempt[]) => {
	const all: number[] = [];
	for (const attempt of attempts) all.push((await signIn(attempt)).status);
	return all;
};
const tenTimes = <T>(value: T): T[] => Array<T>(10).fill(value);

describe("attempts to sign in", () => {
	const wrong = { password: "wrong" };

	it("from one IP address are ten a minute, at any accounts", async () => {
		await withinOneMinute(async () => {
			const ip = freshAddress();
			const emails = await Promise.all(tenTimes(0).map(() => addUser()));
			expect(await statuses(emails.map((email) => ({ email, ip })))).toEqual(tenTimes(200));
			const email = await addUser();
			const answer = await signIn({ email, ip });
			expect(answer.status).toBe(429);
			expect(answer.error).toMatchObject({ code: "RATE_LIMITED", retry_after: 60 });
			expect(answer.headers.get("retry-after")).toBe("60");
			expect(cookiesOf(answer.headers)).toEqual([]);
			expect((await signIn({ email })).status).toBe(200);
			expect((await signIn({ email, ip, headers: { "x-forwarded-for": freshAddress() } })).status).toBe(429);
		});
	});

	it("from the addresses of one IPv6 /64 count as from one, and IPv4 in IPv6 notation as IPv4", async () => {
		await withinOneMinute(async () => {
			const network = freshAddress().slice(0, -1);
			const emails = await Promise.all(tenTimes(0).map(() => addUser()));
			const [email = ""] = emails;
			const from = (ip: (index: number) => string) => emails.map((each, index) => ({ email: each, ip: ip(index) }));
			expect(await statuses(from((index) => `${network}${index + 1}`))).toEqual(tenTimes(200));
			expect((await signIn({ email, ip: `${network}ffff:1` })).status).toBe(429);
			expect((await signIn({ email, ip: freshAddress() })).status).toBe(200);
			const ipv4 = `198.51.${crypto.getRandomValues(new Uint8Array(2)).join(".")}`;
			const both = [ipv4, `::ffff:${ipv4}`];
			expect(await statuses(from((index) => both[index % 2] ?? ""))).toEqual(tenTimes(200));
			expect((await signIn({ email, ip: ipv4 })).status).toBe(429);
		});
	});

	it("are counted before the body is read", async () => {
		await withinOneMinute(async () => {
			const ip = freshAddress();
			const garbage = (body: string) =>
				request("/trpc/session.login", {
					method: "POST",
					headers: { "content-type": "application/json", "cf-connecting-ip": ip },
					body,
				});
			const nine = await Promise.all(Array.from({ length: 9 }, () => garbage("{")));
			expect(new Set(nine.map(({ status }) => status))).toEqual(new Set([400]));
			expect((await garbage(JSON.stringify({ email: "x".repeat(5_000) }))).status).toBe(413);
			expect((await garbage("{")).status).toBe(429);
		});
	});

	it.each([
		["broken JSON", "session.login", "{", 400],
		["no password", "session.login", '{"email":"ada@acme.example"}', 400],
		["a large body", "session.login", `{"email":"${"x".repeat(5_000)}"}`, 413],
		["a batch", "session.login,session.login?batch=1", "{}", 400],
	])("that are rejected without a check get their response after a second: %s", async (_, path, body, status) => {
		const headers = { "content-type": "application/json", "cf-connecting-ip": freshAddress() };
		const start = performance.now();
		expect((await request(`/trpc/${path}`, { method: "POST", headers, body })).status).toBe(status);
		expect(performance.now() - start).toBeGreaterThan(900);
	});

	it("have a body of at most 4 KiB, announced or not", async () => {
		const send = (body: BodyInit) =>
			request("/trpc/session.login", {
				method: "POST",
				headers: { "content-type": "application/json", "cf-connecting-ip": freshAddress() },
				body,
			});
		const large = JSON.stringify({ email: "ada@acme.example", password: "x", more: "x".repeat(4_100) });
		for (const body of [large, new Blob([large]).stream()]) {
			const response = await send(body);
			expect(response.status).toBe(413);
			expect(await response.text()).toContain("larger than 4 KiB");
		}
		expect((await send(JSON.stringify({ email: "ada@acme.example", password: "🔑".repeat(500) }))).status).toBe(401);
	});

	it.each(["session.login,session.login", "session.login,session.logout", "session%2Elogin,session.logout"])(
		"are rejected in a batch: %s",
		async (names) => {
			const email = await addUser();
			const input = { 0: { email, password: PASSWORD }, 1: { email, password: PASSWORD } };
			const answer = await mutate({ "cf-connecting-ip": freshAddress() }, `${names}?batch=1`, input);
			expect(answer.status).toBe(400);
			expect(answer.error.message).toBe("batch: session.login cannot be part of a batch");
			expect(await db.select().from(auditEvents).where(eq(auditEvents.actorEmail, email))).toEqual([]);
		},
	);

	it("at one account from one IP address are five a minute", async () => {
		await withinOneMinute(async () => {
			const email = await addUser();
			const ip = freshAddress();
			const guesses = Array.from({ length: 5 }, (_, i) => ({
				email: i % 2 === 0 ? email : ` ${email.toUpperCase()}`,
				ip,
				...wrong,
			}));
			expect(await statuses(guesses)).toEqual(Array(5).fill(401));
			expect((await signIn({ email, ip })).status).toBe(429);
			expect((await signIn({ email: await addUser(), ip })).status).toBe(200);
		});
	});

	it("of others do not lock the owner of an account out", async () => {
		await withinOneMinute(async () => {
			const email = await addUser();
			const attackers = Array.from({ length: 40 }, () => ({ email, ...wrong }));
			expect(new Set(await statuses(attackers))).toEqual(new Set([401]));
			expect((await signIn({ email })).status).toBe(200);
		});
	});

	it("from everywhere at one account are a hundred a minute, and a device that has signed in before still can", async () => {
		await withinOneMinute(async () => {
			const email = await addUser();
			const device = deviceOf(await signIn({ email }));
			const other = deviceOf(await signIn({ email: await addUser() }));
			const guesses = await statuses(Array.from({ length: 99 }, () => ({ email, ...wrong })));
			expect(new Set(guesses)).toEqual(new Set([401]));
			expect((await signIn({ email })).status).toBe(429);
			expect((await signIn({ email, headers: { cookie: device } })).status).toBe(200);
			// Neither the device of another account nor a forged one is exempt.
			expect((await signIn({ email, headers: { cookie: other } })).status).toBe(429);
			expect((await signIn({ email, headers: { cookie: `${device}x` } })).status).toBe(429);
		});
	}, 60_000);

	it("of a device that has signed in before are ten a minute", async () => {
		await withinOneMinute(async () => {
			const email = await addUser();
			const headers = { cookie: deviceOf(await signIn({ email })) };
			const guesses = tenTimes(0).map(() => ({ email, headers, ...wrong }));
			expect(await statuses(guesses)).toEqual(tenTimes(401));
			expect((await signIn({ email, headers })).status).toBe(429);
		});
	});

	it("past the limit leave one event an hour in the audit trail", async () => {
		await withinOneMinute(async () => {
			const email = await addUser();
			const ip = freshAddress();
			await Promise.all(Array.from({ length: 9 }, () => signIn({ email, ip, ...wrong })));
			const events = await db.select().from(auditEvents).where(eq(auditEvents.actorEmail, email));
			const throttled = events.filter(({ action }) => action === "session.throttled");
			expect(throttled).toMatchObject([{ tenantId: acme.id, ip, keyId: null }]);
			expect(events).toHaveLength(6);
		});
	});

	it("at the same time are no more than one after the other", async () => {
		await withinOneMinute(async () => {
			const email = await addUser();
			const ip = freshAddress();
			const answers = await Promise.all(Array.from({ length: 25 }, () => signIn({ email, ip, password: "wrong" })));
			expect(answers.filter((answer) => answer.status === 401)).toHaveLength(5);
			expect(answers.filter((answer) => answer.status === 429)).toHaveLength(20);
		});
	});

	it("of full cost take turns, and too many at once are rejected", async () => {
		const unknown = () => signIn({ email: `${newId("usr").toLowerCase()}@nowhere.example` });
		const answers = await Promise.all(Array.from({ length: 20 }, unknown));
		const tried = answers.filter((answer) => answer.status === 401);
		expect(tried.length).toBeGreaterThanOrEqual(1);
		expect(tried.length).toBeLessThanOrEqual(9);
		for (const answer of answers) if (!tried.includes(answer)) expect(answer.status).toBe(429);
	}, 60_000);
});

describe("a change of the password", () => {
	/** A person who is signed in, on a device that is known. */
	async function signedInOnDevice() {
		const email = await addUser();
		const answer = await signIn({ email });
		const cookie = `${COOKIE}=${answer.data.token}; ${deviceOf(answer)}`;
		return { email, headers: { cookie, origin: ORIGIN, "cf-connecting-ip": freshAddress() } };
	}
	const WRONG = { current_password: "a guess of the thief", new_password: "sete cavalos azuis dormem" };

	it("allows ten attempts a minute on a device that has signed in before, and records the wrong ones", async () => {
		await withinOneMinute(async () => {
			const { email, headers } = await signedInOnDevice();
			const malformed = Array.from({ length: 9 }, () => mutate(headers, "passwords.change", {}));
			expect((await Promise.all(malformed)).map(({ status }) => status)).toEqual(Array(9).fill(400));
			const guess = await mutate(headers, "passwords.change", WRONG);
			expect(guess.error.message).toBe("current_password: Is not your password");
			expect((await mutate(headers, "passwords.change", WRONG)).status).toBe(429);
			const events = await db.select().from(auditEvents).where(eq(auditEvents.actorEmail, email));
			expect(events.filter(({ action }) => action === "session.login_failed")).toMatchObject([
				{ tenantId: acme.id, ip: headers["cf-connecting-ip"] },
			]);
		});
	}, 60_000);

	it("cannot be part of a batch", async () => {
		const { email, headers } = await signedInOnDevice();
		const answer = await mutate(headers, "passwords.change,passwords.change?batch=1", { 0: WRONG, 1: WRONG });
		expect(answer.status).toBe(400);
		expect(answer.error.message).toBe("batch: passwords.change cannot be part of a batch");
		const events = await db.select().from(auditEvents).where(eq(auditEvents.actorEmail, email));
		expect(events.map(({ action }) => action)).toEqual(["session.login"]);
	});
});

describe("a device", () => {
	it("is remembered in a cookie for this host that no script can read, for 400 days", async () => {
		const { headers } = await signIn({ email: await addUser() });
		expect(cookieOf(headers, DEVICE)?.attributes).toEqual([...ATTRIBUTES, "Max-Age=34560000"].sort());
	});

	it("is not signed in by its cookie", async () => {
		const device = deviceOf(await signIn({ email: await addUser() }));
		const [, value = ""] = device.split("=");
		for (const who of [{ cookie: device, origin: ORIGIN }, { cookie: `${COOKIE}=${value}`, origin: ORIGIN }, value])
			expect((await query(who, "session.me")).status).toBe(401);
	});

	it("is not made by a session token", async () => {
		const email = await addUser();
		const { data } = await signIn({ email });
		const headers = { cookie: `${DEVICE}=${data.token}` };
		await withinOneMinute(async () => {
			const ip = freshAddress();
			await statuses(tenTimes(0).map(() => ({ email, ip, headers, password: "wrong" })));
			expect((await signIn({ email, ip, headers })).status).toBe(429);
		});
	});
});

describe("the audit trail", () => {
	const eventsOf = (email: string) =>
		db.select().from(auditEvents).where(eq(auditEvents.actorEmail, email)).orderBy(desc(auditEvents.at));

	it("has sign-ins, failed sign-ins and sign-outs, with IP address and user agent", async () => {
		const email = await addUser();
		const ip = freshAddress();
		const from = { ip, headers: { "user-agent": "Browser/1.0" } };
		await signIn({ email, password: "wrong", ...from });
		const { data } = await signIn({ email, ...from });
		const headers = { authorization: `Bearer ${data.token}`, "cf-connecting-ip": ip, "user-agent": "Browser/1.0" };
		await mutate(headers, "session.logout");

		const events = await eventsOf(email);
		expect(events.map((event) => event.action).sort()).toEqual([
			"session.login",
			"session.login_failed",
			"session.logout",
		]);
		for (const event of events)
			expect(event).toMatchObject({
				tenantId: acme.id,
				actor: data.user.id,
				actorEmail: email,
				keyId: null,
				ip,
				userAgent: "Browser/1.0",
				changes: {},
			});
	});

	it("is read by the tenant's admins, by action", async () => {
		const email = await addUser();
		const { data } = await signIn({ email });
		const list = await query(data.token, "audit.list", { action: "session.login", actor: data.user.id });
		expect(list.data).toMatchObject({ items: [{ action: "session.login", actor_email: email }] });
	});

	it("ignores the IP address that a caller claims, and shortens long text", async () => {
		const email = await addUser();
		const headers = { "x-forwarded-for": "203.0.113.9", "x-real-ip": "203.0.113.9", "user-agent": "x".repeat(2_000) };
		const ip = freshAddress();
		await signIn({ email, ip, headers });
		expect(await eventsOf(email)).toMatchObject([{ ip, userAgent: "x".repeat(256) }]);
	});

	it("holds no password and no token", async () => {
		const email = await addUser();
		const typo = "what somebody typed in the wrong field";
		await signIn({ email, password: typo });
		await signIn({ email: "nobody@acme.example", password: typo });
		const { data } = await signIn({ email });
		await createKey(data.token);
		await mutate(data.token, "session.logout");
		const everything = JSON.stringify(await db.select().from(auditEvents));
		expect(everything).toContain(email);
		expect(everything).not.toContain(typo);
		expect(everything).not.toContain(PASSWORD);
		expect(everything).not.toContain("scrypt$");
		expectNoSecrets(everything);
	});
});
