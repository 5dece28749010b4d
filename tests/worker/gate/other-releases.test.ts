/** A Worker refuses what a gate of another release sends and it can't read, and never takes one field for another. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { admit } from "../../../worker/admission/admit.ts";
import { readConfig } from "../../../worker/env.ts";
import { type PackedVerdict, packCall, packRefusals } from "../../../worker/gate/protocol.ts";
import type { Gates } from "../../../worker/namespaces.ts";
import { callAddedMethod } from "../../../worker/services/gates.ts";
import { verifyKey } from "../../../worker/services/key-verify.ts";
import * as keys from "../../../worker/services/keys.ts";
import { addTenant, createKey, db, gateOf, product, token } from "../fixtures.ts";
import { presented } from "./gate-control.ts";

const tenantId = await addTenant();
const admin = await token({ tenantId });
const config = readConfig(env);
const author = { tenantId, actor: "usr_test", actorEmail: null, ip: null, userAgent: null };

beforeEach(() => {
	vi.spyOn(console, "error").mockImplementation(() => undefined);
});
afterEach(() => {
	vi.restoreAllMocks();
});

/** Gates whose results are changed on the way, as another release would send them. */
function sending(change: (result: unknown, method: string) => unknown): Gates {
	const stubOf = (name: string) =>
		new Proxy(env.KEY_GATE.getByName(name), {
			get:
				(stub, method) =>
				async (...args: unknown[]) => {
					const run = Reflect.get(stub, method) as (...args: unknown[]) => Promise<unknown>;
					return change(await run(...args), String(method));
				},
		});
	// Only `getByName` is called.
	return { getByName: stubOf } as unknown as Gates;
}

const PRESENTED = { scope: null, ip: null, userAgent: null, endpoint: "GET /v1/whoami", tenantId: null, consume: true };
const present = (key: string, gates: Gates) => admit(gates, config.peppers, key, PRESENTED, Date.now());

/** The list with `added` before the field at `place`. */
const insert = (packed: unknown, place: number, ...added: unknown[]) => {
	const fields = packed as unknown[];
	return [...fields.slice(0, place), ...added, ...fields.slice(place)];
};

describe("a verdict of a gate", () => {
	it("that has another number inside the window is refused, and its name is not taken for a tenant", async () => {
		const { key } = await createKey(admin, { name: "ten_another" });
		const verdict = await present(
			key,
			sending((packed) => insert(packed, 5, 60)),
		);
		expect(verdict).toMatchObject({ code: "UNAVAILABLE" });
	});

	it("that has other fields anywhere before its version is refused, however many", async () => {
		const { key } = await createKey(admin, { rate_limit: 1_000, expires_in_days: 1 });
		for (let place = 1; place <= 10; place++)
			for (const added of [[null], ["live"], [2], [1, 2], [1, 2, 3], ["a", "b", "c", "d"]]) {
				const gates = sending((packed) => insert(packed, place, ...added));
				expect((await present(key, gates)).code, `${added} at ${place}`).toBe("UNAVAILABLE");
			}
	});

	it("that lacks a field is refused", async () => {
		const { key } = await createKey(admin);
		const gates = sending((packed) => (packed as unknown[]).toSpliced(4, 1));
		expect((await present(key, gates)).code).toBe("UNAVAILABLE");
	});

	it("that has a field after its version is read", async () => {
		const { key, api_key } = await createKey(admin);
		const gates = sending((packed) => [...(packed as unknown[]), "added"]);
		expect(await present(key, gates)).toMatchObject({ code: "VALID", key: { id: api_key.id, tenantId } });
	});

	it("of the release before, which has no version, is read", async () => {
		const { key, api_key } = await createKey(admin);
		const gates = sending((packed) => (packed as unknown[]).slice(0, 10));
		expect(await present(key, gates)).toMatchObject({ code: "VALID", key: { id: api_key.id, tenantId } });
	});

	it("of a protocol to come is refused, and the reason names both versions", async () => {
		const { key } = await createKey(admin);
		const gates = sending((packed) => (packed as unknown[]).with(10, -3));
		const verdict = await present(key, gates);
		expect(verdict).toMatchObject({ code: "UNAVAILABLE" });
		const cause = "cause" in verdict ? String(verdict.cause) : "";
		expect(cause).toContain("protocol 3");
		expect(cause).toContain("reads protocols 1 and 2");
	});

	it.each([
		["an unknown verdict", ["QUARANTINED", 1_000, 0, 0, 0, -2]],
		["a name that every object has", ["constructor", -2]],
		["nothing", []],
	])("that is %s is refused", async (_what, packed) => {
		const { key } = await createKey(admin);
		const gates = sending(() => packed);
		expect((await present(key, gates)).code).toBe("UNAVAILABLE");
	});
});

