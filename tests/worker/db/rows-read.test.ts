/**
 * No operation becomes slower as the database grows: the rows that D1 says each reads and writes, in a database with
 * 20,000 keys in one tenant, or 100,000 with `npm run test:proofs`. A lost index fails here.
 */
import { env } from "cloudflare:workers";
import { and, eq } from "drizzle-orm";
import { beforeAll, describe, expect, it } from "vitest";
import { auditEvent } from "../../../db/audit.ts";
import { type Database, database, runBatch } from "../../../db/client.ts";
import {
	AUDIT_ACTIONS,
	ENVIRONMENTS,
	type Environment,
	KEY_SORTS,
	KEY_STATUSES,
	type KeySort,
	LEAD_SORTS,
} from "../../../db/enums.ts";
import { insertAudit } from "../../../db/insert-audit.ts";
import { apiKeys, users } from "../../../db/schema.ts";
import { useManagementToken } from "../../../worker/auth/management-token.ts";
import type { UserPrincipal } from "../../../worker/auth/principal.ts";
import { useSession } from "../../../worker/auth/session.ts";
import { readConfig } from "../../../worker/env.ts";
import { newRow, recordKey, recordUsage } from "../../../worker/gate/delivery/d1-records.ts";
import { INITIAL_STATE, type KeySnapshot, snapshotOf } from "../../../worker/keys/snapshot.ts";
import { listAuditSchema } from "../../../worker/schemas/audit.ts";
import { listKeysSchema } from "../../../worker/schemas/key-list.ts";
import { listLeadsSchema } from "../../../worker/schemas/lead.ts";
import { listMembersSchema } from "../../../worker/schemas/member.ts";
import { listTenantsSchema } from "../../../worker/schemas/tenant.ts";
import { MINUTE_MS } from "../../../worker/schemas/time.ts";
import { usageQuerySchema } from "../../../worker/schemas/usage.ts";
import { syncActivities } from "../../../worker/services/activities.ts";
import { listAudit } from "../../../worker/services/audit.ts";
import { syncCollaborators } from "../../../worker/services/collaborators.ts";
import { encodeCursor } from "../../../worker/services/cursor.ts";
import { createdBefore, recordAttempt } from "../../../worker/services/idempotency.ts";
import { CORRECTED_MAX, countKeys } from "../../../worker/services/key-counts.ts";
import { listKeys } from "../../../worker/services/key-list.ts";
import { SORTED_MAX, sortOf, wantedAt } from "../../../worker/services/key-order.ts";
import { createLead, deleteLead, getLead, listLeads, updateLead } from "../../../worker/services/leads.ts";
import { listTokens, TOKENS_PER_TENANT_MAX } from "../../../worker/services/management-tokens.ts";
import { listMembers } from "../../../worker/services/members.ts";
import { logIn, logOut } from "../../../worker/services/session.ts";
import { findTenant, listTenants } from "../../../worker/services/tenants.ts";
import { keyUsage } from "../../../worker/services/usage.ts";
import { addToken } from "../auth/add-token.ts";
import { cheapPasswordHash, product } from "../fixtures.ts";
import { metered } from "./metered.ts";
import {
	BIG,
	BUSY_KEY,
	DAY_MS,
	fillAtScale,
	HOUR_MS,
	KEYS,
	LEADS,
	MASS,
	MASS_KEYS,
	NOW,
	OWNER,
	TEAM,
} from "./scale.ts";

beforeAll(fillAtScale, 240_000);

/** Rows that a page may read, with any filter and at any position: its own rows, and the counters. */
const ofPage = (limit: number) => 4 * limit + 75;

const others = {
	product,
	now: NOW,
	config: readConfig(env),
	gates: env.KEY_GATE,
};
const limit = async () => ({ success: true });
const signIn = { limits: { origin: { limit }, pair: { limit }, account: { limit } }, hashers: env.PASSWORD_HASHER };
const visitor = { ip: null, userAgent: null, place: null, device: null, session: null };
const keyId = (n: number) => `k${String(n).padStart(11, "0")}`;
const db = database(env.DB);

