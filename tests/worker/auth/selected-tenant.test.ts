/** The platform acts in the tenant it names, and in no other. */
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import type { AuditList } from "../../../worker/schemas/audit.ts";
import type { KeyList } from "../../../worker/schemas/key-list.ts";
import { addTenant, createKey, mutate, query, request, token } from "../fixtures.ts";

const tenantId = await addTenant();
const otherTenantId = await addTenant();
const admin = await token({ tenantId });
const platform = { authorization: `Bearer ${env.SERVICE_ROLE_KEY}` };
const inTenant = { ...platform, "x-tenant-id": tenantId };

describe("service_role", () => {
	it("makes a key in the tenant of X-Tenant-Id", async () => {
		expect((await createKey(inTenant)).api_key.tenant_id).toBe(tenantId);
	});

	it("makes a key in the tenant of tenant_id in the body", async () => {
		expect((await createKey(platform, { tenant_id: tenantId })).api_key.tenant_id).toBe(tenantId);
	});

	it("sees the keys of the tenant it names, and only those", async () => {
		const ours = await createKey(admin);
		const theirs = await createKey(platform, { tenant_id: otherTenantId });
		const idsOf = ({ data }: { data: KeyList }) => data.items.map((item) => item.id);
		const here = idsOf(await query<KeyList>(inTenant, "keys.list"));
		expect(here).toContain(ours.api_key.id);
		expect(here).not.toContain(theirs.api_key.id);
		expect(idsOf(await query<KeyList>(platform, "keys.list", { tenant_id: otherTenantId }))).toEqual([
			theirs.api_key.id,
		]);
	});

	it("manages a key that the tenant's admin has made", async () => {
		const { api_key } = await createKey(admin);
		expect((await mutate(inTenant, "keys.revoke", { id: api_key.id })).data).toMatchObject({
			status: "revoked",
			revoked_by: "service_role",
		});
	});

	it("is named in the tenant's audit trail", async () => {
		const { api_key } = await createKey(inTenant);
		const { data } = await query<AuditList>(admin, "audit.list", { key_id: api_key.id });
		expect(data.items).toMatchObject([{ action: "api_key.create", actor: "service_role", actor_email: null }]);
	});

	it("may name one tenant for each call of a batch, and each call is done in its own", async () => {
		const body = JSON.stringify({
			0: { name: "First of the batch", tenant_id: tenantId },
			1: { name: "Second of the batch", tenant_id: otherTenantId },
			2: { name: "Third of the batch" },
		});
		const headers = { ...platform, "content-type": "application/json" };
		const response = await request("/trpc/keys.create,keys.create,keys.create?batch=1", {
			method: "POST",
			headers,
			body,
		});
		expect(await response.json()).toMatchObject([
			{ result: { data: { api_key: { tenant_id: tenantId } } } },
			{ result: { data: { api_key: { tenant_id: otherTenantId } } } },
			{ error: { data: { code: "VALIDATION_ERROR" } } },
		]);
	});

	it("must name the tenant as text", async () => {
		const answer = await mutate(platform, "keys.create", { name: "Number", tenant_id: 7 });
		expect(answer.status).toBe(400);
		expect(answer.error.details).toMatchObject([{ field: "tenant_id" }]);
	});
});
