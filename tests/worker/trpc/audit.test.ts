/** The audit trail: who did what to which key, when and from where, and never a secret. */
import { env } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import { auditEvents, users } from "../../../db/schema.ts";
import type { AuditList } from "../../../worker/schemas/audit.ts";
import {
	addTenant,
	asIntegration,
	type Credentials,
	cheapPasswordHash,
	createKey,
	db,
	fieldsOf,
	mutate,
	query,
	token,
} from "../fixtures.ts";

const NOW = Date.parse("2031-05-06T10:20:30.000Z");
vi.useFakeTimers({ toFake: ["Date"], now: NOW });
beforeEach(() => vi.setSystemTime(NOW));
afterAll(() => vi.useRealTimers());

type Event = AuditList["items"][number];

/** A tenant with two people who manage keys. */
async function office() {
	const tenantId = await addTenant();
	const [ada, bob] = await Promise.all(
		["ada", "bob"].map((name) =>
			token({ tenantId, sub: `usr_${name}`, expiresIn: 86_400, claims: { email: `${name}@acme.example` } }),
		),
	);
	if (!ada || !bob) throw new Error("two people make two tokens");
	return { tenantId, ada, bob };
}

const list = async (who: Credentials, input: Record<string, unknown> = {}): Promise<AuditList> => {
	const answer = await query<AuditList>(who, "audit.list", input);
	expect(answer.status).toBe(200);
	return answer.data;
};

/** Headers as a person's browser sends them. */
const from = (credential: string) => ({
	authorization: `Bearer ${credential}`,
	"cf-connecting-ip": "203.0.113.7",
	"user-agent": "browser/1.0",
});

