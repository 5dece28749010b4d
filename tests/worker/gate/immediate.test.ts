/** Once a change is acknowledged, it applies to every request that starts afterwards, anywhere. */
import { describe, expect, it, vi } from "vitest";
import { addTenant, asIntegration, createKey, mutate, token } from "../fixtures.ts";
import { admit, admitMany, linkToD1, presented } from "./gate-control.ts";

const admin = await token({ tenantId: await addTenant() });

describe("under steady load", () => {
	it.each([
		["revoke", {}, "/v1/whoami", 401],
		["delete", {}, "/v1/whoami", 401],
		["update", { scopes: ["default:sync"] }, "/v1/leads", 403],
		["update", { rate_limit: 1 }, "/v1/whoami", 429],
	])("no request that starts after keys.%s %j has returned is admitted", async (procedure, input, path, status) => {
		const { key, api_key } = await createKey(admin, { scopes: [], rate_limit: 1_000_000 });
		let returned = false;
		const late: number[] = [];
		let before = 0;
		async function integrate(): Promise<void> {
			while (late.length < 200) {
				// Without a pause, the requests of one isolate would starve the responses of D1.
				await scheduler.wait(0);
				const startedLate = returned;
				const { status } = await asIntegration(key, path);
				if (startedLate) late.push(status);
				else if (status === 200) before++;
				if (before === 100)
					change ??= mutate(admin, `keys.${procedure}`, { id: api_key.id, ...input }).then(() => {
						returned = true;
					});
			}
		}
		let change: Promise<void> | undefined;
		await Promise.all(Array.from({ length: 16 }, integrate));
		await change;
		expect(before).toBeGreaterThanOrEqual(100);
		expect(new Set(late)).toEqual(new Set([status]));
	});
});

describe("a change whose key is deleted while the change is delivered to D1", () => {
	it.each([
		["update", 1, { name: "Renamed" }, { name: "Renamed" }],
		["revoke", 1, {}, { status: "revoked" }],
		// The first batch inserts the successor, and the second one updates the key.
		["rotate", 2, {}, { previous: { status: "active" }, api_key: { status: "active" } }],
	])("succeeds: keys.%s", async (procedure, batch, input, expected) => {
		const { key, api_key } = await createKey(admin);
		await admitMany(key, 1);
		const link = await linkToD1(api_key.id);
		const asked = Promise.withResolvers<void>();
		const deleted = Promise.withResolvers<void>();
		let batches = 0;
		link.intercept = async (apply) => {
			if (++batches === batch) {
				asked.resolve();
				await deleted.promise;
			}
			return apply();
		};
		const change = mutate(admin, `keys.${procedure}`, { id: api_key.id, ...input });
		await asked.promise;
		const deletion = mutate(admin, "keys.delete", { id: api_key.id });
		await vi.waitUntil(async () => (await admit(presented(key))).code === "NOT_FOUND");
		deleted.resolve();
		expect((await deletion).status).toBe(200);
		expect(await change).toMatchObject({ status: 200, data: expected });
	});
});

describe("a final refusal", () => {
	it("is repeated from memory with the same status, message and headers", async () => {
		const { key, api_key } = await createKey(admin);
		await mutate(admin, "keys.revoke", { id: api_key.id });
		const [first, second] = [await asIntegration(key), await asIntegration(key)];
		expect([first.status, second.status]).toEqual([401, 401]);
		for (const name of ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", "www-authenticate"])
			expect(second.headers.get(name)).toBe(first.headers.get(name));
		const messages = await Promise.all(
			[first, second].map(async (response) => (await response.json<{ error: unknown }>()).error),
		);
		expect(messages[1]).toEqual(messages[0]);
	});

	it("applies to one key only: other keys of the tenant keep working", async () => {
		const [revoked, active] = [await createKey(admin), await createKey(admin)];
		await mutate(admin, "keys.revoke", { id: revoked.api_key.id });
		await asIntegration(revoked.key);
		expect((await asIntegration(revoked.key)).status).toBe(401);
		expect((await asIntegration(active.key)).status).toBe(200);
	});
});

it("an expired key that is extended works again at once, because expiry is not a final refusal", async () => {
	const { key, api_key } = await createKey(admin, { expires_at: new Date(Date.now() + 1_000).toISOString() });
	const statuses = [(await asIntegration(key)).status];
	vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 1_000 });
	try {
		for (let i = 0; i < 3; i++) statuses.push((await asIntegration(key)).status);
		expect((await mutate(admin, "keys.update", { id: api_key.id, expires_at: null })).status).toBe(200);
		statuses.push((await asIntegration(key)).status);
	} finally {
		vi.useRealTimers();
	}
	expect(statuses).toEqual([200, 401, 401, 401, 200]);
});
