/** Replays at the gate: through crashes and evictions, and between a Worker and a gate of different releases. */
import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { admitIdentified } from "../../../worker/admission/admit.ts";
import { type PackedVerdict, packCall, unpack } from "../../../worker/gate/protocol.ts";
import { signedHash } from "../../../worker/keys/format.ts";
import { addTenant, createKey, gateOf, mutate, token } from "../fixtures.ts";
import { admit, crash, disk, presented } from "./gate-control.ts";

let admin: string;
beforeAll(async () => {
	admin = await token({ tenantId: await addTenant() });
});

const NOW = Date.now();
const SECOND = Math.floor(NOW / 1_000);

async function signedKey() {
	const { key, api_key } = await createKey(admin, { authentication: "signed" });
	const call = { ...presented(key), secretHash: signedHash(key) };
	/** Presents request `n`, whose signature the Worker has checked. */
	const send = async (n: number, now = NOW, at = SECOND) => {
		const signed = { signature: n.toString(16).padStart(32, "a").padEnd(64, "b"), at };
		const packed = await gateOf(api_key.id).admitSigned(packCall(call), signed, now);
		// RPC types turn tuples into arrays.
		return unpack(packed as unknown as PackedVerdict, api_key.id);
	};
	return { id: api_key.id, key, call, send };
}

const codes = async (sent: Promise<{ code: string }>[]) => (await Promise.all(sent)).map(({ code }) => code);

describe("a gate that crashes", () => {
	it("admits nothing that was signed before, and everything that is signed again", async () => {
		const { id, send } = await signedKey();
		expect(await codes([1, 2, 3].map((n) => send(n)))).toEqual(["VALID", "VALID", "VALID"]);
		await crash(id);
		expect(await send(1, NOW + 50)).toMatchObject({ code: "UNCERTAIN", retrySeconds: 12 });
		expect((await send(4, NOW + 60)).code).toBe("UNCERTAIN");
		expect(await codes([send(1, NOW + 12_100), send(4, NOW + 12_100, SECOND + 12)])).toEqual(["UNCERTAIN", "VALID"]);
		expect((await send(4, NOW + 12_200, SECOND + 12)).code).toBe("REPLAYED");
	});

	it("admits the next request at once if its alarm came before it", async () => {
		const { id, send } = await signedKey();
		await send(1);
		await crash(id);
		await runDurableObjectAlarm(gateOf(id));
		expect((await disk(id)).get("signatures")).toMatchObject({ isOpen: false, lostUntil: expect.any(Number) });
		expect((await send(2, NOW + 100_000, SECOND + 100)).code).toBe("VALID");
	});

	it("counts no admission for what it refuses", async () => {
		const { id, send } = await signedKey();
		await send(1);
		await crash(id);
		for (let n = 0; n < 3; n++) await send(1, NOW + 50);
		const verdict = await send(2, NOW + 13_000, SECOND + 13);
		expect(verdict).toMatchObject({ code: "VALID", window: { remaining: 998 } });
	});
});

describe("a gate that goes quiet", () => {
	it("keeps what could be sent again, and knows it after an eviction", { timeout: 60_000 }, async () => {
		const { id, send } = await signedKey();
		for (let n = 0; n < 20; n++) await send(n);
		const stored = async () => (await disk(id)).get("signatures");
		expect(await stored()).toMatchObject({ isOpen: true, seen: [] });
		await vi.waitFor(
			async () => expect(await stored()).toMatchObject({ isOpen: false, seen: [[SECOND, expect.any(Array)]] }),
			{ timeout: 30_000, interval: 500 },
		);
		await evictDurableObject(gateOf(id));
		expect(await codes([send(3), send(19), send(20)])).toEqual(["REPLAYED", "REPLAYED", "VALID"]);
	});
});

describe("a deleted key", () => {
	it("keeps no signatures", async () => {
		const { id, send } = await signedKey();
		await send(1);
		await mutate(admin, "keys.delete", { id });
		expect((await disk(id)).has("signatures")).toBe(false);
		expect((await send(2)).code).toBe("NOT_FOUND");
	});
});

describe("between two releases", () => {
	it("a gate that knows no signed requests admits none: the request is refused as unavailable", async () => {
		const { id, call } = await signedKey();
		const { keyId, secretHash, ...rest } = call;
		const stub = { admitPacked: () => ["VALID", 1, 1, 1, 1, "t", "n", "live", "", null] };
		const gates = { getByName: () => stub } as unknown as typeof env.KEY_GATE;
		const signed = { signature: "a".repeat(64), at: SECOND };
		const verdict = await admitIdentified(gates, { keyId: id, secretHash, pepperId: "0" }, rest, NOW, signed);
		expect([keyId, verdict.code]).toEqual([id, "UNAVAILABLE"]);
	});

	it("no gate admits a signed key for a request without a signature, even if its Worker lets it through", async () => {
		const { key } = await signedKey();
		expect((await admit(presented(key), NOW)).code).toBe("NOT_FOUND");
	});

	it("no gate admits a bearer key for a signed request", async () => {
		const { key, api_key } = await createKey(admin);
		const call = { ...presented(key), secretHash: signedHash(key) };
		const packed = await env.KEY_GATE.getByName(api_key.id).admitSigned(packCall(call), { signature: "a", at: SECOND });
		expect(unpack(packed as unknown as PackedVerdict, api_key.id)).toEqual({ code: "NOT_FOUND", final: false });
	});
});
