/** One-time links: who can use them, how often and how long; and the passwords that are set with them. */
import { env } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { afterEach, describe, expect, it, vi } from "vitest";
import { accessLinks, sessions, users } from "../../../db/schema.ts";
import { createApp } from "../../../worker/app.ts";
import { readConfig } from "../../../worker/env.ts";
import type { MemberLink } from "../../../worker/schemas/member.ts";
import type { LinkDetails, PasswordChanged } from "../../../worker/schemas/password.ts";
import type { LoggedIn } from "../../../worker/schemas/session.ts";
import { addInvitation, PASSWORD } from "../auth/populated-tenant.ts";
import { db, fieldsOf, mutate, ORIGIN, query } from "../fixtures.ts";
import { invite, memberOf, type Person, secretOf, stored, tenantWithPeople, trailOf } from "./tenant-with-people.ts";

afterEach(() => vi.useRealTimers());

let visitors = 0;
/** Each visitor has an IP address of its own, so that attempts are not throttled. */
const visitor = () => ({ "cf-connecting-ip": `2001:db8:7:${(++visitors).toString(16)}::1` });
const set = (input: Record<string, unknown>) => mutate<LoggedIn>(visitor(), "passwords.set", input);
const readLink = (secret: string) => mutate<LinkDetails>(visitor(), "passwords.readLink", { secret });
const signIn = (email: string, password: string) => mutate<LoggedIn>(visitor(), "session.login", { email, password });
const GOOD = "sete cavalos azuis dormem";

describe("an invitation", () => {
	it("shows whom it is for, sets the password and signs in, once", async () => {
		const { tenantId, admin } = await tenantWithPeople();
		const { member, link } = (await invite(admin)).data;
		const secret = link.url.split("#")[1] ?? "";
		const details = (await readLink(secret)).data;
		expect(details).toMatchObject({ purpose: "invitation", email: member.email, name: "Ivo" });
		expect(details.tenant_name).toMatch(/^Tenant /);

		const accepted = await set({ secret, password: GOOD, name: "Ivo Lima" });
		expect(accepted.status).toBe(200);
		expect(accepted.headers.getSetCookie().join()).toContain("__Host-session=");
		expect((await query(accepted.data.token, "session.me")).data).toMatchObject({ user: { name: "Ivo Lima" } });
		expect(await memberOf(admin, member.id)).toMatchObject({ status: "active", name: "Ivo Lima" });
		expect((await signIn(member.email, GOOD)).status).toBe(200);

		expect((await set({ secret, password: GOOD })).error).toMatchObject({ code: "NOT_FOUND" });
		expect((await readLink(secret)).status).toBe(404);
		expect((await trailOf(tenantId, member.id)).map(({ action, actor }) => [action, actor])).toEqual([
			["member.invite", admin.id],
			["member.join", member.id],
		]);
	});

	it("works for one of two visitors who use it at once", async () => {
		const { tenantId } = await tenantWithPeople();
		const { id, email, secret } = await addInvitation(tenantId);
		const passwords = [`${GOOD} um`, `${GOOD} dois`];
		const answers = await Promise.all(passwords.map((password) => set({ secret, password })));
		expect(answers.map(({ status }) => status).sort()).toEqual([200, 404]);
		const won = passwords[answers.findIndex(({ status }) => status === 200)] ?? "";
		expect((await signIn(email, won)).status).toBe(200);
		// One by the link, one by this sign-in: the visitor who lost has none.
		expect(await db.select().from(sessions).where(eq(sessions.userId, id))).toHaveLength(2);
		expect((await trailOf(tenantId, id)).map(({ action }) => action)).toEqual(["member.join"]);
	});

	it("works for seven days", async () => {
		const { admin } = await tenantWithPeople();
		const { data } = await invite(admin);
		const start = Date.now();
		vi.useFakeTimers({ toFake: ["Date"], now: start + 7 * 86_400_000 - 60_000 });
		expect((await readLink(secretOf(data))).status).toBe(200);
		vi.setSystemTime(start + 7 * 86_400_000 + 60_000);
		expect((await readLink(secretOf(data))).status).toBe(404);
		expect((await set({ secret: secretOf(data), password: GOOD })).status).toBe(404);
	});

	it("that was forged reads a row and hashes nothing", async () => {
		const [before] = await db.select().from(users);
		const hash = vi.spyOn(env.PASSWORD_HASHER, "getByName");
		expect((await set({ secret: "0".repeat(32), password: GOOD })).status).toBe(404);
		expect(hash).not.toHaveBeenCalled();
		expect((await db.select().from(users))[0]).toEqual(before);
	});

	it("is limited for each IP address", async () => {
		const from = visitor();
		const statuses: number[] = [];
		for (let attempt = 0; attempt < 14; attempt++)
			statuses.push((await mutate(from, "passwords.readLink", { secret: "x" })).status);
		expect(statuses).toContain(429);
	});

	it("is refused to pages of other sites, and cannot be part of a batch", async () => {
		const { tenantId } = await tenantWithPeople();
		const { secret } = await addInvitation(tenantId);
		const foreign = { ...visitor(), origin: "https://evil.example" };
		expect((await mutate(foreign, "passwords.set", { secret, password: GOOD })).status).toBe(403);
		expect((await readLink(secret)).status).toBe(200);
	});
});

