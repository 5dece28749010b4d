/** The move of product data to a database of its own: while integrations write, nothing is lost and nothing is doubled. */
import { env } from "cloudflare:workers";
import { eq, sql } from "drizzle-orm";
import { beforeEach, describe, expect, it } from "vitest";
import { activities, collaborators, leads, productQuotas } from "../../../db/product-schema.ts";
import { quotas } from "../../../db/schema.ts";
import { back, cancel, copy, deleteOld, finish, status } from "../../../scripts/move-product-data/move.ts";
import { requireMovedProductData } from "../../../worker/services/product-data.ts";
import { deleteRows } from "../../../worker/services/tenant-rows.ts";
import { db, product } from "../fixtures.ts";
import { integration, workerWith } from "./worker-with.ts";

const TABLES = [collaborators, activities, leads];
let printed: string[];
const databases = { keys: env.DB, product: env.PRODUCT_DB, print: (line: string) => printed.push(line) };

/** A service that knows only the old database, and one that uses the new one. */
const oneDatabase = workerWith({ PRODUCT_DB: undefined });
const twoDatabases = workerWith({});

beforeEach(async () => {
	printed = [];
	for (const d1 of [env.DB, env.PRODUCT_DB]) {
		const { results } = await d1
			.prepare("select type, name from sqlite_schema where name glob 'product_move_*' and type in ('table', 'trigger')")
			.all<{ type: string; name: string }>();
		for (const { type, name } of results.toSorted((a, b) => b.type.localeCompare(a.type)))
			await d1.prepare(`drop ${type} if exists ${name}`).run();
		for (const table of ["activities", "merged_collaborators", "collaborators", "leads"])
			await d1.prepare(`delete from ${table}`).run();
	}
	await env.PRODUCT_DB.prepare("delete from quotas").run();
	await env.DB.prepare("delete from service_state where name = 'product_data_moved'").run();
});

/** An integration that writes at random, and knows what the service has acknowledged. */
class Writer {
	/** Name of each lead. Null: it is deleted. */
	readonly leads = new Map<string, string | null>();
	readonly people = new Map<string, string>();
	readonly activities = new Set<string>();
	refused = 0;
	#step = 0;
	readonly key: string;

	constructor(key: string) {
		this.key = key;
	}

