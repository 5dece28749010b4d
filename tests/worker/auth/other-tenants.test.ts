/** Whatever belongs to another tenant answers as if it did not exist, and stays as it was. */
import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { apiKeys, auditEvents, usageHourly } from "../../../db/schema.ts";
import { hourOf } from "../../../worker/gate/window.ts";
import type { ApiKey, ApiKeyDetail, KeyList, Verification } from "../../../worker/schemas/api-key.ts";
import type { AuditList } from "../../../worker/schemas/audit.ts";
import { addTenant, asIntegration, createKey, db, gateOf, mutate, query, token } from "../world.ts";
import { CALLS, type Call, type Credential, expectNoSecrets, failureOf, UNKNOWN_KEY_ID } from "./auth-matrix.ts";

// The middle of an hour, so that none turns while a test looks.
vi.useFakeTimers({ toFake: ["Date"], now: hourOf(Date.now()) + 30 * 60_000 });
afterAll(() => vi.useRealTimers());

const tenantId = await addTenant();
const otherTenantId = await addTenant();
const admin = await token({ tenantId });
const stranger = await token({ tenantId: otherTenantId, sub: "usr_stranger" });
const { key, api_key } = await createKey(admin, { name: "Ours", scopes: [] });
await asIntegration(key);

const bearer = (credential: string, more: Record<string, string> = {}): Credential => ({
	headers: { authorization: `Bearer ${credential}`, ...more },
});

/** Everybody who may manage keys, only not those of this tenant, and the ways in which they may ask for it. */
const STRANGERS: Record<string, Credential> = {
	"another tenant's admin": bearer(stranger),
	"another tenant's admin who names this tenant in a header": bearer(stranger, { "x-tenant-id": tenantId }),
	"another tenant's admin who names this tenant in the body": { ...bearer(stranger), inBody: tenantId },
	"another tenant's admin who names this tenant in the URL": { ...bearer(stranger), inUrl: tenantId },
	"service_role in another tenant": bearer(env.SERVICE_ROLE_KEY, { "x-tenant-id": otherTenantId }),
};

/** Calls about one key: those that miss an id that nobody has. */
const aboutOneKey: Call[] = [];
beforeAll(async () => {
	for (const call of CALLS.filter(({ audience }) => audience === "manage")) {
		const answer = await call.send(bearer(stranger), { id: UNKNOWN_KEY_ID });
		if (answer.status === 404) aboutOneKey.push(call);
	}
});

// So that no usage is on its way to D1 while a test looks.
beforeEach(async () => {
	await runDurableObjectAlarm(gateOf(api_key.id));
});

/** All that is known of the tenant's key: in D1, and live in its gate. */
async function everythingOfTheKey(): Promise<unknown> {
	return [
		await db.select().from(apiKeys).where(eq(apiKeys.tenantId, tenantId)),
		await db.select().from(auditEvents).where(eq(auditEvents.tenantId, tenantId)),
		await db.select().from(usageHourly).where(eq(usageHourly.tenantId, tenantId)),
		(await query<ApiKeyDetail>(admin, "keys.get", { id: api_key.id })).data,
		await gateOf(api_key.id).liveHours(api_key.id, tenantId),
	];
}

describe.each(Object.entries(STRANGERS))("%s", (_, credential) => {
	it("hears the same of a key as of one that does not exist, and changes nothing", async () => {
		expect(aboutOneKey.map((call) => call.name)).toEqual(
			expect.arrayContaining(["keys.get", "keys.update", "keys.rotate", "keys.revoke", "keys.delete", "keys.usage"]),
		);
		const before = await everythingOfTheKey();
		for (const call of aboutOneKey) {
			const answer = await call.send(credential, { id: api_key.id });
			const unknown = await call.send(credential, { id: UNKNOWN_KEY_ID });
			expect(answer.status, call.name).toBe(404);
			expect(await failureOf(answer), call.name).toEqual(await failureOf(unknown));
			expect(unknown.status, call.name).toBe(404);
		}
		expect(await everythingOfTheKey()).toEqual(before);
		expect((await asIntegration(key)).status).toBe(200);
	});

	it("hears that the key is not known when verifying it, and does not use it up", async () => {
		const before = await everythingOfTheKey();
		const verify = CALLS.filter(({ name }) => name === "keys.verify" || name === "POST /v1/api-keys/verify");
		expect(verify).not.toEqual([]);
		for (const call of verify) {
			const answer = await call.send(credential, { key });
			expect(answer.status).toBe(200);
			// The one or the other door's envelope.
			const body = (await answer.json()) as { result?: { data: Verification }; data?: Verification };
			expect(body.result?.data ?? body.data).toEqual({ valid: false, code: "NOT_FOUND" });
		}
		expect(await everythingOfTheKey()).toEqual(before);
	});

	it("finds nothing of the tenant in lists", async () => {
		const keys = CALLS.filter(({ name }) => name === "keys.list" || name === "audit.list");
		expect(keys).toHaveLength(2);
		for (const call of keys) {
			const text = await (await call.send(credential)).text();
			expectNoSecrets(text);
			expect(text).not.toContain(tenantId);
			expect(text).not.toContain(api_key.id);
		}
	});
});

describe("another tenant's admin", () => {
	it("finds a key neither by its name nor by its last characters", async () => {
		for (const search of [api_key.name, api_key.last_four, api_key.key_prefix]) {
			const { data } = await query<KeyList>(stranger, "keys.list", { search });
			expect(data).toEqual({
				items: [],
				next_cursor: null,
				counts: { active: 0, revoked: 0, expired: 0, expiring_soon: 0 },
			});
		}
	});

	it("finds none of a key's events", async () => {
		const { data } = await query<AuditList>(stranger, "audit.list", { key_id: api_key.id });
		expect(data.items).toEqual([]);
	});

	it("gets no further with a cursor that another tenant was given", async () => {
		await createKey(admin, { name: "Second" });
		const { data } = await query<KeyList>(admin, "keys.list", { limit: 1 });
		const next = await query<KeyList>(stranger, "keys.list", { cursor: data.next_cursor });
		expect(next.data.items).toEqual([]);
	});

	it("makes keys in their own tenant, whatever tenant they name", async () => {
		const who = { authorization: `Bearer ${stranger}`, "x-tenant-id": tenantId };
		const made = await createKey(who, { tenant_id: tenantId });
		expect(made.api_key.tenant_id).toBe(otherTenantId);
		const whoami = (await (await asIntegration(made.key)).json()) as { data: ApiKey };
		expect(whoami.data.tenant_id).toBe(otherTenantId);
		await mutate(who, "keys.delete", { id: made.api_key.id, tenant_id: tenantId });
	});
});

describe("a token of a tenant that does not exist", () => {
	it("can make no key", async () => {
		const nowhere = await token({ tenantId: "ten_00000000000000000000" });
		const answer = await mutate(nowhere, "keys.create", { name: "Nowhere" });
		expect(answer.status).toBe(404);
		expect(answer.error.code).toBe("NOT_FOUND");
	});
});