/** Every combination of entries. */
function subsets<T extends Record<string, unknown>>(entries: T): Partial<T>[] {
	return Object.entries(entries).reduce<Partial<T>[]>(
		(sets, [name, value]) => sets.flatMap((set) => [set, { ...set, [name]: value }]),
		[{}],
	);
}

const list = (input: Record<string, unknown>) =>
	metered((db) => listKeys({ ...others, db }, BIG, listKeysSchema.parse(input)));

/** The cursor of a page that ended with the key. */
async function cursorAt(sort: KeySort, id: string): Promise<string> {
	const [row] = await db.select().from(apiKeys).where(eq(apiKeys.id, id));
	if (!row) throw new Error("There is such a key.");
	return encodeCursor(sort, { value: sortOf(sort).column.of(row), id });
}

/** The key in the middle of the list. */
async function middleOf(sort: KeySort, filters: object): Promise<string> {
	const { status, expires_within_days: endingDays, environment } = listKeysSchema.parse(filters);
	const wanted = and(
		eq(apiKeys.tenantId, BIG),
		wantedAt(
			{
				status,
				endingDays,
				inRotation: false,
				notMadeWith: undefined,
				authentication: undefined,
				createdBy: undefined,
				origin: undefined,
				environment,
			},
			NOW,
		),
	);
	const half = Math.floor((await db.$count(apiKeys, wanted)) / 2);
	const [row] = await db
		.select({ id: apiKeys.id })
		.from(apiKeys)
		.where(wanted)
		.orderBy(sortOf(sort).order)
		.limit(1)
		.offset(half);
	return row?.id ?? "";
}

const opposite = (sort: string) => (sort.startsWith("-") ? sort.slice(1) : `-${sort}`);

describe.each(KEY_SORTS)("keys.list sorted by %s", (sort) => {
	it.each([
		...subsets({ environment: "test" }).flatMap((filters) => [
			filters,
			...KEY_STATUSES.map((status) => ({ ...filters, status })),
			{ ...filters, expires_within_days: 14 },
		]),
	])("reads little more than a page of %j: the first, one in the middle, and the last", async (filters) => {
		const first = await list({ sort, ...filters });
		const middle = await list({ sort, ...filters, cursor: await cursorAt(sort, await middleOf(sort, filters)) });
		const fromTheEnd = await list({ sort: opposite(sort), ...filters });
		const cursor = await cursorAt(sort, fromTheEnd.result.items[10]?.id ?? "");
		const last = await list({ sort, ...filters, cursor });
		expect([first, middle, last].map(({ result }) => result.items.length)).toEqual([25, 25, 10]);
		expect(last.result.next_cursor).toBeNull();
		for (const { read, trips } of [first, middle, last]) {
			expect(read).toBeLessThanOrEqual(ofPage(25));
			expect(trips).toBe(1);
		}
	});

	it("reads little more than the largest page", async () => {
		const { read, result } = await list({ sort, limit: 100 });
		expect([result.items.length, read <= ofPage(100)]).toEqual([100, true]);
	});

	it.each([1, 30, 365])("reads a few hundred rows for keys that expire within %i days", async (days) => {
		const { read, result } = await list({ sort, expires_within_days: days });
		expect(result.items).toHaveLength(25);
		expect(read).toBeLessThanOrEqual(2 * SORTED_MAX);
	});

	it.each([
		["signed", 13],
		["bearer", 25],
	])("reads a few hundred rows for keys that are %s", async (authentication, found) => {
		const { read, result } = await list({ sort, authentication });
		expect(result.items).toHaveLength(found);
		expect(read).toBeLessThanOrEqual(2 * SORTED_MAX);
	});

	it.each<[search: string, found: number, bound: number]>([
		["quixotic", 5, ofPage(5)],
		["q", 5, ofPage(5)],
		["abcd", 3, ofPage(5)],
		["qx", 0, 20],
		["nothing of the kind", 0, 20],
		// A few hundred matches are read, counted and sorted.
		["zurich", 25, 6 * 400],
		["zu", 25, 6 * 400],
		// Of more matches, the newest are counted.
		["sk_live", 25, 6 * SORTED_MAX],
		["sk_", 25, 6 * SORTED_MAX],
		["e", 25, 6 * SORTED_MAX],
	])("finds %j by its index", async (search, found, bound) => {
		const { read, result } = await list({ sort, search });
		expect(result.items).toHaveLength(found);
		expect(read).toBeLessThanOrEqual(bound);
	});
});

