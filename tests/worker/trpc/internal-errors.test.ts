/** An internal error of tRPC contains nothing but the request id, which the log contains too. */
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type Answer, addTenant, asIntegration, createKey, mutate, query, request, token } from "../fixtures.ts";

const log = vi.spyOn(console, "error").mockImplementation(() => {});
afterEach(() => log.mockClear());

const admin = await token({ tenantId: await addTenant() });
const { key, api_key } = await createKey(admin, { name: "Secret-Name" });
await asIntegration(key);

/** An internal error as callers see it, and its line in the log. */
function expectDiscretion(answer: Answer<unknown>, status: number, code: string): void {
	expect([answer.status, answer.error.code]).toEqual([status, code]);
	const retry = status === 503 ? ["retry_after"] : [];
	expect(Object.keys(answer.error).sort()).toEqual(["code", "httpStatus", "message", "path", "request_id", ...retry]);
	expect(answer.headers.get("retry-after")).toBe(status === 503 ? "5" : null);
	expect(answer.error.request_id).toBe(answer.headers.get("x-request-id"));
	expect(answer.error.message).not.toMatch(/table|column|sql|D1|JSON|token|undefined|api_keys|query/i);
	expect(answer.data).toBeUndefined();
	const lines = log.mock.calls.map(([line]) => String(line));
	expect(lines.some((line) => JSON.parse(line).request_id === answer.error.request_id)).toBe(true);
	for (const line of lines) {
		for (const secret of [env.JWT_SECRET, env.SERVICE_ROLE_KEY, env.KEY_PEPPER, env.SIGNING_KEY, key.slice(8), admin])
			expect(line).not.toContain(secret);
		expect(line).not.toContain("Secret-Name");
	}
}

describe("a row that cannot be read", () => {
	it("is 500 without details", async () => {
		await env.DB.prepare("update api_keys set scopes = 'no json' where id = ?").bind(api_key.id).run();
		expectDiscretion(await query(admin, "keys.list", { search: "Secret-Name" }), 500, "SERVER_ERROR");
		await env.DB.prepare("update api_keys set scopes = '[]' where id = ?").bind(api_key.id).run();
	});
});

describe("without the table of audit events", () => {
	it("reading it is 503, and no key is created without its event", async () => {
		await env.DB.exec("drop table audit_events");
		expectDiscretion(await query(admin, "audit.list"), 503, "UNAVAILABLE");
		log.mockClear();
		expectDiscretion(await mutate(admin, "keys.create", { name: "Secret-Name 2" }), 503, "UNAVAILABLE");
		const { items } = (await query<{ items: { name: string }[] }>(admin, "keys.list")).data;
		expect(items.map(({ name }) => name)).toEqual(["Secret-Name"]);
	});

	it("a rotation is 503 and does not change the key", async () => {
		expectDiscretion(await mutate(admin, "keys.rotate", { id: api_key.id }), 503, "UNAVAILABLE");
		expect((await query(admin, "keys.get", { id: api_key.id })).data).toMatchObject({ rotated_to: null });
		expect((await asIntegration(key)).status).toBe(200);
	});

	it("revocation still works, because the gate alone decides", async () => {
		const answer = await mutate(admin, "keys.revoke", { id: api_key.id });
		expect([answer.status, answer.data]).toEqual([200, expect.objectContaining({ status: "revoked" })]);
		expect((await asIntegration(key)).status).toBe(401);
	});
});

describe("without the table of keys", () => {
	it.each([
		["list", () => query(admin, "keys.list", { search: "Secret-Name" })],
		["create", () => mutate(admin, "keys.create", { name: "Secret-Name 3" })],
		["get", () => query(admin, "keys.get", { id: "AAAAAAAAAAAA" })],
		["revoke", () => mutate(admin, "keys.revoke", { id: "AAAAAAAAAAAB" })],
		["usage", () => query(admin, "keys.usage", { id: "AAAAAAAAAAAC" })],
	])("keys.%s is 503 without details", async (_what, send) => {
		await env.DB.exec("drop table if exists usage_hourly");
		await env.DB.exec("drop table if exists api_keys");
		expectDiscretion(await send(), 503, "UNAVAILABLE");
	});

	it("only those calls of a batch fail that need the table", async () => {
		const response = await request("/trpc/scopes.list,keys.list?batch=1", {
			headers: { authorization: `Bearer ${admin}` },
		});
		const [scopes, keys] = await response.json<[{ result?: unknown }, { error?: { data: { code: string } } }]>();
		expect(scopes.result).toBeDefined();
		expect(keys.error?.data.code).toBe("UNAVAILABLE");
	});
});
