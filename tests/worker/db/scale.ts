/**
 * A database after years of use: one tenant with most keys beside hundreds of others, several audit events for each key,
 * months of usage. Made by SQL within D1, in seconds. `npm test` makes a fifth of what `npm run test:proofs` makes; what
 * is rare (a search that finds five keys) is as rare in both.
 */
import { env } from "cloudflare:workers";
import { inject } from "vitest";

/** The current time of the tests. */
export const NOW = Date.parse("2031-05-06T10:20:30.000Z");
export const DAY_MS = 86_400_000;
export const HOUR_MS = 3_600_000;
export const { keys: KEYS, leads: LEADS } = inject("database");
const OTHER_TENANTS = KEYS / 100;
/** The same years for any number of keys. */
const KEY_EVERY_MS = 60_000_000_000 / KEYS;
const AUDIT_EVENTS = 3 * KEYS;
const AUDIT_EVENT_EVERY_MS = 30_000_000_000 / AUDIT_EVENTS;
export const BIG = "ten_big";
/** A quarter of all audit events are about this key. */
export const BUSY_KEY = "k00000000001";

/** Rows of numbers from 1 to `count`, as `n(i)`. */
export const numbers = (count: number) =>
	`with recursive n(i) as (select 1 union all select i + 1 from n where i < ${count})`;

const run = (sql: string) => env.DB.prepare(sql).run();

/** Fills a table without its indexes and triggers, and creates them afterwards: row by row they take minutes. */
export async function withoutUpkeep(table: string, inserts: readonly string[]): Promise<void> {
	const { results } = await env.DB.prepare(
		"select type, name, sql from sqlite_schema where tbl_name = ? and type in ('index', 'trigger') and sql is not null",
	)
		.bind(table)
		.all<{ type: string; name: string; sql: string }>();
	const [triggers, indexes] = ["trigger", "index"].map((wanted) => results.filter(({ type }) => type === wanted));
	for (const { type, name } of results) await run(`drop ${type} ${name}`);
	for (const insert of inserts) await run(insert);
	for (const { sql } of [...(indexes ?? []), ...(triggers ?? [])]) await run(sql);
}

/** The statements of a migration that change rows. */
function rowChanges(migration: string): string[] {
	const { queries = [] } = env.TEST_MIGRATIONS.find(({ name }) => name.includes(migration)) ?? {};
	const statements = queries.map((query) => query.replace(/^\s*--.*$/gm, "").trim());
	return statements.filter((statement) => /^(UPDATE|INSERT)/.test(statement));
}

/** What the migrations do for rows that existed before their triggers. Bytes are not counted. */
export async function backfill(): Promise<void> {
	await run("delete from quotas");
	const first = rowChanges("0006_triggers").filter((statement) => !/search|stored_bytes/.test(statement));
	const later = ["0013_search_by_span", "0014_lead_lists"].flatMap(rowChanges);
	for (const statement of [...first, ...later]) await run(statement);
}

const KEY_COLUMNS = `id, tenant_id, environment, name, secret_hash, key_prefix, last_four, scopes, rate_limit,
	ip_allowlist, created_at, created_by, expires_at, revoked_at, revoke_at, usage_count, last_used_at, search_text`;

/**
 * Of 100 keys of the big tenant, 20 are test keys, 13 are revoked, 12 have expired, and 8 expire soon. One in
 * 100 was rotated and has stopped, or will. Thirteen are signed. Some changed their standing in the last seconds.
 */
const KEYS_OF_BIG = `${numbers(KEYS)}, k as (
	select i, iif(i % 5, 'live', 'test') as environment,
		case i % 7
			when 0 then 'Partner Aurora Imóveis' when 1 then 'CRM Nightly Sync' when 2 then 'Website Forms São Paulo'
			when 3 then 'ERP Vendas' when 4 then 'Weekly Report' when 5 then 'Discador Televendas' else 'BI Export'
		end || iif(i % ${KEYS / 400} = 0, ' Zürich', '') || iif(i % ${KEYS / 5} = 7, ' quixotic', '') || ' ' || i as name,
		${NOW} - (${KEYS} - i) * ${KEY_EVERY_MS} as created, i * 2654435761 % 100 as fate, i * 40503 % 997 as luck
	from n
)
insert into api_keys (${KEY_COLUMNS})
select printf('k%011d', i), '${BIG}', environment, name, iif(i % ${KEYS / 12.5} = 9, 'signed:', ''), printf('sk_%s_%04x', environment, i * 40503 % 40000),
	iif(i % ${Math.floor(KEYS / 3)} = 11, 'abcd', printf('%04x', i * 30103 % 40000)), '[]', 1000, '[]', created, 'usr_ada',
	case
		when fate < 12 then min(created + ${DAY_MS}, ${NOW} - 1)
		when fate < 20 then ${NOW} + luck * 1209600 + 1
		when fate < 60 then ${NOW} + 15 * ${DAY_MS} + luck * ${DAY_MS}
	end,
	iif(fate >= 87, min(created + 1000, ${NOW}), null),
	case when fate = 70 then ${NOW} - luck * 10000 when fate = 71 then ${NOW} + luck * 1000 end,
	iif(i % 3, i * 7919 % 100000, 0), iif(i % 3, ${NOW} - i * 104729 % 1000000 * 1000, 0), ''
from k`;

/** Twenty keys of each other tenant, with a name that the big tenant uses too. */
const KEYS_OF_OTHERS = `${numbers(20 * OTHER_TENANTS)}
insert into api_keys (${KEY_COLUMNS})
select printf('o%011d', i), 'ten_' || (1 + i % ${OTHER_TENANTS}), iif(i % 5, 'live', 'test'), 'CRM Nightly Sync ' || i, '',
	'sk_live_' || i, 'abcd', '[]', 1000, '[]', ${NOW} - i * 60000, 'usr_ada', null, null, null, i, ${NOW} - i, ''
from n`;

