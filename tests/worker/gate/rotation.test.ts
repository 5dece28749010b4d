/** A rotation happens completely or not at all, whatever fails. */
import { runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { and, eq } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { apiKeys, auditEvents } from "../../../db/schema.ts";
import { Secret } from "../../../worker/env.ts";
import { newRow } from "../../../worker/gate/delivery/d1-records.ts";
import { mintKey } from "../../../worker/keys/format.ts";
import { snapshotOf } from "../../../worker/keys/snapshot.ts";
import type { ApiKey } from "../../../worker/schemas/api-key.ts";
import { addTenant, createKey, db, gateOf, mutate, query, token } from "../fixtures.ts";
import { admitMany, crash, disk, linkToD1 } from "./gate-control.ts";

const tenantId = await addTenant();
const admin = await token({ tenantId });

beforeEach(() => {
	vi.spyOn(console, "error").mockImplementation(() => undefined);
});
afterEach(() => {
	vi.restoreAllMocks();
});

const AUTHOR = { actor: "usr_test", actorEmail: null, ip: null, userAgent: null };
const mint = () => mintKey("live", new Secret(env.KEY_PEPPER));
const successors = (keyId: string) => db.select().from(apiKeys).where(eq(apiKeys.rotatedFrom, keyId));
const discards = async (keyId: string) => [...(await disk(keyId)).keys()].filter((name) => name.startsWith("discard:"));

/** Starts a rotation and holds it when D1 has the successor, before the gate receives the response of D1. */
async function heldRotation(keyId: string) {
	const link = await linkToD1(keyId);
	const inserted = Promise.withResolvers<void>();
	const answered = Promise.withResolvers<void>();
	link.afterBatch = () => {
		inserted.resolve();
		return answered.promise;
	};
	const rotation = mutate(admin, "keys.rotate", { id: keyId });
	await inserted.promise;
	delete link.afterBatch;
	return { rotation, release: answered.resolve };
}

/** Waits until the gate points to the successor. */
async function rotated(keyId: string, successorId: string): Promise<void> {
	await vi.waitUntil(async () => {
		const described = await gateOf(keyId).describe(keyId, tenantId);
		return described.code === "OK" && described.value.rotated_to === successorId;
	});
}

/** A key whose rotation failed because D1 was down. D1 is up again. */
async function failedRotation(): Promise<string> {
	const { key, api_key } = await createKey(admin);
	await admitMany(key, 1);
	const link = await linkToD1(api_key.id);
	link.down = true;
	expect((await mutate(admin, "keys.rotate", { id: api_key.id })).status).toBe(503);
	link.down = false;
	return api_key.id;
}

describe("a rotation that fails", () => {
	it("because D1 is down responds 503 and leaves the key unchanged", async () => {
		const { key, api_key } = await createKey(admin);
		await admitMany(key, 1);
		const link = await linkToD1(api_key.id);
		link.down = true;
		const response = await mutate(admin, "keys.rotate", { id: api_key.id, revoke_previous_after_hours: 0 });
		expect([response.status, response.error.code]).toEqual([503, "UNAVAILABLE"]);
		expect(await admitMany(key, 1)).toEqual({ VALID: 1 });
		link.down = false;
		await runDurableObjectAlarm(gateOf(api_key.id));
		expect(await successors(api_key.id)).toEqual([]);
	});

	it("discards the successor even if D1 inserts it late, after the process has died", async () => {
		const keyId = await failedRotation();
		const [order] = await discards(keyId);
		const late = order?.replace("discard:", "") ?? "";
		// At first there is no successor to discard, so the order is kept.
		await runDurableObjectAlarm(gateOf(keyId));
		expect(await discards(keyId)).toEqual([order]);
		const [row] = await db.select().from(apiKeys).where(eq(apiKeys.id, keyId));
		if (row) await db.insert(apiKeys).values(newRow({ ...snapshotOf(row), id: late, rotatedFrom: keyId }));
		await runDurableObjectAlarm(gateOf(keyId));
		expect(await successors(keyId)).toEqual([]);
		expect(await discards(keyId)).toEqual([]);
	});

	it("stops looking for a successor once D1 can't insert it any more", async () => {
		const keyId = await failedRotation();
		vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 301_000 });
		try {
			await runDurableObjectAlarm(gateOf(keyId));
		} finally {
			vi.useRealTimers();
		}
		expect(await discards(keyId)).toEqual([]);
	});

	it("because the key was changed meanwhile is a conflict: no successor has outdated settings", async () => {
		const { key, api_key } = await createKey(admin, { scopes: [] });
		await admitMany(key, 1);
		const { rotation, release } = await heldRotation(api_key.id);
		await mutate(admin, "keys.update", { id: api_key.id, scopes: ["leads:read"] });
		release();
		expect((await rotation).status).toBe(409);
		await runDurableObjectAlarm(gateOf(api_key.id));
		expect(await successors(api_key.id)).toEqual([]);
	});

	it("because another rotation was faster is a conflict, and only one successor stays", async () => {
		const { key, api_key } = await createKey(admin);
		await admitMany(key, 1);
		const call = { keyId: api_key.id, author: { ...AUTHOR, tenantId } };
		const rotations = Array.from({ length: 3 }, () =>
			gateOf(api_key.id).rotate(call, { material: mint().material, lifeMs: null, overlapMs: null }),
		);
		const codes = (await Promise.all(rotations)).map(({ code }) => code);
		expect(codes.sort()).toEqual(["CONFLICT", "CONFLICT", "OK"]);
		await runDurableObjectAlarm(gateOf(api_key.id));
		expect(await successors(api_key.id)).toHaveLength(1);
	});

	it("discards the successor even if it was read in the meantime", async () => {
		const { key, api_key } = await createKey(admin);
		await admitMany(key, 1);
		const { rotation, release } = await heldRotation(api_key.id);
		const [successor] = await successors(api_key.id);
		const id = successor?.id ?? "";
		expect((await query(admin, "keys.get", { id })).status).toBe(200);
		await mutate(admin, "keys.revoke", { id: api_key.id });
		release();
		await rotation;
		await runDurableObjectAlarm(gateOf(api_key.id));
		expect((await query(admin, "keys.get", { id })).status).toBe(404);
		expect((await mutate(admin, "keys.update", { id, name: "x" })).status).toBe(404);
	});

	it("because the process died after D1 inserted the successor discards it", async () => {
		const { key, api_key } = await createKey(admin);
		await admitMany(key, 1);
		const link = await linkToD1(api_key.id);
		// D1 applies the batch, and the object dies before it receives the response.
		link.afterBatch = async () => link.die();
		expect((await mutate(admin, "keys.rotate", { id: api_key.id })).status).toBe(503);
		const [successor] = await successors(api_key.id);
		expect(successor).toBeDefined();

		await runDurableObjectAlarm(gateOf(api_key.id));
		expect(await successors(api_key.id)).toEqual([]);
		expect(await discards(api_key.id)).toEqual([]);
		const left = await db
			.select()
			.from(auditEvents)
			.where(and(eq(auditEvents.actor, "system"), eq(auditEvents.keyId, successor?.id ?? "")));
		expect(left).toMatchObject([{ action: "api_key.delete" }]);
	});

	it("because the key was revoked meanwhile is a conflict, and the successor is discarded", async () => {
		const { key, api_key } = await createKey(admin);
		await admitMany(key, 1);
		const { rotation, release } = await heldRotation(api_key.id);
		expect((await mutate(admin, "keys.revoke", { id: api_key.id })).status).toBe(200);
		release();
		expect(await rotation).toMatchObject({ status: 409, error: { message: expect.stringContaining("revoked") } });
		await runDurableObjectAlarm(gateOf(api_key.id));
		expect(await successors(api_key.id)).toEqual([]);
	});
});