describe("the search of keys", () => {
	it("counts up to 500 matches exactly, and says when it stops counting", async () => {
		const { counts, counts_capped } = (await list({ search: "zurich" })).result;
		expect([counts.active + counts.revoked + counts.expired, counts_capped]).toEqual([400, undefined]);
		const many = (await list({ search: "crm" })).result;
		expect(many.counts_capped).toBe(true);
		expect(many.counts.active + many.counts.revoked + many.counts.expired).toBe(SORTED_MAX + 1);
	});

	it("reads nothing of other tenants", async () => {
		const { read, result } = await metered((db) =>
			listKeys({ ...others, db }, "ten_7", listKeysSchema.parse({ search: "crm nightly" })),
		);
		expect(result.items).toHaveLength(20);
		expect(read).toBeLessThanOrEqual(7 * 20 + 10);
	});

	it("reads a bounded number of rows when many matches are far from the start of the order", async () => {
		const { read, result } = await list({ search: "crm", sort: "name" });
		expect(result.items).toHaveLength(25);
		const found = Math.ceil(KEYS / 7);
		expect(read).toBeLessThanOrEqual(3 * found + 4 * 2_000);
	});
});

describe("the counts", () => {
	it("read a row for each counter and each key that is due", async () => {
		const { read, result } = await metered((db) => countKeys(db, BIG, NOW, undefined));
		expect(result[0]?.behind).toBe(0);
		expect(read).toBeLessThanOrEqual(100);
	});

	it("read a bounded number of rows after a mass expiry, say that they are behind, and catch up", async () => {
		const ask = (input: object = {}) =>
			metered((db) => listKeys({ ...others, db }, MASS, listKeysSchema.parse({ sort: "created_at", ...input })));
		const { read, result, trips } = await ask();
		expect([trips, result.counts_behind]).toEqual([1, true]);
		// The move of 500 keys reads and writes them with their indexes.
		expect(read).toBeLessThanOrEqual(40 * 500 + 3 * CORRECTED_MAX + ofPage(25));
		let lists = 1;
		for (let behind = true; behind; lists++) behind = (await ask()).result.counts_behind ?? false;
		expect(lists).toBeLessThanOrEqual(Math.ceil((MASS_KEYS - CORRECTED_MAX) / 500) + 1);
		const { counts } = (await ask({ status: "expired" })).result;
		expect(counts).toEqual({ active: 0, revoked: 0, expired: MASS_KEYS, expiring_soon: 0 });
	});
});

describe("recent usage", () => {
	it("reads the hours that are shown, and the totals of each key again", async () => {
		const { read, trips } = await list({ limit: 100, recent_hours: 168 });
		expect(read).toBeLessThanOrEqual(ofPage(100) + 100 * (169 + 3));
		expect(trips).toBe(2);
	});
});

describe("keys.usage", () => {
	it.each([
		["hour", 1],
		["day", 24],
	] as const)("over 90 days by %s reads the hours of one key", async (granularity, hours) => {
		const input = usageQuerySchema.parse({
			id: keyId(KEYS),
			granularity,
			from: new Date(NOW - 89 * DAY_MS).toISOString(),
			to: new Date(NOW).toISOString(),
		});
		const { read, result } = await metered((db) => keyUsage({ ...others, db }, BIG, input));
		expect(result.totals.allowed).toBeGreaterThan(0);
		expect(read).toBeLessThanOrEqual(hours * result.buckets.length + 5);
	});
});

