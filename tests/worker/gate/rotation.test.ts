/** A rotation is whole or it is none, whatever fails in between. */
import { runDurableObjectAlarm } from "cloudflare:test";
import { and, eq } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { apiKeys, auditEvents } from "../../../db/schema.ts";
import type { ApiKey } from "../../../worker/schemas/api-key.ts";
import { addTenant, createKey, db, gateOf, mutate, token } from "../world.ts";
import { admitMany, crash, disk, linkToD1 } from "./inside.ts";

const tenantId = await addTenant();
const admin = await token({ tenantId });

beforeEach(() => {
	vi.spyOn(console, "error").mockImplementation(() => undefined);
});
afterEach(() => {
	vi.restoreAllMocks();
});

const successors = (keyId: string) => db.select().from(apiKeys).where(eq(apiKeys.rotatedFrom, keyId));
const discards = async (keyId: string) => [...(await disk(keyId)).keys()].filter((name) => name.startsWith("discard:"));

describe("a rotation that fails", () => {
	it("because D1 is down answers 503 and leaves the key as it was", async () => {
		const { key, api_key } = await createKey(admin);
		await admitMany(key, 1);
		const link = await linkToD1(api_key.id);
		link.down = true;
		const answer = await mutate(admin, "keys.rotate", { id: api_key.id, revoke_previous_after_hours: 0 });
		expect([answer.status, answer.error.code]).toEqual([503, "UNAVAILABLE"]);
		expect(await admitMany(key, 1)).toEqual({ VALID: 1 });
		link.down = false;
		await runDurableObjectAlarm(gateOf(api_key.id));
		expect(await successors(api_key.id)).toEqual([]);
		expect(await discards(api_key.id)).toEqual([]);
	});

	it("because the process died after D1 had taken the successor takes it back", async () => {
		const { key, api_key } = await createKey(admin);
		await admitMany(key, 1);
		const link = await linkToD1(api_key.id);
		// The batch is applied, and then the object dies before it hears so.
		link.afterBatch = async () => link.die();
		expect((await mutate(admin, "keys.rotate", { id: api_key.id })).status).toBe(503);
		expect(await successors(api_key.id)).toHaveLength(1);

		await runDurableObjectAlarm(gateOf(api_key.id));
		expect(await successors(api_key.id)).toEqual([]);
		expect(await discards(api_key.id)).toEqual([]);
		const left = await db
			.select()
			.from(auditEvents)
			.where(and(eq(auditEvents.actor, "system"), eq(auditEvents.tenantId, tenantId)));
		expect(left).toMatchObject([{ action: "api_key.delete" }]);
	});

	it("because the key was revoked meanwhile is a conflict, and the successor does not stay", async () => {
		const { key, api_key } = await createKey(admin);
		await admitMany(key, 1);
		const link = await linkToD1(api_key.id);
		const inserted = Promise.withResolvers<void>();
		const goOn = Promise.withResolvers<void>();
		link.afterBatch = () => {
			inserted.resolve();
			return goOn.promise;
		};
		const rotation = mutate(admin, "keys.rotate", { id: api_key.id });
		await inserted.promise;
		delete link.afterBatch;
		expect((await mutate(admin, "keys.revoke", { id: api_key.id })).status).toBe(200);
		goOn.resolve();
		expect((await rotation).status).toBe(409);
		await runDurableObjectAlarm(gateOf(api_key.id));
		expect(await successors(api_key.id)).toEqual([]);
	});
});

describe("a rotation that succeeds", () => {
	it("leaves no order to discard behind, and its successor survives alarms and crashes", async () => {
		const { key, api_key } = await createKey(admin);
		await admitMany(key, 1);
		const { data } = await mutate<{ key: string; api_key: ApiKey }>(admin, "keys.rotate", { id: api_key.id });
		expect(await discards(api_key.id)).toEqual([]);
		await crash(api_key.id);
		await runDurableObjectAlarm(gateOf(api_key.id));
		expect(await successors(api_key.id)).toHaveLength(1);
		expect(await admitMany(data.key, 1)).toEqual({ VALID: 1 });
	});

	it("stops the old key by itself at the given hour, without anybody being told to", async () => {
		const { key, api_key } = await createKey(admin);
		const { data } = await mutate<{ previous: ApiKey }>(admin, "keys.rotate", {
			id: api_key.id,
			revoke_previous_after_hours: 2,
		});
		const stop = Date.parse(data.previous.revokes_at ?? "");
		expect(await admitMany(key, 1, stop - 1)).toEqual({ VALID: 1 });
		expect(await admitMany(key, 1, stop)).toEqual({ REVOKED: 1 });
	});
});
