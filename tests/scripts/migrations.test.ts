/** Migrations only widen: the last release runs on the schema that they make (CONTRIBUTING.md, "Add a migration"). */
import { describe, expect, it } from "vitest";
import { readMigrations } from "../../db/migrate.ts";
import { schemaOf } from "../../scripts/database/schema.ts";
import { keptRelease, LAST_RELEASE } from "../releases/release.ts";
import { narrowings } from "./narrowings.ts";

/** The newest migration of the last release. */
const LAST_RELEASED = `${keptRelease(LAST_RELEASE).schema}.sql`;

/** What the last release has in its schema and neither reads nor writes, as a sentence of narrowings.ts: a migration may remove it. */
const UNUSED_BY_LAST_RELEASE: readonly string[] = [];

const all = readMigrations();
const released = all.filter(({ name }) => name <= LAST_RELEASED);
const later = all.filter(({ name }) => name > LAST_RELEASED);
const release = schemaOf(released);

it("knows the newest migration of the last release", () => {
	expect(released.at(-1)?.name).toBe(LAST_RELEASED);
});

it.each(later.map(({ name }) => name))("keeps what the last release uses in %s", (name) => {
	const found = narrowings(release, schemaOf(all.filter((migration) => migration.name <= name)));
	expect(found.filter((problem) => !UNUSED_BY_LAST_RELEASE.includes(problem))).toEqual([]);
});

describe("a migration that narrows", () => {
	const narrowedBy = (...queries: string[]) =>
		narrowings(release, schemaOf([...all, { name: "9999_planted.sql", queries }]));

	it.each([
		["drops a table", "drop table job_items", "The table job_items is missing."],
		["drops a column", "alter table sessions drop column place", "The column sessions.place is missing."],
		["renames a table", "alter table jobs rename to tasks", "The table jobs is missing."],
		["renames a column", "alter table jobs rename column kind to sort", "The column jobs.kind is missing."],
		["drops an index", "drop index jobs_by_created", "The index jobs_by_created is missing."],
		["drops a trigger", "drop trigger users_counted", "The trigger users_counted is missing."],
		[
			"drops a view",
			"drop trigger api_keys_added; drop trigger api_keys_renamed; drop view api_key_search_documents",
			"The view api_key_search_documents is missing.",
		],
		[
			"gives an index other columns",
			"drop index access_links_by_user; create index access_links_by_user on access_links (user_id, id)",
			"The index access_links_by_user has other columns.",
		],
		[
			"allows a value only once",
			"create unique index users_once on users (name)",
			"The new index users_once refuses rows of users that the release writes.",
		],
	])("is found if it %s", (_, query, problem) => {
		expect(narrowedBy(...query.split("; "))).toContain(problem);
	});

	const remade = (columns: string) =>
		narrowedBy("drop table platform_sessions", `create table platform_sessions (${columns})`);
	const COLUMNS = "token_hash text primary key not null, credential_hash text not null, created_at integer not null";

	it.each([
		[
			"requires a new column",
			`${COLUMNS}, last_seen_at integer not null, ip text, user_agent text, place text not null`,
			"The new column platform_sessions.place is NOT NULL and has no default.",
		],
		[
			"requires a column that could be empty",
			`${COLUMNS}, last_seen_at integer not null, ip text not null, user_agent text`,
			"The column platform_sessions.ip has become NOT NULL.",
		],
		[
			"changes a type",
			`${COLUMNS}, last_seen_at text not null, ip text, user_agent text`,
			"The column platform_sessions.last_seen_at has the type text instead of integer.",
		],
		[
			"adds a foreign key",
			`${COLUMNS}, last_seen_at integer not null, ip text references tenants (id), user_agent text`,
			"The table platform_sessions has a new foreign key.",
		],
	])("is found if it %s of a table", (_, columns, problem) => {
		expect(remade(columns)).toEqual([problem]);
	});
});

it("lets a migration add tables, columns, indexes and triggers, and change what a trigger does", () => {
	const queries = [
		"create table added (id text primary key not null)",
		"alter table sessions add column device text",
		"alter table sessions add column rank integer not null default 0",
		"create index sessions_by_rank on sessions (rank)",
		"drop trigger users_counted",
		"create trigger users_counted after insert on users begin select 1; end",
	];
	expect(narrowings(release, schemaOf([...all, { name: "9999_planted.sql", queries }]))).toEqual([]);
});
