/** Inviting, changing, deactivating and removing the people of a tenant. */
import { env } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { newId } from "../../../db/ids.ts";
import { accessLinks, auditEvents, sessions, userIdentities } from "../../../db/schema.ts";
import { createApp } from "../../../worker/app.ts";
import { type Bindings, readConfig } from "../../../worker/env.ts";
import type { AuditList } from "../../../worker/schemas/audit.ts";
import type { KeyList } from "../../../worker/schemas/key-list.ts";
import type { Member, MemberLink, MemberList, RemovedMember } from "../../../worker/schemas/member.ts";
import { addTenant, createKey, db, mutate, ORIGIN, query, request, token } from "../fixtures.ts";
import {
	invite,
	memberOf,
	newEmail,
	secretOf,
	signedIn,
	stored,
	tenantWithPeople,
	trailOf,
} from "./tenant-with-people.ts";

let visitors = 0;
/** Each visitor has an IP address of its own, so that attempts are not throttled. */
const visitor = () => ({ "cf-connecting-ip": `2001:db8:8:${(++visitors).toString(16)}::1` });

const update = (who: { session: Record<string, string> }, input: Record<string, unknown>) =>
	mutate<Member>(who.session, "members.update", input);
const me = (who: { session: Record<string, string> }) => query<{ user: Member }>(who.session, "session.me");

describe("the list of members", () => {
	it("has everyone of the tenant in the order of their emails, page after page", async () => {
		const { tenantId, owner, admin, member } = await tenantWithPeople();
		const invited = (await invite(admin)).data.member;
		const seen: Member[] = [];
		for (let cursor: string | undefined; ; ) {
			const page = await query<MemberList>(owner.session, "members.list", {
				limit: 2,
				...(cursor === undefined ? {} : { cursor }),
			});
			seen.push(...page.data.items);
			if (page.data.next_cursor === null) break;
			cursor = page.data.next_cursor;
		}
		const emails = [owner, admin, member, invited].map(({ email }) => email).sort();
		expect(seen.map(({ email }) => email)).toEqual(emails);
		expect(seen.find(({ id }) => id === invited.id)).toMatchObject({ status: "invited", last_sign_in_at: null });
		expect(seen.find(({ id }) => id === owner.id)).toMatchObject({ status: "active", role: "owner" });
		expect(tenantId).not.toBe("");
	});

	it("counts the keys that each member has made and that are still live", async () => {
		const { owner, admin } = await tenantWithPeople();
		await createKey(admin.session);
		const revoked = await createKey(admin.session);
		await mutate(admin.session, "keys.revoke", { id: revoked.api_key.id });
		expect((await memberOf(owner, admin.id)).live_keys).toBe(1);
		expect((await memberOf(owner, owner.id)).live_keys).toBe(0);
	});

	it("leads to the keys of each member, page after page in any order", async () => {
		const { owner, admin } = await tenantWithPeople();
		for (const name of ["First", "Second", "Third"]) await createKey(admin.session, { name });
		await createKey(owner.session, { name: "Of the owner" });
		const names: string[] = [];
		for (let cursor: string | undefined; ; ) {
			const { data } = await query<KeyList>(owner.session, "keys.list", {
				created_by: admin.id,
				sort: "name",
				limit: 2,
				...(cursor === undefined ? {} : { cursor }),
			});
			names.push(...data.items.map(({ name }) => name));
			if (data.next_cursor === null) break;
			cursor = data.next_cursor;
		}
		expect(names).toEqual(["First", "Second", "Third"]);
		const found = await query<KeyList>(owner.session, "keys.list", { created_by: admin.id, search: "second" });
		expect(found.data.items.map(({ name }) => name)).toEqual(["Second"]);
	});

	it("is closed to members, also to those who may manage keys", async () => {
		const { owner, member } = await tenantWithPeople();
		await update(owner, { id: member.id, capabilities: ["admin.integrations"] });
		expect((await query(member.session, "keys.list")).status).toBe(200);
		expect((await query(member.session, "members.list")).status).toBe(403);
		expect((await update(member, { id: member.id, role: "owner" })).status).toBe(403);
	});
});

