/** The path that clients older than `/v1` use: `action` selects one of the two syncs. */
import { eq } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { activities, collaborators } from "../../../db/schema.ts";
import { createKey, db, fieldsOf } from "../fixtures.ts";
import { call, tenantWithKeys } from "./tenant-with-keys.ts";

const PATH = "/functions/v1/default-integration";
const ana = { external_id: "ana", name: "Ana", email: "ana@acme.example" };

describe("the action", () => {
	it("sync_collaborators and sync_activities do the same as the routes with these names", async () => {
		const { tenantId, live } = await tenantWithKeys();
		const people = await call(live, "POST", PATH, { action: "sync_collaborators", collaborators: [ana, { name: 1 }] });
		expect(people.status).toBe(200);
		expect(people.data).toMatchObject({ created: 1, existing: 0, errors: [{ index: 1 }], total: 2 });
		const again = await call(live, "POST", "/v1/sync_collaborators", { collaborators: [ana] });
		expect(again.data).toMatchObject({ created: 0, existing: 1 });

		const batch = [{ collaborator_id: "ana", activity: "042", reference: "r1" }];
		const done = await call(live, "POST", PATH, { action: "sync_activities", activities: batch });
		expect(done.status).toBe(200);
		expect(done.data).toEqual({ processed: 1, duplicates: 0, errors: [], total: 1 });
		const repeated = await call(live, "POST", "/v1/sync_activities", { activities: batch });
		expect(repeated.data).toMatchObject({ processed: 0, duplicates: 1 });

		expect(await db.select().from(collaborators).where(eq(collaborators.tenantId, tenantId))).toHaveLength(1);
		expect(await db.select().from(activities).where(eq(activities.tenantId, tenantId))).toHaveLength(1);
	});

	it.each([
		["unknown", { action: "sync_everything", collaborators: [ana] }],
		["absent", { collaborators: [ana] }],
		["of another type", { action: 1, collaborators: [ana] }],
	])("that is %s is rejected, and the error names the field", async (_what, body) => {
		const { tenantId, live } = await tenantWithKeys();
		const reply = await call(live, "POST", PATH, body);
		expect([reply.status, reply.error.code, fieldsOf(reply)]).toEqual([400, "VALIDATION_ERROR", ["action"]]);
		expect(await db.select().from(collaborators).where(eq(collaborators.tenantId, tenantId))).toEqual([]);
	});

	it.each([
		[{ action: "sync_collaborators" }, "collaborators"],
		[{ action: "sync_collaborators", activities: [] }, "collaborators"],
		[{ action: "sync_activities", activities: [] }, "activities"],
	])("without a valid list is rejected: %j", async (body, field) => {
		const { live } = await tenantWithKeys();
		const reply = await call(live, "POST", PATH, body);
		expect([reply.status, fieldsOf(reply)]).toEqual([400, [field]]);
	});

	it("stores data in the key's environment", async () => {
		const { tenantId, test } = await tenantWithKeys();
		await call(test, "POST", PATH, { action: "sync_collaborators", collaborators: [ana] });
		const rows = await db.select().from(collaborators).where(eq(collaborators.tenantId, tenantId));
		expect(rows.map(({ environment }) => environment)).toEqual(["test"]);
	});

	it("requires the scope default:sync", async () => {
		const { admin } = await tenantWithKeys();
		const { key } = await createKey(admin, { scopes: ["leads:read", "leads:write"] });
		const reply = await call(key, "POST", PATH, { action: "sync_collaborators", collaborators: [ana] });
		expect([reply.status, reply.error.code]).toEqual([403, "FORBIDDEN"]);
		expect(reply.error.message).toContain("default:sync");
	});
});
