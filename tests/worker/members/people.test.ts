/** A person's data can be exported and deleted: in both environments, and nothing of anyone else. */
import { env } from "cloudflare:workers";
import { and, eq, type SQL, sql } from "drizzle-orm";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { activities, collaborators, leads } from "../../../db/product-schema.ts";
import { auditEvents } from "../../../db/schema.ts";
import type { PersonDeleted, PersonExport } from "../../../worker/schemas/person.ts";
import { DAY_MS } from "../../../worker/schemas/time.ts";
import { DELETED, deletePerson, exportPerson, personDigest } from "../../../worker/services/people.ts";
import { addInvitation, type PopulatedTenant, populatedTenant } from "../auth/populated-tenant.ts";
import { db, mutate, product, request, sendJson, token } from "../fixtures.ts";

let ours: PopulatedTenant;
const EMAIL = "ana@team.example";
/** An email that contains the other one. */
const LONGER = "joana@team.example";

const exportOf = async (email = EMAIL) => (await mutate<PersonExport>(ours.admin, "people.export", { email })).data;
const remove = (email = EMAIL) => mutate<PersonDeleted>(ours.admin, "people.delete", { email });
const counts = async () => ({
	collaborators: await product.$count(collaborators, eq(collaborators.tenantId, ours.tenantId)),
	activities: await product.$count(activities, eq(activities.tenantId, ours.tenantId)),
	leads: await product.$count(leads, eq(leads.tenantId, ours.tenantId)),
});

beforeEach(async () => {
	ours = await populatedTenant();
	for (const { key } of Object.values(ours.keys)) {
		for (const email of [EMAIL.toUpperCase(), LONGER]) {
			const sent = [
				await sendJson(key, "POST", "/v1/sync_collaborators", {
					collaborators: [{ external_id: email, name: "A person", email }],
				}),
				await sendJson(key, "POST", "/v1/sync_activities", {
					activities: [{ activity_code: "001", external_id: email, collaborator_email: email }],
				}),
				await sendJson(key, "POST", "/v1/leads", { name: "A person", email }),
			];
			for (const { status } of sent) expect(status).toBeLessThan(300);
		}
	}
});

describe("an export", () => {
	it("has what integrations sent about the person, in both environments, and nothing of others", async () => {
		const { tables, cut_off } = await exportOf();
		expect(tables.collaborators?.map(({ environment }) => environment).sort()).toEqual(["live", "test"]);
		expect(tables.activities).toHaveLength(2);
		expect(tables.leads).toHaveLength(2);
		expect(JSON.stringify(tables)).not.toContain(LONGER);
		expect(cut_off).toEqual([]);
	});

	it("has the account of a member with sessions and events, and no hash", async () => {
		const { id, email } = await addInvitation(ours.tenantId);
		await mutate(env.SERVICE_ROLE_KEY, "members.update", { tenant_id: ours.tenantId, id, name: "Renamed" });
		const { tables } = await exportOf(email);
		expect(tables.members).toMatchObject([{ id, email }]);
		expect(tables.access_links).toHaveLength(1);
		expect(tables.audit_events).toMatchObject([{ action: "member.update", target_id: id }]);
		expect(JSON.stringify(tables)).not.toContain("hash");
	});

	it("leaves an event without the email", async () => {
		await exportOf();
		const [event] = await db
			.select()
			.from(auditEvents)
			.where(and(eq(auditEvents.tenantId, ours.tenantId), eq(auditEvents.action, "person.export")));
		expect(event?.actor).toBe(ours.adminId);
		expect(JSON.stringify(event)).not.toContain(EMAIL);
	});
});