describe("an invitation", () => {
	it("makes a link that is stored only as a hash, and is recorded", async () => {
		const { tenantId, admin } = await tenantWithPeople();
		const { data } = await invite(admin, { name: "Ivo", role: "admin" });
		expect(data.member).toMatchObject({ name: "Ivo", role: "admin", status: "invited", live_keys: 0 });
		expect(data.link.url).toMatch(/^https:\/\/keys\.example\/invite#[0-9A-Za-z]{32}$/);
		expect(data.link.mailed).toBe(false);
		expect(Date.parse(data.link.expires_at) - Date.now()).toBeGreaterThan(6.9 * 86_400_000);
		const rows = JSON.stringify([await db.select().from(accessLinks), await db.select().from(auditEvents)]);
		expect(rows).not.toContain(secretOf(data));
		expect(await trailOf(tenantId, data.member.id)).toMatchObject([
			{
				action: "member.invite",
				actor: admin.id,
				changes: { email: { to: data.member.email }, role: { to: "admin" } },
			},
		]);
	});

	it("of a person who was invited before replaces the link and what it says", async () => {
		const { admin } = await tenantWithPeople();
		const email = newEmail();
		const first = (await invite(admin, { email })).data;
		const second = (await invite(admin, { email, role: "admin", name: "Ines" })).data;
		expect(second.member).toMatchObject({ id: first.member.id, role: "admin", name: "Ines" });
		expect((await mutate(visitor(), "passwords.readLink", { secret: secretOf(first) })).status).toBe(404);
		expect((await mutate(visitor(), "passwords.readLink", { secret: secretOf(second) })).status).toBe(200);
	});

	it("is not found for a token of a tenant that doesn't exist", async () => {
		const stranger = await token({ tenantId: newId("ten"), role: "owner" });
		const answer = await mutate(stranger, "members.invite", { email: newEmail(), name: "Ivo", role: "member" });
		expect(answer.error).toMatchObject({ code: "NOT_FOUND", message: "Tenant not found." });
	});

	it("is a conflict for a member, and does not say in which other tenant an email is", async () => {
		const { admin, member } = await tenantWithPeople();
		const elsewhere = await tenantWithPeople();
		expect((await invite(admin, { email: member.email })).error).toMatchObject({
			code: "CONFLICT",
			message: "This person is a member already.",
		});
		const { error } = await invite(admin, { email: elsewhere.owner.email.toUpperCase() });
		expect(error).toMatchObject({
			code: "CONFLICT",
			message: "A person with this email cannot be invited: the email belongs to another account.",
		});
		expect(JSON.stringify(error)).not.toContain(elsewhere.tenantId);
	});

	it("of an owner is up to owners", async () => {
		const { owner, admin } = await tenantWithPeople();
		expect((await invite(admin, { role: "owner" })).status).toBe(403);
		const { data } = await invite(owner, { role: "owner" });
		expect(data.member.role).toBe("owner");
		// An admin cannot take over the invitation either.
		expect((await invite(admin, { email: data.member.email })).status).toBe(403);
		expect((await mutate(admin.session, "members.resetPassword", { id: data.member.id })).status).toBe(403);
	});
});

describe("a change of a member", () => {
	it("applies to their next request, and is recorded", async () => {
		const { tenantId, owner, member } = await tenantWithPeople();
		expect((await query(member.session, "keys.list")).status).toBe(403);
		expect((await update(owner, { id: member.id, role: "admin", name: "Mia" })).data).toMatchObject({
			role: "admin",
			name: "Mia",
		});
		expect((await query(member.session, "keys.list")).status).toBe(200);
		expect(await trailOf(tenantId, member.id)).toEqual([
			{
				action: "member.update",
				actor: owner.id,
				changes: { name: { from: "Ana", to: "Mia" }, role: { from: "member", to: "admin" } },
			},
		]);
	});

	it("cannot raise the person who makes it, nor make or touch owners as an admin", async () => {
		const { owner, admin } = await tenantWithPeople();
		expect((await update(admin, { id: admin.id, role: "owner" })).status).toBe(403);
		expect((await update(admin, { id: owner.id, role: "member" })).status).toBe(403);
		expect((await update(admin, { id: owner.id, name: "Renamed" })).status).toBe(403);
		for (const procedure of ["deactivate", "remove", "resetPassword", "reactivate"])
			expect((await mutate(admin.session, `members.${procedure}`, { id: owner.id })).status, procedure).toBe(403);
		const lowered = await update(admin, { id: admin.id, role: "member", capabilities: [] });
		expect(lowered.data.role).toBe("member");
		expect((await update(admin, { id: admin.id, capabilities: ["admin.integrations"] })).status).toBe(403);
	});

	it("is rejected for the last active owner, and a person who was only invited is none", async () => {
		const { owner } = await tenantWithPeople();
		const { data } = await invite(owner, { role: "owner" });
		const answer = await update(owner, { id: owner.id, role: "member" });
		expect(answer.error).toMatchObject({
			code: "CONFLICT",
			message: "This is the tenant's last active owner. Make another member an owner first.",
		});
		expect((await stored(owner.id))?.role).toBe("owner");
		expect(data.member.role).toBe("owner");
	});

	it("leaves an owner if two owners demote each other at once", async () => {
		const { tenantId, owner } = await tenantWithPeople();
		const other = await signedIn(tenantId, "owner");
		const answers = await Promise.all([
			update(owner, { id: other.id, role: "member" }),
			update(other, { id: owner.id, role: "member" }),
			update(owner, { id: owner.id, role: "member" }),
			update(other, { id: other.id, role: "member" }),
		]);
		expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
		const roles = [(await stored(owner.id))?.role, (await stored(other.id))?.role];
		expect(roles.sort()).toEqual(["member", "owner"]);
		const events = (await trailOf(tenantId, owner.id)).concat(await trailOf(tenantId, other.id));
		expect(events).toHaveLength(1);
	});

	it("leaves an owner if the platform deactivates and removes all of them at once", async () => {
		const { tenantId, owner } = await tenantWithPeople();
		const other = await signedIn(tenantId, "owner");
		const platform = { authorization: `Bearer ${env.SERVICE_ROLE_KEY}`, "x-tenant-id": tenantId };
		await Promise.all([
			mutate(platform, "members.deactivate", { id: owner.id }),
			mutate(platform, "members.remove", { id: other.id }),
		]);
		const left = [await stored(owner.id), await stored(other.id)].filter((row) => row && row.deactivatedAt === null);
		expect(left).toHaveLength(1);
	});
});

describe("a deactivated member", () => {
	it("is out at once: their sessions, their links and their password", async () => {
		const { tenantId, admin, member } = await tenantWithPeople();
		const { data } = await mutate<MemberLink>(admin.session, "members.resetPassword", { id: member.id });
		expect((await me(member)).status).toBe(200);
		const answer = await mutate<Member>(admin.session, "members.deactivate", { id: member.id });
		expect(answer.data.status).toBe("deactivated");
		expect((await me(member)).status).toBe(401);
		expect(await db.select().from(sessions).where(eq(sessions.userId, member.id))).toEqual([]);
		expect((await mutate(visitor(), "passwords.readLink", { secret: secretOf(data) })).status).toBe(404);
		const signIn = await mutate(visitor(), "session.login", {
			email: member.email,
			password: "correct horse battery staple",
		});
		expect(signIn.error).toMatchObject({ code: "UNAUTHORIZED", message: "Incorrect email or password." });
		expect((await trailOf(tenantId, member.id)).map(({ action }) => action)).toEqual([
			"password.link",
			"member.deactivate",
		]);
	});

	it("is out even if a session was opened at the same moment", async () => {
		const { tenantId, admin, member } = await tenantWithPeople();
		await mutate(admin.session, "members.deactivate", { id: member.id });
		const now = Date.now();
		await db
			.insert(sessions)
			.values({ id: "ses_late", tenantId, userId: member.id, createdAt: now, expiresAt: now + 1e6, lastSeenAt: now });
		const late = await token({ tenantId, role: "member", sub: member.id, claims: { session_id: "ses_late" } });
		expect((await query(late, "session.me")).status).toBe(401);
	});

	it("keeps their keys in use, and the response says how many", async () => {
		const { owner, admin } = await tenantWithPeople();
		const { key } = await createKey(admin.session);
		expect((await mutate<Member>(owner.session, "members.deactivate", { id: admin.id })).data.live_keys).toBe(1);
		expect((await request("/v1/whoami", { headers: { authorization: `Bearer ${key}` } })).status).toBe(200);
		const removed = await mutate<RemovedMember>(owner.session, "members.remove", { id: admin.id });
		expect(removed.data).toEqual({ id: admin.id, live_keys: 1 });
		expect((await request("/v1/whoami", { headers: { authorization: `Bearer ${key}` } })).status).toBe(200);
	});

	it("can sign in again after a reactivation, with the password from before", async () => {
		const { admin, member } = await tenantWithPeople();
		await mutate(admin.session, "members.deactivate", { id: member.id });
		expect((await mutate<Member>(admin.session, "members.reactivate", { id: member.id })).data.status).toBe("active");
		const signIn = await mutate(visitor(), "session.login", {
			email: member.email,
			password: "correct horse battery staple",
		});
		expect(signIn.status).toBe(200);
		expect((await memberOf(admin, member.id)).last_sign_in_at).not.toBeNull();
	});

	it("cannot be the person who deactivates", async () => {
		const { owner } = await tenantWithPeople();
		for (const procedure of ["deactivate", "remove", "resetPassword"])
			expect((await mutate(owner.session, `members.${procedure}`, { id: owner.id })).status, procedure).toBe(403);
	});
});

describe("the audit log", () => {
	it("names the member of an event, also after they were removed", async () => {
		const { owner, member } = await tenantWithPeople();
		await update(owner, { id: member.id, role: "admin" });
		const named = async (action: string) => {
			const { data } = await query<AuditList>(owner.session, "audit.list", { action });
			return data.items.map(({ target_id, target_name, key_name }) => [target_id, target_name, key_name]);
		};
		expect(await named("member.update")).toEqual([[member.id, member.email, null]]);
		await mutate(owner.session, "members.remove", { id: member.id });
		expect(await named("member.remove")).toEqual([[member.id, member.email, null]]);
	});
});

describe("a removed member", () => {
	it("is gone with their sessions, and stays in the trail", async () => {
		const { tenantId, owner, member } = await tenantWithPeople();
		await mutate(owner.session, "members.remove", { id: member.id });
		expect((await me(member)).status).toBe(401);
		expect(await stored(member.id)).toBeUndefined();
		expect(await trailOf(tenantId, member.id)).toMatchObject([
			{ action: "member.remove", actor: owner.id, changes: { email: { from: member.email, to: null } } },
		]);
		// The email is free again.
		expect((await invite(owner, { email: member.email })).status).toBe(200);
	});
});

describe("a member of an identity provider that adds people at their first sign-in", () => {
	const ISSUER = "https://login.company.example";
	/** Removes the member while the service has the provider. */
	const remove = (who: { session: Record<string, string> }, id: string, signUp: "just-in-time" | "invited") => {
		const provider = { OIDC_ISSUER: ISSUER, OIDC_CLIENT_ID: "salesos", OIDC_SIGN_UP: signUp };
		return createApp(readConfig({ ...env, ...provider })).fetch(
			new Request(`${ORIGIN}/trpc/members.remove`, {
				method: "POST",
				headers: { "content-type": "application/json", ...who.session },
				body: JSON.stringify({ id }),
			}),
			// The app uses nothing but its bindings.
			env as Bindings,
		);
	};

	it("is deactivated instead of removed: the next sign-in would add them again", async () => {
		const { tenantId, owner, admin, member } = await tenantWithPeople();
		await db
			.insert(userIdentities)
			.values({ issuer: ISSUER, subject: newEmail(), tenantId, userId: member.id, createdAt: Date.now() });
		const refused = await remove(owner, member.id, "just-in-time");
		expect(refused.status).toBe(409);
		expect(await refused.text()).toContain("Deactivate them instead.");
		expect(await stored(member.id)).toBeDefined();
		// The provider doesn't know this person.
		expect((await remove(owner, admin.id, "just-in-time")).status).toBe(200);
		expect((await remove(owner, member.id, "invited")).status).toBe(200);
	});
});

describe("a tenant with an owner", () => {
	const create = (body: unknown, headers: Record<string, string> = {}) =>
		request("/v1/tenants", {
			method: "POST",
			headers: {
				authorization: `Bearer ${env.SERVICE_ROLE_KEY}`,
				"content-type": "application/json",
				...headers,
			},
			body: JSON.stringify(body),
		});
	interface Created {
		data: { id: string; owner: MemberLink | null };
	}
	const read = async (response: Response) => ((await response.json()) as Created).data;
	const slug = () => newEmail().split("@")[0]?.replace("_", "-") ?? "";

	it("is created with a link for the owner, in one batch", async () => {
		const email = newEmail();
		const response = await create({ name: "Northwind", slug: slug(), owner: { email, name: "Nina" } });
		expect(response.status).toBe(201);
		const { id, owner } = await read(response);
		expect(owner?.member).toMatchObject({ email, name: "Nina", role: "owner", status: "invited" });
		expect(owner?.link.url).toContain("/invite#");
		expect((await trailOf(id, owner?.member.id ?? "")).map(({ action }) => action)).toEqual(["member.invite"]);
	});

	it("is not created if the email belongs to an account", async () => {
		const { owner } = await tenantWithPeople();
		const short = slug();
		const response = await create({ name: "Northwind", slug: short, owner: { email: owner.email, name: "Nina" } });
		expect(response.status).toBe(409);
		expect(await response.json()).toMatchObject({ error: { details: [{ field: "owner.email" }] } });
		expect((await create({ name: "Northwind", slug: short })).status).toBe(201);
	});

	it("is created once however often the request is retried, and each retry has a new link", async () => {
		const body = { name: "Northwind", slug: slug(), owner: { email: newEmail(), name: "Nina" } };
		const headers = { "idempotency-key": newEmail() };
		const first = await read(await create(body, headers));
		const again = await create(body, headers);
		expect([again.status, again.headers.get("idempotency-replayed")]).toEqual([200, "true"]);
		const second = await read(again);
		expect(second.id).toBe(first.id);
		expect(second.owner?.link.url).not.toBe(first.owner?.link.url);
		const secret = secretOf(first.owner as MemberLink);
		expect((await mutate(visitor(), "passwords.readLink", { secret })).status).toBe(404);
		expect((await create({ ...body, name: "Southwind" }, headers)).status).toBe(409);
	});

	it("can be given a new link by the platform", async () => {
		const tenantId = await addTenant();
		const platform = { authorization: `Bearer ${env.SERVICE_ROLE_KEY}`, "x-tenant-id": tenantId };
		const input = { email: newEmail(), name: "Nina", role: "owner" };
		const first = await mutate<MemberLink>(platform, "members.invite", input);
		const second = await mutate<MemberLink>(platform, "members.invite", input);
		expect(second.data.member.id).toBe(first.data.member.id);
		expect((await mutate(visitor(), "passwords.readLink", { secret: secretOf(second.data) })).status).toBe(200);
	});
});
