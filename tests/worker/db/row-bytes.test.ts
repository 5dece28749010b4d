/** The bytes that rows take, which docs/scaling.md computes with. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { GATE_BYTES, ROW_BYTES } from "../../../bench/scaling/storage.ts";
import { addTenant, createKey, gateOf, token } from "../fixtures.ts";
import { admitMany } from "../gate/gate-control.ts";

const ROWS = 4_000;
const tenantId = await addTenant();
const admin = await token({ tenantId });
const NOW = Date.UTC(2031, 0, 1);

/** Bytes by which the database grows for each row that the statement inserts. */
async function bytesPerRow(statement: string): Promise<number> {
	const run = (sql: string) => env.DB.prepare(sql).run();
	const before = (await run("delete from service_state where name = 'none'")).meta.size_after;
	const numbers = `with recursive n (i) as (select 1 union all select i + 1 from n where i < ${ROWS})`;
	const { meta } = await run(statement.replace("NUMBERS", numbers));
	return (meta.size_after - before) / ROWS;
}

const expectNear = (measured: number, documented: number) => {
	expect(measured / documented).toBeGreaterThan(0.85);
	expect(measured / documented).toBeLessThan(1.15);
};

it("a row of usage, by the hour and by the day", async () => {
	const { api_key } = await createKey(admin);
	for (const [table, column, step] of [
		["usage_hourly", "hour", 3_600_000],
		["usage_daily", "day", 86_400_000],
	])
		expectNear(
			await bytesPerRow(
				`insert into ${table} (key_id, ${column}, tenant_id, allowed, rate_limited, denied)
				NUMBERS select '${api_key.id}', ${NOW} + i * ${step}, '${tenantId}', 12345, 0, 0 from n`,
			),
			ROW_BYTES.usage,
		);
});

it("a key with its entries in the search index and the lists", async () => {
	const measured = await bytesPerRow(
		`insert into api_keys (id, tenant_id, environment, name, secret_hash, key_prefix, last_four, scopes, rate_limit,
			ip_allowlist, created_at, created_by, search_text, name_sort, text_version, pepper_id)
		NUMBERS select substr(lower(hex(randomblob(6))), 1, 12), '${tenantId}', 'live', 'CRM Nightly Sync ' || i,
			lower(hex(randomblob(32))), 'sk_live_' || substr(lower(hex(randomblob(4))), 1, 4), 'a1b2', '["leads:read"]', 1000, '[]',
			${NOW} + i, 'usr_4pQrS7tUvWxYz2aB3cDe', 'crm nightly sync ' || i || ' sk_live_ a1b2', 'crm nightly sync ' || i, 1,
			'5f3a9c1e' from n`,
	);
	expectNear(measured, ROW_BYTES.apiKey);
});

it("an audit event with the program of its author and a change", async () => {
	const measured = await bytesPerRow(
		`insert into audit_events (id, tenant_id, at, action, actor, actor_email, ip, user_agent, key_id, changes)
		NUMBERS select 'evt_' || lower(hex(randomblob(10))), '${tenantId}', ${NOW} + i, 'api_key.update',
			'usr_4pQrS7tUvWxYz2aB3cDe', 'ada.lovelace@acme.example', '203.0.113.7',
			'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36',
			lower(hex(randomblob(6))), '{"rate_limit":{"from":1000,"to":5000},"name":{"from":"CRM","to":"CRM Nightly Sync"}}' from n`,
	);
	expectNear(measured, ROW_BYTES.auditEvent);
});

it("the storage of a gate", async () => {
	const { key, api_key } = await createKey(admin);
	await admitMany(key, 5);
	const size = await runInDurableObject(gateOf(api_key.id), (_gate, state) => state.storage.sql.databaseSize);
	expectNear(size, GATE_BYTES);
});
