/** A gate reads the records of the releases around its own. What it can't read refuses the key, which can still be ended. */
import { runInDurableObject } from "cloudflare:test";
import { eq } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { apiKeys, auditEvents } from "../../../db/schema.ts";
import type { KeyGate } from "../../../worker/gate/key-gate.ts";
import { apiKeyDetailSchema } from "../../../worker/schemas/api-key.ts";
import { addTenant, asIntegration, createKey, db, gateOf, mutate, query, token } from "../fixtures.ts";
import { admit, admitMany, crash, disk, presented } from "./gate-control.ts";

const tenantId = await addTenant();
const admin = await token({ tenantId });

let logged: string[] = [];
beforeEach(() => {
	logged = [];
	vi.spyOn(console, "error").mockImplementation((line: string) => void logged.push(line));
});
afterEach(() => {
	vi.restoreAllMocks();
});

type Fields = Record<string, unknown>;

/** Changes a record on the disk of a gate that is not running, as another release would have written it. */
async function rewrite(keyId: string, name: string, change: (record: Fields) => unknown): Promise<void> {
	await runInDurableObject(gateOf(keyId), (_gate: KeyGate, { storage }) => {
		const [at, record] = [...storage.kv.list<Fields>({ prefix: name })][0] ?? [name, {}];
		storage.kv.put(at, change(record));
	});
	await crash(keyId);
}

/** A key that was used once. */
async function usedKey(input: Record<string, unknown> = {}) {
	const made = await createKey(admin, input);
	await admit(presented(made.key));
	return made;
}

const without = (field: string) => (record: Fields) => {
	const { [field]: _removed, ...others } = record;
	return others;
};
const at = (schema: number) => (record: Fields) => ({ ...record, schema, added: "by a later release" });

describe("a record", () => {
	it("names its schema", async () => {
		const { api_key } = await usedKey();
		await mutate(admin, "keys.update", { id: api_key.id, name: "Renamed" });
		const records = [...(await disk(api_key.id))].filter(([name]) => name !== "watched");
		expect(records.length).toBeGreaterThan(1);
		for (const [name, record] of records) expect(record, name).toMatchObject({ schema: 2 });
	});

	it("of release 1.0.0, which names none, is read", async () => {
		const { key, api_key } = await usedKey({ rate_limit: 3 });
		await rewrite(api_key.id, "key", without("schema"));
		await rewrite(api_key.id, "hour:", without("schema"));
		expect(await admitMany(key, 4)).toEqual({ VALID: 2, RATE_LIMITED: 2 });
	});

	it("of the next release is read without the fields that it added", async () => {
		const { key, api_key } = await usedKey({ rate_limit: 3 });
		for (const name of ["key", "hour:"]) await rewrite(api_key.id, name, at(3));
		expect(await admitMany(key, 4)).toEqual({ VALID: 2, RATE_LIMITED: 2 });
		const detail = await query(admin, "keys.get", { id: api_key.id });
		expect(apiKeyDetailSchema.parse(detail.data)).toMatchObject({ name: "Test key", status: "active" });
	});
});

const UNREADABLE: [string, string, (record: Fields) => unknown][] = [
	["without its allow-list of IP addresses", "key", without("ipAllowlist")],
	["without its hash", "key", without("secretHash")],
	["with a limit that is no number", "key", (record) => ({ ...record, rateLimit: "1000" })],
	["of the release after the next", "key", at(4)],
	["that is text", "key", () => "broken"],
	["of an hour without its count", "hour:", without("allowed")],
	["of an hour by the release after the next", "hour:", at(4)],
	["of callers that is no list", "callers", () => ({ schema: 4 })],
	["of a suspension without its number", "suspension", () => ({ at: null })],
	["of signed requests without the time that was lost", "signatures", () => ({ isOpen: false, at: 0, aheadMs: 0 })],
];