describe("audit.list", () => {
	const at = (ms: number) => new Date(NOW - ms).toISOString();
	const RARE = "api_key.revoke";
	const questions = [
		["usr_busy", "api_key.update", BUSY_KEY],
		["usr_busy", RARE, BUSY_KEY],
		["usr_120", RARE, BUSY_KEY],
		["u120@acme.example", "api_key.update", BUSY_KEY],
		["busy@acme.example", RARE, BUSY_KEY],
		["usr_nobody", AUDIT_ACTIONS[0], "nothing"],
	].flatMap(([actor, action, key_id]) =>
		subsets({ actor, action, key_id, from: at(300 * DAY_MS), to: at(30 * DAY_MS) }),
	);

	it.each(questions)("reads little more than a page of %j", async (filters) => {
		const ask = (input: object) => metered((db) => listAudit({ ...others, db }, BIG, listAuditSchema.parse(input)));
		// An email is looked up in three ways.
		const ways = filters.actor?.includes("@") ? 3 : 1;
		const first = await ask(filters);
		const later = await ask({ ...filters, cursor: encodeCursor("audit", { value: NOW - 150 * DAY_MS, id: "evt_x" }) });
		for (const { read, trips } of [first, later]) {
			expect(read).toBeLessThanOrEqual(ways * ofPage(25));
			expect(trips).toBe(1);
		}
	});
});

describe("audit.list by a part of an email", () => {
	it("reads an entry for each email and little more than a page for each that matches", async () => {
		const ask = (actor: string) => metered((db) => listAudit({ ...others, db }, BIG, listAuditSchema.parse({ actor })));
		// The trail has 500 people.
		const one = await ask("busy@");
		expect([one.result.items.length, one.read <= 3 * 500 + 2 * ofPage(25)]).toEqual([25, true]);
		const many = await ask("acme");
		expect([many.result.items.length, many.read <= 3 * 500 + 11 * ofPage(25)]).toEqual([25, true]);
		expect((await ask("no such person")).read).toBeLessThanOrEqual(3 * 500 + ofPage(25));
	});
});

