/** The export of a tenant contains every row of every table, of this tenant alone, and no hash of a secret. */
import { env } from "cloudflare:workers";
import { getTableName } from "drizzle-orm";
import { getTableConfig, SQLiteTable } from "drizzle-orm/sqlite-core";
import { beforeAll, expect, it } from "vitest";
import * as productSchema from "../../../db/product-schema.ts";
import * as schema from "../../../db/schema.ts";
import { exportTenant } from "../../../worker/services/tenant-export.ts";
import { addToken } from "../auth/add-token.ts";
import { addInvitation, openSession, type PopulatedTenant, populatedTenant } from "../auth/populated-tenant.ts";
import { db, product, request, sendJson } from "../fixtures.ts";

interface Line {
	table?: string;
	row?: Record<string, unknown>;
	complete?: boolean;
	rows?: Record<string, number>;
	left_out?: string[];
}

let ours: PopulatedTenant;
let lines: Line[];
let text: string;

const tablesOf = (all: object) =>
	Object.values(all).filter((entry): entry is SQLiteTable => entry instanceof SQLiteTable);

async function read(tenantId: string, credential = env.SERVICE_ROLE_KEY) {
	const response = await request(`/v1/tenants/${tenantId}/export`, {
		headers: { authorization: `Bearer ${credential}` },
	});
	return { status: response.status, type: response.headers.get("content-type"), text: await response.text() };
}

beforeAll(async () => {
	const other = await populatedTenant();
	ours = await populatedTenant();
	for (const { tenantId, keys } of [other, ours]) {
		await addInvitation(tenantId);
		await openSession(tenantId);
		await addToken(tenantId);
		await sendJson(keys.live.key, "POST", "/v1/sync_collaborators", {
			collaborators: [{ external_id: "1", name: "Ana", email: "ana@team.example" }],
		});
		await sendJson(keys.live.key, "POST", "/v1/sync_activities", {
			activities: [{ activity_code: "001", external_id: "a", collaborator_email: "ana@team.example" }],
		});
	}
	const exported = await read(ours.tenantId);
	expect([exported.status, exported.type]).toEqual([200, "application/x-ndjson; charset=utf-8"]);
	text = exported.text;
	lines = text
		.trimEnd()
		.split("\n")
		.map((line) => JSON.parse(line) as Line);
});

it("names every table with rows of tenants, so that none is forgotten", () => {
	const all = [...tablesOf(schema), ...tablesOf(productSchema)]
		.filter((table) => getTableConfig(table).columns.some(({ name }) => name === "tenant_id"))
		.map((table) => getTableName(table))
		// The sweep in progress, which is no data of the tenant.
		.filter((name) => !name.startsWith("gate_sweep"));
	const last = lines.at(-1);
	expect(last?.complete).toBe(true);
	expect(Object.keys(last?.rows ?? {}).sort()).toEqual([...new Set([...all, "tenants", "job_items"])].sort());
});

it("contains all rows of the tenant, and none of another one", async () => {
	const rows = lines.flatMap(({ table, row }) => (table === undefined || row === undefined ? [] : [{ table, row }]));
	for (const { table, row } of rows) expect([table, row.tenant_id ?? row.id]).toEqual([table, ours.tenantId]);
	const count = (name: string) => rows.filter(({ table }) => table === name).length;
	for (const [name, database] of [
		["users", db],
		["api_keys", db],
		["sessions", db],
		["access_links", db],
		["management_tokens", db],
		["collaborators", product],
		["activities", product],
		["leads", product],
	] as const) {
		const [stored] = await database.all<{ rows: number }>(
			`select count(*) as rows from ${name} where tenant_id = '${ours.tenantId}'`,
		);
		expect([name, count(name)]).toEqual([name, stored?.rows]);
		expect(count(name)).toBeGreaterThan(0);
		expect(lines.at(-1)?.rows?.[name]).toBe(count(name));
	}
});

it("contains no hash, and says which columns it leaves out", () => {
	expect(lines[0]?.left_out).toEqual(expect.arrayContaining(["hash of a secret", "hash of a password"]));
	for (const { row = {} } of lines) for (const column of Object.keys(row)) expect(column).not.toMatch(/hash/);
	expect(text).not.toMatch(/[0-9a-f]{64}|scrypt\$/);
});

it("is for the platform alone, leaves an event, and is 404 for an unknown tenant", async () => {
	expect((await read(ours.tenantId, ours.admin)).status).toBe(403);
	expect((await read("ten_unknown")).status).toBe(404);
	const [event] = await db.all<{ action: string; actor: string }>(
		`select action, actor from audit_events where tenant_id = '${ours.tenantId}' and changes like '%/export%'`,
	);
	expect(event).toEqual({ action: "platform.read", actor: "service_role" });
});

it("comes in parts of a bounded number of statements, which together have every row once", async () => {
	const author = { actor: "service_role", actorEmail: null, ip: null, userAgent: null };
	const key = ours.keys.live.api_key.id;
	// More hours than one statement reads.
	const hours = JSON.stringify(Array.from({ length: 450 }, (_, hour) => hour * 3_600_000));
	await db.run(`insert or ignore into usage_hourly (key_id, tenant_id, hour, allowed, rate_limited, denied)
		select '${key}', '${ours.tenantId}', value, 1, 0, 0 from json_each('${hours}')`);
	let statements = 0;
	const counting = <T extends typeof db>(database: T): T =>
		new Proxy(database, {
			get(target, property) {
				if (property === "all") statements++;
				const value = Reflect.get(target, property);
				return typeof value === "function" ? value.bind(target) : value;
			},
		});
	const rows: string[] = [];
	const deps = { db: counting(db), product: counting(product), now: Date.now() };
	let [cursor, parts]: [string | undefined, number] = [undefined, 0];
	for (;;) {
		statements = 0;
		const stream = await exportTenant(deps, author, ours.tenantId, { requestId: "req_a", rayId: null }, cursor, 7);
		const part = (await new Response(stream).text()).trimEnd().split("\n");
		expect(statements).toBeLessThanOrEqual(8);
		parts++;
		const last = JSON.parse(part.pop() ?? "") as Line & { next_cursor?: string };
		rows.push(...part.slice(1));
		cursor = last.next_cursor;
		if (cursor !== undefined) continue;
		const sum = Object.values(last.rows ?? {}).reduce((total, count) => total + count, 0);
		expect([last.complete, sum]).toEqual([true, rows.length]);
		expect(last.rows?.usage_hourly).toBeGreaterThanOrEqual(450);
		break;
	}
	expect(parts).toBeGreaterThan(3);
	// Reads of the platform leave events, so these differ from part to part.
	expect(new Set(rows).size).toBe(rows.length);
});

it("rejects a cursor that it did not make", async () => {
	const response = await request(`/v1/tenants/${ours.tenantId}/export?cursor=abc`, {
		headers: { authorization: `Bearer ${env.SERVICE_ROLE_KEY}` },
	});
	expect(response.status).toBe(400);
});
