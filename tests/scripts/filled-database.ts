/** A database with rows of every kind, and what it contains. */
import type { DatabaseSync } from "node:sqlite";
import { applyMigrations, type Migration, readMigrations } from "../../db/migrate.ts";
import type { SqliteD1 } from "./sqlite-d1.ts";

export const MIGRATIONS = readMigrations();
export const NOW = Date.parse("2031-05-06T10:20:30.000Z");

const numbers = (count: number) => `with recursive n(i) as (select 1 union all select i + 1 from n where i < ${count})`;

/** What integrations have written for two tenants. */
export const PRODUCT_ROWS = `
	${numbers(100)} insert into leads (id, tenant_id, environment, created_at, written_by, name, source, status, tags,
		custom_fields, search_text, updated_at)
	select 'lead_' || i, 'ten_b', 'live', i, 'k', 'Lead ' || i, iif(i % 2, 'form', null), 'new', '[]', '{}', 'lead ' || i, i from n;
	insert into collaborators (id, tenant_id, environment, created_at, written_by, external_id, name, email, updated_at)
	values ('c1', 'ten_a', 'live', 1, 'k', 'x', 'Bia', 'bia@acme.example', 1);
	insert into activities (id, tenant_id, environment, created_at, written_by, collaborator_id, activity_code, occurred_at, data)
	values ('a1', 'ten_a', 'live', 1, 'k', 'c1', '042', 7, '{"quantity":2.50}');`;

/** Three tenants with people, keys of every standing, usage, events and leads. Triggers derive the rest. */
export async function fill({ d1, sqlite }: SqliteD1, migrations: readonly Migration[] = MIGRATIONS): Promise<void> {
	await applyMigrations(d1, migrations);
	sqlite.exec(`
		insert into tenants (id, name, slug, created_at) values ('ten_a', 'Ação "1"', 'a', 1), ('ten_b', 'B', 'b', 2), ('ten_c', 'C', 'c', 3);
		insert into users (id, tenant_id, email, name, password_hash, role, capabilities, created_at)
		values ('usr_1', 'ten_a', 'ana@acme.example', 'Ana', 'none', 'owner', '[]', 1);
		insert into sessions (id, tenant_id, user_id, created_at, expires_at) values ('ses_1', 'ten_a', 'usr_1', 1, 2);
		${numbers(600)} insert into api_keys (id, tenant_id, environment, name, secret_hash, key_prefix, last_four, scopes,
			rate_limit, ip_allowlist, created_at, created_by, search_text, expires_at, revoked_at)
		select printf('k%04d', i * 7919 % 601), iif(i % 3, 'ten_a', 'ten_b'), iif(i % 5, 'live', 'test'), 'Clé ' || i, '', 'p', 'abcd', '[]',
			1, '[]', ${NOW} - i, 'usr_1', 'cle ' || i, iif(i % 7 = 0, ${NOW} + i, null), iif(i % 11 = 0, ${NOW}, null) from n;
		${numbers(1000)} insert into usage_hourly select printf('k%04d', 100 + i % 500), i * 3600000, iif(i % 3, 'ten_a', 'ten_b'), i, 0, 0 from n;
		${numbers(3000)} insert into audit_events (id, tenant_id, at, action, actor, changes)
		select 'evt_' || i, 'ten_a', i, 'api_key.create', 'usr_1', '{"name":"' || printf('%.*c', i % 900, 'x') || '"}' from n;
		${PRODUCT_ROWS}
		update api_keys set settled_at = ${NOW};
		update leads set status = 'won' where id < 'lead_4';
		delete from leads where id = 'lead_100';
		delete from api_keys where id = 'k0007';
		update quotas set api_keys_max = 10, users_max = 0 where tenant_id = 'ten_a';
		update tenants set suspended_at = ${NOW} where id = 'ten_b';`);
}

/** Every table and index with its rows. Of a search index: each token with the row that it leads to. */
export function contentsOf(sqlite: DatabaseSync): Record<string, unknown[]> {
	const { tables, objects } = readSchemaOf(sqlite);
	return { ...Object.fromEntries(tables.map((name) => [name, rowsOf(sqlite, name)])), objects };
}

function readSchemaOf(sqlite: DatabaseSync) {
	const all = (sql: string) => sqlite.prepare(sql).all();
	const tables = all("select name from pragma_table_list where schema = 'main' and type in ('table', 'virtual')")
		.map(({ name }) => String(name))
		.filter((name) => !/^sqlite_|^d1_migrations$|^product_move_/.test(name))
		.toSorted();
	return {
		tables,
		objects: all("select type, name, sql from sqlite_schema where name not like 'sqlite_%' order by name"),
	};
}

function rowsOf(sqlite: DatabaseSync, table: string): unknown[] {
	if (!table.endsWith("_search")) return sqlite.prepare(`select * from "${table}" order by 1, 2, 3`).all();
	sqlite.exec(`create virtual table temp.tokens using fts5vocab(main, '${table}', 'instance')`);
	const rows = sqlite.prepare("select term, doc from temp.tokens order by term, doc").all();
	sqlite.exec("drop table temp.tokens");
	return rows;
}

/** What a backup leaves out on purpose, or a restore changes. */
const LOST = ["sessions", "platform_sessions", "access_links", "service_state"];
export const withoutLost = (contents: Record<string, unknown[]>) =>
	Object.fromEntries(Object.entries(contents).filter(([name]) => !LOST.includes(name)));
