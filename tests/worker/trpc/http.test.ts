/** Requests that tRPC would read in its own way, and that this service reads as HTTP says. */
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { addTenant, createKey, mutate, query, request, token } from "../fixtures.ts";

const tenantId = await addTenant();
const otherId = await addTenant();
const admin = await token({ tenantId });
const platform = env.SERVICE_ROLE_KEY;

interface Failure {
	error: { data: { code: string; request_id?: string } };
}

async function send(path: string, init: RequestInit & { headers?: Record<string, string> } = {}) {
	const response = await request(`/trpc/${path}`, {
		...init,
		headers: { authorization: `Bearer ${admin}`, ...init.headers },
	});
	const text = await response.text();
	const body = (text === "" ? null : JSON.parse(text)) as Failure | [Failure] | null;
	const failure = Array.isArray(body) ? body[0] : body;
	return { status: response.status, headers: response.headers, data: failure?.error?.data };
}

describe("a path", () => {
	it.each(["constructor", "__proto__", "toString", "keys", "keys.", ".list", "", "%E0%A4%A", "keys.list,x"])(
		"of %j names no procedure: 404, with the id of the request",
		async (path) => {
			const answer = await send(path);
			expect([answer.status, answer.data?.code ?? "NOT_FOUND"]).toEqual([404, "NOT_FOUND"]);
			expect(answer.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
		},
	);

	it("may be percent-encoded", async () => {
		expect((await send("keys%2Elist")).status).toBe(200);
		expect((await send("keys%2Elist%2Ckeys.list?batch=1&input={}")).status).toBe(200);
	});

	it("with a key in it is not echoed", async () => {
		const { key } = await createKey(admin);
		const response = await request(`/trpc/keys.list,${key}?batch=1&input={}`, {
			headers: { authorization: `Bearer ${admin}` },
		});
		expect(await response.text()).not.toContain(key);
	});
});

describe("a method", () => {
	it("HEAD of a query is answered like GET, without the body", async () => {
		for (const path of ["keys.list", "keys.list,scopes.list?batch=1&input={}"]) {
			const [head, get] = [await send(path, { method: "HEAD" }), await send(path)];
			expect([head.status, head.data]).toEqual([200, undefined]);
			expect(head.headers.get("content-type")).toBe(get.headers.get("content-type"));
		}
		expect((await send("keys.list", { method: "HEAD", headers: { authorization: "Bearer x" } })).status).toBe(401);
	});

	it.each(["PUT", "PATCH", "DELETE", "OPTIONS", "POST"])(
		"%s is not allowed for a query: 405 with Allow",
		async (method) => {
			const answer = await send("keys.list", { method });
			expect([answer.status, answer.headers.get("allow")]).toEqual([405, "GET"]);
		},
	);

	it.each(["PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "GET"])(
		"%s is not allowed for a mutation: 405 with Allow",
		async (method) => {
			const answer = await send("keys.create", { method });
			expect([answer.status, answer.headers.get("allow")]).toEqual([405, "POST"]);
		},
	);

	it("cannot be right for queries and mutations in one batch", async () => {
		const answer = await send("keys.list,keys.create?batch=1&input={}");
		expect([answer.status, answer.data?.code]).toEqual([400, "VALIDATION_ERROR"]);
	});
});

describe("a response", () => {
	it.each([
		["keys.list?batch=1&input={}", { "trpc-accept": "application/jsonl" }],
		["keys.list?connectionParams=1", {}],
		["keys.list", { "content-type": "application/octet-stream" }],
	] as [string, Record<string, string>][])("to %s %j is one JSON document with its status", async (path, headers) => {
		expect((await send(path, { headers })).status).toBe(200);
		expect((await send(path, { headers: { ...headers, authorization: "Bearer x" } })).status).toBe(401);
	});

	it("to an empty body of any type is the same as without input", async () => {
		const headers = { "content-type": "application/x-www-form-urlencoded" };
		expect((await send("session.logout", { method: "POST", headers, body: "" })).status).toBe(200);
	});
});

describe("the platform's choice of tenant", () => {
	const by = (header: string | null) => ({
		authorization: `Bearer ${platform}`,
		...(header === null ? {} : { "x-tenant-id": header }),
	});

	it.each([
		["a number in the body", by(tenantId), "", { tenant_id: 5 }],
		["a list in the body", by(tenantId), "", { tenant_id: [otherId] }],
		["two headers", by(`${tenantId}, ${otherId}`), "", {}],
		["two parameters", by(null), `?tenant_id=${tenantId}&tenant_id=${otherId}`, {}],
		["nothing but blanks", by(" "), "", {}],
	])("by %s is 400", async (_what, who, search, more) => {
		const answer = await mutate(who, `keys.create${search}`, { name: "Key", ...more });
		expect([answer.status, answer.error.code, answer.error.details?.[0]?.field]).toEqual([
			400,
			"VALIDATION_ERROR",
			"tenant_id",
		]);
	});

	it("can be sent twice if both are the same", async () => {
		const answer = await query(by(tenantId), `keys.list?tenant_id=${tenantId}`);
		expect(answer.status).toBe(200);
	});
});

describe("text that contains an API key", () => {
	it("is rejected as a name and as a reason, and stored nowhere", async () => {
		const { key, api_key } = await createKey(admin);
		const named = await mutate(admin, "keys.create", { name: `for ${key}` });
		const reasoned = await mutate(admin, "keys.revoke", { id: api_key.id, reason: `leaked: ${key}` });
		for (const answer of [named, reasoned]) {
			expect([answer.status, answer.error.code]).toEqual([400, "VALIDATION_ERROR"]);
			expect(JSON.stringify(answer.error)).not.toContain(key);
		}
	});

	it("is removed from the user agent in the audit trail", async () => {
		const { key, api_key } = await createKey(admin);
		await mutate({ authorization: `Bearer ${admin}`, "user-agent": `crm ${key}` }, "keys.revoke", { id: api_key.id });
		const trail = await query<{ items: { user_agent: string }[] }>(admin, "audit.list", { key_id: api_key.id });
		expect(trail.data.items[0]?.user_agent).toBe("crm sk_live_…");
	});
});