describe("GET /v1/leads", () => {
	const questions = [
		...subsets({ status: "new", source: "form", search: "ana" }),
		...subsets({ status: "converted", source: "fair", search: "quixotic" }),
		{ status: "qualified" },
		{ status: "qualified", search: "gmail" },
		{ search: "a" },
		{ search: "zz" },
	];

	const ask = (environment: Environment, input: object) =>
		metered((db) => listLeads({ product: db }, { tenantId: BIG, environment }, listLeadsSchema.parse(input)));

	it.each(ENVIRONMENTS.flatMap((environment) => questions.map((filters) => ({ environment, ...filters }))))(
		"with a cursor reads little more than a page of %j",
		async ({ environment, ...filters }) => {
			const first = await ask(environment, { ...filters, limit: 25 });
			expect(first.read).toBeLessThanOrEqual(ofPage(25));
			if (first.result.next_cursor === null) return;
			const later = await ask(environment, { ...filters, cursor: first.result.next_cursor });
			expect(later.read).toBeLessThanOrEqual(ofPage(25));
		},
	);

	/** Filters and sorts that an index serves. */
	const served = [
		...subsets({ status: "new" }).flatMap((filters) => LEAD_SORTS.map((sort) => ({ ...filters, sort }))),
		...subsets({ status: "new", source: "partner" }).map((filters) => ({ ...filters, sort: "created_at" })),
		...[{ owner_id: OWNER }, { team_id: TEAM }].flatMap((whose) => [
			...["created_at", "-created_at", "updated_at", "-updated_at", "status", "-status"].map((sort) => ({
				...whose,
				sort,
			})),
			{ ...whose, status: "new", sort: "-created_at" },
			{ ...whose, updated_after: new Date(NOW - 3_600_000).toISOString(), sort: "-updated_at" },
		]),
		{
			created_after: new Date(NOW - 30_000_000).toISOString(),
			created_before: new Date(NOW - 10_000_000).toISOString(),
		},
		{ status: "new", updated_after: new Date(NOW - 30_000_000).toISOString(), sort: "updated_at" },
	];

	it.each(served)("with a cursor reads little more than a page of %j, at any position", async (input) => {
		const first = await ask("live", { ...input, limit: 25 });
		expect(first.result.items).toHaveLength(25);
		expect(first.read).toBeLessThanOrEqual(ofPage(25));
		const { next_cursor } = (await ask("live", { ...input, page: 8 })).result;
		const deep = await ask("live", { ...input, limit: 25, cursor: next_cursor });
		expect(deep.read).toBeLessThanOrEqual(ofPage(25));
	});

	it.each(subsets({ status: "new" }))(
		"by number reads little more than a page and those before it of %j",
		async (filters) => {
			for (const sort of LEAD_SORTS) {
				const first = await ask("live", { ...filters, sort });
				expect(first.result).toMatchObject({ total: 10_000, total_is_capped: true, total_pages: 400 });
				expect(first.read).toBeLessThanOrEqual(ofPage(25));
				expect((await ask("live", { ...filters, sort, page: 400 })).read).toBeLessThanOrEqual(10_000 + ofPage(25));
			}
		},
	);

	const any = {
		status: "new",
		source: "partner",
		owner_id: OWNER,
		team_id: TEAM,
		created_after: new Date(NOW - 30_000_000).toISOString(),
		updated_after: new Date(NOW - 3_000_000).toISOString(),
	};

	it.each(subsets(any))("reads a bounded number of rows of %j in any order, and counts exactly", async (filters) => {
		const conditions = Object.entries(filters).map(([name, value]) =>
			name.endsWith("_after") ? `${name.replace("after", "at")} >= ${Date.parse(value)}` : `${name} = '${value}'`,
		);
		const all = ["tenant_id = 'ten_big' and environment = 'live'", ...conditions].join(" and ");
		const [{ total = 0 } = {}] = (
			await env.DB.prepare(`select count(*) as total from leads where ${all}`).all<{ total: number }>()
		).results;
		for (const sort of ["-created_at", "name"]) {
			const walked = await ask("live", { ...filters, sort, limit: 25 });
			// Three indexes are tried, one is read and sorted.
			expect(walked.read).toBeLessThanOrEqual(6 * 1_000 + ofPage(25));
			const numbered = await ask("live", { ...filters, sort });
			expect(numbered.result).toMatchObject({ total: Math.min(total, 10_000), total_is_capped: total > 10_000 });
			expect(numbered.result.items).toHaveLength(Math.min(total, 25));
			// Twice as many to read and sort what no index narrows down.
			expect(numbered.read).toBeLessThanOrEqual(2 * (3 * 10_000 + 2 * LEADS));
		}
	});
});

describe("tenants.list", () => {
	it("reads a page", async () => {
		const { read, result } = await metered((db) => listTenants({ db }, listTenantsSchema.parse({})));
		expect([result.items.length, read]).toEqual([25, 26]);
	});
});

