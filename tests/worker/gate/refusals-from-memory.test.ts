/** Requests of a revoked key are refused from the isolate's memory, and still counted. */
import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { admit } from "../../../worker/admission/admit.ts";
import { readConfig } from "../../../worker/env.ts";
import type { Gates } from "../../../worker/namespaces.ts";
import type { ApiKeyDetail } from "../../../worker/schemas/api-key.ts";
import { addTenant, asIntegration, createKey, gateOf, mutate, query, token } from "../fixtures.ts";

const admin = await token({ tenantId: await addTenant() });
const FLUSH_AFTER_MS = 5_000;

/** Ends the wait of all pending flushes. */
let flush: () => void;
beforeEach(() => {
	const wait = scheduler.wait.bind(scheduler);
	let due = Promise.withResolvers<void>();
	flush = () => {
		due.resolve();
		due = Promise.withResolvers<void>();
	};
	vi.spyOn(scheduler, "wait").mockImplementation((ms) => (ms === FLUSH_AFTER_MS ? due.promise : wait(ms)));
});
afterEach(() => {
	vi.restoreAllMocks();
});

async function revokedKey() {
	const made = await createKey(admin);
	await mutate(admin, "keys.revoke", { id: made.api_key.id });
	return made;
}

const deniedOf = async (id: string) =>
	(await query<{ totals: { denied: number } }>(admin, "keys.usage", { id })).data.totals.denied;
const callersOf = async (id: string) =>
	(await query<ApiKeyDetail>(admin, "keys.get", { id })).data.recent_callers.map(({ user_agent, count, refused }) => [
		user_agent,
		count,
		refused,
	]);
const from = (userAgent: string) => ({ headers: { "user-agent": userAgent } });

describe("a revoked key that is called 1,000 times", () => {
	it("has 1,000 refusals by caller, delivered to its gate in one call", async () => {
		const { key, api_key } = await revokedKey();
		for (let n = 0; n < 1_000; n++) {
			const { status } = await asIntegration(key, "/v1/whoami", from(n % 4 === 0 ? "crm/2.0" : "forms/1.1"));
			expect(status).toBe(401);
		}
		// The first one asked the gate; the others wait in memory.
		expect(await deniedOf(api_key.id)).toBe(1);
		flush();
		await vi.waitUntil(async () => (await deniedOf(api_key.id)) === 1_000);
		expect(await callersOf(api_key.id)).toEqual(
			expect.arrayContaining([
				["crm/2.0", 250, 250],
				["forms/1.1", 750, 750],
			]),
		);
	});

	it("keeps counting after a flush, and counts each refusal once", async () => {
		const { key, api_key } = await revokedKey();
		for (const total of [5, 12]) {
			for (let n = total === 5 ? 0 : 5; n < total; n++) await asIntegration(key);
			flush();
			await vi.waitUntil(async () => (await deniedOf(api_key.id)) === total);
		}
	});
});

it("callers beyond the bound of the memory are counted together", async () => {
	const { key, api_key } = await revokedKey();
	for (let n = 0; n < 40; n++) await asIntegration(key, "/v1/whoami", from(`agent/${n}`));
	flush();
	await vi.waitUntil(async () => (await deniedOf(api_key.id)) === 40);
	const callers = await callersOf(api_key.id);
	expect(callers.length).toBeLessThanOrEqual(20);
	expect(callers).toContainEqual(["unknown", 19, 19]);
});

it("refusals with another secret's hash are not counted", async () => {
	const { api_key } = await revokedKey();
	await gateOf(api_key.id).countRefusals(api_key.id, "0".repeat(64), [[null, null, "GET /v1/whoami", 1_000, 0]]);
	expect(await deniedOf(api_key.id)).toBe(0);
});

it("counts that could not be sent to a gate are sent with the next refusals", async () => {
	const log = vi.spyOn(console, "error").mockImplementation(() => undefined);
	const { key, api_key } = await revokedKey();
	await asIntegration(key);
	const gate = gateOf(api_key.id);
	await runInDurableObject(gate, (instance) => {
		Object.assign(instance, { countRefusals: () => Promise.reject(new Error("Not now")) });
	});
	for (let n = 0; n < 3; n++) await asIntegration(key);
	flush();
	await vi.waitUntil(() => log.mock.calls.length > 0);
	await runInDurableObject(gate, (instance) => {
		delete (instance as { countRefusals?: unknown }).countRefusals;
	});
	await asIntegration(key);
	flush();
	await vi.waitUntil(async () => (await deniedOf(api_key.id)) === 5);
});

it("counts are sent once more, at once, to a gate that a deploy has reset", async () => {
	const { key, api_key } = await revokedKey();
	let sent = 0;
	const reset = async () => {
		throw Object.assign(new Error("Durable Object reset because its code was updated."), { retryable: true });
	};
	const stubOf = (name: string) =>
		new Proxy(gateOf(name), {
			get: (stub, method) => (method === "countRefusals" && sent++ === 0 ? reset : Reflect.get(stub, method)),
		});
	// Only `getByName` is called.
	const gates = { getByName: stubOf } as unknown as Gates;
	const presented = {
		scope: null,
		ip: null,
		userAgent: null,
		endpoint: "GET /v1/whoami",
		tenantId: null,
		consume: true,
	};
	for (let n = 0; n < 3; n++) await admit(gates, readConfig(env).peppers, key, presented, Date.now());
	flush();
	await vi.waitUntil(async () => (await deniedOf(api_key.id)) === 3);
	expect(sent).toBe(2);
});
