/** Tenants, which only the platform can list and create. */
import { env } from "cloudflare:workers";
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { AuditList } from "../../../worker/schemas/audit.ts";
import type { Tenant, TenantList } from "../../../worker/schemas/tenant.ts";
import { addInvitation } from "../auth/populated-tenant.ts";
import { createKey, fieldsOf, mutate, query, request } from "../fixtures.ts";

const NOW = Date.parse("2031-05-06T10:20:30.000Z");
vi.useFakeTimers({ toFake: ["Date"], now: NOW });
beforeEach(() => vi.setSystemTime(NOW));
afterAll(() => vi.useRealTimers());

const platform = env.SERVICE_ROLE_KEY;
let made = 0;
const add = (input: Record<string, unknown> = {}) =>
	mutate<Tenant>(platform, "tenants.create", { name: "Acme", slug: `acme-${made++}`, ...input });

describe("a tenant that is created", () => {
	it("is returned with all fields, and can have keys immediately", async () => {
		const answer = await add({ name: "  Acme Ltda  ", slug: "acme-ltda" });
		expect([answer.status, answer.data]).toEqual([
			200,
			{
				id: answer.data.id,
				name: "Acme Ltda",
				slug: "acme-ltda",
				created_at: "2031-05-06T10:20:30.000Z",
				state: "active",
				suspended_at: null,
				delete_after: null,
				deleted_at: null,
				location_hint: null,
				progress: null,
				owner: null,
			},
		]);
		const { api_key } = await createKey({ authorization: `Bearer ${platform}`, "x-tenant-id": answer.data.id });
		expect(api_key.tenant_id).toBe(answer.data.id);
	});

	it("has its creation as the first event of its trail", async () => {
		const { data } = await add();
		const trail = await query<AuditList>(platform, "audit.list", { tenant_id: data.id });
		expect(trail.data.items.filter(({ action }) => action !== "platform.read")).toMatchObject([
			{ action: "tenant.create", actor: "service_role", changes: { slug: { from: null, to: data.slug } } },
		]);
	});

	it("has a unique slug: a used slug is 409 and changes nothing", async () => {
		const first = await add({ name: "First", slug: "taken" });
		const second = await add({ name: "Second", slug: "taken" });
		expect([second.status, second.error.code, fieldsOf(second)]).toEqual([409, "CONFLICT", ["slug"]]);
		const { items } = (await query<TenantList>(platform, "tenants.list", { limit: 100 })).data;
		expect(items.filter(({ slug }) => slug === "taken").map(({ id }) => id)).toEqual([first.data.id]);
	});

	it("has a unique slug even if many requests send it at once", async () => {
		const answers = await Promise.all(Array.from({ length: 5 }, () => add({ slug: "wanted" })));
		expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409]);
	});

	it.each(["ab", "a1", "acme-north-2", "x".repeat(63)])("can have the slug %j", async (slug) => {
		expect((await add({ slug })).data.slug).toBe(slug);
	});

	it.each([
		["slug", "a"],
		["slug", "x".repeat(64)],
		["slug", "Acme"],
		["slug", "-acme"],
		["slug", "acme-"],
		["slug", "ac--me"],
		["slug", "ac me"],
		["slug", "açme"],
		["slug", undefined],
		["name", ""],
		["name", "x".repeat(101)],
		["name", undefined],
		["id", "ten_mine"],
	])("is rejected if %s is %j, and the error names the field", async (field, value) => {
		const answer = await add({ [field]: value });
		expect([answer.status, answer.error.code, new Set(fieldsOf(answer))]).toEqual([
			400,
			"VALIDATION_ERROR",
			new Set([field]),
		]);
	});
});

describe("the list", () => {
	it("has the newest first, in pages without loss or repetition, although many have the same creation time", async () => {
		for (let index = 0; index < 7; index++) {
			vi.setSystemTime(NOW + 60_000 + Math.floor(index / 3));
			await add();
		}
		const whole = (await query<TenantList>(platform, "tenants.list", { limit: 100 })).data;
		expect(whole.next_cursor).toBeNull();
		expect(whole.items.length).toBeGreaterThanOrEqual(7);
		const times = whole.items.map(({ created_at }) => created_at);
		expect(times).toEqual(times.toSorted().reverse());
		for (const limit of [1, 2, 3]) {
			const seen: Tenant[] = [];
			let cursor: string | null = null;
			do {
				const input = { limit, ...(cursor === null ? {} : { cursor }) };
				const page: TenantList = (await query<TenantList>(platform, "tenants.list", input)).data;
				seen.push(...page.items);
				cursor = page.next_cursor;
			} while (cursor !== null && seen.length < 200);
			expect(seen).toEqual(whole.items);
		}
	});

	it("finds tenants by id, slug or a part of the name, and by state", async () => {
		const { data: one } = await add({ name: "Padaria do João", slug: "padaria-joao" });
		await add({ name: "Other", slug: "other-bakery" });
		const found = async (input: object) =>
			(await query<TenantList>(platform, "tenants.list", { ...input, limit: 100 })).data.items.map(({ slug }) => slug);
		for (const search of [one.id, "padaria-joao", "JOAO", "padaria DO", "João"])
			expect([search, await found({ search })]).toEqual([search, ["padaria-joao"]]);
		expect(await found({ search: "bakery" })).toEqual(["other-bakery"]);
		expect(await found({ search: "%" })).toEqual([]);
		expect(await found({ state: "suspended", search: "padaria" })).toEqual([]);
		await mutate(platform, "tenants.suspend", { id: one.id });
		expect(await found({ state: "suspended" })).toEqual(["padaria-joao"]);
		expect(await found({ state: "active", search: "padaria" })).toEqual([]);
		expect(await found({ state: "deleted" })).toEqual([]);
	});

	it("needs no input", async () => {
		expect((await query(platform, "tenants.list")).status).toBe(200);
	});

	it.each([
		["limit", 0],
		["limit", 101],
		["cursor", "nonsense"],
		["state", "closed"],
		["search", "x".repeat(101)],
	])("rejects %s = %j and names the field", async (field, value) => {
		const answer = await query(platform, "tenants.list", { [field]: value });
		expect([answer.status, fieldsOf(answer)]).toEqual([400, [field]]);
	});
});

describe("what the platform reads of a tenant", () => {
	it("is in the trail, although the permission for it also allows changes", async () => {
		const tenantId = (await add()).data.id;
		const member = await addInvitation(tenantId);
		const here = { authorization: `Bearer ${platform}`, "x-tenant-id": tenantId };
		expect((await query(here, "members.sessions", { id: member.id })).status).toBe(200);
		expect((await request(`/v1/members/${member.id}/sessions`, { headers: here })).status).toBe(200);
		expect((await mutate(here, "members.endSessions", { id: member.id })).status).toBe(200);
		const { items } = (await query<AuditList>(here, "audit.list", { action: "platform.read" })).data;
		expect(items.map(({ changes }) => changes.operation?.to).toSorted()).toEqual([
			"GET /v1/members/:id/sessions",
			"audit.list",
			"members.sessions",
		]);
	});
});
