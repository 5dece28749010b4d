/** Jobs: many keys revoked in portions, with progress, stop, resume and results. */
import { createScheduledController } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { and, eq } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { newId } from "../../../db/ids.ts";
import { auditEvents, jobItems } from "../../../db/schema.ts";
import type { Bindings } from "../../../worker/env.ts";
import worker from "../../../worker/index.ts";
import type { Job, JobItemList, JobList } from "../../../worker/schemas/job.ts";
import { addTenant, asIntegration, createKey, db, mutate, query, token } from "../fixtures.ts";

const newAdmin = async () => {
	const tenantId = await addTenant();
	return { tenantId, admin: await token({ tenantId }) };
};

async function made(admin: string, count: number, input: Record<string, unknown> = {}) {
	const keys: { key: string; id: string }[] = [];
	for (let index = 0; index < count; index++) {
		const { key, api_key } = await createKey(admin, { name: `Key ${index}`, ...input });
		keys.push({ key, id: api_key.id });
	}
	return keys;
}

async function call<T = Job>(admin: string, procedure: string, input: unknown): Promise<T> {
	const { status, data, error } = await mutate<T>(admin, procedure, input);
	expect(error.message).toBeUndefined();
	expect(status).toBe(200);
	return data;
}

async function finish(admin: string, id: string): Promise<Job> {
	let job = await call(admin, "jobs.advance", { id });
	for (let turn = 0; job.state === "running" && turn < 10; turn++) job = await call(admin, "jobs.advance", { id });
	return job;
}

