/**
 * A database as it is after years: one tenant with 100,000 keys beside a thousand others, hundreds of thousands of
 * audit events, months of usage. Made by SQL within D1, in seconds.
 */
import { env } from "cloudflare:workers";

/** The present of this world. */
export const NOW = Date.parse("2031-05-06T10:20:30.000Z");
export const DAY_MS = 86_400_000;
export const HOUR_MS = 3_600_000;
export const KEYS = 100_000;
export const BIG = "ten_big";

/** Rows of numbers from 1 to `count`, as `n(i)`. */
const numbers = (count: number) => `with recursive n(i) as (select 1 union all select i + 1 from n where i < ${count})`;

const run = (sql: string) => env.DB.prepare(sql).run();

/** Fills a table without its indexes and triggers, which are made afterwards: row by row they take minutes. */
async function withoutUpkeep(table: string, fill: () => Promise<unknown>): Promise<void> {
	const { results } = await env.DB.prepare(
		"select type, name, sql from sqlite_schema where tbl_name = ? and type in ('index', 'trigger') and sql is not null",
	)
		.bind(table)
		.all<{ type: string; name: string; sql: string }>();
	const [triggers, indexes] = ["trigger", "index"].map((wanted) => results.filter(({ type }) => type === wanted));
	for (const { type, name } of results) await run(`drop ${type} ${name}`);
	await fill();
	for (const { sql } of [...(indexes ?? []), ...(triggers ?? [])]) await run(sql);
}

/** What the migration does for rows that were there before its triggers. */
async function backfill(table: string): Promise<void> {
	const { queries = [] } = env.TEST_MIGRATIONS.find(({ name }) => name.includes("kept_by_triggers")) ?? {};
	const statements = queries.map((query) => query.replace(/^\s*--.*$/gm, "").trim());
	for (const statement of statements)
		if (/^(UPDATE|INSERT)/.test(statement) && statement.includes(table)) await run(statement);
}

/** Fills the database of the test file. */
export async function fillAtScale(): Promise<void> {
	const t0 = performance.now();
	const lap = (what: string) => console.log(what, Math.round(performance.now() - t0));
	await run(
		`${numbers(1_000)} insert into tenants (id, name, slug, created_at)
		select 'ten_' || i, 'Tenant ' || i, 'tenant-' || i, ${NOW} - i * 60000 from n`,
	);
	await run(`insert into tenants values ('${BIG}', 'Big', 'big', ${NOW - 900 * DAY_MS})`);
	const columns =
		"id, tenant_id, environment, name, secret_hash, key_prefix, last_four, scopes, rate_limit, ip_allowlist, created_at, created_by, expires_at, revoked_at, revoke_at, usage_count, last_used_at, search_text";
	// Of a hundred keys 20 are for tests; 13 were revoked, 12 have expired, 8 expire soon, the last day included.
	await withoutUpkeep("api_keys", async () => {
		await run(
			`${numbers(KEYS)}, k as (
			select i, printf('k%011d', i) as id, iif(i % 5, 'live', 'test') as environment,
				case i % 7 when 0 then 'Partner Aurora Imóveis' when 1 then 'CRM Nightly Sync' when 2 then 'Website Forms São Paulo'
					when 3 then 'ERP Vendas' when 4 then 'Weekly Report' when 5 then 'Discador Televendas' else 'BI Export' end
					|| iif(i % 250 = 0, ' Zürich', '') || iif(i % 20000 = 7, ' quixotic', '') || ' ' || i as name,
				${NOW} - (${KEYS} - i) * 600000 as created,
				abs(i * 2654435761 % 100) as fate, abs(i * 40503 % 997) as luck
			from n
		)
		insert into api_keys (${columns})
		select id, '${BIG}', environment, name, '', 'sk_' || environment || '_' || substr(printf('%04x', i * 40503 % 65536), 1, 4),
			printf('%04x', i * 30103 % 65536), '[]', 1000, '[]', created, 'usr',
			case when fate < 12 then min(created + 86400000, ${NOW} - 1) when fate < 20 then ${NOW} + luck * 1209600 + 1
				when fate < 60 then ${NOW} + 15 * 86400000 + luck * 86400000 end,
			iif(fate >= 87, min(created + 1000, ${NOW}), null),
			case when fate = 70 then ${NOW} - luck * 10000 when fate = 71 then ${NOW} + luck * 1000 end,
			iif(i % 3, abs(i * 7919 % 100000), 0), iif(i % 3, ${NOW} - abs(i * 104729 % 1000000) * 1000, 0),
			''
		from k`,
		);
		await run(
			`${numbers(20_000)} insert into api_keys (${columns})
		select printf('o%011d', i), 'ten_' || (1 + i % 1000), iif(i % 5, 'live', 'test'), 'CRM Nightly Sync ' || i, '', 'sk_live_' || i, 'abcd',
			'[]', 1000, '[]', ${NOW} - i * 60000, 'usr', null, null, null, i, ${NOW} - i, '' from n`,
		);
		await run(
			`update api_keys set search_text =
			replace(replace(replace(lower(name), 'ó', 'o'), 'ã', 'a'), 'ü', 'u') || ' ' || key_prefix || ' ' || last_four`,
		);
	});
	lap("rows");
	await backfill("api_key");
	lap("backfilled");
	await run(`update api_keys set settled_at = ${NOW - 10_000} where turns_at <= ${NOW - 10_000}`);
	lap("settled");
	await withoutUpkeep("audit_events", () =>
		run(
			`${numbers(300_000)} insert into audit_events (id, tenant_id, at, action, actor, actor_email, key_id, changes)
		select printf('evt_%d', i), '${BIG}', ${NOW} - (300000 - i) * 100000,
			case when i % 1000 = 0 then 'api_key.revoke' when i % 3 = 0 then 'session.login' else 'api_key.update' end,
			iif(i % 10, 'usr_busy', 'usr_' || (i % 500)), iif(i % 10, 'Busy@acme.example', 'u' || (i % 500) || '@acme.example'),
			iif(i % 4, printf('k%011d', 1 + i % 50000), 'k00000000001'), '{}' from n`,
		),
	);
	lap("audit");
	await run(
		`${numbers(90 * 24)} insert into usage_hourly (key_id, hour, tenant_id, allowed, rate_limited, denied)
		select printf('k%011d', ${KEYS} + 1 - k.value), ${NOW - (NOW % HOUR_MS)} - (i - 1) * ${HOUR_MS}, '${BIG}', i, 0, 0
		from n, json_each('[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,33,34,35,36,37,38,39,40]') k`,
	);
	lap("usage");
	await withoutUpkeep("leads", () =>
		run(
			`${numbers(20_000)} insert into leads (id, tenant_id, environment, created_at, written_by, name, email, source, status, tags, custom_fields, search_text, updated_at)
		select 'lead_' || i, '${BIG}', iif(i % 5, 'live', 'test'), ${NOW} - (20000 - i) * 1000, 'k', 'Ana ' || i, 'ana' || i || '@gmail.com',
			case when i % 10000 = 3 then 'fair' when i % 2 then 'form' else 'partner' end, case when i % 5000 = 4 then 'converted' when i % 3 then 'new' else 'contacted' end, '[]', '{}',
			'ana ' || i || ' ana' || i || '@gmail.com' || iif(i % 5000 = 3, ' quixotic', ''), 0 from n`,
		),
	);
	await backfill("lead");
	lap("leads");
}
