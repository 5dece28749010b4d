/** How far D1 is behind the gates of API keys, as operators see it. */
import { listDurableObjectIds } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterAll, beforeEach, expect, it, vi } from "vitest";
import { unlistedKeys } from "../../../db/schema.ts";
import type { Gates } from "../../../worker/namespaces.ts";
import type { Deliveries } from "../../../worker/schemas/operations.ts";
import { deliveries } from "../../../worker/services/deliveries.ts";
import { UNKNOWN_KEY_ID } from "../auth/auth-matrix.ts";
import { addTenant, createKey, db, gateOf, mutate, query, request, token } from "../fixtures.ts";
import { linkToD1 } from "../gate/gate-control.ts";

const NOW = Date.parse("2031-05-06T10:20:30.000Z");
vi.useFakeTimers({ toFake: ["Date"], now: NOW });
afterAll(() => vi.useRealTimers());
beforeEach(() => {
	vi.spyOn(console, "error").mockImplementation(() => undefined);
	vi.spyOn(console, "info").mockImplementation(() => undefined);
});

const tenantId = await addTenant();
const admin = await token({ tenantId });
const newKey = async () => (await createKey(admin)).api_key.id;
const ask = async (...key_ids: string[]) =>
	(await query<Deliveries>(env.SERVICE_ROLE_KEY, "operations.deliveries", { key_ids })).data.items;
const nothingLate = (key_id: string) => ({
	key_id,
	tenant_id: tenantId,
	waiting_since: null,
	failures: 0,
	failing_since: null,
});

it("shows since when a gate has what D1 lacks, and how often its delivery failed, until D1 has it", async () => {
	const [late, punctual] = [await newKey(), await newKey()];
	expect(await ask(late)).toEqual([nothingLate(late)]);
	const link = await linkToD1(late);
	const author = { tenantId, actor: "usr_test", actorEmail: null, ip: null, userAgent: null };
	const rename = (name: string, now: number) => gateOf(late).update({ keyId: late, author }, { name }, now);
	await rename("Loaded", NOW);
	link.down = true;
	await rename("Late", NOW + 1_000);
	await rename("Later", NOW + 9_000);
	expect(await ask(punctual, late)).toEqual([
		nothingLate(punctual),
		{
			key_id: late,
			tenant_id: tenantId,
			waiting_since: new Date(NOW + 1_000).toISOString(),
			failures: 2,
			failing_since: new Date(NOW + 1_000).toISOString(),
		},
	]);
	link.down = false;
	await rename("Delivered", NOW + 20_000);
	expect(await ask(late)).toEqual([nothingLate(late)]);
});

it("shows the same over REST, and rejects more keys than one request can ask", async () => {
	const id = await newKey();
	const send = (key_ids: string[]) =>
		request("/v1/operations/deliveries", {
			method: "POST",
			headers: { authorization: `Bearer ${env.SERVICE_ROLE_KEY}`, "content-type": "application/json" },
			body: JSON.stringify({ key_ids }),
		});
	const response = await send([id, id]);
	expect([response.status, await response.json()]).toEqual([
		200,
		expect.objectContaining({ data: { items: [nothingLate(id)] } }),
	]);
	expect((await send([])).status).toBe(400);
	expect((await send(Array.from({ length: 51 }, () => id))).status).toBe(400);
});

it("asks no gate of an id that D1 doesn't know, which would create an object", async () => {
	const deleted = await newKey();
	await mutate(admin, "keys.delete", { id: deleted });
	const before = (await listDurableObjectIds(env.KEY_GATE)).length;
	expect(await ask(UNKNOWN_KEY_ID, "not an id", "'; drop table api_keys", deleted)).toEqual([]);
	expect(await listDurableObjectIds(env.KEY_GATE)).toHaveLength(before);
});

it("asks the gate of a key that is in no list", async () => {
	const keyId = "0123456789ab";
	await db.insert(unlistedKeys).values({ keyId, tenantId: "ten_gone", firstSeenAt: NOW, lastSeenAt: NOW });
	expect(await ask(keyId)).toEqual([{ ...nothingLate(keyId), tenant_id: "ten_gone" }]);
});

it.each([
	[
		"of the release before, which lacks the method",
		"TypeError",
		'The RPC receiver does not implement "deliveryState".',
	],
	["that can't be reached", "Error", "Network connection lost."],
])("returns no state for a gate %s", async (_, name, message) => {
	const id = await newKey();
	const fails = () => Promise.reject(name === "TypeError" ? new TypeError(message) : new Error(message));
	// Only the methods that are called.
	const gates = { getByName: () => ({ deliveryState: fails }) } as unknown as Gates;
	expect(await deliveries({ db, gates }, { key_ids: [id] })).toEqual({
		items: [{ ...nothingLate(id), failures: null }],
	});
});