describe("a rotation that succeeds", () => {
	it("keeps its successor while the successor of an earlier attempt is discarded", async () => {
		const { key, api_key } = await createKey(admin);
		await admitMany(key, 1);
		const link = await linkToD1(api_key.id);
		const call = { keyId: api_key.id, author: { ...AUTHOR, tenantId } };
		// Orders are processed by id, so the earlier attempt gets the lower one.
		const materials = [mint(), mint()].sort((a, b) => (a.material.id < b.material.id ? -1 : 1));
		const [earlier, later] = materials;
		if (!earlier || !later) throw new Error("Two keys were minted");
		const rotate = ({ material }: typeof later) =>
			gateOf(api_key.id).rotate(call, { material, lifeMs: null, overlapMs: 0 });
		link.down = true;
		expect(await rotate(earlier)).toEqual({ code: "UNAVAILABLE" });
		link.down = false;

		// D1 inserts the second successor, the alarm starts to discard the first one, and then the second rotation
		// receives its response. In between the alarm delivers usage, which is not held.
		const [insert, usage, discard] = [0, 1, 2].map(() => ({
			reached: Promise.withResolvers<void>(),
			held: Promise.withResolvers<void>(),
		}));
		const batches = [insert, usage, discard].values();
		link.afterBatch = async () => {
			const { value } = batches.next();
			value?.reached.resolve();
			await value?.held.promise;
		};
		usage?.held.resolve();
		const rotation = rotate(later);
		await insert?.reached.promise;
		const alarm = runDurableObjectAlarm(gateOf(api_key.id));
		await discard?.reached.promise;
		insert?.held.resolve();
		await rotated(api_key.id, later.material.id);
		delete link.afterBatch;
		discard?.held.resolve();
		expect(await rotation).toMatchObject({ code: "OK" });
		await alarm;
		expect(await admitMany(later.key, 1)).toEqual({ VALID: 1 });
		expect(await admitMany(key, 1)).toEqual({ REVOKED: 1 });
		expect(await successors(api_key.id)).toHaveLength(1);
	});

	it("whose overlap has ended keeps the old key revoked, even if a clock goes back", async () => {
		const { key, api_key } = await createKey(admin);
		const call = { keyId: api_key.id, author: { ...AUTHOR, tenantId } };
		const start = Date.now();
		await gateOf(api_key.id).rotate(call, { material: mint().material, lifeMs: null, overlapMs: 1_000 }, start);
		expect(await gateOf(api_key.id).revoke(call, null, start + 2_000)).toMatchObject({
			value: { status: "revoked", revoked_at: new Date(start + 1_000).toISOString() },
		});
		expect(await admitMany(key, 1, start + 500)).toEqual({ REVOKED: 1 });
	});

	it("leaves no order to discard, and its successor survives alarms and crashes", async () => {
		const { key, api_key } = await createKey(admin);
		await admitMany(key, 1);
		const { data } = await mutate<{ key: string; api_key: ApiKey }>(admin, "keys.rotate", { id: api_key.id });
		expect(await discards(api_key.id)).toEqual([]);
		await crash(api_key.id);
		await runDurableObjectAlarm(gateOf(api_key.id));
		expect(await successors(api_key.id)).toHaveLength(1);
		expect(await admitMany(data.key, 1)).toEqual({ VALID: 1 });
	});

	it("of a key that expires in the year 9999 creates a key that expires then, too", async () => {
		const { api_key } = await createKey(admin, { expires_at: "9999-12-30T00:00:00Z" });
		const later = Date.now() + 10 * 86_400_000;
		const rotated = await gateOf(api_key.id).rotate(
			{ keyId: api_key.id, author: { ...AUTHOR, tenantId } },
			{ material: mint().material, lifeMs: null, overlapMs: null },
			later,
		);
		expect(rotated).toMatchObject({ code: "OK", value: { successor: { expires_at: "9999-12-31T00:00:00.000Z" } } });
		expect((await query(admin, "keys.list")).status).toBe(200);
	});

	it("revokes the old key at the given time without a further call", async () => {
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
