/** A call of a gate that fails is retried once, if the platform says that this helps and if running it twice is harmless. */
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { admit, admitIdentified } from "../../../worker/admission/admit.ts";
import { readConfig } from "../../../worker/env.ts";
import type { AppError } from "../../../worker/errors.ts";
import { keyIdOf, signedHash } from "../../../worker/keys/format.ts";
import type { Gates } from "../../../worker/namespaces.ts";
import { rotateKey } from "../../../worker/services/key-issue.ts";
import { verifyKey } from "../../../worker/services/key-verify.ts";
import * as keys from "../../../worker/services/keys.ts";
import { keyUsage } from "../../../worker/services/usage.ts";
import { addTenant, createKey, db, product, token } from "../fixtures.ts";

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

type Failure = { retryable?: boolean; overloaded?: boolean };
const RESET: Failure = { retryable: true };

/** Gates that fail the first `times` calls in this way. Each failure breaks its stub, as on the platform. */
function failing(failure: Failure, times = 1, afterRunning = false) {
	const seen = { calls: 0, stubs: 0 };
	const gates = new Proxy(env.KEY_GATE, {
		get: (_target, property) => {
			if (property !== "getByName") throw new Error(`Not simulated: ${String(property)}`);
			return (name: string) => {
				seen.stubs++;
				let isBroken = false;
				const stub = env.KEY_GATE.getByName(name);
				return new Proxy(stub, {
					get:
						(target, method) =>
						async (...args: unknown[]) => {
							if (isBroken) throw new Error("The stub is broken");
							seen.calls++;
							const run = () => (Reflect.get(target, method) as (...args: unknown[]) => Promise<unknown>)(...args);
							if (seen.calls > times) return run();
							isBroken = true;
							if (afterRunning) await run();
							throw Object.assign(new Error("Durable Object reset because its code was updated."), failure);
						},
				});
			};
		},
	});
	return { gates: gates as Gates, seen };
}

const PRESENTED = { scope: null, ip: null, userAgent: null, endpoint: "GET /v1/whoami", tenantId: null, consume: true };
const present = (key: string, gates: Gates) => admit(gates, config.peppers, key, PRESENTED, Date.now());
const depsWith = (gates: Gates) => ({
	db,
	product,
	gates,
	config,
	now: Date.now(),
	loginLimiter: { limit: async () => ({ success: true }) },
});

describe("admission", () => {
	it("is retried once after an error that can be retried, with a new stub", async () => {
		const { key } = await createKey(admin);
		const { gates, seen } = failing(RESET);
		expect((await present(key, gates)).code).toBe("VALID");
		expect(seen).toEqual({ calls: 2, stubs: 2 });
	});

	it("that finds its own first attempt asks for a new signature, and does not call it a replay", async () => {
		const { key } = await createKey(admin, { authentication: "signed" });
		const { gates } = failing(RESET, 1, true);
		const now = Date.now();
		const identified = { keyId: keyIdOf(key), secretHash: signedHash(key) };
		const signed = { signature: "a".repeat(64), at: Math.floor(now / 1_000) };
		const send = () => admitIdentified(gates, identified, PRESENTED, now, signed);
		expect(await send()).toMatchObject({ code: "UNCERTAIN", retrySeconds: 1 });
		// Without a lost response, it is a replay.
		expect((await send()).code).toBe("REPLAYED");
	});

	it("is refused with the second error, and not retried again", async () => {
		const { key } = await createKey(admin);
		const { gates, seen } = failing(RESET, 2);
		expect((await present(key, gates)).code).toBe("UNAVAILABLE");
		expect(seen.calls).toBe(2);
	});

	it.each<[string, Failure]>([
		["that cannot be retried", {}],
		["of an overloaded object, which a retry would burden more", { retryable: true, overloaded: true }],
	])("is refused at once after an error %s", async (_what, failure) => {
		const { key } = await createKey(admin);
		const { gates, seen } = failing(failure);
		expect((await present(key, gates)).code).toBe("UNAVAILABLE");
		expect(seen.calls).toBe(1);
	});

	it("never admits more than the limit, also where the first call was counted and its response lost", async () => {
		const { key } = await createKey(admin, { rate_limit: 3 });
		const codes: string[] = [];
		for (let n = 0; n < 4; n++) codes.push((await present(key, failing(RESET, 1, true).gates)).code);
		expect(codes).toEqual(["VALID", "RATE_LIMITED", "RATE_LIMITED", "RATE_LIMITED"]);
	});
});

