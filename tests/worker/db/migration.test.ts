/** Migrations of a database that contains rows. */
import { env } from "cloudflare:workers";
import { beforeAll, expect, it } from "vitest";
import { database } from "../../../db/client.ts";
import { applyMigrations } from "../../../db/migrate.ts";
import { readConfig } from "../../../worker/env.ts";
import { listKeysSchema } from "../../../worker/schemas/key-list.ts";
import { listLeadsSchema } from "../../../worker/schemas/lead.ts";
import { DAY_MS } from "../../../worker/schemas/time.ts";
import { syncActivities } from "../../../worker/services/activities.ts";
import { syncCollaborators } from "../../../worker/services/collaborators.ts";
import { listKeys } from "../../../worker/services/key-list.ts";
import { createLead, listLeads } from "../../../worker/services/leads.ts";

const NOW = Date.parse("2031-05-06T10:20:30.000Z");
const db = database(env.DB);
const run = (sql: string) => env.DB.prepare(sql).run();

/** The last migration before the rows are inserted. */
const IN_USE = "0002_idempotency.sql";

beforeAll(async () => {
	// The setup has created the newest tables. This file starts with older ones.
	const { results } = await env.DB.prepare("select type, name from sqlite_schema where type in ('view', 'table')").all<{
		type: string;
		name: string;
	}>();
	// Shadow tables are dropped with their search table, and children before their parents.
	const ours = results.filter(({ name }) => !/^(sqlite|_cf)_|_search_(data|idx|content|docsize|config)$/.test(name));
	const first = ["usage_hourly", "activities", "merged_collaborators", "sessions"];
	const last = ["api_keys", "users", "collaborators", "leads", "audit_events", "idempotency_keys", "tenants"];
	const rank = ({ type, name }: { type: string; name: string }) =>
		type === "view" ? -2 : first.includes(name) ? -1 : last.indexOf(name) + 1;
	for (const { type, name } of ours.toSorted((a, b) => rank(a) - rank(b))) await run(`drop ${type} ${name}`);

	const used = env.TEST_MIGRATIONS.findIndex(({ name }) => name === IN_USE) + 1;
	await applyMigrations(env.DB, env.TEST_MIGRATIONS.slice(0, used));
	await run("insert into tenants values ('ten_a', 'A', 'a', 0), ('ten_b', 'B', 'b', 0)");
	const key = (id: string, tenant: string, name: string, ends: string) =>
		run(
			`insert into api_keys (id, tenant_id, environment, name, secret_hash, key_prefix, last_four, scopes, rate_limit,
				ip_allowlist, created_at, created_by, search_text, expires_at, revoked_at, revoke_at)
			values ('${id}', '${tenant}', 'live', '${name}', '', 'sk_live_${id}', '${id}', '[]', 1, '[]', ${NOW}, 'u',
				'${name.toLowerCase()} sk_live_${id} ${id}', ${ends})`,
		);
	await key("k1", "ten_a", "Open", "null, null, null");
	await key("k2", "ten_a", "Soon", `${NOW + DAY_MS}, null, null`);
	await key("k3", "ten_a", "Expired", `${NOW - DAY_MS}, null, null`);
	await key("k4", "ten_a", "Revoked", `null, ${NOW - 1}, null`);
	await key("k5", "ten_a", "Stopped", `${NOW - 1}, null, ${NOW - 2}`);
	await key("k6", "ten_b", "Open elsewhere", "null, null, null");
	for (const [id, name] of [
		["l1", "Ana"],
		["l2", "Bia"],
		["l3", "Anabel"],
	])
		await run(
			`insert into leads (id, tenant_id, environment, created_at, written_by, name, source, status, tags, custom_fields,
				search_text, updated_at)
			values ('${id}', 'ten_a', 'live', ${NOW}, 'k', '${name}', 'form', 'new', '[]', '{}', '${name?.toLowerCase()}', 0)`,
		);
	const person = (id: string, email: string, updated: number, tenant = "ten_a") =>
		run(
			`insert into collaborators (id, tenant_id, environment, created_at, written_by, external_id, name, email, team,
				updated_at)
			values ('${id}', '${tenant}', 'live', ${NOW}, 'k1', 'crm-${id}', 'Name of ${id}', '${email}', 'Team of ${id}',
				${updated})`,
		);
	await person("c1", "ana@acme.example", 1);
	await person("c2", "Ana@Acme.example", 3);
	await person("c3", "ANA@ACME.EXAMPLE", 2);
	await person("c4", "bia@acme.example", 1);
	await person("c5", "ana@acme.example", 9, "ten_b");
	const activity = (id: string, collaborator: string, quantity: number, reference: string) =>
		run(
			`insert into activities values ('${id}', 'ten_a', 'live', ${NOW}, 'k1', '${collaborator}', '042', ${quantity}, 7,
				${reference})`,
		);
	await activity("a1", "c1", 2.5, "'call-1'");
	await activity("a2", "c2", 1, "null");
	await activity("a3", "c4", 3, "'call-3'");
	await applyMigrations(env.DB, env.TEST_MIGRATIONS);
});

