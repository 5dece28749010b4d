/** Rotating a key: a successor with the same settings, and an overlap in which both keys work. */
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { ApiKey, IssuedKey } from "../../../worker/schemas/api-key.ts";
import { DAY_MS, HOUR_MS } from "../../../worker/schemas/time.ts";
import { addTenant, asIntegration, createKey, fieldsOf, mutate, query, token } from "../fixtures.ts";

const NOW = Date.parse("2031-05-06T10:20:30.000Z");
vi.useFakeTimers({ toFake: ["Date"], now: NOW });
beforeEach(() => vi.setSystemTime(NOW));
afterAll(() => vi.useRealTimers());

const tenantId = await addTenant();
const admin = await token({ tenantId, expiresIn: 400 * 86_400 });
const colleague = await token({ tenantId, sub: "usr_bob", expiresIn: 400 * 86_400 });

type Rotated = IssuedKey & { previous: ApiKey };
const rotate = (id: string, input: Record<string, unknown> = {}, who = admin) =>
	mutate<Rotated>(who, "keys.rotate", { id, ...input });
const works = async (key: string) => (await asIntegration(key)).status === 200;
const at = (ms: number) => new Date(ms).toISOString();

describe("the successor", () => {
	it("has the same settings, its own secret, and its own expiry", async () => {
		const before = await createKey(admin, {
			name: "CRM",
			environment: "test",
			scopes: ["leads:read"],
			rate_limit: 9,
			ip_allowlist: ["203.0.113.7"],
		});
		vi.setSystemTime(NOW + 5_000);
		const answer = await rotate(before.api_key.id, {}, colleague);
		expect(answer.status).toBe(200);
		const { key, api_key, previous } = answer.data;
		expect(key).toMatch(/^sk_test_[0-9A-Za-z]{48}$/);
		expect(api_key).toEqual({
			...before.api_key,
			id: key.slice(8, 20),
			key_prefix: key.slice(0, 12),
			last_four: key.slice(-4),
			created_at: at(NOW + 5_000),
			created_by: "usr_bob",
			rotated_from: before.api_key.id,
		});
		expect(key.slice(8, 50)).not.toBe(before.key.slice(8, 50));
		expect(previous).toEqual({ ...before.api_key, rotated_to: api_key.id, version: 2 });
		expect(answer.headers.get("cache-control")).toBe("no-store");
		expect((await query(admin, "keys.get", { id: api_key.id })).data).toMatchObject(api_key);
	});

	it("starts with an unused hour and no usage", async () => {
		const before = await createKey(admin, { rate_limit: 1 });
		await asIntegration(before.key);
		const { key, api_key } = (await rotate(before.api_key.id)).data;
		expect(api_key).toMatchObject({ usage_count: 0, last_used_at: null });
		expect([await works(before.key), await works(key), await works(key)]).toEqual([false, true, false]);
	});

	it("lives from now for as long as the old key was created for", async () => {
		const { api_key } = await createKey(admin, { expires_in_days: 30 });
		vi.setSystemTime(NOW + 20 * DAY_MS);
		const successor = (await rotate(api_key.id)).data;
		expect(successor.api_key.expires_at).toBe(at(NOW + 50 * DAY_MS));
		expect(successor.previous.expires_at).toBe(at(NOW + 30 * DAY_MS));
	});

	it("lives for as long as the request says", async () => {
		for (const input of [{}, { expires_in_days: 30 }]) {
			const { api_key } = await createKey(admin, input);
			expect((await rotate(api_key.id, { expires_in_days: 7 })).data.api_key.expires_at).toBe(at(NOW + 7 * DAY_MS));
		}
	});

	it("of an expired key works", async () => {
		const { key, api_key } = await createKey(admin, { expires_in_days: 1 });
		vi.setSystemTime(NOW + 2 * DAY_MS);
		const successor = (await rotate(api_key.id)).data;
		expect(successor.api_key.status).toBe("active");
		expect([await works(key), await works(successor.key)]).toEqual([false, true]);
	});

	it("can be rotated too, and each key points to the next and the previous one", async () => {
		const first = await createKey(admin);
		const second = (await rotate(first.api_key.id)).data;
		const third = (await rotate(second.api_key.id)).data;
		const chain = await Promise.all(
			[first, second, third].map(
				async ({ api_key }) => (await query<ApiKey>(admin, "keys.get", { id: api_key.id })).data,
			),
		);
		expect(chain.map(({ rotated_from, rotated_to }) => [rotated_from, rotated_to])).toEqual([
			[null, second.api_key.id],
			[first.api_key.id, third.api_key.id],
			[second.api_key.id, null],
		]);
		for (const { key } of [first, second, third]) expect(await works(key)).toBe(true);
	});
});

