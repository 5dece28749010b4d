/** A release knows which schema it needs, and never takes the name of a missing column for its value. */
import { env } from "cloudflare:workers";
import { eq, sql } from "drizzle-orm";
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";
import { afterEach, describe, expect, it } from "vitest";
import { PRODUCT_SCHEMA_VERSION, SCHEMA_VERSION, schemaProblem } from "../../../db/schema-version.ts";
import { addTenant, db } from "../fixtures.ts";

describe("the schema", () => {
	afterEach(() => env.DB.prepare("DELETE FROM d1_migrations WHERE name = ?").bind("9999_later.sql").run());

	it("is named by the newest migration of the repository", () => {
		expect(`${SCHEMA_VERSION}.sql`).toBe(env.TEST_MIGRATIONS.at(-1)?.name);
		expect(`${PRODUCT_SCHEMA_VERSION}.sql`).toBe(env.TEST_PRODUCT_MIGRATIONS.at(-1)?.name);
	});

	it("is right when the newest migration is applied, and when a later release has added to it", async () => {
		expect(await schemaProblem(env.DB)).toBeNull();
		await env.DB.prepare("INSERT INTO d1_migrations (name) VALUES (?)").bind("9999_later.sql").run();
		expect(await schemaProblem(env.DB)).toBeNull();
	});

	it("is reported when the newest migration is missing, and when all are", async () => {
		const { results } = await env.DB.prepare("SELECT name FROM d1_migrations ORDER BY name").all<{ name: string }>();
		const insert = (names: string[]) =>
			env.DB.batch(names.map((name) => env.DB.prepare("INSERT INTO d1_migrations (name) VALUES (?)").bind(name)));
		const names = results.map(({ name }) => name);
		await env.DB.prepare("DELETE FROM d1_migrations WHERE name = ?").bind(`${SCHEMA_VERSION}.sql`).run();
		expect(await schemaProblem(env.DB)).toContain(`this release needs ${SCHEMA_VERSION}`);
		await env.DB.prepare("ALTER TABLE d1_migrations RENAME TO d1_migrations_kept").run();
		expect(await schemaProblem(env.DB)).toContain("no schema");
		await env.DB.prepare("ALTER TABLE d1_migrations_kept RENAME TO d1_migrations").run();
		expect(await schemaProblem(env.DB)).toContain("has schema");
		await insert(names.filter((name) => name === `${SCHEMA_VERSION}.sql`));
		expect(await schemaProblem(env.DB)).toBeNull();
	});
});

describe("a column that the database doesn't have yet", () => {
	/** The table of a later release. */
	const later = sqliteTable("tenants", {
		id: text("id"),
		name: text("name"),
		region: text("region"),
		no: integer("no"),
	});

	it("is an error where it is read, and never its own name", async () => {
		const id = await addTenant();
		// SQLite reads an unknown name in double quotes as text: this is why the query builder must not use them.
		const quoted = await env.DB.prepare('SELECT "region" FROM tenants WHERE id = ?').bind(id).first<string>('"region"');
		expect(quoted).toBe("region");
		const read = db.select().from(later).where(eq(later.id, id));
		await expect(read).rejects.toMatchObject({ cause: { message: expect.stringContaining("no such column: region") } });
	});

	it("is an error where it is written or compared", async () => {
		const noSuchColumn = { cause: { message: expect.stringContaining("no such column: tenants.region") } };
		await expect(db.update(later).set({ name: sql`${later.region}` })).rejects.toMatchObject(noSuchColumn);
		await expect(db.delete(later).where(eq(later.region, "region"))).rejects.toMatchObject(noSuchColumn);
	});
});
