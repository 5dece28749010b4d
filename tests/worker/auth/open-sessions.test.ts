/** People see where they are signed in, and end sessions. An ended session is rejected from the next request on. */
import { and, eq } from "drizzle-orm";
import { decodeJwt } from "jose";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Role } from "../../../db/enums.ts";
import { auditEvents, sessions } from "../../../db/schema.ts";
import type { OpenSessionList, SessionEnded, SessionsEnded } from "../../../worker/schemas/open-session.ts";
import type { LoggedIn } from "../../../worker/schemas/session.ts";
import { addTenant, db, mutate, query, request, token } from "../fixtures.ts";
import { addPerson, PASSWORD } from "./populated-tenant.ts";

const MINUTE_MS = 60_000;
const FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:147.0) Gecko/20100101 Firefox/147.0";

afterEach(() => {
	vi.useRealTimers();
});

/** Sign-ins are limited by network, so each comes from a network of its own. */
function freshAddress(): string {
	const [a, b] = crypto.getRandomValues(new Uint16Array(2));
	return `2001:db8:${((a ?? 0) | 1).toString(16)}:${((b ?? 0) | 1).toString(16)}::1`;
}

async function signIn(email: string, { ip = freshAddress(), userAgent = FIREFOX, cf = {} } = {}): Promise<string> {
	const response = await request(
		new Request("https://keys.example/trpc/session.login", {
			method: "POST",
			headers: { "content-type": "application/json", "cf-connecting-ip": ip, "user-agent": userAgent },
			body: JSON.stringify({ email, password: PASSWORD }),
			cf,
		}),
	);
	expect(response.status).toBe(200);
	return ((await response.json()) as { result: { data: LoggedIn } }).result.data.token;
}

const idOf = (token: string) => String(decodeJwt(token).session_id);
const listOf = async (token: string) => (await query<OpenSessionList>(token, "sessions.list")).data.items;
const isSignedIn = async (token: string) => (await query(token, "session.me")).status === 200;

/** A person with some sessions. */
async function personWithSessions(count: number) {
	const tenantId = await addTenant();
	const person = await addPerson(tenantId);
	const tokens: string[] = [];
	for (let i = 0; i < count; i++) tokens.push(await signIn(person.email));
	return { ...person, tenantId, tokens };
}

/** The events of ended sessions in a tenant. */
const endings = (tenantId: string) =>
	db
		.select()
		.from(auditEvents)
		.where(and(eq(auditEvents.tenantId, tenantId), eq(auditEvents.action, "session.end")));

describe("the list of sessions", () => {
	it("shows where, when and with which program each was opened, and which one is this", async () => {
		const { email } = await addPerson(await addTenant());
		const ip = freshAddress();
		const phone = await signIn(email, { ip, userAgent: "curl/8.5.0", cf: { city: "São Paulo", country: "BR" } });
		const laptop = await signIn(email);
		const items = await listOf(laptop);
		expect(items.map(({ id }) => id).sort()).toEqual([idOf(phone), idOf(laptop)].sort());
		expect(items.find(({ id }) => id === idOf(phone))).toEqual({
			id: idOf(phone),
			created_at: expect.stringMatching(/Z$/),
			last_seen_at: expect.stringMatching(/Z$/),
			expires_at: expect.stringMatching(/Z$/),
			ip,
			user_agent: "curl/8.5.0",
			place: "São Paulo, BR",
			current: false,
		});
		expect(items.find(({ id }) => id === idOf(laptop))).toMatchObject({ place: null, current: true });
	});

	it("has the same sessions over REST", async () => {
		const { tokens } = await personWithSessions(2);
		const [token = ""] = tokens;
		const response = await request("/v1/sessions", { headers: { authorization: `Bearer ${token}` } });
		expect(response.status).toBe(200);
		expect(((await response.json()) as { data: unknown }).data).toEqual(await listOf(token));
	});

	it("leaves out sessions that have expired or were idle for too long", async () => {
		const { tokens } = await personWithSessions(3);
		const [idle = "", expired = "", current = ""] = tokens;
		const now = Date.now();
		await db
			.update(sessions)
			.set({ lastSeenAt: now - 31 * MINUTE_MS })
			.where(eq(sessions.id, idOf(idle)));
		await db
			.update(sessions)
			.set({ expiresAt: now })
			.where(eq(sessions.id, idOf(expired)));
		expect((await listOf(current)).map(({ id }) => id)).toEqual([idOf(current)]);
	});

	it("shows nothing of other people", async () => {
		const mine = await personWithSessions(1);
		const colleague = await addPerson(mine.tenantId);
		const theirs = await signIn(colleague.email);
		expect((await listOf(theirs)).map(({ id }) => id)).toEqual([idOf(theirs)]);
	});

	it("is empty for a person whose token no session belongs to", async () => {
		expect(await listOf(await token({ tenantId: await addTenant() }))).toEqual([]);
	});

	it("shows ids that authenticate nothing", async () => {
		const { tokens } = await personWithSessions(1);
		const [{ id } = { id: "" }] = await listOf(tokens[0] ?? "");
		for (const headers of [
			{ authorization: `Bearer ${id}` },
			{ cookie: `__Host-session=${id}` },
			{ "x-api-key": id },
		] as Record<string, string>[])
			expect((await query(headers, "session.me")).status).toBe(401);
	});
});