describe("an event", () => {
	it("records for every change who made it, when, from where, and the old and new values", async () => {
		const { ada } = await office();
		const { api_key } = await createKey(from(ada), {
			name: "CRM",
			scopes: ["leads:read"],
			rate_limit: 5,
			ip_allowlist: ["203.0.113.7"],
			expires_in_days: 1,
		});
		const { id } = api_key;
		vi.setSystemTime(NOW + 1_000);
		await mutate(from(ada), "keys.update", {
			id,
			name: "ERP",
			scopes: [],
			unrestricted: true,
			rate_limit: 6,
			expires_at: null,
		});
		vi.setSystemTime(NOW + 2_000);
		const successor = await mutate<{ api_key: { id: string } }>(from(ada), "keys.rotate", {
			id,
			revoke_previous_after_hours: 1,
		});
		vi.setSystemTime(NOW + 3_000);
		await mutate(from(ada), "keys.revoke", { id, reason: "left the company" });
		vi.setSystemTime(NOW + 4_000);
		await mutate(from(ada), "keys.delete", { id });

		const { items } = await list(ada, { key_id: id });
		expect(items.map(({ at, action }) => [at.slice(17), action])).toEqual([
			["34.000Z", "api_key.delete"],
			["33.000Z", "api_key.revoke"],
			["32.000Z", "api_key.rotate"],
			["31.000Z", "api_key.update"],
			["30.000Z", "api_key.create"],
		]);
		for (const event of items)
			expect(event).toMatchObject({
				id: expect.stringMatching(/^evt_/),
				actor: "usr_ada",
				actor_email: "ada@acme.example",
				key_id: id,
				ip: "203.0.113.7",
				user_agent: "browser/1.0",
			});
		const [, revoked, rotated, updated, created] = items.map(({ changes }) => changes);
		expect(created).toMatchObject({
			name: { from: null, to: "CRM" },
			scopes: { from: null, to: ["leads:read"] },
			rate_limit: { from: null, to: 5 },
			ip_allowlist: { from: null, to: ["203.0.113.7"] },
			expires_at: { from: null, to: "2031-05-07T10:20:30.000Z" },
		});
		expect(updated).toEqual({
			name: { from: "CRM", to: "ERP" },
			scopes: { from: ["leads:read"], to: [] },
			rate_limit: { from: 5, to: 6 },
			expires_at: { from: "2031-05-07T10:20:30.000Z", to: null },
		});
		expect(rotated).toEqual({
			rotated_to: { from: null, to: successor.data.api_key.id },
			revokes_at: { from: null, to: "2031-05-06T11:20:32.000Z" },
		});
		expect(revoked).toMatchObject({ reason: { from: null, to: "left the company" } });

		const own = (await list(ada, { key_id: successor.data.api_key.id })).items;
		expect(own.map(({ action }) => action)).toEqual(["api_key.create"]);
		expect(own[0]?.changes.rotated_from).toEqual({ from: null, to: id });
	});

	it("names the platform as service_role, in the tenant that it acted in", async () => {
		const { tenantId, ada } = await office();
		const platform = { ...from(env.SERVICE_ROLE_KEY), "x-tenant-id": tenantId };
		const { api_key } = await createKey(platform);
		expect((await list(ada, { key_id: api_key.id })).items).toMatchObject([
			{ action: "api_key.create", actor: "service_role", actor_email: null, ip: "203.0.113.7" },
		]);
	});

	it("is recorded for a sign-in, a failed sign-in and a sign-out", async () => {
		const { tenantId, ada } = await office();
		const person = { email: "carl@acme.example", password: "correct horse battery" };
		await db.insert(users).values({
			id: "usr_carl",
			tenantId,
			email: person.email,
			name: "Carl",
			passwordHash: cheapPasswordHash(person.password),
			role: "member",
			capabilities: [],
			createdAt: NOW,
		});
		const anybody = { "cf-connecting-ip": "203.0.113.9", "user-agent": "browser/2.0" };
		await mutate(anybody, "session.login", { ...person, password: "wrong horse" });
		const { data } = await mutate<{ token: string }>(anybody, "session.login", person);
		await mutate({ ...anybody, authorization: `Bearer ${data.token}` }, "session.logout");
		const { items } = await list(ada, { actor: "usr_carl" });
		expect(items.map(({ action }) => action).sort()).toEqual([
			"session.login",
			"session.login_failed",
			"session.logout",
		]);
		for (const event of items)
			expect(event).toMatchObject({ key_id: null, ip: "203.0.113.9", user_agent: "browser/2.0" });
		expect(JSON.stringify(items)).not.toMatch(/horse|scrypt/);
		expect(JSON.stringify(items)).not.toContain(data.token);
	});

	it("is not recorded for reads and failed requests", async () => {
		const { ada } = await office();
		const { key, api_key } = await createKey(ada);
		const { id } = api_key;
		await asIntegration(key);
		for (const [procedure, input] of [
			["keys.list", {}],
			["keys.get", { id }],
			["keys.usage", { id }],
			["scopes.list", undefined],
			["audit.list", {}],
		] as const)
			await query(ada, procedure, input);
		await mutate(ada, "keys.verify", { key });
		await mutate(ada, "keys.update", { id, rate_limit: 0 });
		await mutate(ada, "keys.rotate", { id, expires_in_days: 0 });
		await mutate(key, "keys.revoke", { id });
		expect((await list(ada)).items.map(({ action }) => action)).toEqual(["api_key.create"]);
	});

	it("shortens values that a caller chooses freely", async () => {
		const { ada } = await office();
		await createKey({ authorization: `Bearer ${ada}`, "user-agent": "x".repeat(5_000) });
		expect((await list(ada)).items[0]?.user_agent?.length).toBeLessThan(1_000);
	});
});

