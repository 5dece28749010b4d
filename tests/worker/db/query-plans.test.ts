/**
 * No list reads a whole table: every statement on the way of a request finds its rows by an index, and pages in the
 * usual orders come out of the index already sorted. Asked of the real database, for every form a query can take.
 */
import { env } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { beforeAll, describe, expect, it } from "vitest";
import { type Database, database, runBatch } from "../../../db/client.ts";
import { apiKeys, users } from "../../../db/schema.ts";
import { hashPassword } from "../../../worker/auth/password.ts";
import { sessionLookup } from "../../../worker/auth/session.ts";
import { tenantExists } from "../../../worker/auth/tenant.ts";
import { readConfig } from "../../../worker/env.ts";
import { deliverDiscard, deliverKey, deliverUsage } from "../../../worker/gate/delivery-statements.ts";
import type { KeySnapshot } from "../../../worker/gate/snapshot.ts";
import { snapshotOf } from "../../../worker/gate/snapshot.ts";
import type { KeyFacts } from "../../../worker/gate/verdict.ts";
import { listKeysSchema } from "../../../worker/schemas/api-key.ts";
import { AUDIT_ACTIONS, listAuditSchema } from "../../../worker/schemas/audit.ts";
import { listLeadsSchema } from "../../../worker/schemas/lead.ts";
import { listTenantsSchema } from "../../../worker/schemas/tenant.ts";
import { ENVIRONMENTS, KEY_SORTS, KEY_STATUSES } from "../../../worker/schemas/vocabulary.ts";
import { syncActivities } from "../../../worker/services/activities.ts";
import { auditQueries } from "../../../worker/services/audit.ts";
import { syncCollaborators } from "../../../worker/services/collaborators.ts";
import { encodeCursor } from "../../../worker/services/cursor.ts";
import { madeBefore, recordAttempt } from "../../../worker/services/idempotency.ts";
import { keyListQueries, listKeys } from "../../../worker/services/key-list.ts";
import { createLead, getLead, leadsQuery, updateLead } from "../../../worker/services/leads.ts";
import { recentUsageQuery } from "../../../worker/services/recent-usage.ts";
import { logIn, logOut } from "../../../worker/services/session.ts";
import { createTenant, findTenant, tenantsQuery } from "../../../worker/services/tenants.ts";
import { usageQuery } from "../../../worker/services/usage.ts";
import { addTenant, createKey, token } from "../world.ts";

interface Prepared {
	sql: string;
	params: unknown[];
}

/** A database that works as ever and remembers what it was asked. */
function remembering(): { db: Database; asked: Prepared[] } {
	const asked: Prepared[] = [];
	const d1 = new Proxy(env.DB, {
		get(target, property) {
			if (property !== "prepare") {
				const value: unknown = Reflect.get(target, property);
				return typeof value === "function" ? value.bind(target) : value;
			}
			return (sql: string) => {
				const statement = target.prepare(sql);
				return new Proxy(statement, {
					get(bindable, name) {
						if (name !== "bind") {
							const value: unknown = Reflect.get(bindable, name);
							return typeof value === "function" ? value.bind(bindable) : value;
						}
						return (...params: unknown[]) => {
							asked.push({ sql, params });
							return bindable.bind(...params);
						};
					},
				});
			};
		},
	});
	return { db: database(d1), asked };
}

/** The steps of the database's plan, such as `SEARCH leads USING INDEX leads_by_created (tenant_id=?)`. */
async function plan({ sql, params }: Prepared): Promise<string[]> {
	const { results } = await env.DB.prepare(`explain query plan ${sql}`)
		.bind(...params)
		.all<{ detail: string }>();
	return results.map(({ detail }) => detail);
}

const SORTING = /USE TEMP B-TREE FOR (LAST \d+ TERMS? OF )?(RIGHT PART OF )?ORDER BY/;