const names = async (tenantId: string, input: object) => {
	const deps = { db, product: db, now: NOW, config: readConfig(env), gates: env.KEY_GATE };
	const { items, counts } = await listKeys(deps, tenantId, listKeysSchema.parse({ sort: "name", ...input }));
	return { names: items.map(({ name }) => name), counts };
};

it("lists and counts existing keys", async () => {
	expect(await names("ten_a", {})).toEqual({
		names: ["Expired", "Open", "Revoked", "Soon", "Stopped"],
		counts: { active: 2, revoked: 2, expired: 1, expiring_soon: 1 },
	});
	expect(await names("ten_b", {})).toEqual({
		names: ["Open elsewhere"],
		counts: { active: 1, revoked: 0, expired: 0, expiring_soon: 0 },
	});
	expect((await names("ten_a", { status: "revoked" })).names).toEqual(["Revoked", "Stopped"]);
	expect((await names("ten_a", { expires_within_days: 14 })).names).toEqual(["Soon"]);
});

it("finds existing keys, each in its tenant", async () => {
	expect((await names("ten_a", { search: "open" })).names).toEqual(["Open"]);
	expect((await names("ten_b", { search: "open" })).names).toEqual(["Open elsewhere"]);
	expect((await names("ten_a", { search: "k3" })).names).toEqual(["Expired"]);
});

it("finds existing leads, after newer ones", async () => {
	const holder = { id: "k1", tenantId: "ten_a", name: "", environment: "live", scopes: [], expiresAt: null } as const;
	const found = async (input: object) =>
		(await listLeads({ product: db }, holder, listLeadsSchema.parse(input))).items.map(({ name }) => name);
	expect(await found({ search: "ana" })).toEqual(["Anabel", "Ana"]);
	expect(await found({ search: "ana", status: "new", source: "form" })).toEqual(["Anabel", "Ana"]);
	const nothing = {
		email: null,
		phone: null,
		company: null,
		position: null,
		source: null,
		tags: [],
		custom_fields: {},
		owner_id: null,
		team_id: null,
	};
	await createLead({ product: db, now: NOW + 1 }, holder, { ...nothing, name: "Mariana", status: "new" });
	expect(await found({ search: "ana" })).toEqual(["Mariana", "Anabel", "Ana"]);
	expect(await found({ search: "ana", source: "form" })).toEqual(["Anabel", "Ana"]);
});

/** All rows of a statement, each as the list of its values. */
const rows = async (sql: string) => (await env.DB.prepare(sql).raw()).map((row) => row);

it("makes one person of the collaborators with one email, and keeps what each of them was", async () => {
	const people = "select id, external_id, name, email, email_folded from collaborators order by id";
	expect(await rows(people)).toEqual([
		["c2", "crm-c2", "Name of c2", "Ana@Acme.example", "ana@acme.example"],
		["c4", "crm-c4", "Name of c4", "bia@acme.example", "bia@acme.example"],
		["c5", "crm-c5", "Name of c5", "ana@acme.example", "ana@acme.example"],
	]);
	const merged =
		"select id, external_id, name, email, team, updated_at, merged_into from merged_collaborators order by id";
	expect(await rows(merged)).toEqual([
		["c1", "crm-c1", "Name of c1", "ana@acme.example", "Team of c1", 1, "c2"],
		["c3", "crm-c3", "Name of c3", "ANA@ACME.EXAMPLE", "Team of c3", 2, "c2"],
	]);
});

it("keeps every activity with its person, its quantity and its id", async () => {
	const kept = "select id, collaborator_id, activity_code, external_id, data, occurred_at from activities order by id";
	expect(await rows(kept)).toEqual([
		["a1", "c2", "042", "call-1", '{"quantity":2.5}', 7],
		["a2", "c2", "042", "a2", '{"quantity":1}', 7],
		["a3", "c4", "042", "call-3", '{"quantity":3}', 7],
	]);
});

it("updates the person that an email had, and knows the activities that were sent", async () => {
	const key = { id: "k1", tenantId: "ten_a", name: "", environment: "live", scopes: [], expiresAt: null } as const;
	const person = { external_id: "new", name: "Ana", email: "ana@acme.example" };
	const batch = { items: [person], json: JSON.stringify({ collaborators: [person] }) };
	expect(await syncCollaborators({ product: db, now: NOW }, key, batch)).toMatchObject({ created: 0, existing: 1 });
	const again = { activity_code: "042", external_id: "call-1", collaborator_email: "ana@acme.example" };
	const activities = { items: [again], json: JSON.stringify({ activities: [again] }) };
	expect(await syncActivities({ product: db, now: NOW }, key, activities, "reject")).toMatchObject({ duplicates: 1 });
});

it("counts for the quotas what is stored", async () => {
	const counted = await rows(
		`select collaborators, activities, stored_bytes = 2000 * api_keys + (
			select sum(bytes) from (
				select bytes, tenant_id from collaborators union all select bytes, tenant_id from activities
				union all select bytes, tenant_id from leads
			) where tenant_id = quotas.tenant_id
		)
		from quotas order by tenant_id`,
	);
	expect(counted).toEqual([
		[2, 3, 1],
		[1, 0, 1],
	]);
});