type Deps = ReturnType<typeof depsWith>;
const REPEATABLE: [string, (deps: Deps, id: string, key: string) => Promise<unknown>][] = [
	["reading a key", (deps, id) => keys.getKey(deps, tenantId, id)],
	["reading usage", (deps, id) => keyUsage(deps, tenantId, { id, granularity: "hour" })],
	["updating", (deps, id) => keys.updateKey(deps, author, { id, name: "Renamed" })],
	["revoking", (deps, id) => keys.revokeKey(deps, author, { id })],
	["verifying", (deps, _id, key) => verifyKey(deps, author, { key, consume: true })],
];
const NOT_REPEATABLE: typeof REPEATABLE = [
	[
		"updating an expected version, which the first call may have raised",
		(deps, id) => keys.updateKey(deps, author, { id, name: "Renamed", expected_version: 1 }),
	],
	["deleting", (deps, id) => keys.deleteKey(deps, author, { id })],
];

describe("management", () => {
	it.each(REPEATABLE)("is retried once: %s", async (_what, call) => {
		const { key, api_key } = await createKey(admin);
		const { gates, seen } = failing(RESET);
		await call(depsWith(gates), api_key.id, key);
		expect(seen).toEqual({ calls: 2, stubs: 2 });
	});

	it.each(REPEATABLE)(
		"has the outcome of one call, if the first ran and its response was lost: %s",
		async (_what, call) => {
			const once = await createKey(admin, { name: "Same" });
			const twice = await createKey(admin, { name: "Same" });
			await call(depsWith(env.KEY_GATE), once.api_key.id, once.key);
			await call(depsWith(failing(RESET, 1, true).gates), twice.api_key.id, twice.key);
			const state = async (id: string) => {
				const { name, status, version } = await keys.getKey(depsWith(env.KEY_GATE), tenantId, id);
				return { name, status, version };
			};
			expect(await state(twice.api_key.id)).toEqual(await state(once.api_key.id));
		},
	);

	it.each(NOT_REPEATABLE)("is not retried: %s", async (_what, call) => {
		const { key, api_key } = await createKey(admin);
		const { gates, seen } = failing(RESET);
		await expect(call(depsWith(gates), api_key.id, key)).rejects.toMatchObject({
			code: "UNAVAILABLE",
		} satisfies Partial<AppError>);
		expect(seen.calls).toBe(1);
	});

	it("is not retried: rotating, which would make another successor", async () => {
		const { api_key } = await createKey(admin);
		// The first call reads the environment, the second rotates.
		const { gates, seen } = failing(RESET, 0);
		let rotations = 0;
		const counting = new Proxy(gates, {
			get: (target, property) => {
				if (property !== "getByName") return Reflect.get(target, property);
				return (name: string) =>
					new Proxy(target.getByName(name), {
						get: (stub, method) => {
							if (method !== "rotate") return Reflect.get(stub, method);
							return async () => {
								rotations++;
								throw Object.assign(new Error("reset"), RESET);
							};
						},
					});
			},
		}) as Gates;
		await expect(rotateKey(depsWith(counting), author, { id: api_key.id })).rejects.toMatchObject({
			code: "UNAVAILABLE",
		});
		expect([rotations, seen.calls]).toEqual([1, 0]);
	});
});