describe("a job", () => {
	it("revokes its keys portion by portion, and says of each what happened", async () => {
		const { tenantId, admin } = await newAdmin();
		const keys = await made(admin, 60);
		await call(admin, "keys.revoke", { id: keys[0]?.id });
		const unknown = newId("evt").slice(4, 16);
		const ids = [...keys.map(({ id }) => id), unknown];
		const job = await call(admin, "jobs.create", { kind: "revoke_keys", ids, reason: "Partner left" });
		expect(job).toMatchObject({ state: "running", total: 61, succeeded: 0, failed: 0, finished_at: null });
		const first = await call(admin, "jobs.advance", { id: job.id });
		expect(first).toMatchObject({ state: "running", succeeded: 50, failed: 0 });
		const last = await finish(admin, job.id);
		expect(last).toMatchObject({ state: "finished", succeeded: 60, failed: 1 });
		for (const { key } of [keys[1], keys[59]].filter((each) => each !== undefined))
			expect((await asIntegration(key)).status).toBe(401);

		const failed = (await query<JobItemList>(admin, "jobs.items", { id: job.id, outcome: "failed" })).data;
		expect(failed.items).toEqual([{ key_id: unknown, outcome: "failed", error: "NOT_FOUND", key_name: null }]);
		const all = (await query<JobItemList>(admin, "jobs.items", { id: job.id, limit: 40 })).data;
		const rest = (await query<JobItemList>(admin, "jobs.items", { id: job.id, limit: 40, cursor: all.next_cursor }))
			.data;
		expect([...all.items, ...rest.items].map(({ key_id }) => key_id)).toEqual(ids);
		expect(all.items.map(({ key_name }) => key_name)).toEqual(ids.slice(0, 40).map((_, index) => `Key ${index}`));
		expect(rest.next_cursor).toBeNull();

		const events = await db.select().from(auditEvents).where(eq(auditEvents.tenantId, tenantId));
		const revoked = events.filter(
			({ action, changes }) => action === "api_key.revoke" && changes.reason?.to === "Partner left",
		);
		expect(revoked).toHaveLength(59);
		expect(new Set(revoked.map(({ actor }) => actor))).toEqual(new Set(["usr_test"]));
		const [created] = events.filter(({ action }) => action === "job.create");
		expect(created?.changes).toMatchObject({ job: { to: job.id }, keys: { to: 61 } });
	});

	it("can be stopped, resumed, and retried where keys failed", async () => {
		const { admin } = await newAdmin();
		const ids = (await made(admin, 3)).map(({ id }) => id);
		const { id } = await call(admin, "jobs.create", { kind: "revoke_keys", ids: [...ids, "not-a-key-id"] });
		expect(await call(admin, "jobs.stop", { id })).toMatchObject({ state: "stopped" });
		expect(await call(admin, "jobs.advance", { id })).toMatchObject({ state: "stopped", succeeded: 0 });
		expect((await mutate(admin, "jobs.stop", { id })).status).toBe(409);
		expect(await call(admin, "jobs.resume", { id })).toMatchObject({ state: "running" });
		expect((await mutate(admin, "jobs.resume", { id })).status).toBe(409);
		expect(await finish(admin, id)).toMatchObject({ state: "finished", succeeded: 3, failed: 1 });
		expect(await call(admin, "jobs.resume", { id })).toMatchObject({ state: "running", succeeded: 3, failed: 0 });
		expect(await finish(admin, id)).toMatchObject({ state: "finished", succeeded: 3, failed: 1 });
	});

	it("counts each key once, however many workers advance it at the same moment", async () => {
		const { admin } = await newAdmin();
		const ids = (await made(admin, 20)).map(({ id }) => id);
		const { id } = await call(admin, "jobs.create", { kind: "revoke_keys", ids: [...ids, ...ids] });
		await Promise.all(Array.from({ length: 4 }, () => call(admin, "jobs.advance", { id })));
		expect(await finish(admin, id)).toMatchObject({ state: "finished", total: 20, succeeded: 20, failed: 0 });
	});

	it("continues by the clock alone, also with keys that a dead worker had taken", async () => {
		const { admin } = await newAdmin();
		const keys = await made(admin, 2);
		const { id } = await call(admin, "jobs.create", { kind: "revoke_keys", ids: keys.map((key) => key.id) });
		await db
			.update(jobItems)
			.set({ claimedAt: Date.now() - 61_000 })
			.where(and(eq(jobItems.jobId, id), eq(jobItems.position, 0)));
		const controller = createScheduledController({ scheduledTime: new Date(), cron: "* * * * *" });
		// The tests' bindings are those of the Worker.
		await worker.scheduled(controller, env as Bindings);
		expect((await query<Job>(admin, "jobs.get", { id })).data).toMatchObject({ state: "finished", succeeded: 2 });
		for (const { key } of keys) expect((await asIntegration(key)).status).toBe(401);
	});

	it("takes every key that a filter matches and that is not revoked", async () => {
		const { admin } = await newAdmin();
		const live = await made(admin, 2, { name: "Partner Aurora" });
		await made(admin, 1, { name: "Partner Aurora", environment: "test" });
		await made(admin, 1, { name: "Own" });
		await call(admin, "keys.revoke", { id: live[0]?.id });
		const of = async (filter: object) => (await call(admin, "jobs.create", { kind: "revoke_keys", filter })).total;
		expect(await of({ search: "aurora", environment: "live" })).toBe(1);
		expect(await of({ environment: "test" })).toBe(1);
		expect(await of({})).toBe(3);
		const nothing = await mutate(admin, "jobs.create", { kind: "revoke_keys", filter: { search: "nothing" } });
		expect(nothing.status).toBe(409);
	});

	it("is rejected past five that are unfinished, and without keys or with both kinds of input", async () => {
		const { admin } = await newAdmin();
		const input = { kind: "revoke_keys", ids: ["a"] };
		for (let index = 0; index < 5; index++) await call(admin, "jobs.create", input);
		expect((await mutate(admin, "jobs.create", input)).status).toBe(409);
		for (const bad of [{ kind: "revoke_keys" }, { ...input, filter: {} }, { kind: "revoke_keys", ids: [] }])
			expect((await mutate(admin, "jobs.create", bad)).status).toBe(400);
		const first = (await query<JobList>(admin, "jobs.list", { limit: 3 })).data;
		const second = (await query<JobList>(admin, "jobs.list", { limit: 3, cursor: first.next_cursor })).data;
		expect(new Set([...first.items, ...second.items].map(({ id }) => id)).size).toBe(5);
	});

	it("of another tenant is not found, and never touches the keys of another tenant", async () => {
		const [ours, theirs] = [await newAdmin(), await newAdmin()];
		const [key] = await made(theirs.admin, 1);
		const { id } = await call(ours.admin, "jobs.create", { kind: "revoke_keys", ids: [key?.id] });
		for (const procedure of ["jobs.advance", "jobs.stop", "jobs.resume"])
			expect((await mutate(theirs.admin, procedure, { id })).status).toBe(404);
		for (const procedure of ["jobs.get", "jobs.items"])
			expect((await query(theirs.admin, procedure, { id })).status).toBe(404);
		expect(await finish(ours.admin, id)).toMatchObject({ succeeded: 0, failed: 1 });
		const { items } = (await query<JobItemList>(ours.admin, "jobs.items", { id })).data;
		expect(items).toEqual([{ key_id: key?.id, outcome: "failed", error: "NOT_FOUND", key_name: null }]);
		expect((await asIntegration(key?.key ?? "")).status).toBe(200);
	});
});
