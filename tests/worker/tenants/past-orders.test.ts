/** Orders that a restored database brings back: they are ended, and not carried out. */
import { env } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { expect, it, vi } from "vitest";
import { jobs, tenants } from "../../../db/schema.ts";
import { readConfig } from "../../../worker/env.ts";
import type { Deps } from "../../../worker/services/deps.ts";
import { endPastOrders } from "../../../worker/services/past-orders.ts";
import { beginDeletions } from "../../../worker/services/tenant-deletion.ts";
import { getTenant } from "../../../worker/services/tenants.ts";
import { addTenant, db, product } from "../fixtures.ts";

const NOW = Date.parse("2031-05-06T10:20:30.000Z");
const MINUTE_MS = 60_000;
/** Without `restoredAt`, no restore is configured. */
const at = (now: number, restoredAt?: number): Deps => {
	const given = restoredAt === undefined ? {} : { SESSIONS_VALID_FROM: new Date(restoredAt).toISOString() };
	return { db, product, gates: env.KEY_GATE, config: readConfig({ ...env, ...given }), now };
};

async function orderDeletion(): Promise<string> {
	const id = await addTenant();
	const order = { suspendedAt: 1, suspensionNo: 1, deleteAfter: NOW - 1 };
	await db.update(tenants).set(order).where(eq(tenants.id, id));
	return id;
}

async function startJob(tenantId: string): Promise<string> {
	const id = `job_${tenantId}`;
	const job = { id, tenantId, kind: "revoke_keys", state: "running", total: 1, actor: "system" } as const;
	await db.insert(jobs).values({ ...job, createdAt: 1, updatedAt: 1 });
	return id;
}
const stateOfJob = async (id: string) => (await db.select().from(jobs).where(eq(jobs.id, id)))[0]?.state;

it("ends deletions and jobs of before a restore once, and leaves later ones alone", async () => {
	const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
	const [due, begun] = [await orderDeletion(), await orderDeletion()];
	await beginDeletions({ ...at(NOW), now: NOW });
	await db
		.update(tenants)
		.set({ deleteAfter: NOW - 1 })
		.where(eq(tenants.id, due));
	const job = await startJob(due);

	await endPastOrders(at(NOW));
	expect(await stateOfJob(job)).toBe("running");
	// The operator sets a time that is ahead, and restores after it.
	await endPastOrders(at(NOW, NOW + MINUTE_MS));
	expect(await stateOfJob(job)).toBe("running");

	await endPastOrders(at(NOW + MINUTE_MS, NOW + MINUTE_MS));
	await beginDeletions(at(NOW + 2 * MINUTE_MS));
	for (const id of [due, begun])
		expect(await getTenant({ db }, id)).toMatchObject({ state: "suspended", delete_after: null });
	expect(await stateOfJob(job)).toBe("stopped");
	expect(warn.mock.calls.flat().join("\n")).toContain(job);

	await db.update(jobs).set({ state: "running" }).where(eq(jobs.id, job));
	await db.update(tenants).set({ deleteAfter: NOW }).where(eq(tenants.id, due));
	await endPastOrders(at(NOW + 3 * MINUTE_MS, NOW + MINUTE_MS));
	expect(await stateOfJob(job)).toBe("running");
	await beginDeletions(at(NOW + 3 * MINUTE_MS));
	expect((await getTenant({ db }, due)).state).toBe("deleting");
});