describe("the old key", () => {
	it("works beside its successor until it is revoked, which does not affect the successor", async () => {
		const before = await createKey(admin);
		const { key, previous } = (await rotate(before.api_key.id)).data;
		expect(previous).toMatchObject({ status: "active", revokes_at: null });
		vi.setSystemTime(NOW + 300 * DAY_MS);
		expect([await works(before.key), await works(key)]).toEqual([true, true]);
		await mutate(admin, "keys.revoke", { id: before.api_key.id });
		expect([await works(before.key), await works(key)]).toEqual([false, true]);
	});

	it("stops immediately without an overlap", async () => {
		const before = await createKey(admin);
		const { key, previous } = (await rotate(before.api_key.id, { revoke_previous_after_hours: 0 })).data;
		expect(previous).toMatchObject({
			status: "revoked",
			revoked_at: at(NOW),
			revoked_by: "usr_test",
			revokes_at: null,
		});
		expect([await works(before.key), await works(key)]).toEqual([false, true]);
		expect((await query(admin, "keys.get", { id: before.api_key.id })).data).toMatchObject({ status: "revoked" });
	});

	it.each([1, 0.5, 720])("is revoked after %d hours", async (hours) => {
		const before = await createKey(admin);
		const stop = NOW + hours * HOUR_MS;
		const { key, previous } = (await rotate(before.api_key.id, { revoke_previous_after_hours: hours })).data;
		expect(previous).toMatchObject({ status: "active", revokes_at: at(stop), revoked_at: null, revoked_by: null });
		vi.setSystemTime(stop - 1);
		expect([await works(before.key), await works(key)]).toEqual([true, true]);
		vi.setSystemTime(stop);
		expect([await works(before.key), await works(key)]).toEqual([false, true]);
		expect((await query(admin, "keys.get", { id: before.api_key.id })).data).toMatchObject({
			status: "revoked",
			revoked_at: at(stop),
			revokes_at: null,
		});
	});

	it("can be revoked before its overlap ends", async () => {
		const before = await createKey(admin);
		await rotate(before.api_key.id, { revoke_previous_after_hours: 24 });
		vi.setSystemTime(NOW + 1_000);
		const revoked = await mutate<ApiKey>(colleague, "keys.revoke", { id: before.api_key.id });
		expect(revoked.data).toMatchObject({
			status: "revoked",
			revoked_at: at(NOW + 1_000),
			revoked_by: "usr_bob",
			revokes_at: null,
		});
		expect(await works(before.key)).toBe(false);
	});
});

describe("a rotation", () => {
	it.each([
		["revoke_previous_after_hours", -1],
		["revoke_previous_after_hours", 720.5],
		["revoke_previous_after_hours", 721],
		["revoke_previous_after_hours", "1"],
		["revoke_previous_after_hours", null],
		["expires_in_days", 0],
		["expires_in_days", 3_651],
		["expires_in_days", 1.5],
		["name", "New"],
		["scopes", []],
	])("rejects %s = %j, names the field and creates no key", async (field, value) => {
		const { api_key } = await createKey(admin);
		const answer = await rotate(api_key.id, { [field]: value });
		expect([answer.status, answer.error.code, fieldsOf(answer)]).toEqual([400, "VALIDATION_ERROR", [field]]);
		expect((await query(admin, "keys.get", { id: api_key.id })).data).toMatchObject({ rotated_to: null });
	});

	it("succeeds once and conflicts once, if two callers expect that there is no successor", async () => {
		const { api_key } = await createKey(admin);
		const answers = await Promise.all([1, 2].map(() => rotate(api_key.id, { expected_rotated_to: null })));
		expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
		const won = answers.find(({ status }) => status === 200)?.data.api_key.id;
		expect((await query(admin, "keys.get", { id: api_key.id })).data).toMatchObject({ rotated_to: won });
		// Later as well. A caller who knows the successor can rotate again.
		expect((await rotate(api_key.id, { expected_rotated_to: null })).status).toBe(409);
		expect((await rotate(api_key.id, { expected_rotated_to: won })).status).toBe(200);
	});

	it.each([
		["revoked", (id: string) => mutate(admin, "keys.revoke", { id })],
		["rotated away", (id: string) => rotate(id, { revoke_previous_after_hours: 0 })],
	])("of a key that is %s is 409 and creates no key", async (_how, end) => {
		const { api_key } = await createKey(admin, { name: `ended ${_how}` });
		await end(api_key.id);
		const before = await query<{ items: ApiKey[] }>(admin, "keys.list", { search: `ended ${_how}` });
		const answer = await rotate(api_key.id);
		expect([answer.status, answer.error.code]).toEqual([409, "CONFLICT"]);
		const after = await query<{ items: ApiKey[] }>(admin, "keys.list", { search: `ended ${_how}` });
		expect(after.data).toEqual(before.data);
	});
});