/** Keys that have all expired at the same instant, half a minute ago, without a list since. */
export const MASS = "ten_mass";
export const MASS_KEYS = 5_000;
const KEYS_OF_MASS = `${numbers(MASS_KEYS)}
insert into api_keys (${KEY_COLUMNS})
select printf('m%011d', i), '${MASS}', 'live', 'Import ' || i, '', 'sk_live_' || i, 'abcd', '[]', 1000, '[]',
	${NOW} - 90 * ${DAY_MS} + i, 'usr_ada', ${NOW} - 30000, null, null, 0, 0, ''
from n`;

const FOLDED = `update api_keys set search_text =
	replace(replace(replace(lower(name), 'ó', 'o'), 'ã', 'a'), 'ü', 'u') || ' ' || key_prefix || ' ' || last_four`;

/** Nine of ten events by one user, a quarter about one key, one in a thousand a revocation. */
const FILL_AUDIT_EVENTS = `${numbers(AUDIT_EVENTS)}
insert into audit_events (id, tenant_id, at, action, actor, actor_email, key_id, changes)
select 'evt_' || i, '${BIG}', ${NOW} - (${AUDIT_EVENTS} - i) * ${AUDIT_EVENT_EVERY_MS},
	case when i % 1000 = 0 then 'api_key.revoke' when i % 3 = 0 then 'session.login' else 'api_key.update' end,
	iif(i % 10, 'usr_busy', 'usr_' || i % 500), iif(i % 10, 'Busy@acme.example', 'u' || i % 500 || '@acme.example'),
	iif(i % 4, printf('k%011d', 1 + i % ${KEYS / 2}), '${BUSY_KEY}'), '{}'
from n`;

/** Every hour of 90 days, of the newest 100 keys. */
const USAGE = `${numbers(90 * 24)}, k(i) as (select ${KEYS} union all select i - 1 from k where i > ${KEYS} - 99)
insert into usage_hourly (key_id, hour, tenant_id, allowed, rate_limited, denied)
select printf('k%011d', k.i), ${NOW - (NOW % HOUR_MS)} - (n.i - 1) * ${HOUR_MS}, '${BIG}', n.i, 0, 0 from n, k`;

export const OWNER = "5c0d1f9e-8b7a-4c36-a1d2-93e4b5f60718";
export const TEAM = "d2719c1b-4e0f-4f3a-b6a8-7c5d9e021f43";

/**
 * A quarter has the source `fair` and a quarter is converted; one lead is both. One in 5,000 is qualified. A ninth has the
 * owner, a third the team.
 */
const FILL_LEADS = `${numbers(LEADS)}
insert into leads (id, tenant_id, environment, created_at, written_by, name, email, source, status, tags,
	custom_fields, search_text, updated_at, owner_id, team_id)
select 'lead_' || i, '${BIG}', iif(i % 5, 'live', 'test'), ${NOW} - (${LEADS} - i) * 1000, 'k', 'Ana ' || i,
	'ana' || i || '@gmail.com', case when i % 4 = 1 then 'fair' when i % 2 then 'form' else 'partner' end,
	case
		when i % 4 = 3 or i = 12341 then 'converted' when i % 5000 = 4 then 'qualified'
		when i % 3 then 'new' else 'contacted'
	end,
	'[]', '{}',
	'ana ' || i || ' ana' || i || '@gmail.com' || iif(i % 5000 = 3, ' quixotic', ''),
	${NOW} - i * 7919 % ${LEADS} * 1000, iif(i % 9 = 1, '${OWNER}', null), iif(i % 3 = 1, '${TEAM}', null)
from n`;

const USERS = `${numbers(5_000)}
insert into users (id, tenant_id, email, name, password_hash, role, capabilities, created_at)
select 'usr_' || i, '${BIG}', 'u' || i || '@acme.example', 'User ' || i, '', 'member', '[]', 0 from n`;
const SESSIONS = `${numbers(5_000)}
insert into sessions (id, tenant_id, user_id, created_at, expires_at) select 'ses_' || i, '${BIG}', 'usr_' || i, ${NOW}, ${NOW + DAY_MS} from n`;
const ATTEMPTS = `${numbers(5_000)}
insert into idempotency_keys (tenant_id, name_hash, input_hash, key_id, created_at)
select '${BIG}', 'attempt ' || i, '', 'k', ${NOW} from n`;

/** Fills the database of the test file. */
export async function fillAtScale(): Promise<void> {
	await run(
		`${numbers(OTHER_TENANTS)} insert into tenants (id, name, slug, created_at)
		select 'ten_' || i, 'Tenant ' || i, 'tenant-' || i, ${NOW} - i * 60000 from n`,
	);
	await run(`insert into tenants (id, name, slug, created_at) values ('${BIG}', 'Big', 'big', ${NOW - 900 * DAY_MS})`);
	await run(
		`insert into tenants (id, name, slug, created_at) values ('${MASS}', 'Mass', 'mass', ${NOW - 900 * DAY_MS})`,
	);
	await withoutUpkeep("api_keys", [KEYS_OF_BIG, KEYS_OF_OTHERS, KEYS_OF_MASS, FOLDED]);
	await withoutUpkeep("audit_events", [FILL_AUDIT_EVENTS]);
	await withoutUpkeep("leads", [FILL_LEADS]);
	for (const insert of [USAGE, USERS, SESSIONS, ATTEMPTS]) await run(insert);
	await backfill();
	// A list ran ten seconds ago.
	await run(
		`update api_keys set settled_at = ${NOW - 10_000} where tenant_id <> '${MASS}' and turns_at <= ${NOW - 10_000}`,
	);
}