	/** One write. A 503 changes nothing. */
	async write(call: typeof oneDatabase): Promise<void> {
		const step = ++this.#step;
		const known = [...this.leads].filter(([, name]) => name !== null).map(([id]) => id);
		const id = known[(step * 7) % Math.max(1, known.length)];
		if (step % 5 === 0) return this.#sync(call, step);
		if (step % 5 === 1 && id) {
			const { status } = await call(this.key, "PATCH", `/v1/leads/${id}`, {
				name: `Lead ${step} changed`,
				tags: ["ç"],
			});
			if (this.#isDone(status)) this.leads.set(id, `Lead ${step} changed`);
		} else if (step % 11 === 2 && id) {
			const { status } = await call(this.key, "DELETE", `/v1/leads/${id}`);
			if (this.#isDone(status)) this.leads.set(id, null);
		} else {
			const lead = {
				name: `Lead ${step}`,
				email: `l${step}@acme.example`,
				custom_fields: { text: '"é"'.repeat(step % 50) },
			};
			const { status, data } = await call(this.key, "POST", "/v1/leads", lead);
			if (this.#isDone(status)) this.leads.set(data.id, lead.name);
		}
	}

	async #sync(call: typeof oneDatabase, step: number): Promise<void> {
		const email = `p${step % 40}@acme.example`;
		const people = [{ external_id: `p${step}`, name: `Person ${step}`, email }];
		const { status } = await call(this.key, "POST", "/v1/sync_collaborators", { collaborators: people });
		if (!this.#isDone(status)) return;
		this.people.set(email, `Person ${step}`);
		const done = [{ activity_code: "001", external_id: `a${step}`, collaborator_email: email, data: { step } }];
		const sent = await call(this.key, "POST", "/v1/sync_activities", { activities: done });
		if (this.#isDone(sent.status)) this.activities.add(`a${step}`);
	}

	#isDone(status: number): boolean {
		if (status === 503) this.refused++;
		else expect(status).toBeLessThan(300);
		return status < 300;
	}

	/** What was acknowledged, as the database has to have it. */
	get acknowledged() {
		return {
			leads: [...this.leads].flatMap(([id, name]) => (name === null ? [] : [`${id} ${name}`])).sort(),
			people: [...this.people].map(([email, name]) => `${email} ${name}`).sort(),
			activities: [...this.activities].sort(),
		};
	}
}

async function storedIn(database: typeof db, tenantId: string) {
	const [rows, people, done] = await Promise.all([
		database.select().from(leads).where(eq(leads.tenantId, tenantId)),
		database.select().from(collaborators).where(eq(collaborators.tenantId, tenantId)),
		database.select().from(activities).where(eq(activities.tenantId, tenantId)),
	]);
	return {
		leads: rows.map(({ id, name }) => `${id} ${name}`).sort(),
		people: people.map(({ email, name }) => `${email} ${name}`).sort(),
		activities: done.map(({ externalId }) => externalId).sort(),
	};
}

/** Lists, searches and quotas, as the API shows them. */
async function shown(call: typeof oneDatabase, key: string) {
	const ids = async (path: string) => {
		const { status, data } = await call(key, "GET", path);
		expect(status).toBe(200);
		return (data as unknown as { id: string }[]).map(({ id }) => id);
	};
	return {
		byCreation: await ids("/v1/leads?per_page=100"),
		byName: await ids("/v1/leads?per_page=100&sort=name"),
		found: await ids("/v1/leads?per_page=100&search=changed"),
		foundByEmail: await ids("/v1/leads?limit=100&search=acme"),
		ofStatus: await ids("/v1/leads?per_page=100&status=new&search=lead"),
	};
}

async function filled(writes: number) {
	const { key, tenantId, admin } = await integration();
	const writer = new Writer(key);
	for (let i = 0; i < writes; i++) await writer.write(oneDatabase);
	return { key, tenantId, admin, writer };
}

/** Writes until the work is done. */
async function writingDuring<T>(writers: readonly Writer[], call: typeof oneDatabase, work: Promise<T>): Promise<T> {
	let isDone = false;
	const ended = work.finally(() => {
		isDone = true;
	});
	await Promise.all(
		writers.map(async (writer) => {
			while (!isDone) await writer.write(call);
		}),
	);
	return ended;
}

describe("a move while integrations write", () => {
	it("loses nothing and doubles nothing, and lists, searches, counts and quotas stay the same", {
		timeout: 120_000,
	}, async () => {
		const tenants = [await filled(120), await filled(60)];
		const writers = tenants.map(({ writer }) => writer);
		const [first] = tenants;
		if (!first) throw new Error("There are two.");
		// Less than the tenant has.
		await db.update(quotas).set({ leadsMax: 3, activitiesMax: 50_000 }).where(eq(quotas.tenantId, first.tenantId));
		await expect(finish(databases)).rejects.toThrow("Copy first");
		await db.update(quotas).set({ leadsMax: 3_000 }).where(eq(quotas.tenantId, first.tenantId));

		await writingDuring(writers, oneDatabase, copy(databases));
		for (const writer of writers) for (let i = 0; i < 10; i++) await writer.write(oneDatabase);
		await writingDuring(writers, oneDatabase, finish(databases));
		// Other writes came in between.
		expect(printed.join("\n")).toMatch(/[1-9]\d* rows that changed meanwhile are copied/);
		expect(writers.map(({ refused }) => refused > 0)).toEqual([true, true]);
		expect(printed.at(-1)).toContain("Next, right now: npm run deploy");

		for (const { key, tenantId, writer } of tenants) {
			expect(await storedIn(product, tenantId)).toEqual(writer.acknowledged);
			expect(await storedIn(db, tenantId)).toEqual(writer.acknowledged);
			expect(await shown(twoDatabases, key)).toEqual(await shown(oneDatabase, key));
			const [counted] = await product.select().from(productQuotas).where(eq(productQuotas.tenantId, tenantId));
			const { leads: ours, people, activities: done } = writer.acknowledged;
			expect([counted?.leads, counted?.collaborators, counted?.activities]).toEqual([
				ours.length,
				people.length,
				done.length,
			]);
			const bytes = await product.get<{ bytes: number }>(
				sql`select sum(bytes) as bytes from (select bytes, tenant_id from leads union all
					select bytes, tenant_id from collaborators union all select bytes, tenant_id from activities)
					where tenant_id = ${tenantId}`,
			);
			expect(counted?.storedBytes).toBe(bytes?.bytes);
		}
		const [limits] = await product.select().from(productQuotas).where(eq(productQuotas.tenantId, first.tenantId));
		expect(limits).toMatchObject({ leadsMax: 3_000, activitiesMax: 50_000, collaboratorsMax: null });
		expect(await product.$count(leads)).toBe(await db.$count(leads));
	});

	it("the service that knows only the old database reads and refuses to write until it is replaced, and the new one writes", async () => {
		const { key, tenantId, writer } = await filled(30);
		await copy(databases);
		await finish(databases);
		const refused = await oneDatabase(key, "POST", "/v1/leads", { name: "Late" });
		expect([refused.status, refused.retryAfter, refused.error.code]).toEqual([503, "30", "UNAVAILABLE"]);
		for (let i = 0; i < 12; i++) await writer.write(oneDatabase);
		expect(writer.refused).toBeGreaterThanOrEqual(12);
		expect((await oneDatabase(key, "GET", "/v1/leads")).status).toBe(200);
		for (let i = 0; i < 30; i++) await writer.write(twoDatabases);
		expect(await storedIn(product, tenantId)).toEqual(writer.acknowledged);
		await expect(cancel(databases)).rejects.toThrow("uses PRODUCT_DB already");
		await expect(copy(databases)).rejects.toThrow("would overwrite newer rows");
	});
});

it("a move that is interrupted anywhere continues, and ends the same", { timeout: 120_000 }, async () => {
	const { tenantId, writer } = await filled(80);
	let left = 3;
	let interruptions = 0;
	const interrupted = (d1: D1Database): D1Database =>
		new Proxy(d1, {
			get(target, property) {
				if ((property === "prepare" || property === "batch") && --left < 0) throw new Error("The connection was lost.");
				const value: unknown = Reflect.get(target, property);
				return typeof value === "function" ? value.bind(target) : value;
			},
		});
	const unstable = { ...databases, keys: interrupted(env.DB), product: interrupted(env.PRODUCT_DB) };
	for (const step of [copy, finish])
		for (let room = 3; ; room = Math.ceil(room * 1.3)) {
			left = room;
			const outcome = await step(unstable).then(
				() => "done",
				(error: Error) => error.message,
			);
			if (outcome === "done") break;
			expect(outcome).toBe("The connection was lost.");
			interruptions++;
			await writer.write(oneDatabase);
		}
	expect(interruptions).toBeGreaterThan(5);
	expect(await storedIn(product, tenantId)).toEqual(writer.acknowledged);
});

describe("after a move", () => {
	it("the old rows are deleted on demand, and can't come back", async () => {
		const { key, tenantId, writer } = await filled(40);
		await copy(databases);
		await expect(deleteOld(databases)).rejects.toThrow("not finished");
		await finish(databases);
		for (let i = 0; i < 5; i++) await writer.write(twoDatabases);
		await deleteOld(databases);
		await deleteOld(databases);
		for (const table of TABLES) expect(await db.$count(table)).toBe(0);
		expect(await storedIn(product, tenantId)).toEqual(writer.acknowledged);
		expect((await oneDatabase(key, "POST", "/v1/leads", { name: "Late" })).status).toBe(503);
		const [stored] = await db.select().from(quotas).where(eq(quotas.tenantId, tenantId));
		expect(stored).toMatchObject({ leads: 0, collaborators: 0, activities: 0 });
	});

	it("a tenant is deleted in both databases, also by a service that knows only the old one", async () => {
		const [ours, others] = [await filled(20), await filled(20)];
		await copy(databases);
		await finish(databases);
		await db.run(sql`insert into gate_sweeps (tenant_id, kind, suspension_no, total, created_at, updated_at)
			values (${ours.tenantId}, 'delete', 1, 0, 0, 0)`);
		while (!(await deleteRows({ db, product: db }, ours.tenantId)));
		expect(await product.$count(leads, eq(leads.tenantId, ours.tenantId))).toBeGreaterThan(0);
		await deleteOld(databases);
		for (const table of TABLES) expect(await product.$count(table, eq(table.tenantId, ours.tenantId))).toBe(0);
		expect(await storedIn(product, others.tenantId)).toEqual(others.writer.acknowledged);
		await db.run(sql`delete from gate_sweeps`);
	});

	it("the data can be taken back, with everything that was written since, also if the old rows are deleted", async () => {
		const { key, tenantId, writer } = await filled(40);
		await copy(databases);
		await finish(databases);
		for (let i = 0; i < 30; i++) await writer.write(twoDatabases);
		await deleteOld(databases);
		for (let i = 0; i < 30; i++) await writer.write(twoDatabases);
		await back(databases);
		expect((await twoDatabases(key, "POST", "/v1/leads", { name: "Late" })).status).toBe(503);
		for (let i = 0; i < 20; i++) await writer.write(oneDatabase);
		expect(await storedIn(db, tenantId)).toEqual(writer.acknowledged);
		await expect(back(databases)).rejects.toThrow("not finished");
		// And another move follows.
		await copy(databases);
		await finish(databases);
		for (let i = 0; i < 5; i++) await writer.write(twoDatabases);
		expect(await storedIn(product, tenantId)).toEqual(writer.acknowledged);
	});
});

/** Passes statements on, and notes them. */
function listening(d1: D1Database, statements: string[]): D1Database {
	return new Proxy(d1, {
		get(target, property) {
			const value: unknown = Reflect.get(target, property);
			if (property === "prepare")
				return (statement: string) => {
					statements.push(statement);
					return target.prepare(statement);
				};
			return typeof value === "function" ? value.bind(target) : value;
		},
	});
}

it("no statement of a move reads a whole table, which would exceed the 30 seconds of D1", async () => {
	const { tenantId } = await filled(30);
	const statements: string[] = [];
	const heard = { ...databases, keys: listening(env.DB, statements), product: listening(env.PRODUCT_DB, statements) };
	for (const step of [copy, finish, back]) await step(heard);
	expect(await storedIn(db, tenantId)).toEqual(await storedIn(product, tenantId));
	const whole: string[] = [];
	for (const statement of new Set(
		statements.filter(
			(text) => /^\s*select.* from (leads|activities|collaborators)\b/is.test(text) && !/\blimit\b/i.test(text),
		),
	)) {
		const parameters = Math.max(0, ...[...statement.matchAll(/\?(\d)/g)].map(([, number]) => Number(number)));
		const { results } = await env.DB.prepare(`explain query plan ${statement}`)
			.bind(...Array<string>(parameters).fill("[]"))
			.all<{ detail: string }>();
		if (results.some(({ detail }) => /^SCAN (leads|activities|collaborators)\b/.test(detail))) whole.push(statement);
	}
	expect(statements.length).toBeGreaterThan(30);
	expect(whole).toEqual([]);
});

it("a row that changes after it was compared is compared again under the freeze", async () => {
	const { tenantId } = await filled(30);
	await copy(databases);
	const [lead] = await db.select().from(leads).where(eq(leads.tenantId, tenantId));
	if (!lead) throw new Error("There are leads.");
	const keys = new Proxy(env.DB, {
		get(target, property) {
			const value: unknown = Reflect.get(target, property);
			// The freeze is the first thing that asks for this table. Here, the change comes right before it.
			if (property === "prepare")
				return (statement: string) =>
					statement.includes("name = 'gate_sweeps'")
						? withChangeBefore(target.prepare(statement))
						: target.prepare(statement);
			return typeof value === "function" ? value.bind(target) : value;
		},
	});
	const withChangeBefore = (statement: D1PreparedStatement) =>
		new Proxy(statement, {
			get(target, property) {
				if (property !== "raw") return Reflect.get(target, property);
				return async () => {
					await db
						.update(leads)
						.set({ updatedAt: lead.updatedAt + 1 })
						.where(eq(leads.id, lead.id));
					// A copy that loses it.
					await env.PRODUCT_DB.prepare(
						`create trigger product_move_test before update on leads when new.id = '${lead.id}' begin select raise(ignore); end`,
					).run();
					return target.raw();
				};
			},
		});
	await expect(finish({ ...databases, keys })).rejects.toThrow(`leads: 1 differ, such as ${lead.id}`);
	expect(await requireUnmoved()).toBe(true);
});

/** Whether nothing is switched. */
const requireUnmoved = async () =>
	requireMovedProductData({ db, product }).then(
		() => false,
		() => true,
	);

describe("after a move, the database of the keys is restored", () => {
	/** What a backup leaves out: what only a move adds. */
	async function loseTriggers() {
		const { results } = await env.DB.prepare(
			"select type, name from sqlite_schema where name glob 'product_move_*' and type in ('table', 'trigger') order by type desc",
		).all<{ type: string; name: string }>();
		for (const { type, name } of results) await env.DB.prepare(`drop ${type} ${name}`).run();
	}

	it("from a backup: the service is ready, a second finish rejects writes again, and the old rows can be deleted", async () => {
		const { key, tenantId, writer } = await filled(30);
		await copy(databases);
		await finish(databases);
		for (let i = 0; i < 10; i++) await writer.write(twoDatabases);
		await loseTriggers();
		await requireMovedProductData({ db, product });
		await expect(copy(databases)).rejects.toThrow("would overwrite newer rows");
		await finish(databases);
		expect((await oneDatabase(key, "POST", "/v1/leads", { name: "Late" })).status).toBe(503);
		await loseTriggers();
		await deleteOld(databases);
		expect(await db.$count(leads)).toBe(0);
		expect(await storedIn(product, tenantId)).toEqual(writer.acknowledged);
	});

	it("to a moment before the move was finished: newer rows are not overwritten, and the move is finished again", async () => {
		const { tenantId, writer } = await filled(30);
		await copy(databases);
		for (let i = 0; i < 10; i++) await writer.write(oneDatabase);
		const { results } = await env.DB.prepare("select table_name, row_id from product_move_changes").all();
		await finish(databases);
		for (let i = 0; i < 20; i++) await writer.write(twoDatabases);
		await env.DB.batch([
			env.DB.prepare("delete from service_state where name = 'product_data_moved'"),
			...results.map(({ table_name, row_id }) =>
				env.DB.prepare("insert into product_move_changes (table_name, row_id) values (?1, ?2)").bind(
					table_name,
					row_id,
				),
			),
		]);
		expect(await requireUnmoved()).toBe(true);
		await expect(copy(databases)).rejects.toThrow("would overwrite newer rows");
		await finish(databases);
		await requireMovedProductData({ db, product });
		await deleteOld(databases);
		expect(await storedIn(product, tenantId)).toEqual(writer.acknowledged);
	});
});

it("the data is taken back although the platform has lowered a quota since", async () => {
	const { tenantId, writer } = await filled(40);
	await copy(databases);
	await finish(databases);
	for (let i = 0; i < 20; i++) await writer.write(twoDatabases);
	await deleteOld(databases);
	await db.update(quotas).set({ leadsMax: 2, storedBytesMax: 10 }).where(eq(quotas.tenantId, tenantId));
	await back(databases);
	expect(await storedIn(db, tenantId)).toEqual(writer.acknowledged);
	const [limits] = await db.select().from(quotas).where(eq(quotas.tenantId, tenantId));
	expect(limits).toMatchObject({ leadsMax: 2, storedBytesMax: 10, unchecked: 0 });
});

it("a service with a product database fails its hourly check while the data is in the other one", async () => {
	const two = { db, product };
	await requireMovedProductData(two);
	await filled(12);
	await expect(requireMovedProductData(two)).rejects.toThrow("not moved to PRODUCT_DB");
	await requireMovedProductData({ db, product: db });
	await copy(databases);
	await expect(requireMovedProductData(two)).rejects.toThrow("not moved to PRODUCT_DB");
	await finish(databases);
	await requireMovedProductData(two);
});

describe("before the deploy", () => {
	it("a move is cancelled, and a later one copies what changed since", async () => {
		const { tenantId, writer } = await filled(40);
		await copy(databases);
		await finish(databases);
		await cancel(databases);
		for (let i = 0; i < 30; i++) await writer.write(oneDatabase);
		await copy(databases);
		await finish(databases);
		expect(writer.refused).toBe(0);
		expect(await storedIn(product, tenantId)).toEqual(writer.acknowledged);
	});

	it("the status says how far the move is, and changes nothing", async () => {
		await filled(12);
		await status(databases);
		expect(printed.join("\n")).toMatch(
			/leads: \d+ rows in DB, 0 in PRODUCT_DB\nThe move is not copied. Writes to DB are accepted./,
		);
		const { results } = await env.DB.prepare("select 1 from sqlite_schema where name glob 'product_move_*'").all();
		expect(results).toEqual([]);
	});

	it("nothing is copied over rows that a service has written to the product database", async () => {
		const { key } = await integration();
		await twoDatabases(key, "POST", "/v1/leads", { name: "Ana" });
		await expect(copy(databases)).rejects.toThrow("PRODUCT_DB has leads that no copy has written");
	});

	it("writes are allowed again if the databases differ", async () => {
		const { key, tenantId } = await filled(20);
		await copy(databases);
		await product.delete(leads).where(eq(leads.tenantId, tenantId));
		await expect(finish(databases)).rejects.toThrow(/The databases differ.*\nleads: \d+ differ, such as/s);
		expect((await oneDatabase(key, "POST", "/v1/leads", { name: "Ana" })).status).toBe(201);
	});
});