describe("a password link", () => {
	it("ends earlier links and, when it is used, every session of the member", async () => {
		const { tenantId, admin, member } = await tenantWithPeople();
		const link = async () => (await mutate<MemberLink>(admin.session, "members.resetPassword", { id: member.id })).data;
		const first = await link();
		const second = await link();
		expect(second.link.url).toMatch(/\/reset#/);
		expect((await readLink(secretOf(first))).status).toBe(404);
		expect((await query(member.session, "session.me")).status).toBe(200);
		const reset = await set({ secret: secretOf(second), password: GOOD });
		expect(reset.status).toBe(200);
		expect((await query(member.session, "session.me")).status).toBe(401);
		expect((await query(reset.data.token, "session.me")).status).toBe(200);
		expect((await signIn(member.email, PASSWORD)).status).toBe(401);
		expect((await trailOf(tenantId, member.id)).map(({ action }) => action)).toEqual([
			"password.link",
			"password.link",
			"password.reset",
		]);
	});

	it("works for one hour", async () => {
		const { admin, member } = await tenantWithPeople();
		const { data } = await mutate<MemberLink>(admin.session, "members.resetPassword", { id: member.id });
		vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 3_660_000 });
		expect((await readLink(secretOf(data))).status).toBe(404);
	});
});

describe("a new password", () => {
	const rejected = async (password: string, person: { name?: string } = {}) => {
		const { tenantId } = await tenantWithPeople();
		const { secret, id } = await addInvitation(tenantId);
		if (person.name)
			await db
				.update(users)
				.set({ name: person.name, email: `${id.toLowerCase()}@x.example` })
				.where(eq(users.id, id));
		const answer = await set({ secret, password });
		// A rejected password does not use the link up.
		expect((await readLink(secret)).status).toBe(200);
		return [answer.status, fieldsOf(answer), answer.error.details?.[0]?.message];
	};

	it.each([
		["elevenchars", "Must have at least 12 characters"],
		["x".repeat(1_025), "Must have at most 1024 characters"],
		["password1234", "Is a common password. Choose another one"],
		["Password123!", "Is a common password. Choose another one"],
		["  Sunshine 2026 ", "Is a common password. Choose another one"],
		["qwerty123456", "Is a common password. Choose another one"],
		["footballfootball", "Is a common password. Choose another one"],
		["aaaaaaaaaaaaaaaa", "Has too few different characters"],
		["121212121212", "Has too few different characters"],
	])("such as %j is rejected", async (password, message) => {
		expect(await rejected(password)).toEqual([400, ["password"], message]);
	});

	it("that is the person's name or email is rejected", async () => {
		const own = [400, ["password"], "Must not be your name or your email"];
		expect(await rejected("Guilherme Prado", { name: "Guilherme Prado" })).toEqual(own);
		expect(await rejected("guilhermeprado2026", { name: "Guilherme Prado" })).toEqual(own);
	});

	it("of 1,024 characters is accepted", async () => {
		const { tenantId } = await tenantWithPeople();
		const { secret } = await addInvitation(tenantId);
		const long = `${GOOD} ${"ã".repeat(1_000)}`.slice(0, 1_024);
		expect((await set({ secret, password: long })).status).toBe(200);
	});
});