describe("a deletion", () => {
	it("deletes what integrations sent about the person, and nothing of others", async () => {
		const before = await counts();
		const { data } = await remove();
		expect(data).toEqual({
			deleted: { activities: 2, merged_collaborators: 0, collaborators: 2, leads: 2 },
			cleaned_audit_events: 0,
			is_complete: true,
			events_kept_until: null,
		});
		expect(await counts()).toEqual({
			collaborators: before.collaborators - 2,
			activities: before.activities - 2,
			leads: before.leads - 2,
		});
		expect((await exportOf(LONGER)).tables.collaborators).toHaveLength(2);
		const [event] = await db
			.select()
			.from(auditEvents)
			.where(and(eq(auditEvents.tenantId, ours.tenantId), eq(auditEvents.action, "person.delete")));
		expect(event?.changes.leads).toEqual({ from: null, to: 2 });
		expect(JSON.stringify(event)).not.toContain(EMAIL);
	});

	it("needs a member to be removed first, and then cleans the audit log and keeps its events", async () => {
		const platform = { authorization: `Bearer ${env.SERVICE_ROLE_KEY}`, "x-tenant-id": ours.tenantId };
		const invited = await mutate<{ member: { id: string } }>(platform, "members.invite", {
			email: EMAIL,
			name: "Ana",
			role: "member",
		});
		expect(invited.status).toBe(200);
		const { id } = invited.data.member;
		expect((await remove()).status).toBe(409);
		expect((await exportOf()).tables.collaborators).toHaveLength(2);
		await mutate(platform, "members.remove", { id });
		await db.insert(auditEvents).values({
			id: `evt_by_${id}`,
			tenantId: ours.tenantId,
			at: Date.now() - 91 * DAY_MS,
			action: "api_key.create",
			actor: id,
			actorEmail: EMAIL,
			ip: "203.0.113.9",
			userAgent: "Firefox",
			changes: {},
		});
		const before = await db.$count(auditEvents, eq(auditEvents.tenantId, ours.tenantId));
		const { data } = await remove();
		expect(data.is_complete).toBe(true);
		expect(data.cleaned_audit_events).toBeGreaterThanOrEqual(3);
		const events = await db.select().from(auditEvents).where(eq(auditEvents.tenantId, ours.tenantId));
		expect(events).toHaveLength(before + 1);
		expect(JSON.stringify(events)).not.toMatch(/ana@team/i);
		expect(events.find(({ id: event }) => event === `evt_by_${id}`)).toMatchObject({
			actor: id,
			actorEmail: null,
			ip: null,
			userAgent: null,
		});
		const invitation = events.find(({ action }) => action === "member.invite");
		expect(invitation).toMatchObject({ targetId: id, changes: { email: { to: DELETED }, name: { to: DELETED } } });
		expect((await remove()).data.cleaned_audit_events).toBe(0);
	});

	it("keeps the authors of events of the last 90 days, and says until when", async () => {
		const at = Date.now() - DAY_MS;
		const event = { tenantId: ours.tenantId, action: "api_key.create", actor: "sub_of_a_provider", changes: {} };
		const traces = { actorEmail: EMAIL, ip: "203.0.113.9", userAgent: "Firefox" };
		await db.insert(auditEvents).values({ ...event, ...traces, id: `evt_new_${ours.tenantId}`, at });
		const { data } = await remove();
		expect(data).toMatchObject({
			cleaned_audit_events: 0,
			events_kept_until: new Date(at + 90 * DAY_MS).toISOString(),
		});
		const kept = await db
			.select()
			.from(auditEvents)
			.where(eq(auditEvents.id, `evt_new_${ours.tenantId}`));
		expect(kept).toMatchObject([traces]);
	});

	it("of one's own email is rejected", async () => {
		const own = await token({ tenantId: ours.tenantId, role: "admin", claims: { email: EMAIL } });
		const before = await counts();
		expect((await mutate(own, "people.delete", { email: EMAIL.toUpperCase() })).status).toBe(409);
		expect(await counts()).toEqual(before);
	});

	it("leaves a line in the log that recognizes the person by a digest, so that a restore can't bring them back", async () => {
		const lines: string[] = [];
		vi.spyOn(console, "info").mockImplementation((line) => lines.push(JSON.stringify(line)));
		vi.spyOn(console, "log").mockImplementation((line) => lines.push(JSON.stringify(line)));
		await remove();
		vi.restoreAllMocks();
		const line = lines.find((text) => text.includes("person_deleted"));
		expect(line).toContain(await personDigest(ours.tenantId, EMAIL.toUpperCase()));
		expect(line).not.toContain(EMAIL);
	});

	it("works over REST, with the email in the body", async () => {
		const response = await request("/v1/people/delete", {
			method: "POST",
			headers: { authorization: `Bearer ${ours.admin}`, "content-type": "application/json" },
			body: JSON.stringify({ email: EMAIL }),
		});
		expect(response.status).toBe(200);
		expect(await response.json()).toMatchObject({ data: { deleted: { leads: 2 } } });
	});
});

describe("the cost of a call", () => {
	it("is 20 exports and deletions a minute in all, for each tenant", async () => {
		const run = { db, product, now: Date.UTC(2031, 0, 1) };
		const author = { tenantId: ours.tenantId, actor: "usr_a", actorEmail: null, ip: null, userAgent: null };
		for (let n = 0; n < 10; n++) {
			await exportPerson(run, author, { email: EMAIL });
			await deletePerson(run, author, { email: EMAIL });
		}
		const late = { ...run, now: run.now + 59_000 };
		await expect(exportPerson(late, author, { email: EMAIL })).rejects.toMatchObject({
			code: "RATE_LIMITED",
			retryAfter: 1,
		});
		await exportPerson(run, { ...author, tenantId: (await populatedTenant()).tenantId }, { email: EMAIL });
		await exportPerson({ ...run, now: run.now + 60_000 }, author, { email: EMAIL });
	});

	it("does not grow with the tenant's leads: an index leads to those of an email", async () => {
		const plan = await product.all<{ detail: string }>(
			"explain query plan select * from leads where tenant_id = 'a' and email is not null and lower(email) = 'b' limit 5001",
		);
		expect(plan.map(({ detail }) => detail).join()).toContain("SEARCH leads USING INDEX leads_by_email");
	});

	it("does not grow with the events about members: the newest 5,000 of each kind are read", async () => {
		const reads: number[] = [];
		const events = Array.from({ length: 6_000 }, (_, n) => ({ id: `evt_${ours.tenantId}_${n}` }));
		await db.run(sql`insert into audit_events (id, tenant_id, at, action, actor, changes)
			select value ->> 'id', ${ours.tenantId}, 1, 'member.update', 'usr_a', '{}' from json_each(${JSON.stringify(events)})`);
		const measured = new Proxy(db, {
			get(target, property) {
				if (property !== "all") return Reflect.get(target, property);
				return async (query: SQL) => {
					const { meta } = await target.run(query);
					reads.push(meta.rows_read);
					return target.all(query);
				};
			},
		});
		const author = { tenantId: ours.tenantId, actor: "usr_a", actorEmail: null, ip: null, userAgent: null };
		await exportPerson({ db: measured, product, now: Date.now() }, author, { email: EMAIL });
		expect(Math.max(...reads)).toBeGreaterThan(5_000);
		// An entry of the index and a row each, and what the limit passes on.
		expect(Math.max(...reads)).toBeLessThan(18_000);
	});
});
