/**
 * A gate reads what the gates of the last release and of this one write, and decides by it. The records were written by
 * running the releases: see tests/releases/keep.ts.
 */
import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { eq } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { apiKeys, auditEvents, tenants } from "../../../db/schema.ts";
import { newRow } from "../../../worker/gate/delivery/d1-records.ts";
import type { KeyGate } from "../../../worker/gate/key-gate.ts";
import { type PackedVerdict, packCall, unpack } from "../../../worker/gate/protocol.ts";
import { readKey } from "../../../worker/gate/records.ts";
import type { Signed } from "../../../worker/keys/signature.ts";
import type { KeySnapshot } from "../../../worker/keys/snapshot.ts";
import { apiKeyDetailSchema } from "../../../worker/schemas/api-key.ts";
import recordsOfLast from "../../releases/1.0.0/records.json" with { type: "json" };
import recordsOfNext from "../../releases/next/records.json" with { type: "json" };
import { db, gateOf } from "../fixtures.ts";
import { admit, crash, disk, presented } from "./gate-control.ts";

interface GoldenGate {
	state: string;
	records: Record<string, unknown>;
}

/** The file has the text of a snapshot or a tombstone under `key`. */
const keyOf = ({ records }: GoldenGate) => records.key as KeySnapshot;