describe("changing the own password", () => {
	const change = (who: Person, current_password: string, new_password: string) =>
		mutate<PasswordChanged>({ ...who.session, ...visitor() }, "passwords.change", { current_password, new_password });

	it("needs the old one, keeps this session and ends the others", async () => {
		const { tenantId, admin, member } = await tenantWithPeople();
		const other = (await signIn(member.email, PASSWORD)).data.token;
		const link = (await mutate<MemberLink>(admin.session, "members.resetPassword", { id: member.id })).data;
		const wrong = await change(member, "not the password", GOOD);
		expect([wrong.status, fieldsOf(wrong)]).toEqual([400, ["current_password"]]);
		expect((await change(member, PASSWORD, GOOD)).data).toEqual({ ended_sessions: 1 });
		expect((await query(member.session, "session.me")).status).toBe(200);
		expect((await query(other, "session.me")).status).toBe(401);
		expect((await signIn(member.email, GOOD)).status).toBe(200);
		expect((await readLink(secretOf(link))).status).toBe(404);
		expect((await trailOf(tenantId, member.id)).map(({ action }) => action)).toEqual([
			"password.link",
			"password.change",
		]);
	});

	it("rejects a common one, and nothing changes", async () => {
		const { member } = await tenantWithPeople();
		const before = await stored(member.id);
		const answer = await change(member, PASSWORD, "password1234");
		expect([answer.status, fieldsOf(answer)]).toEqual([400, ["new_password"]]);
		expect(await stored(member.id)).toEqual(before);
	});
});