/** Every table that is read is searched by an index of its own. */
async function expectSearches(statement: Prepared): Promise<string[]> {
	const steps = await plan(statement);
	const context = `${statement.sql}\n${steps.join("\n")}`;
	for (const step of steps) {
		// A list of ids that came along as a parameter is read whole, and no table with it.
		expect(step, context).not.toMatch(/^SCAN (?!CONSTANT ROW|json_each VIRTUAL TABLE)/);
		expect(step, context).not.toMatch(/AUTOMATIC/);
		if (step.startsWith("SEARCH"))
			expect(step, context).toMatch(/USING (COVERING )?INDEX \w+ \(|USING INTEGER PRIMARY KEY/);
	}
	return steps;
}

const tenantId = await addTenant();
const ID = "AAAAAAAAAAAA";
const NOW = Date.now();
const { db } = remembering();
const deps = {
	now: NOW,
	config: readConfig(env),
	gates: env.KEY_GATE,
	loginLimiter: { limit: async () => ({ success: true }) },
};

/** Every combination of leaving each entry out or taking it. */
function subsets<T extends Record<string, unknown>>(entries: T): Partial<T>[] {
	return Object.entries(entries).reduce<Partial<T>[]>(
		(sets, [name, value]) => sets.flatMap((set) => [set, { ...set, [name]: value }]),
		[{}],
	);
}

/** Some keys, and somebody who can sign in. */
beforeAll(async () => {
	const admin = await token({ tenantId });
	await Promise.all(Array.from({ length: 20 }, () => createKey(admin)));
	await db.insert(users).values({
		id: "usr_ada",
		tenantId,
		email: "ada@acme.example",
		name: "Ada",
		passwordHash: hashPassword("correct"),
		role: "admin",
		capabilities: [],
		createdAt: NOW,
	});
});

describe("the helper", () => {
	it("notices a table that is read whole, and an order that must be sorted", async () => {
		const whole = db.select().from(apiKeys).where(eq(apiKeys.name, "x")).toSQL();
		await expect(expectSearches(whole)).rejects.toThrow(/SCAN api_keys/);
		const sorted = db.select().from(apiKeys).where(eq(apiKeys.tenantId, "x")).orderBy(apiKeys.lastFour).toSQL();
		expect((await expectSearches(sorted)).join()).toMatch(SORTING);
	});
});

/** Every form a list can be asked for in: with each of the filters or without, the first page or a later one. */
function forms<T extends Record<string, unknown>>(
	filters: T,
	cursor: string,
): [name: string, input: Partial<T> & { cursor?: string }][] {
	return subsets(filters).flatMap((input): [string, Partial<T> & { cursor?: string }][] => {
		const name = Object.keys(input).join(" and ") || "nothing";
		return [
			[`first page by ${name}`, input],
			[`later page by ${name}`, { ...input, cursor }],
		];
	});
}

describe.each(KEY_SORTS)("keys.list sorted by %s", (sort) => {
	const cursor = encodeCursor(sort, { value: sort.endsWith("name") ? "CRM" : 5, id: ID });
	const filters = { environment: "live", status: "active", expires_within_days: 14, search: "crm" };
	const all = forms(filters, cursor);
	const page = (input: Record<string, unknown>) =>
		keyListQueries({ db, now: NOW }, tenantId, listKeysSchema.parse({ ...input, sort })).page.toSQL();

	it.each(all)("finds the %s by an index", async (_name, input) => {
		await expectSearches(page(input));
	});

	it.each(all.filter(([, { environment, search }]) => environment === undefined && search === undefined))(
		"takes the %s out of an index in its order",
		async (_name, input) => {
			expect((await expectSearches(page(input))).join("\n")).not.toMatch(SORTING);
		},
	);
});

describe("the counts of keys.list", () => {
	it.each([
		...ENVIRONMENTS.map((environment) => ({ environment })),
		...KEY_STATUSES.map((status) => ({ status })),
		...subsets({ environment: "live", status: "active", expires_within_days: 14, search: "crm" }),
	])("of %j are found by an index", async (input) => {
		const { counts } = keyListQueries({ db, now: NOW }, tenantId, listKeysSchema.parse(input));
		const steps = await expectSearches(counts.toSQL());
		if ("environment" in input) expect(steps.join("\n")).toContain("environment=?");
	});
});

describe("the recent usage of keys.list", () => {
	it.each([1, 100])("of %i keys is one statement that finds each key's hours by an index", async (count) => {
		const ids = Array.from({ length: count }, (_, index) => `AAAAAAAAA${String(index).padStart(3, "0")}`);
		const statement = recentUsageQuery(db, tenantId, ids, NOW - 36 * 3_600_000, NOW).toSQL();
		expect(statement.params.length).toBeLessThanOrEqual(100);
		const steps = (await expectSearches(statement)).join("\n");
		expect(steps).toContain("(key_id=? AND hour>? AND hour<?)");
	});

	it("is one statement more than the list without, however many keys there are", async () => {
		const memory = remembering();
		const all = { ...deps, db: memory.db };
		await listKeys(all, tenantId, listKeysSchema.parse({ limit: 20 }));
		const without = memory.asked.length;
		await listKeys(all, tenantId, listKeysSchema.parse({ limit: 20, recent_hours: 36 }));
		expect(memory.asked.length - without).toBe(without + 1);
	});
});

describe.each(["usr_ada", "Ada@Acme.example"])("audit.list, an actor being %s", (actor) => {
	const [from, to] = [NOW - 86_400_000, NOW].map((at) => new Date(at).toISOString());
	const filters = { key_id: ID, actor, action: AUDIT_ACTIONS[0], from, to };

	it.each(forms(filters, encodeCursor("audit", { value: NOW, id: "evt_x" })))(
		"takes the %s out of an index of it in its order",
		async (_name, input) => {
			const statements = auditQueries(db, tenantId, listAuditSchema.parse(input)).map((query) => query.toSQL());
			for (const statement of statements) {
				const steps = (await expectSearches(statement)).join("\n");
				expect(steps).not.toMatch(SORTING);
				// Of several filters, the rarest is looked up and the others are checked; a span of time is read alone.
				const rarest = (["key_id", "actor", "action"] as const).find((name) => input[name] !== undefined);
				const start = { key_id: "key_id=\\?", actor: "actor(_email)?=\\?", action: "action=\\?" };
				const earliest = input.from === undefined ? "" : " AND at>\\?";
				const until = input.to === undefined ? "" : " AND at<\\?";
				const latest = input.cursor === undefined ? until : " AND \\(at,id\\)<\\(\\?,\\?\\)";
				const wanted = `\\(tenant_id=\\?${rarest ? ` AND ${start[rarest]}` : ""}${earliest}${latest}\\)`;
				expect(steps).toMatch(new RegExp(wanted));
				expect(steps).toMatch(/SEARCH api_keys USING INDEX sqlite_autoindex_api_keys_1 \(id=\?\) LEFT-JOIN/);
			}
		},
	);
});

describe("GET /v1/leads", () => {
	const key = { tenantId, environment: "live" } as const;
	const filters = { status: "new", source: "form", search: "ana" };

	it.each(forms(filters, encodeCursor("leads", { value: NOW, id: "lead_x" })))(
		"takes the %s out of an index of it in its order",
		async (_name, input) => {
			const steps = (await expectSearches(leadsQuery(db, key, listLeadsSchema.parse(input)).toSQL())).join("\n");
			expect(steps).not.toMatch(SORTING);
			if (input.status !== undefined || input.source !== undefined) expect(steps).toMatch(/(status|source)=\?/);
		},
	);
});

describe("tenants.list", () => {
	it.each(forms({}, encodeCursor("tenants", { value: NOW, id: "ten_x" })))(
		"takes the %s out of an index in its order",
		async (_name, input) => {
			const steps = await expectSearches(tenantsQuery(db, listTenantsSchema.parse(input)).toSQL());
			expect(steps.join("\n")).not.toMatch(SORTING);
		},
	);
});

describe("keys.usage", () => {
	it("finds the hours of one key by an index in their order", async () => {
		const steps = await expectSearches(usageQuery(db, tenantId, ID, NOW - 86_400_000, NOW).toSQL());
		expect(steps.join("\n")).not.toMatch(SORTING);
	});
});

describe("every other statement", () => {
	const key: KeyFacts = {
		id: ID,
		tenantId,
		name: "CRM",
		environment: "live",
		scopes: [],
		expiresAt: null,
	};
	const author = { tenantId, actor: "usr_ada", actorEmail: null, ip: null, userAgent: null };

	/** A key as its gate holds it. */
	async function snapshot(): Promise<KeySnapshot> {
		const [row] = await db.select().from(apiKeys).where(eq(apiKeys.tenantId, tenantId)).limit(1);
		if (!row) throw new Error("there are keys");
		return snapshotOf(row);
	}
	const event = { ...author, id: "evt_x", at: NOW, action: "api_key.update", keyId: ID, changes: {} };
	const hour = { hour: NOW - (NOW % 3_600_000), allowed: 1, rateLimited: 0, denied: 0 };

	it.each<[string, (db: Database) => Promise<unknown>]>([
		[
			"of a session that is looked up",
			(db) => sessionLookup(db)({ sessionId: "ses_x", userId: "usr_x", tenantId }, NOW),
		],
		["of signing in", (db) => logIn({ ...deps, db }, author, { email: "ada@acme.example", password: "correct" })],
		[
			"of failing to sign in",
			(db) => logIn({ ...deps, db }, author, { email: "ada@acme.example", password: "wrong" }).catch(() => undefined),
		],
		["of signing out", (db) => logOut({ ...deps, db }, author, "ses_x")],
		["of finding a tenant", (db) => findTenant({ db }, tenantId)],
		["of making sure that there is a tenant", (db) => tenantExists(db, tenantId)],
		[
			"of a creation that may be asked for again",
			async (db) => {
				const attempt = { nameHash: "a", inputHash: "b" };
				await madeBefore(db, tenantId, attempt, NOW);
				await runBatch(db, recordAttempt(db, tenantId, attempt, ID, NOW));
			},
		],
		["of adding a tenant", (db) => createTenant({ ...deps, db }, author, { name: "Acme", slug: "acme" })],
		[
			"of syncing activities",
			(db) =>
				syncActivities({ db, now: NOW }, key, [
					{ collaborator_id: "a", activity: "001", reference: "r1" },
					{ collaborator_id: "b", activity: "001" },
				]),
		],
		["of reading a lead", (db) => getLead({ db }, key, "lead_x").catch(() => undefined)],
		[
			"of adding and changing a lead",
			async (db) => {
				const fields = { email: null, phone: null, company: null, position: null, source: null };
				const lead = await createLead({ db, now: NOW }, key, {
					...fields,
					name: "Ana",
					status: "new",
					tags: [],
					custom_fields: {},
				});
				return updateLead({ db, now: NOW }, key, lead.id, { name: "Bia" });
			},
		],
	])("%s finds its rows by an index", async (_what, run) => {
		const memory = remembering();
		await run(memory.db);
		expect(memory.asked.length).toBeGreaterThan(0);
		for (const statement of memory.asked) await expectSearches(statement);
	});

	it("of syncing collaborators reads one person and no activity, however many there are", async () => {
		const memory = remembering();
		const sync = (db: Database) =>
			syncCollaborators({ db, now: NOW }, key, [{ external_id: "busy", name: "B", email: "b@acme.example" }]);
		await sync(memory.db);
		await env.DB.prepare(
			`with recursive n(i) as (select 1 union all select i + 1 from n where i < 1000)
			insert into activities
				(id, tenant_id, environment, collaborator_id, activity, quantity, occurred_at, created_at, written_by)
			select 'busy' || i, tenant_id, environment, id, '001', 1, 0, 0, '' from n, collaborators
			where external_id = 'busy'`,
		).run();
		const [statement] = memory.asked;
		if (!statement) throw new Error("syncing asks the database");
		// The plan names the table of activities, for a foreign key that an upsert never has to check: so what is
		// read is counted. The first parameter is the id of a person who would be new.
		const [, ...params] = statement.params;
		const { meta } = await env.DB.prepare(statement.sql)
			.bind("col_other", ...params)
			.run();
		expect(meta.rows_read).toBeLessThan(10);
	});

	it("of a gate that delivers finds its rows by an index", async () => {
		const held = await snapshot();
		const statements = [
			...deliverKey(db, held, [event]),
			...deliverKey(db, { id: held.id, tenantId, deletedAt: NOW }, [event]),
			...deliverUsage(db, held, [hour], { usageCount: 1, lastUsedAt: NOW }),
			...deliverDiscard(db, tenantId, ID, NOW),
		];
		expect(statements.length).toBeGreaterThan(6);
		for (const statement of statements) {
			if (!("toSQL" in statement) || typeof statement.toSQL !== "function")
				throw new Error("every statement tells its SQL");
			await expectSearches(statement.toSQL());
		}
	});
});
