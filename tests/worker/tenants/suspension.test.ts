/** Once suspending a tenant has returned, none of its keys is admitted, anywhere, and resuming admits them again. */
import { createExecutionContext, evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { afterEach, describe, expect, it, vi } from "vitest";
import { apiKeys, gateSweepFailures, gateSweeps, tenants } from "../../../db/schema.ts";
import { KeyGate } from "../../../worker/gate/key-gate.ts";
import type { Suspension } from "../../../worker/gate/protocol.ts";
import { scheduled } from "../../../worker/scheduled.ts";
import type { IssuedKey } from "../../../worker/schemas/api-key.ts";
import type { AuditList } from "../../../worker/schemas/audit.ts";
import type { Verification } from "../../../worker/schemas/key-verify.ts";
import type { Tenant } from "../../../worker/schemas/tenant.ts";
import { KeyVerifier } from "../../../worker/verifier.ts";
import { exported, oldKey } from "../../old-key.ts";
import { authorizationOf } from "../../sign.ts";
import { addToken } from "../auth/add-token.ts";
import { addInvitation } from "../auth/populated-tenant.ts";
import { addTenant, asIntegration, createKey, db, gateOf, mutate, query, request, token } from "../fixtures.ts";
import { admitMany, crash, disk, linkToD1 } from "../gate/gate-control.ts";

const platform = env.SERVICE_ROLE_KEY;
const inTenant = (tenantId: string) => ({ authorization: `Bearer ${platform}`, "x-tenant-id": tenantId });
const suspend = (id: string, input: object = {}) => mutate<Tenant>(platform, "tenants.suspend", { id, ...input });
const resume = (id: string) => mutate<Tenant>(platform, "tenants.resume", { id });
/** What the scheduled run of a minute does. */
const everyMinute = (afterMs = 0) =>
	scheduled(
		{ scheduledTime: Date.now() + afterMs, cron: "* * * * *", noRetry: () => undefined } as ScheduledController,
		env,
	);

async function companyWithKeys(count: number) {
	const tenantId = await addTenant();
	const admin = await token({ tenantId });
	const keys: { key: string; id: string }[] = [];
	for (let made = 0; made < count; made++) {
		const { key, api_key } = await createKey(admin, { scopes: [], rate_limit: 1_000_000 });
		keys.push({ key, id: api_key.id });
	}
	return { tenantId, admin, keys };
}

const statusesOf = (keys: readonly { key: string }[]) =>
	Promise.all(keys.map(async ({ key }) => (await asIntegration(key)).status));

afterEach(() => vi.restoreAllMocks());

describe("after suspending has returned", () => {
	it("keys are refused whose gate is awake, was evicted, has crashed, or was never called", async () => {
		const { tenantId, keys } = await companyWithKeys(4);
		const [awake, evicted, crashed] = keys.map(({ key }) => key);
		for (const key of [awake, evicted, crashed]) await admitMany(key ?? "", 1);
		await evictDurableObject(gateOf(keys[1]?.id ?? ""));
		await crash(keys[2]?.id ?? "");
		const answer = await suspend(tenantId);
		expect(answer.data).toMatchObject({ state: "suspended", progress: null });
		expect(await statusesOf(keys)).toEqual([403, 403, 403, 403]);
		// It holds for gates that lose their memory afterwards.
		for (const { id } of keys) await crash(id);
		expect(await statusesOf(keys)).toEqual([403, 403, 403, 403]);
	});

	it("the holder of a right key reads why, and the request uses up no quota and counts as denied", async () => {
		const { tenantId, admin, keys } = await companyWithKeys(1);
		const [{ key, id } = { key: "", id: "" }] = keys;
		await asIntegration(key);
		await suspend(tenantId);
		const response = await asIntegration(key);
		expect(response.status).toBe(403);
		expect(response.headers.get("x-ratelimit-remaining")).toBe("999999");
		expect(await response.json()).toMatchObject({
			error: { code: "FORBIDDEN", message: "The tenant of this API key is suspended. Contact SalesOS." },
		});
		const usage = await query<{ totals: object }>(admin, "keys.usage", { id });
		expect(usage.data.totals).toEqual({ allowed: 1, rate_limited: 0, denied: 1 });
	});

	it("every way to present a key refuses it", async () => {
		const tenantId = await addTenant();
		const admin = await token({ tenantId });
		const { key } = await createKey(admin);
		const signed = (await createKey(admin, { authentication: "signed" })) as IssuedKey;
		const [presented, fresh] = [oldKey(), oldKey()];
		await mutate(inTenant(tenantId), "keys.import", { keys: [exported(presented), exported(fresh)] });
		const bySignature = (at: number) =>
			request("/v1/whoami", {
				headers: { authorization: authorizationOf({ key: signed.key, secret: signed.secret ?? "", at }) },
			});
		const now = Math.floor(Date.now() / 1_000);
		expect((await bySignature(now)).status).toBe(200);
		expect((await asIntegration(presented)).status).toBe(200);

		expect((await suspend(tenantId)).data.state).toBe("suspended");
		expect((await bySignature(now + 1)).status).toBe(403);
		expect(await statusesOf([{ key: presented }, { key: fresh }])).toEqual([403, 403]);
		expect((await mutate<Verification>(admin, "keys.verify", { key })).data).toMatchObject({
			valid: false,
			code: "TENANT_SUSPENDED",
		});
		expect(await new KeyVerifier(createExecutionContext(), env).verify(key)).toMatchObject({
			valid: false,
			code: "TENANT_SUSPENDED",
			status: 403,
		});
		// On a management call too.
		expect((await request("/v1/api-keys", { headers: { authorization: `Bearer ${key}` } })).status).toBe(403);
	});

	it("wrong, revoked and expired keys are refused as before, and keys of other tenants are admitted", async () => {
		const { tenantId, admin, keys } = await companyWithKeys(2);
		const other = await companyWithKeys(1);
		const [{ key, id } = { key: "", id: "" }] = keys;
		await mutate(admin, "keys.revoke", { id });
		await suspend(tenantId);
		const forged = (keys[1]?.key ?? "").replace(/.$/, (last) => (last === "a" ? "b" : "a"));
		expect(await statusesOf([{ key }, { key: forged }])).toEqual([401, 401]);
		expect(await statusesOf(other.keys)).toEqual([200]);
	});

	it("no key can be added: not created, imported, rotated or written to the database directly", async () => {
		const { tenantId, keys } = await companyWithKeys(1);
		await suspend(tenantId);
		const here = inTenant(tenantId);
		for (const [procedure, input] of [
			["keys.create", { name: "New" }],
			["keys.rotate", { id: keys[0]?.id }],
			["keys.import", { keys: [exported(oldKey())] }],
		] as const) {
			const answer = await mutate(here, procedure, input);
			expect([procedure, answer.status, answer.error.message]).toEqual([
				procedure,
				409,
				expect.stringContaining("The tenant is suspended."),
			]);
		}
		const [row] = await db.select().from(apiKeys).where(eq(apiKeys.tenantId, tenantId));
		if (!row) throw new Error("The key has no row");
		const { endsAt: _ends, authentication: _authentication, ...copy } = row;
		await expect(db.insert(apiKeys).values({ ...copy, id: "directly0000", searchNo: null })).rejects.toThrow();
	});

	it("the tenant's people can read and verify, but change nothing, on every interface", async () => {
		const { tenantId, admin, keys } = await companyWithKeys(1);
		const [{ key, id } = { key: "", id: "" }] = keys;
		const { data: job } = await mutate<{ id: string }>(admin, "jobs.create", { kind: "revoke_keys", ids: [id] });
		await suspend(tenantId);
		for (const [procedure, input] of [
			["keys.create", { name: "New" }],
			["keys.update", { id, name: "Renamed" }],
			["keys.rotate", { id }],
			["keys.revoke", { id }],
			["keys.delete", { id }],
			["jobs.advance", { id: job.id }],
		] as const) {
			const answer = await mutate(admin, procedure, input);
			expect([procedure, answer.status, answer.error.message]).toEqual([
				procedure,
				403,
				"The tenant is suspended, so nothing can be changed. Contact SalesOS.",
			]);
		}
		const rest = await request(`/v1/api-keys/${id}`, {
			method: "DELETE",
			headers: { authorization: `Bearer ${admin}` },
		});
		expect(rest.status).toBe(403);
		const { token: program } = await addToken(tenantId, { permissions: ["keys:read", "keys:write"] });
		expect((await mutate(program, "keys.create", { name: "New" })).status).toBe(403);
		expect((await query(program, "keys.list")).status).toBe(200);
		for (const procedure of ["keys.list", "audit.list", "tenants.quotas", "jobs.list"])
			expect([procedure, (await query(admin, procedure)).status]).toEqual([procedure, 200]);
		const { id: memberId } = await addInvitation(tenantId);
		expect((await query(admin, "members.sessions", { id: memberId })).status).toBe(200);
		const sessions = (method: string) =>
			request(`/v1/members/${memberId}/sessions`, { method, headers: { authorization: `Bearer ${admin}` } });
		expect([(await sessions("GET")).status, (await sessions("DELETE")).status]).toEqual([200, 403]);
		expect((await mutate(admin, "members.endSessions", { id: memberId })).status).toBe(403);
		expect((await mutate(admin, "keys.verify", { key })).status).toBe(200);
		// The platform still can.
		expect((await mutate(inTenant(tenantId), "keys.revoke", { id })).status).toBe(200);
		await resume(tenantId);
		expect((await mutate(admin, "keys.create", { name: "New" })).status).toBe(200);
	});

	it("a key that is created meanwhile is refused too, or is not created", async () => {
		const { tenantId, admin } = await companyWithKeys(0);
		const made: { key: string }[] = [];
		let stopped = false;
		async function create(): Promise<void> {
			while (!stopped && made.length < 500) {
				// Without a pause, the requests of one isolate would starve the responses of D1.
				await scheduler.wait(0);
				const answer = await mutate<{ key: string }>(admin, "keys.create", { name: "Meanwhile" });
				if (answer.status === 200) made.push(answer.data);
				else stopped = true;
			}
		}
		const creating = Promise.all(Array.from({ length: 4 }, create));
		await vi.waitUntil(() => made.length >= 10, { timeout: 20_000 });
		const answer = await suspend(tenantId);
		await creating;
		expect(answer.data.state).toBe("suspended");
		expect(new Set(await statusesOf(made))).toEqual(new Set([403]));
	});
});

it("no request that starts after suspending has returned is admitted, of keys awake and asleep", async () => {
	const { tenantId, keys } = await companyWithKeys(8);
	const [awake, asleep] = [keys.slice(0, 5), keys.slice(5)];
	let returned = false;
	const late: number[] = [];
	let before = 0;
	let change: Promise<void> | undefined;
	async function integrate(worker: number): Promise<void> {
		for (let sent = worker; late.length < 300; sent++) {
			// Without a pause, the requests of one isolate would starve the responses of D1.
			await scheduler.wait(0);
			const startedLate = returned;
			// Those that sleep are called for the first time when the tenant is suspended.
			const candidates = startedLate ? [...awake, ...asleep] : awake;
			const { status } = await asIntegration(candidates[sent % candidates.length]?.key ?? "");
			if (startedLate) late.push(status);
			else if (status === 200) before++;
			if (before === 100)
				change ??= suspend(tenantId).then(({ data }) => {
					expect(data.state).toBe("suspended");
					returned = true;
				});
		}
	}
	await Promise.all(Array.from({ length: 16 }, (_, worker) => integrate(worker)));
	await change;
	expect(before).toBeGreaterThanOrEqual(100);
	expect(new Set(late)).toEqual(new Set([403]));
});

it("a gate that reads its key from D1 just before the suspension refuses it after it", async () => {
	const { tenantId, keys } = await companyWithKeys(1);
	const [{ key, id } = { key: "", id: "" }] = keys;
	const link = await linkToD1(id);
	const read = Promise.withResolvers<void>();
	const held = Promise.withResolvers<void>();
	link.interceptRead = async (load) => {
		const rows = await load();
		read.resolve();
		await held.promise;
		return rows;
	};
	const first = asIntegration(key);
	await read.promise;
	expect((await suspend(tenantId)).data.state).toBe("suspended");
	held.resolve();
	expect((await first).status).toBe(403);
	expect((await asIntegration(key)).status).toBe(403);
});

it("a gate that was never called is told without a read of D1, and learns of a suspension when it first reads its key", async () => {
	const { tenantId, keys } = await companyWithKeys(1);
	const [{ key, id } = { key: "", id: "" }] = keys;
	const link = await linkToD1(id);
	await suspend(tenantId);
	expect(link.statements).toBe(0);
	expect([...(await disk(id)).keys()]).toEqual(["suspension"]);
	expect((await asIntegration(key)).status).toBe(403);

	// As if the sweep had not reached the gate yet.
	const other = await companyWithKeys(1);
	await db.update(tenants).set({ suspendedAt: Date.now(), suspensionNo: 1 }).where(eq(tenants.id, other.tenantId));
	expect(await statusesOf(other.keys)).toEqual([403]);
});

describe("a gate that does not acknowledge", () => {
	/** Makes the gates fail until this is set to false. A gate of the release before fails in the same way. */
	function failing(isFailing: () => boolean) {
		const real = KeyGate.prototype.suspend;
		return vi.spyOn(KeyGate.prototype, "suspend").mockImplementation(function (this: KeyGate, suspension: Suspension) {
			if (isFailing()) throw new Error("The method is not known");
			real.call(this, suspension);
		});
	}

	it("keeps the tenant suspending until it is told by a later call or run", { timeout: 60_000 }, async () => {
		const { tenantId, keys } = await companyWithKeys(3);
		await statusesOf(keys);
		let calls = 0;
		let isFailing = true;
		// The second of the three.
		const called = failing(() => isFailing && ++calls > 1);
		const first = await suspend(tenantId);
		expect(first.data).toMatchObject({ state: "suspending", progress: { done: 1, total: 3 } });
		expect((await statusesOf(keys)).toSorted()).toEqual([200, 200, 403]);
		expect(await db.$count(gateSweepFailures, eq(gateSweepFailures.tenantId, tenantId))).toBe(2);
		expect(called.mock.calls.length).toBeGreaterThan(3);

		isFailing = false;
		await everyMinute(60_000);
		expect((await query<Tenant>(platform, "tenants.get", { id: tenantId })).data.state).toBe("suspended");
		expect(await statusesOf(keys)).toEqual([403, 403, 403]);
		expect(await db.$count(gateSweeps)).toBe(0);
		expect(await db.$count(gateSweepFailures)).toBe(0);
	});

	it("does not keep a later resumption from all gates", { timeout: 60_000 }, async () => {
		const { tenantId, keys } = await companyWithKeys(2);
		await statusesOf(keys);
		let isFailing = true;
		failing(() => isFailing);
		expect((await suspend(tenantId)).data.state).toBe("suspending");
		isFailing = false;
		expect((await resume(tenantId)).data.state).toBe("active");
		expect(await statusesOf(keys)).toEqual([200, 200]);
		await everyMinute(60_000);
		expect(await statusesOf(keys)).toEqual([200, 200]);
	});
});

describe("an interrupted suspension", () => {
	it("is completed by the scheduled run, portion by portion, although a caller has died with a claim", async () => {
		const { tenantId, keys } = await companyWithKeys(3);
		const now = Date.now();
		// The first batch was written, and the caller has died with its claim.
		await db.update(tenants).set({ suspendedAt: now, suspensionNo: now }).where(eq(tenants.id, tenantId));
		await db.insert(gateSweeps).values({
			tenantId,
			kind: "suspend",
			suspensionNo: now,
			total: 3,
			claimedUntil: now + 30_000,
			createdAt: now,
			updatedAt: now,
		});
		await everyMinute();
		expect((await query<Tenant>(platform, "tenants.get", { id: tenantId })).data.state).toBe("suspending");
		await everyMinute(31_000);
		expect((await query<Tenant>(platform, "tenants.get", { id: tenantId })).data.state).toBe("suspended");
		for (const { id } of keys) expect((await disk(id)).get("suspension")).toMatchObject({ at: now });
	});
});

describe("resuming", () => {
	it("admits all keys again, and can be repeated as suspending can", async () => {
		const { tenantId, keys } = await companyWithKeys(3);
		expect((await resume(tenantId)).data.state).toBe("active");
		const first = await suspend(tenantId, { reason: "Sends spam" });
		const again = await suspend(tenantId, { reason: "Once more" });
		expect(again.data).toEqual(first.data);
		for (let times = 0; times < 2; times++) expect((await resume(tenantId)).data).toMatchObject({ state: "active" });
		expect(await statusesOf(keys)).toEqual([200, 200, 200]);
		const { items } = (await query<AuditList>(platform, "audit.list", { tenant_id: tenantId })).data;
		const events = items.filter(({ action }) => action.startsWith("tenant."));
		// A repetition calls every gate again, and is recorded as well.
		expect(events.map(({ action, changes }) => [action, changes.suspended_at?.to, changes.reason?.to])).toEqual([
			["tenant.resume", undefined, undefined],
			["tenant.resume", null, undefined],
			["tenant.suspend", undefined, "Once more"],
			["tenant.suspend", first.data.suspended_at, "Sends spam"],
			["tenant.resume", undefined, undefined],
		]);
	});

	it("and suspending at the same time end in one state, which every key is in", { timeout: 60_000 }, async () => {
		const { tenantId, keys } = await companyWithKeys(6);
		await statusesOf(keys);
		for (let round = 0; round < 10; round++) {
			await Promise.all([suspend(tenantId), resume(tenantId), suspend(tenantId), round % 2 ? resume(tenantId) : null]);
			const { state } = (await query<Tenant>(platform, "tenants.get", { id: tenantId })).data;
			expect(["active", "suspended"]).toContain(state);
			expect(new Set(await statusesOf(keys))).toEqual(new Set([state === "active" ? 200 : 403]));
		}
	});

	it("is 404 for an unknown tenant, as suspending is", async () => {
		expect((await suspend("ten_unknown")).status).toBe(404);
		expect((await resume("ten_unknown")).status).toBe(404);
	});
});
