/** The path that clients older than `/v1` use: `action` selects one of the two syncs. */
import { eq } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { activities, collaborators } from "../../../db/product-schema.ts";
import { createKey, fieldsOf, product } from "../fixtures.ts";
import { call, tenantWithKeys } from "./tenant-with-keys.ts";

const PATH = "/functions/v1/default-integration";
const ana = { external_id: "ana", name: "Ana", email: "ana@acme.example" };

describe("the action", () => {
	it("sync_collaborators and sync_activities do the same as the routes with these names", async () => {
		const { tenantId, live } = await tenantWithKeys();
		const people = await call(live, "POST", PATH, { action: "sync_collaborators", collaborators: [ana] });
		expect([people.status, people.data]).toEqual([200, { created: 1, existing: 0, errors: [], total: 1 }]);
		const again = await call(live, "POST", "/v1/sync_collaborators", { collaborators: [ana] });
		expect(again.data).toMatchObject({ created: 0, existing: 1 });

		const batch = [{ activity_code: "042", external_id: "r1", collaborator_email: "ANA@acme.example" }];
		const done = await call(live, "POST", PATH, { action: "sync_activities", activities: batch });
		const counts = { processed: 1, skipped: 0, duplicates: 0, errors: [], total: 1 };
		expect([done.status, done.data]).toEqual([200, counts]);
		const repeated = await call(live, "POST", "/v1/sync_activities", { activities: batch });
		expect(repeated.data).toEqual({ ...counts, processed: 0, duplicates: 1 });
		expect(done.meta.request_id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);

		expect(await product.select().from(collaborators).where(eq(collaborators.tenantId, tenantId))).toHaveLength(1);
		expect(await product.select().from(activities).where(eq(activities.tenantId, tenantId))).toHaveLength(1);
	});

	it("sync_collaborators describes each item that is left out as one text, and stores the others", async () => {
		const { live } = await tenantWithKeys();
		const people = [
			ana,
			{ external_id: "bia", name: "", email: "bia@acme.example" },
			{ external_id: "caio", name: "Caio", email: "ANA@acme.example" },
			{ name: "Davi" },
			7,
		];
		const reply = await call(live, "POST", PATH, { action: "sync_collaborators", collaborators: people });
		expect([reply.status, reply.data]).toEqual([
			200,
			{
				created: 1,
				existing: 0,
				errors: [
					"Item 1 (external_id bia, email bia@acme.example): name: Must not be empty",
					"Item 2 (external_id caio, email ANA@acme.example): email: Duplicate of the email in item 0",
					"Item 3 (external_id missing, email missing): external_id: Is required; email: Is required",
					"Item 4 (external_id missing, email missing): item: Must be an object",
				],
				total: 5,
			},
		]);
	});

	it("sync_activities rejects the whole request for one invalid item, which it names", async () => {
		const { tenantId, live } = await tenantWithKeys();
		await call(live, "POST", PATH, { action: "sync_collaborators", collaborators: [ana] });
		const good = { activity_code: "042", external_id: "r1", collaborator_email: "ana@acme.example" };
		const reply = await call(live, "POST", PATH, {
			action: "sync_activities",
			activities: [good, { ...good, external_id: "r2", activity_code: 42, later_field: true }],
		});
		expect([reply.status, reply.error]).toEqual([
			400,
			{
				code: "VALIDATION_ERROR",
				message: "The activities payload is invalid. Nothing was stored. Item 1, activity_code: Must be a string.",
				details: [{ index: 1, field: "activity_code", message: "Must be a string" }],
			},
		]);
		expect(await product.select().from(activities).where(eq(activities.tenantId, tenantId))).toEqual([]);
	});

	it("sync_activities ignores fields that it does not know", async () => {
		const { live } = await tenantWithKeys();
		await call(live, "POST", PATH, { action: "sync_collaborators", collaborators: [ana], source: "crm" });
		const item = { activity_code: "042", external_id: "r1", collaborator_email: "ana@acme.example", points: 3 };
		const reply = await call(live, "POST", PATH, { action: "sync_activities", activities: [item], source: "crm" });
		expect([reply.status, reply.data]).toMatchObject([200, { processed: 1 }]);
	});

	it.each([
		["unknown", { action: "sync_everything", collaborators: [ana] }],
		["absent", { collaborators: [ana] }],
		["of another type", { action: 1, collaborators: [ana] }],
	])("that is %s is rejected, and the error names the field", async (_what, body) => {
		const { tenantId, live } = await tenantWithKeys();
		const reply = await call(live, "POST", PATH, body);
		expect([reply.status, reply.error.code, fieldsOf(reply)]).toEqual([400, "VALIDATION_ERROR", ["action"]]);
		expect(reply.error.message).toBe('action: Must be "sync_collaborators" or "sync_activities"');
		expect(await product.select().from(collaborators).where(eq(collaborators.tenantId, tenantId))).toEqual([]);
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

	it.each(["GET", "PUT", "PATCH", "DELETE"])("is not looked at in a %s request, which is 405", async (method) => {
		const { live } = await tenantWithKeys();
		const { status, headers, error } = await call(live, method, PATH);
		expect([status, error.code, headers.get("allow")]).toEqual([405, "METHOD_NOT_ALLOWED", "POST"]);
	});

	it("stores data in the key's environment", async () => {
		const { tenantId, test } = await tenantWithKeys();
		await call(test, "POST", PATH, { action: "sync_collaborators", collaborators: [ana] });
		const rows = await product.select().from(collaborators).where(eq(collaborators.tenantId, tenantId));
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