describe("the list", () => {
	it("is filtered by key, actor and action, alone and together", async () => {
		const { ada, bob } = await office();
		const [one, two] = [(await createKey(ada)).api_key.id, (await createKey(bob)).api_key.id];
		await mutate(bob, "keys.update", { id: one, name: "renamed" });
		await mutate(ada, "keys.revoke", { id: two });
		const seen = async (input: Record<string, unknown>) =>
			(await list(ada, input)).items
				.map(({ actor, action, key_id }) => [actor.slice(4), action.slice(8), key_id === one ? "one" : "two"].join(" "))
				.sort();
		const all = ["ada create one", "ada revoke two", "bob create two", "bob update one"];
		expect(await seen({})).toEqual(all);
		expect(await seen({ key_id: one })).toEqual(["ada create one", "bob update one"]);
		expect(await seen({ actor: "usr_bob" })).toEqual(["bob create two", "bob update one"]);
		expect(await seen({ action: "api_key.create" })).toEqual(["ada create one", "bob create two"]);
		expect(await seen({ key_id: one, actor: "usr_ada" })).toEqual(["ada create one"]);
		expect(await seen({ actor: "usr_ada", action: "api_key.revoke" })).toEqual(["ada revoke two"]);
		expect(await seen({ key_id: one, actor: "usr_bob", action: "api_key.update" })).toEqual(["bob update one"]);
		expect(await seen({ actor: "nobody" })).toEqual([]);
	});

	it("includes `from` and excludes `to`, to the millisecond and in any offset", async () => {
		const { ada } = await office();
		const made: string[] = [];
		for (let second = 0; second < 4; second++) {
			vi.setSystemTime(NOW + second * 1_000);
			made.push((await createKey(ada)).api_key.id);
		}
		const seen = async (input: Record<string, unknown>) =>
			(await list(ada, input)).items.map(({ key_id }) => made.indexOf(key_id ?? "")).reverse();
		const at = (second: number, ms = 0) => new Date(NOW + second * 1_000 + ms).toISOString();
		expect(await seen({ from: at(1) })).toEqual([1, 2, 3]);
		expect(await seen({ from: at(1, 1) })).toEqual([2, 3]);
		expect(await seen({ to: at(2) })).toEqual([0, 1]);
		expect(await seen({ to: at(2, 1) })).toEqual([0, 1, 2]);
		expect(await seen({ from: at(1), to: at(3) })).toEqual([1, 2]);
		expect(await seen({ from: "2031-05-06T12:20:31+02:00", to: "2031-05-06T07:20:33-03:00" })).toEqual([1, 2]);
		expect(await seen({ from: at(1), to: at(3), key_id: made[2], actor: "usr_ada" })).toEqual([2]);
		expect(await seen({ from: at(4) })).toEqual([]);
	});

	it("stays within its time span on every page, also with the cursor of a longer span", async () => {
		const { ada } = await office();
		for (let second = 0; second < 6; second++) {
			vi.setSystemTime(NOW + second * 1_000);
			await createKey(ada);
		}
		const at = (second: number) => new Date(NOW + second * 1_000).toISOString();
		const span = { from: at(1), to: at(5), limit: 2 };
		const first = await list(ada, span);
		const second = await list(ada, { ...span, cursor: first.next_cursor });
		expect([...first.items, ...second.items].map((event) => event.at)).toEqual([at(4), at(3), at(2), at(1)]);
		expect(second.next_cursor).toBeNull();
		const { next_cursor: cursor } = await list(ada, { limit: 1 });
		expect((await list(ada, { cursor, to: at(2) })).items.map((event) => event.at)).toEqual([at(1), at(0)]);
	});

	describe("by the email of an actor", () => {
		/** A user who also uses a token without an email, and a person of an identity provider. */
		async function company() {
			const { tenantId, ada, bob } = await office();
			const email = `eva-${tenantId.toLowerCase()}@acme.example`;
			const id = `usr_${tenantId}`;
			await db.insert(users).values({
				id,
				tenantId,
				email,
				name: "Eva",
				passwordHash: cheapPasswordHash("correct horse battery"),
				role: "admin",
				capabilities: [],
				createdAt: NOW,
			});
			const { data } = await mutate<{ token: string }>(null, "session.login", {
				email,
				password: "correct horse battery",
			});
			const bare = await token({ tenantId, sub: id });
			const outside = await token({ tenantId, sub: "idp|1", claims: { email: "Guest@Partner.example" } });
			const named = await token({ tenantId, sub: "guest@partner.example" });
			await createKey(bob, { name: "by bob" });
			await createKey(data.token, { name: "by session" });
			vi.setSystemTime(NOW + 1);
			await createKey(bare, { name: "by bare token" });
			await createKey(outside, { name: "from outside" });
			await createKey(named, { name: "by name" });
			return { tenantId, ada, id, email };
		}
		const namesOf = (events: Event[]) => events.map((event) => event.key_name ?? event.action).sort();

		it("has everything that the user did, with and without an email in the event", async () => {
			const { ada, email } = await company();
			const wanted = ["by bare token", "by session", "session.login"];
			for (const actor of [email, email.toUpperCase(), ` ${email} `])
				expect(namesOf((await list(ada, { actor })).items)).toEqual(wanted);
			expect(namesOf((await list(ada, { actor: email, action: "session.login" })).items)).toEqual(["session.login"]);
		});

		it("has what people without an account did, by email and by id", async () => {
			const { ada } = await company();
			for (const actor of ["guest@partner.example", "GUEST@PARTNER.EXAMPLE"])
				expect(namesOf((await list(ada, { actor })).items)).toContain("from outside");
			expect(namesOf((await list(ada, { actor: "guest@partner.example" })).items)).toEqual(["by name", "from outside"]);
		});

		it("accepts a part of the email, which can match several people", async () => {
			const { ada } = await company();
			for (const actor of ["guest", "GUEST@part", "partner"])
				expect(namesOf((await list(ada, { actor })).items)).toEqual(["from outside"]);
			const everyone = (await list(ada, { actor: "example", limit: 100 })).items;
			expect(new Set(everyone.map(({ actor_email }) => actor_email)).size).toBeGreaterThan(1);
			const seen: Event[] = [];
			let cursor: string | null = null;
			do {
				const page: AuditList = await list(ada, { actor: "example", limit: 2, ...(cursor ? { cursor } : {}) });
				seen.push(...page.items);
				cursor = page.next_cursor;
			} while (cursor !== null && seen.length < 50);
			expect(seen).toEqual(everyone);
		});

		it("gives every event once, newest first, page by page", async () => {
			const { ada, email } = await company();
			const whole = (await list(ada, { actor: email })).items;
			for (const limit of [1, 2, 3]) {
				const seen: Event[] = [];
				let cursor: string | null = null;
				do {
					const page: AuditList = await list(ada, { actor: email, limit, ...(cursor ? { cursor } : {}) });
					seen.push(...page.items);
					cursor = page.next_cursor;
				} while (cursor !== null && seen.length < 50);
				expect(seen).toEqual(whole);
			}
			expect(whole.map(({ at }) => at.slice(-5))).toEqual([".001Z", ".000Z", ".000Z"]);
		});

		it("is empty for an unknown email and for an email of another tenant", async () => {
			const [ours, theirs] = [await company(), await company()];
			expect((await list(ours.ada, { actor: "nobody@acme.example" })).items).toEqual([]);
			expect((await list(ours.ada, { actor: "@" })).items).toEqual([]);
			expect((await list(ours.ada, { actor: theirs.email.slice(0, 12) })).items).toEqual([]);
			expect((await list(ours.ada, { actor: theirs.email })).items).toEqual([]);
			// The id that belongs to an email in another tenant must not be revealed.
			const { tenantId } = ours;
			await db
				.insert(auditEvents)
				.values([
					{ id: `evt_c${tenantId}`, tenantId, at: NOW, action: "session.login", actor: theirs.id, changes: {} },
				]);
			expect((await list(ours.ada, { actor: theirs.email })).items).toEqual([]);
		});
	});

	it("has the current name of a key, and for a deleted key the name in the event", async () => {
		const { ada } = await office();
		const [kept, gone] = [
			(await createKey(ada, { name: "CRM" })).api_key,
			(await createKey(ada, { name: "Form" })).api_key,
		];
		for (const { id, name } of [kept, gone]) {
			vi.setSystemTime(Date.now() + 1_000);
			await mutate(ada, "keys.update", { id, name: `${name} 2` });
			await mutate(ada, "keys.revoke", { id });
		}
		vi.setSystemTime(Date.now() + 1_000);
		await mutate(ada, "keys.delete", { id: gone.id });
		const names = async (key_id: string) =>
			Object.fromEntries((await list(ada, { key_id })).items.map((event) => [event.action.slice(8), event.key_name]));
		expect(await names(kept.id)).toEqual({ create: "CRM 2", update: "CRM 2", revoke: "CRM 2" });
		expect(await names(gone.id)).toEqual({ create: "Form", update: "Form 2", revoke: null, delete: "Form 2" });
		const deleted = async (key_id: string) =>
			new Set((await list(ada, { key_id })).items.map(({ key_deleted }) => key_deleted));
		expect(await deleted(kept.id)).toEqual(new Set([false]));
		expect(await deleted(gone.id)).toEqual(new Set([true]));
	});

	it("has no name for an event without a key, nor for a key of another tenant", async () => {
		const [ours, theirs] = [await office(), await office()];
		const { api_key } = await createKey(theirs.ada, { name: "theirs" });
		const event = { tenantId: ours.tenantId, at: NOW, actor: "system", changes: {} };
		await db.insert(auditEvents).values([
			{ ...event, id: `evt_a${ours.tenantId}`, action: "session.login" },
			{ ...event, id: `evt_b${ours.tenantId}`, action: "api_key.revoke", keyId: api_key.id },
		]);
		expect((await list(ours.ada)).items.map(({ key_name }) => key_name)).toEqual([null, null]);
	});

	it("contains only the tenant's events, also for the id of another tenant's key", async () => {
		const [ours, theirs] = [await office(), await office()];
		const { api_key } = await createKey(ours.ada);
		expect((await list(theirs.ada, { key_id: api_key.id })).items).toEqual([]);
		expect((await list(theirs.ada)).items).toEqual([]);
	});

	it.each([{}, { actor: "usr_ada" }, { action: "api_key.create" }])(
		"by pages gives every event once, newest first, although many are of one instant: %j",
		async (filter) => {
			const { ada } = await office();
			for (const count of [3, 1, 4]) {
				await Promise.all(Array.from({ length: count }, () => createKey(ada)));
				vi.setSystemTime(Date.now() + 1);
			}
			for (const limit of [1, 2, 3, 8]) {
				const seen: Event[] = [];
				let cursor: string | null = null;
				do {
					const page: AuditList = await list(ada, { ...filter, limit, ...(cursor ? { cursor } : {}) });
					seen.push(...page.items);
					cursor = page.next_cursor;
				} while (cursor !== null && seen.length < 50);
				expect(new Set(seen.map(({ id }) => id)).size).toBe(8);
				expect(seen).toEqual((await list(ada, filter)).items);
				expect(seen.map(({ at }) => at)).toEqual(
					seen
						.map(({ at }) => at)
						.toSorted()
						.reverse(),
				);
			}
		},
	);

	it.each([
		["limit", 0],
		["limit", 101],
		["action", "api_key.steal"],
		["actor", ""],
		["actor", "   "],
		["actor", "x".repeat(255)],
		["actor", `sk_live_${"x".repeat(48)}`],
		["from", "yesterday"],
		["from", "2031-05-06"],
		["to", "+010000-01-01T00:00:00Z"],
		["key_id", ""],
		["cursor", "nonsense"],
		["cursor", btoa('["-created_at",1,"x"]')],
		["keyId", "x"],
	])("rejects %s = %j and names the field", async (field, value) => {
		const { ada } = await office();
		const answer = await query(ada, "audit.list", { [field]: value });
		expect([answer.status, answer.error.code, fieldsOf(answer)]).toEqual([400, "VALIDATION_ERROR", [field]]);
	});
});