describe.each(UNREADABLE)("a record %s", (_what, name, change) => {
	it("refuses the key, and the log says which key and why", async () => {
		const { key, api_key } = await usedKey();
		await rewrite(api_key.id, name, change);
		const response = await asIntegration(key);
		expect(response.status).toBe(503);
		expect((await query(admin, "keys.get", { id: api_key.id })).status).toBe(503);
		expect((await mutate(admin, "keys.update", { id: api_key.id, name: "Other" })).status).toBe(503);
		const line = logged.find((text) => text.includes("unreadable_record")) ?? "";
		expect(JSON.parse(line)).toMatchObject({
			key_id: api_key.id,
			causes: [expect.stringMatching(/^Unreadable: The /)],
		});
	});

	it("lets the key be revoked, for good and in D1, and once in the audit log", async () => {
		const { key, api_key } = await usedKey();
		await rewrite(api_key.id, name, change);
		const revoked = await mutate<{ status: string }>(admin, "keys.revoke", { id: api_key.id, reason: "Unreadable" });
		expect(revoked).toMatchObject({ status: 200, data: { id: api_key.id, status: "revoked" } });
		expect((await admit(presented(key))).code).toBe("REVOKED");
		await crash(api_key.id);
		expect((await admit(presented(key))).code).toBe("REVOKED");
		const [row] = await db.select().from(apiKeys).where(eq(apiKeys.id, api_key.id));
		expect(row).toMatchObject({ revokedBy: "usr_test", version: 2 });
		const events = await db.select().from(auditEvents).where(eq(auditEvents.keyId, api_key.id));
		expect(events.filter(({ action }) => action === "api_key.revoke")).toHaveLength(1);
	});

	it("lets the key be deleted, for good and in D1", async () => {
		const { key, api_key } = await usedKey();
		await rewrite(api_key.id, name, change);
		expect((await mutate(admin, "keys.delete", { id: api_key.id })).status).toBe(200);
		await crash(api_key.id);
		expect(await admit(presented(key))).toEqual({ code: "NOT_FOUND", final: true });
		expect(await db.select().from(apiKeys).where(eq(apiKeys.id, api_key.id))).toEqual([]);
	});
});

describe("a key whose record cannot be read", () => {
	it("can't be revoked or deleted by another tenant", async () => {
		const { key, api_key } = await usedKey();
		await rewrite(api_key.id, "key", without("ipAllowlist"));
		const stranger = { tenantId: await addTenant(), actor: "usr_x", actorEmail: null, ip: null, userAgent: null };
		const call = { keyId: api_key.id, author: stranger };
		expect((await gateOf(api_key.id).revoke(call, null)).code).toBe("NOT_FOUND");
		expect((await gateOf(api_key.id).remove(call)).code).toBe("NOT_FOUND");
		expect((await admit(presented(key))).code).toBe("UNAVAILABLE");
	});

	it("that was revoked before stays revoked, without another event", async () => {
		const { key, api_key } = await usedKey();
		await mutate(admin, "keys.revoke", { id: api_key.id });
		await rewrite(api_key.id, "key", without("ipAllowlist"));
		expect((await admit(presented(key))).code).toBe("UNAVAILABLE");
		expect((await mutate(admin, "keys.revoke", { id: api_key.id })).status).toBe(200);
		await crash(api_key.id);
		expect((await admit(presented(key))).code).toBe("REVOKED");
		const events = await db.select().from(auditEvents).where(eq(auditEvents.keyId, api_key.id));
		expect(events.filter(({ action }) => action === "api_key.revoke")).toHaveLength(1);
	});

	it("is admitted again once a release that can read it runs", async () => {
		const { key, api_key } = await usedKey();
		await rewrite(api_key.id, "key", at(4));
		expect((await admit(presented(key))).code).toBe("UNAVAILABLE");
		await rewrite(api_key.id, "key", at(3));
		expect((await admit(presented(key))).code).toBe("VALID");
	});

	it("is erased with its tenant", async () => {
		const { key, api_key } = await usedKey();
		await rewrite(api_key.id, "key", without("ipAllowlist"));
		await gateOf(api_key.id).erase(api_key.id, tenantId);
		expect(await admit(presented(key))).toEqual({ code: "NOT_FOUND", final: true });
	});
});

it("an audit event that cannot be read stays, and doesn't hold up the others", async () => {
	const { api_key } = await usedKey();
	await runInDurableObject(gateOf(api_key.id), (_gate: KeyGate, { storage }) => {
		storage.kv.put("event:evt_later", { schema: 4 });
	});
	await mutate(admin, "keys.update", { id: api_key.id, name: "Renamed" });
	expect([...(await disk(api_key.id)).keys()].filter((name) => name.startsWith("event:"))).toEqual(["event:evt_later"]);
	const [row] = await db.select().from(apiKeys).where(eq(apiKeys.id, api_key.id));
	expect(row?.name).toBe("Renamed");
	expect(logged.join("\n")).toContain("event:evt_later");
});