describe("ending a session", () => {
	it("rejects the next request with it, and leaves the others open", async () => {
		const { tokens } = await personWithSessions(2);
		const [lost = "", kept = ""] = tokens;
		expect((await mutate<SessionEnded>(kept, "sessions.end", { id: idOf(lost) })).data).toEqual({ ended: true });
		expect(await isSignedIn(lost)).toBe(false);
		expect(await isSignedIn(kept)).toBe(true);
		expect((await mutate<SessionEnded>(kept, "sessions.end", { id: idOf(lost) })).data).toEqual({ ended: false });
	});

	it("works over REST", async () => {
		const { tokens } = await personWithSessions(3);
		const [first = "", second = "", kept = ""] = tokens;
		const headers = { authorization: `Bearer ${kept}` };
		const one = await request(`/v1/sessions/${idOf(first)}`, { method: "DELETE", headers });
		expect(await one.json()).toMatchObject({ data: { ended: true } });
		expect(await isSignedIn(first)).toBe(false);
		const others = await request("/v1/sessions", { method: "DELETE", headers });
		expect(await others.json()).toMatchObject({ data: { ended: 1 } });
		expect([await isSignedIn(second), await isSignedIn(kept)]).toEqual([false, true]);
	});

	it("is recorded once, with the session that has ended", async () => {
		const { tenantId, id, tokens } = await personWithSessions(2);
		const [lost = "", kept = ""] = tokens;
		// Both find the session open.
		await Promise.all([1, 2].map(() => mutate(kept, "sessions.end", { id: idOf(lost) })));
		expect(await endings(tenantId)).toEqual([
			expect.objectContaining({
				actor: id,
				targetId: idOf(lost),
				changes: expect.objectContaining({ user_id: { from: id, to: null } }),
			}),
		]);
	});

	it("changes nothing with the id of another person's session", async () => {
		const { tenantId, tokens } = await personWithSessions(1);
		const [victim = ""] = tokens;
		const colleague = await signIn((await addPerson(tenantId, "owner")).email);
		const stranger = await personWithSessions(1);
		for (const attacker of [colleague, stranger.tokens[0] ?? ""])
			expect((await mutate<SessionEnded>(attacker, "sessions.end", { id: idOf(victim) })).data).toEqual({
				ended: false,
			});
		expect(await isSignedIn(victim)).toBe(true);
		expect(await endings(tenantId)).toEqual([]);
	});
});

describe("ending all other sessions", () => {
	it("keeps only the session of the request", async () => {
		const { tenantId, tokens } = await personWithSessions(3);
		const colleague = await signIn((await addPerson(tenantId)).email);
		const current = tokens.at(-1) ?? "";
		expect((await mutate<SessionsEnded>(current, "sessions.endOthers")).data).toEqual({ ended: 2 });
		expect(await Promise.all(tokens.map(isSignedIn))).toEqual([false, false, true]);
		expect(await isSignedIn(colleague)).toBe(true);
		expect((await endings(tenantId)).map(({ targetId }) => targetId).sort()).toEqual(
			tokens.slice(0, 2).map(idOf).sort(),
		);
	});
});

describe("the sessions of a member", () => {
	/** A person's own session, as an owner or admin. */
	const managerOf = async (tenantId: string, role: Role) => signIn((await addPerson(tenantId, role)).email);

	it("are listed and ended by an admin", async () => {
		const { tenantId, id, tokens } = await personWithSessions(2);
		const admin = await managerOf(tenantId, "admin");
		const listed = await query<OpenSessionList>(admin, "members.sessions", { id });
		expect(listed.data.items.map((session) => session.id).sort()).toEqual(tokens.map(idOf).sort());
		expect(listed.data.items.every(({ current }) => !current)).toBe(true);

		expect((await mutate<SessionsEnded>(admin, "members.endSessions", { id })).data).toEqual({ ended: 2 });
		expect(await Promise.all(tokens.map(isSignedIn))).toEqual([false, false]);
		expect(await isSignedIn(admin)).toBe(true);
		const events = await endings(tenantId);
		expect(events.map(({ targetId }) => targetId).sort()).toEqual(tokens.map(idOf).sort());
		expect(new Set(events.map(({ actor }) => actor)).size).toBe(1);
		expect(events[0]?.actor).not.toBe(id);
	});

	it("are listed and ended over REST", async () => {
		const { tenantId, id, tokens } = await personWithSessions(1);
		const headers = { authorization: `Bearer ${await managerOf(tenantId, "owner")}` };
		const listed = await request(`/v1/members/${id}/sessions`, { headers });
		expect(await listed.json()).toMatchObject({ data: [{ id: idOf(tokens[0] ?? "") }] });
		const ended = await request(`/v1/members/${id}/sessions`, { method: "DELETE", headers });
		expect(await ended.json()).toMatchObject({ data: { ended: 1 } });
		expect(await isSignedIn(tokens[0] ?? "")).toBe(false);
	});

	it("are managed by owners alone if the member is an owner", async () => {
		const tenantId = await addTenant();
		const { id, email } = await addPerson(tenantId, "owner");
		const owner = await signIn(email);
		const admin = await managerOf(tenantId, "admin");
		expect((await query(admin, "members.sessions", { id })).status).toBe(403);
		expect((await mutate(admin, "members.endSessions", { id })).status).toBe(403);
		expect(await isSignedIn(owner)).toBe(true);
		expect((await mutate(await managerOf(tenantId, "owner"), "members.endSessions", { id })).status).toBe(200);
		expect(await isSignedIn(owner)).toBe(false);
	});

	it("are unknown to members and to other tenants", async () => {
		const { tenantId, id, tokens } = await personWithSessions(1);
		expect((await query(await managerOf(tenantId, "member"), "members.sessions", { id })).status).toBe(403);
		const stranger = await managerOf(await addTenant(), "owner");
		expect((await query(stranger, "members.sessions", { id })).status).toBe(404);
		expect((await mutate(stranger, "members.endSessions", { id })).status).toBe(404);
		expect(await isSignedIn(tokens[0] ?? "")).toBe(true);
	});
});