describe("a call of a Worker", () => {
	const call = (key: string) => packCall(presented(key)) as unknown[];
	// The types have only the calls of this release.
	const send = (id: string, packed: unknown[]) => gateOf(id).admitPacked(packed as never) as unknown as PackedVerdict;

	it("of the release before, which has no version, is processed", async () => {
		const { key, api_key } = await createKey(admin);
		expect((await send(api_key.id, call(key).slice(0, 9)))[0]).toBe("VALID");
	});

	it("with a field after its version is processed", async () => {
		const { key, api_key } = await createKey(admin);
		expect((await send(api_key.id, [...call(key), "added"]))[0]).toBe("VALID");
	});

	it.each([
		["another field inside", (packed: unknown[]) => packed.toSpliced(3, 0, "added")],
		["a protocol to come", (packed: unknown[]) => packed.with(9, -3)],
		["a field too few", (packed: unknown[]) => packed.toSpliced(2, 1)],
	])("with %s admits nothing and counts nothing", async (_what, change) => {
		const { key, api_key } = await createKey(admin);
		await expect(Promise.resolve(send(api_key.id, change(call(key))))).rejects.toThrow("reads protocols 1 and 2");
		const { usage_count } = await keys.getKey(
			{ db, product, gates: env.KEY_GATE, config, now: Date.now() },
			tenantId,
			api_key.id,
		);
		expect(usage_count).toBe(0);
	});

	it("that counts refusals is rejected if it has a field inside", async () => {
		const { api_key } = await createKey(admin);
		const packed = packRefusals([null, null, "GET /v1/whoami", 3, 0]) as unknown[];
		const counted = gateOf(api_key.id).countRefusals(api_key.id, "", [packed.toSpliced(3, 0, 1_000) as never]);
		await expect(Promise.resolve(counted)).rejects.toThrow("reads protocols 1 and 2");
	});
});

describe("a management call", () => {
	const deps = (gates: Gates) => ({ db, product, gates, config, now: Date.now() });

	it("is refused if the gate's result has an unknown code", async () => {
		const { api_key } = await createKey(admin);
		const gates = sending((result) => ({ ...(result as object), code: "LOCKED" }));
		await expect(keys.getKey(deps(gates), tenantId, api_key.id)).rejects.toMatchObject({ code: "UNAVAILABLE" });
		await expect(keys.revokeKey(deps(gates), author, { id: api_key.id })).rejects.toMatchObject({
			code: "UNAVAILABLE",
		});
	});

	it("verifies no key on an unknown verdict", async () => {
		const { key } = await createKey(admin);
		const gates = sending(() => ({ code: "OK", value: { verdict: { code: "QUARANTINED" }, apiKey: null } }));
		await expect(verifyKey(deps(gates), author, { key, consume: true })).rejects.toMatchObject({ code: "UNAVAILABLE" });
	});
});

describe("a method that the gate of the release before lacks", () => {
	// A method that no release has.
	const missing = (id: string) => (gateOf(id) as unknown as { added(): Promise<string> }).added();

	it("is replaced by the fallback", async () => {
		const { api_key } = await createKey(admin);
		expect(
			await callAddedMethod(
				() => missing(api_key.id),
				() => "fallback",
			),
		).toBe("fallback");
	});

	it("is refused with 503 without a fallback", async () => {
		const { api_key } = await createKey(admin);
		await expect(callAddedMethod(() => missing(api_key.id))).rejects.toMatchObject({ code: "UNAVAILABLE" });
	});

	it("is not replaced if it exists and fails", async () => {
		const fail = () => Promise.reject(new TypeError("The gate failed"));
		await expect(callAddedMethod(fail, () => "fallback")).rejects.toThrow("The gate failed");
	});
});
