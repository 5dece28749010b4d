/** An internal error says only that it happened. The log has the cause, with the same request id. */
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { asIntegration, createKey } from "../fixtures.ts";
import { call, type Reply, read, tenantWithKeys } from "./tenant-with-keys.ts";

const SECRETS = [env.JWT_SECRET, env.SERVICE_ROLE_KEY, env.KEY_PEPPER, env.SIGNING_KEY];
const log = vi.spyOn(console, "error").mockImplementation(() => {});
afterEach(() => log.mockClear());

const { admin, live } = await tenantWithKeys();
const { key: unseen } = await createKey(admin, { scopes: [] });
const { data: lead } = await call<{ id: string }>(live, "POST", "/v1/leads", {
	name: "Ana Secret-Name",
	email: "ana-secret@acme.example",
});
const CUSTOMER = /Secret-Name|ana-secret/;

/** An internal error as callers must see it, and its line in the log. */
function expectDiscretion(reply: Reply<unknown>, status: number, code: string, key: string): void {
	expect([reply.status, reply.error.code]).toEqual([status, code]);
	expect(Object.keys(reply.error).sort()).toEqual(["code", "message", ...(status === 503 ? ["retry_after"] : [])]);
	expect(reply.headers.get("retry-after")).toBe(status === 503 ? "5" : null);
	expect(reply.meta.request_id).toBe(reply.headers.get("x-request-id"));
	expect(reply.error.message).not.toMatch(/table|column|sql|D1|JSON|token|undefined|leads|keys\b.*:/i);
	const lines = log.mock.calls.map(([line]) => String(line));
	// The gate may have logged too. The line with the request id is the one to check.
	expect(JSON.parse(lines.at(-1) ?? "")).toMatchObject({ level: "error", request_id: reply.meta.request_id });
	for (const secret of [...SECRETS, key.slice(8)]) expect(lines.join()).not.toContain(secret);
	expect(lines.join()).not.toMatch(CUSTOMER);
}

describe("a row that cannot be read", () => {
	it("is 500 without internal details", async () => {
		await env.PRODUCT_DB.prepare("update leads set tags = 'no json' where id = ?").bind(lead.id).run();
		const reply = await call(live, "GET", `/v1/leads/${lead.id}`);
		expectDiscretion(reply, 500, "SERVER_ERROR", live);
		expect(reply.headers.get("x-ratelimit-limit")).toBe("1000000");
		expect(reply.headers.get("cache-control")).toBe("no-store");
	});
});

describe("a missing table", () => {
	it.each([
		["GET", "/v1/leads?search=Secret-Name", undefined],
		["GET", `/v1/leads/${lead.id}`, undefined],
		["POST", "/v1/leads", { name: "Ana Secret-Name", email: "ana-secret@acme.example" }],
		["PATCH", `/v1/leads/${lead.id}`, { name: "Ana Secret-Name" }],
	])("makes %s %s 503 without internal details", async (method, path, body) => {
		await env.PRODUCT_DB.exec("drop table if exists leads");
		expectDiscretion(await call(live, method, path, body), 503, "UNAVAILABLE", live);
	});

	it.each([
		[
			"/v1/sync_collaborators",
			{ collaborators: [{ external_id: "a", name: "Ana Secret-Name", email: "a@b.example" }] },
		],
		[
			"/v1/sync_activities",
			{ activities: [{ activity_code: "001", external_id: "a", collaborator_email: "a@b.example" }] },
		],
	])("makes POST %s 503 without internal details", async (path, body) => {
		await env.PRODUCT_DB.exec("drop table if exists activities");
		await env.PRODUCT_DB.exec("drop table if exists collaborators");
		expectDiscretion(await call(live, "POST", path, body), 503, "UNAVAILABLE", live);
	});
});

describe("without the table of keys", () => {
	it("a key that its gate knows still works, and an unknown key gets 503 instead of 401", async () => {
		await env.DB.exec("drop table usage_hourly");
		await env.DB.exec("drop table api_keys");
		expect((await asIntegration(live)).status).toBe(200);
		log.mockClear();
		expectDiscretion(await read(await asIntegration(unseen)), 503, "UNAVAILABLE", unseen);
	});
});