describe("a sync of 500", () => {
	const key = {
		id: keyId(KEYS),
		tenantId: BIG,
		name: "CRM",
		environment: "live",
		scopes: [],
		expiresAt: null,
	} as const;
	const people = Array.from({ length: 500 }, (_, index) => ({
		external_id: `p${index}`,
		name: `Person ${index}`,
		email: `p${index}@acme.example`,
		...(index % 2 ? { team: "North" } : {}),
		...(index % 3 ? { role: null } : {}),
	}));

	const batch = (list: string, items: readonly unknown[]) => ({ items, json: JSON.stringify({ [list]: items }) });

	it("of collaborators is one call to the database with one statement, whatever fields they have", async () => {
		for (const [created, existing] of [
			[500, 0],
			[0, 500],
		]) {
			const spent = await metered((db) =>
				syncCollaborators({ product: db, now: NOW }, key, batch("collaborators", people)),
			);
			expect(spent.result).toMatchObject({ created, existing, rejected: [] });
			expect([spent.trips, spent.statements]).toEqual([1, 1]);
			// The row that exists is joined by its index, found once more by the conflict, and updated.
			expect(spent.read).toBeLessThanOrEqual(5 * 500);
			// The row, its two indexes, and the counter of the quota.
			expect(spent.written).toBeLessThanOrEqual(4 * 500);
		}
	});

	it("of activities is one call to the database with two statements, however many exist", async () => {
		const activities = people.flatMap(({ email }, index) =>
			["a", "b"].map((which) => ({ activity_code: "001", external_id: `${which}${index}`, collaborator_email: email })),
		);
		for (const [processed, duplicates] of [
			[1_000, 0],
			[0, 1_000],
		]) {
			const spent = await metered((db) =>
				syncActivities({ product: db, now: NOW }, key, batch("activities", activities), "reject"),
			);
			expect(spent.result).toMatchObject({ processed, duplicates });
			expect([spent.trips, spent.statements]).toEqual([1, 2]);
			expect(spent.read).toBeLessThanOrEqual(8 * 1_000);
			// The row, its three indexes, and the counter of the quota.
			expect(spent.written).toBeLessThanOrEqual(5 * 1_000);
		}
		const again = await metered((db) =>
			syncCollaborators({ product: db, now: NOW }, key, batch("collaborators", people)),
		);
		expect(again.read).toBeLessThanOrEqual(5 * 500);
	});

	it("without a valid item does not call the database", async () => {
		const rejected = (db: Database) =>
			syncActivities({ product: db, now: NOW }, key, batch("activities", [1, 2]), "reject").catch(() => undefined);
		expect((await metered(rejected)).trips).toBe(0);
		const left = await metered((db) =>
			syncCollaborators({ product: db, now: NOW }, key, batch("collaborators", [1, 2])),
		);
		expect(left.trips).toBe(0);
	});
});