/** The releases give their keys different ids, so both have gates of their own. */
describe.each<[string, GoldenGate[]]>([
	["1.0.0", recordsOfLast],
	["the next release", recordsOfNext],
])("what a gate of %s has on its disk", (_release, gates) => {
	/** A gate with the records of this state, which has just started. The time is a minute after the key was made. */
	async function start(state: string) {
		const golden = gates.find((gate) => gate.state === state);
		if (!golden) throw new Error(`No records of "${state}"`);
		const key = keyOf(golden);
		await runInDurableObject(gateOf(key.id), (_gate: KeyGate, { storage }) => {
			for (const [name] of [...storage.kv.list()]) storage.kv.delete(name);
			for (const [name, record] of Object.entries(golden.records)) storage.kv.put(name, record);
		});
		await crash(key.id);
		return { key, records: golden.records, now: (key.createdAt ?? Date.UTC(2026, 10, 29)) + 60_000 };
	}

	const callOf = (key: KeySnapshot, more = {}) => ({
		...presented(key.id),
		keyId: key.id,
		secretHash: key.secretHash,
		...more,
	});

	async function admitSigned(key: KeySnapshot, signed: Signed, now: number) {
		const packed = await gateOf(key.id).admitSigned(packCall(callOf(key)), signed, now);
		// RPC types turn tuples into arrays.
		return unpack(packed as unknown as PackedVerdict, key.id);
	}

	it("of a key in use, admits what the key allows", async () => {
		const { key, now } = await start("used");
		expect((await admit(callOf(key, { scope: "leads:read" }), now)).code).toBe("VALID");
		expect((await admit(callOf(key, { scope: "leads:write" }), now)).code).toBe("MISSING_SCOPE");
		expect((await admit(callOf(key, { ip: "198.51.100.20" }), now)).code).toBe("ADDRESS_NOT_ALLOWED");
		const { expiresAt } = key;
		expect((await admit(callOf(key), expiresAt ?? 0)).code).toBe("EXPIRED");
	});

	it("of a key in use, has its requests and callers, and every public field", async () => {
		const { key, now } = await start("used");
		const result = await gateOf(key.id).describe(key.id, key.tenantId, now);
		if (result.code !== "OK") throw new Error(result.code);
		const detail = apiKeyDetailSchema.parse(result.value);
		expect(detail).toMatchObject({ usage_count: 2, name: "used", status: "active" });
		expect(detail.recent_callers.map(({ user_agent }) => user_agent)).toEqual(["golden/2.0", "golden/1.0"]);
	});

	it("of a key that was in use when the gate crashed, counts on from what was reserved", async () => {
		const { key, records, now } = await start("in use");
		const hour = Object.entries(records).find(([name]) => name.startsWith("hour:"))?.[1] as { allowed: number };
		const verdict = await admit(callOf(key), now);
		expect(verdict).toMatchObject({ code: "VALID", window: { remaining: key.rateLimit - hour.allowed - 1 } });
	});

	it("of a signed key, refuses a request that was admitted before", async () => {
		const { key, records, now } = await start("signed");
		const { seen } = records.signatures as { seen: [number, string[]][] };
		const [at = 0, [signature = ""] = []] = seen[0] ?? [];
		const replayed = await admitSigned(key, { signature, at }, at * 1_000 + 1_000);
		expect(replayed.code).toBe("REPLAYED");
		const signed = { signature: "f".repeat(64), at: Math.floor(now / 1_000) };
		expect((await admitSigned(key, signed, now)).code).toBe("VALID");
	});

	it("of a signed key whose gate crashed, refuses what may have been admitted before", async () => {
		const { key, records } = await start("signed, in use");
		const { at } = records.signatures as { at: number };
		const signed = { signature: "f".repeat(64), at: Math.floor(at / 1_000) };
		expect((await admitSigned(key, signed, at + 1_000)).code).toBe("UNCERTAIN");
	});

	it.each([
		["revoked", "REVOKED"],
		["deleted", "NOT_FOUND"],
		["imported, deleted", "NOT_FOUND"],
		["suspended", "TENANT_SUSPENDED"],
		["imported", "VALID"],
		["rotated", "VALID"],
	])("of a key that is %s, gives the verdict %s", async (state, code) => {
		const { key, now } = await start(state);
		expect((await admit(callOf(key, { secretHash: key.secretHash ?? "" }), now)).code).toBe(code);
	});

	it("of a rotated key, revokes it after the overlap", async () => {
		const { key } = await start("rotated");
		expect((await admit(callOf(key), key.revokeAt ?? 0)).code).toBe("REVOKED");
	});

	it("of an imported key that was not presented, admits nothing by its bcrypt hash", async () => {
		const { key, now } = await start("imported, unused");
		expect(await admit(callOf(key, { secretHash: "0".repeat(64) }), now)).toEqual({ code: "NOT_FOUND", final: false });
		expect(key.secretHash).toMatch(/^\$2/);
	});

	it("of a change that D1 doesn't have, is delivered", async () => {
		const { key, records } = await start("undelivered");
		const values = { id: key.tenantId, name: "Golden", slug: key.tenantId, createdAt: 0 };
		await db.insert(tenants).values(values).onConflictDoNothing();
		// The row as it was before the change.
		const row = newRow({ ...(readKey(key) as KeySnapshot), name: "undelivered", version: 1 });
		await db.insert(apiKeys).values(row).onConflictDoNothing();
		await runInDurableObject(gateOf(key.id), (_gate: KeyGate, { storage }) => storage.setAlarm(Date.now()));
		await runDurableObjectAlarm(gateOf(key.id));
		const event = Object.keys(records).find((name) => name.startsWith("event:")) ?? "";
		expect([...(await disk(key.id)).keys()]).not.toContain(event);
		const [stored] = await db.select().from(apiKeys).where(eq(apiKeys.id, key.id));
		expect(stored).toMatchObject({ name: "Renamed", version: 2 });
		const events = await db
			.select()
			.from(auditEvents)
			.where(eq(auditEvents.id, event.slice("event:".length)));
		expect(events).toHaveLength(1);
	});

	it("of a rotation that was not completed, is discarded", async () => {
		const { key, records } = await start("unfinished rotation");
		await runInDurableObject(gateOf(key.id), (_gate: KeyGate, { storage }) => storage.setAlarm(Date.now()));
		await runDurableObjectAlarm(gateOf(key.id));
		const order = Object.values(records).find((record): record is { successorId: string } =>
			Object.hasOwn(record as object, "successorId"),
		);
		expect(await admit({ ...callOf(key), keyId: order?.successorId ?? "" })).toEqual({
			code: "NOT_FOUND",
			final: true,
		});
	});
});