describe("a span of time", () => {
	it.each([
		["2031-05-06T10:00:00Z", "2031-05-06T10:00:00Z"],
		["2031-05-06T10:00:00.001Z", "2031-05-06T10:00:00Z"],
		["2031-05-06T10:00:00Z", "2031-05-06T11:00:00+02:00"],
	])("rejects the span from %s to %s, and names `from`", async (from, to) => {
		const { ada } = await office();
		const answer = await query(ada, "audit.list", { from, to });
		expect([answer.status, answer.error.code, fieldsOf(answer)]).toEqual([400, "VALIDATION_ERROR", ["from"]]);
	});
});

describe("no secret", () => {
	it("of a key is stored anywhere, and its hash only with the key", async () => {
		const { ada, tenantId } = await office();
		const first = await createKey(ada, { name: "CRM" });
		const rotated = await mutate<{ key: string; api_key: { id: string } }>(ada, "keys.rotate", {
			id: first.api_key.id,
		});
		const last = await createKey(ada);
		await asIntegration(first.key, "/v1/whoami", { headers: { "user-agent": "crm" } });
		await asIntegration(first.key, `/v1/whoami?key=${first.key}`);
		await mutate(ada, "keys.verify", { key: rotated.data.key });
		await mutate(ada, "keys.update", { id: first.api_key.id, rate_limit: 5 });
		await mutate(ada, "keys.delete", { id: last.api_key.id });

		const dump: Record<string, string> = {};
		for (const [prefix, d1] of Object.entries({ "": env.DB, "product ": env.PRODUCT_DB })) {
			const tables = await d1
				.prepare("select name from sqlite_master where type = 'table' and name not like '\\_cf%' escape '\\'")
				.all<{ name: string }>();
			for (const { name } of tables.results)
				dump[prefix + name] = JSON.stringify((await d1.prepare(`select * from "${name}"`).all()).results);
		}
		expect(Object.keys(dump)).toEqual(expect.arrayContaining(["api_keys", "audit_events", "usage_hourly"]));
		expect(dump.audit_events).toContain(tenantId);

		for (const { key } of [first, rotated.data, last]) {
			const hash = [...new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(key)))]
				.map((byte) => byte.toString(16).padStart(2, "0"))
				.join("");
			for (const [table, text] of Object.entries(dump)) {
				expect(text).not.toContain(key);
				expect(text).not.toContain(key.slice(20, 50));
				if (table !== "api_keys") expect(text).not.toContain(hash);
			}
		}
		expect(dump.audit_events).not.toMatch(/hash/i);
		const events = await db.select().from(auditEvents).where(eq(auditEvents.tenantId, tenantId));
		expect(events).toHaveLength(6);
	});
});