describe("with mail", () => {
	interface Sent {
		from: { email: string; name: string };
		to: string;
		subject: string;
		text: string;
	}
	/** The service with a mail binding that keeps what it is given. */
	function mailing(limit = true) {
		const sent: Sent[] = [];
		const work: Promise<unknown>[] = [];
		const bindings = {
			...env,
			MAIL_FROM: "keys@salesos.example",
			PUBLIC_URL: "https://keys.salesos.example",
			EMAIL: {
				send: async (message: Sent) => {
					sent.push(message);
					return { messageId: "1" };
				},
			},
			LINK_LIMITER: { limit: async () => ({ success: limit }) },
		};
		const app = createApp(readConfig(bindings as unknown as Parameters<typeof readConfig>[0]));
		const context = {
			waitUntil: (later: Promise<unknown>) => work.push(later),
			passThroughOnException() {},
			props: {},
		};
		const call = async (headers: Record<string, string>, procedure: string, input: unknown) => {
			const response = await app.fetch(
				new Request(`${ORIGIN}/trpc/${procedure}`, {
					method: "POST",
					headers: { "content-type": "application/json", ...visitor(), ...headers },
					body: JSON.stringify(input),
				}),
				bindings,
				context as unknown as ExecutionContext,
			);
			const answered = { status: response.status, text: await response.text(), waiting: work.length };
			await Promise.all(work);
			return answered;
		};
		return { sent, call };
	}

	it("an invitation is mailed from the configured sender, with a link to the configured origin", async () => {
		const { admin } = await tenantWithPeople();
		const { sent, call } = mailing();
		const to = `${crypto.randomUUID()}@company.example`;
		const { status, text } = await call(admin.session, "members.invite", { email: to, name: "Ivo", role: "member" });
		expect(status).toBe(200);
		expect(text).toContain('"mailed":true');
		expect(sent).toMatchObject([{ from: { email: "keys@salesos.example", name: "SalesOS" }, to }]);
		expect(sent[0]?.text).toMatch(/https:\/\/keys\.salesos\.example\/invite#[0-9A-Za-z]{32}\n/);
		expect(sent[0]?.subject).toMatch(/^You are invited to Tenant .* on SalesOS$/);
	});

	it("the mail is in Portuguese if the browser of its maker is", async () => {
		const { admin, member } = await tenantWithPeople();
		const { sent, call } = mailing();
		await call({ ...admin.session, "accept-language": "pt-BR,pt;q=0.9" }, "members.resetPassword", { id: member.id });
		expect(sent[0]?.subject).toBe("Defina uma nova senha do SalesOS");
	});

	it("names that people have chosen bring no link and no header into a mail", async () => {
		const { tenantId, admin } = await tenantWithPeople();
		const name = "Acme https://evil.example/ www.evil.example <b>\u2028Bcc: x@evil.example";
		await env.DB.prepare("update tenants set name = ? where id = ?").bind(name, tenantId).run();
		const { sent, call } = mailing();
		await call(admin.session, "members.invite", { email: `${crypto.randomUUID()}@c.example`, name, role: "member" });
		const { subject = "", text = "" } = sent[0] ?? {};
		const withoutOurs = text.replace(/https:\/\/keys\.salesos\.example\S+/, "");
		for (const shown of [subject, withoutOurs]) expect(shown).not.toMatch(/:\/\/|evil\.example|@|<|\u2028|Bcc:/);
		expect(subject).not.toMatch(/[\r\n]/);
	});

	it("a forgotten password gets the same response for every email, before any work is done", async () => {
		const { tenantId, member } = await tenantWithPeople();
		const { sent, call } = mailing();
		const known = await call({}, "passwords.forgot", { email: member.email });
		const unknown = await call({}, "passwords.forgot", { email: `${crypto.randomUUID()}@company.example` });
		expect([known.status, known.text, known.waiting]).toEqual([200, '{"result":{"data":{"mailing":true}}}', 1]);
		expect([unknown.status, unknown.text]).toEqual([known.status, known.text]);
		expect(sent.map(({ to }) => to)).toEqual([member.email]);
		const secret = /#([0-9A-Za-z]{32})/.exec(sent[0]?.text ?? "")?.[1] ?? "";
		expect((await readLink(secret)).data.purpose).toBe("password_reset");
		expect(await trailOf(tenantId, member.id)).toMatchObject([{ action: "password.link", actor: member.id }]);
	});

	it("a forgotten password is mailed once in five minutes, and never to a deactivated member", async () => {
		const { admin, member } = await tenantWithPeople();
		const { sent, call } = mailing();
		await call({}, "passwords.forgot", { email: member.email });
		await call({}, "passwords.forgot", { email: member.email.toUpperCase() });
		expect(sent).toHaveLength(1);
		expect(await db.select().from(accessLinks).where(eq(accessLinks.userId, member.id))).toHaveLength(1);
		await mutate(admin.session, "members.deactivate", { id: member.id });
		vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 600_000 });
		await call({}, "passwords.forgot", { email: member.email });
		expect(sent).toHaveLength(1);
	});

	it("a tenant makes a limited number of links", async () => {
		const { admin, member } = await tenantWithPeople();
		const { sent, call } = mailing(false);
		expect((await call(admin.session, "members.resetPassword", { id: member.id })).status).toBe(429);
		const invitation = { email: `${crypto.randomUUID()}@company.example`, name: "Ivo", role: "member" };
		expect((await call(admin.session, "members.invite", invitation)).status).toBe(429);
		expect(sent).toEqual([]);
	});

	it("the configuration needs the origin of links, and a sender", () => {
		const config = (more: Record<string, string>) => () => readConfig({ ...env, ...more });
		expect(config({ MAIL_FROM: "keys@salesos.example" })).toThrow("MAIL_FROM needs PUBLIC_URL");
		expect(config({ MAIL_FROM: "SalesOS <x>", PUBLIC_URL: "https://k.example" })).toThrow("MAIL_FROM must be an email");
		expect(config({ PUBLIC_URL: "https://k.example/path" })).toThrow("PUBLIC_URL must be an origin");
		expect(config({ PUBLIC_URL: "http://k.example" })).toThrow("PUBLIC_URL must be an origin");
	});
});

describe("without mail", () => {
	it("a forgotten password says that this service sends none", async () => {
		expect((await mutate(visitor(), "passwords.forgot", { email: "ana@acme.example" })).data).toEqual({
			mailing: false,
		});
	});
});