describe("every other operation", () => {
	const author = { tenantId: BIG, actor: "usr_ada", actorEmail: null, ip: null, userAgent: null };
	const lead = {
		email: null,
		phone: null,
		company: null,
		position: null,
		source: null,
		tags: [],
		custom_fields: {},
		owner_id: OWNER,
		team_id: TEAM,
	};
	const holder = {
		id: keyId(KEYS),
		tenantId: BIG,
		name: "CRM",
		environment: "live",
		scopes: [],
		expiresAt: null,
	} as const;
	const attempt = { nameHash: "a", inputHash: "b" };
	beforeAll(async () => {
		const used = { createdAt: NOW, expiresAt: NOW + DAY_MS, lastUsedAt: NOW };
		program = await addToken(BIG, used);
		for (let index = 0; index < TOKENS_PER_TENANT_MAX; index++)
			await addToken(BIG, { ...used, createdAt: NOW - index });
		await db.insert(users).values({
			id: "usr_ada",
			tenantId: BIG,
			email: "ada@acme.example",
			name: "Ada",
			passwordHash: cheapPasswordHash("correct"),
			role: "admin",
			capabilities: [],
			createdAt: NOW,
		});
	});

	const { peppers } = others.config;
	let program: Awaited<ReturnType<typeof addToken>>;

	async function held(id = keyId(5_000)): Promise<KeySnapshot> {
		const [row] = await db.select().from(apiKeys).where(eq(apiKeys.id, id));
		if (!row) throw new Error("There is such a key.");
		return snapshotOf(row);
	}

	const user: UserPrincipal = {
		kind: "user",
		id: "usr_ada",
		tenantId: BIG,
		role: "owner",
		capabilities: [],
		email: null,
		name: null,
		sessionId: "ses_x",
		atProvider: false,
		expiresAt: NOW,
	};

	it.each<[what: string, read: number, written: number, (db: Database) => Promise<unknown>]>([
		[
			"signing in",
			// Each statement reads the person's row again, so that a reset of the password at the same moment wins.
			10,
			15,
			(db) => logIn({ ...others, ...signIn, db }, visitor, { email: "ada@acme.example", password: "correct" }),
		],
		[
			"failing to sign in",
			5,
			10,
			(db) =>
				logIn({ ...others, ...signIn, db }, visitor, { email: "ada@acme.example", password: "wrong" }).catch(
					() => undefined,
				),
		],
		["signing out", 5, 15, (db) => logOut({ ...others, db }, user, visitor)],
		["looking up a session", 5, 0, (db) => useSession(db, { sessionId: "s", userId: "u", tenantId: BIG }, 0, NOW)],
		[
			"looking up a management token",
			2,
			0,
			(db) => useManagementToken(db, program.token, peppers, { ip: null, now: NOW }),
		],
		[
			"recording the use of a management token",
			5,
			3,
			(db) => useManagementToken(db, program.token, peppers, { ip: null, now: NOW + MINUTE_MS }),
		],
		["listing management tokens", 60, 0, (db) => listTokens({ db, now: NOW }, BIG, { limit: 25 })],
		// Each row of the page is read twice, by the index and in the table. Of a person's keys, 1,000 at most are counted.
		["listing a page of members", 1_060, 0, (db) => listMembers({ ...others, db }, BIG, listMembersSchema.parse({}))],
		["finding a tenant", 2, 0, (db) => findTenant({ db }, BIG)],
		[
			"making a key that may be asked for again",
			150,
			75,
			async (db) => {
				await createdBefore(db, { tenantId: BIG, actor: "usr_ada" }, attempt, NOW);
				const key: KeySnapshot = { ...(await held()), ...INITIAL_STATE, id: "newnewnewnew", expiresAt: NOW + DAY_MS };
				await runBatch(db, [
					...recordAttempt(db, BIG, attempt, key.id, NOW),
					db.insert(apiKeys).values(newRow(key)),
					insertAudit(db, auditEvent(author, "api_key.create", NOW, { keyId: key.id })),
				]);
			},
		],
		[
			"revoking a key",
			300,
			75,
			async (db) => {
				const key = { ...(await held("newnewnewnew")), revokedAt: NOW, version: 9 };
				await recordKey(db, key, [auditEvent(author, "api_key.revoke", NOW, { keyId: key.id })]);
			},
		],
		[
			"deleting a key",
			100,
			30,
			async (db) => {
				const gone = { id: "newnewnewnew", tenantId: BIG, deletedAt: NOW };
				await recordKey(db, gone, [auditEvent(author, "api_key.delete", NOW, { keyId: gone.id })]);
			},
		],
		[
			"delivering the first usage of an hour",
			5,
			5,
			async (db) => {
				const hour = { hour: NOW - (NOW % HOUR_MS), allowed: 1, rateLimited: 0, denied: 0 };
				await recordUsage(db, await held(), [hour], { usageCount: 1e9, lastUsedAt: NOW });
			},
		],
		[
			// One of the rows read is the key's own: a database that was restored may have lost it.
			"delivering more usage of the hour",
			6,
			4,
			async (db) => {
				const hour = { hour: NOW - (NOW % HOUR_MS), allowed: 2, rateLimited: 0, denied: 0 };
				await recordUsage(db, await held(), [hour], { usageCount: 1e9 + 1, lastUsedAt: NOW + 1 });
			},
		],
		["reading a lead", 2, 0, (db) => getLead({ product: db }, holder, "lead_4")],
		[
			"adding a lead",
			60,
			27,
			(db) => createLead({ product: db, now: NOW }, holder, { ...lead, name: "Ana", status: "new" }),
		],
		[
			"changing a lead",
			60,
			40,
			(db) => updateLead({ product: db, now: NOW }, holder, "lead_4", { name: "Bia", source: "x" }),
		],
		["deleting a lead", 60, 27, (db) => deleteLead({ product: db }, holder, "lead_4")],
	])("of %s reads at most %i rows and writes at most %i", async (_what, read, written, use) => {
		const spent = await metered(use);
		expect(spent.statements).toBeGreaterThan(0);
		expect(spent.read).toBeLessThanOrEqual(read);
		expect(spent.written).toBeLessThanOrEqual(written);
	});
});
