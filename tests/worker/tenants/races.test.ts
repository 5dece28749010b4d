/** Two requests about a tenant at the same moment: one of them decides, and the other one changes and records nothing. */
import { env } from "cloudflare:workers";
import { eq } from "drizzle-orm";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Database, database } from "../../../db/client.ts";
import { newId } from "../../../db/ids.ts";
import { auditEvents, tenants } from "../../../db/schema.ts";
import { readConfig } from "../../../worker/env.ts";
import { DAY_MS } from "../../../worker/schemas/time.ts";
import type { Deps } from "../../../worker/services/deps.ts";
import { beginDeletions, cancelDeletion, deleteTenant } from "../../../worker/services/tenant-deletion.ts";
import { resumeTenant, suspendTenant } from "../../../worker/services/tenant-state.ts";
import { getTenant } from "../../../worker/services/tenants.ts";
import { addTenant, asIntegration, createKey, db, product, token } from "../fixtures.ts";

const NOW = Date.parse("2031-05-06T10:20:30.000Z");
beforeEach(() => vi.useFakeTimers({ toFake: ["Date"], now: NOW }));
afterEach(() => vi.useRealTimers());

const platform = { actor: "service_role", actorEmail: null, ip: null, userAgent: null };
const at = (now: number, more: Partial<Deps> = {}): Deps => ({
	db,
	product,
	gates: env.KEY_GATE,
	config: readConfig(env),
	now,
	...more,
});

/** A request whose gates fail: it leaves its sweep to others. */
const withoutGates = {
	getByName(): never {
		throw new Error("No gate can be reached");
	},
} as unknown as Deps["gates"]; // Only `getByName` is called.

/** A database on which `other` runs when the request has read, and is about to make its first change. */
function interrupted(other: () => Promise<unknown>): Database {
	let isFirst = true;
	return database(
		new Proxy(env.DB, {
			get(target, name) {
				if (name === "prepare") return target.prepare.bind(target);
				return async (statements: D1PreparedStatement[]) => {
					if (isFirst) {
						isFirst = false;
						await other();
					}
					return target.batch(statements);
				};
			},
		}),
	);
}

async function tenantWithKey() {
	const slug = newId("ten").toLowerCase().replace("_", "-");
	const id = await addTenant(slug);
	const { key } = await createKey(await token({ tenantId: id }), { scopes: [] });
	expect((await asIntegration(key)).status).toBe(200);
	return { id, slug, key };
}

async function suspendedTenant() {
	const tenant = await tenantWithKey();
	await suspendTenant(at(NOW), platform, { id: tenant.id });
	return tenant;
}

async function actionsOf(id: string): Promise<string[]> {
	const events = await db.select().from(auditEvents).where(eq(auditEvents.tenantId, id)).orderBy(auditEvents.at);
	return events.map(({ action }) => action).filter((action) => action.startsWith("tenant."));
}

describe("two requests a millisecond apart that read before either of them writes", () => {
	it("both suspend: the later one tells the gates what the earlier one could not", async () => {
		const { id, key } = await tenantWithKey();
		const earlier = () => suspendTenant(at(NOW, { gates: withoutGates }), platform, { id });
		const later = await suspendTenant(at(NOW + 1, { db: interrupted(earlier) }), platform, { id });
		expect(later.state).toBe("suspended");
		expect((await asIntegration(key)).status).toBe(403);
		expect(await actionsOf(id)).toEqual(["tenant.suspend"]);
	});

	it("both resume: the later one tells the gates what the earlier one could not", async () => {
		const { id, key } = await suspendedTenant();
		const earlier = () => resumeTenant(at(NOW + 60_000, { gates: withoutGates }), platform, { id });
		const later = await resumeTenant(at(NOW + 60_001, { db: interrupted(earlier) }), platform, { id });
		expect(later.state).toBe("active");
		expect((await asIntegration(key)).status).toBe(200);
		expect(await actionsOf(id)).toEqual(["tenant.suspend", "tenant.resume"]);
	});

	it("one suspends and one resumes: the later one decides for D1 and for every gate", async () => {
		const { id, key } = await tenantWithKey();
		const earlier = () => suspendTenant(at(NOW), platform, { id });
		const later = await resumeTenant(at(NOW + 1, { db: interrupted(earlier) }), platform, { id });
		expect(later.state).toBe("active");
		expect((await asIntegration(key)).status).toBe(200);
	});
});

describe("a deletion", () => {
	it("that is ordered while the tenant is resumed keeps it suspended", async () => {
		const { id, slug } = await suspendedTenant();
		const order = () => deleteTenant(at(NOW + 1_000), platform, { id, slug, after_days: 1 });
		const resumed = resumeTenant(at(NOW + 1_001, { db: interrupted(order) }), platform, { id });
		await expect(resumed).rejects.toMatchObject({ code: "CONFLICT" });
		expect(await getTenant({ db }, id)).toMatchObject({
			state: "suspended",
			delete_after: "2031-05-07T10:20:31.000Z",
		});
		expect(await actionsOf(id)).toEqual(["tenant.suspend", "tenant.delete"]);
	});

	it("is not ordered, and leaves no event, if the tenant is resumed at the same moment", async () => {
		const { id, slug } = await suspendedTenant();
		const resume = () => resumeTenant(at(NOW + 1_000), platform, { id });
		const ordered = deleteTenant(at(NOW + 1_001, { db: interrupted(resume) }), platform, { id, slug, after_days: 1 });
		await expect(ordered).rejects.toMatchObject({ code: "CONFLICT" });
		expect(await getTenant({ db }, id)).toMatchObject({ state: "active", delete_after: null });
		expect(await actionsOf(id)).toEqual(["tenant.suspend", "tenant.resume"]);
	});

	it("never begins for a tenant that is active, and can be cancelled", async () => {
		const { id, key } = await tenantWithKey();
		await db.update(tenants).set({ deleteAfter: NOW }).where(eq(tenants.id, id));
		await beginDeletions(at(NOW + 1));
		expect((await getTenant({ db }, id)).state).toBe("active");
		expect((await asIntegration(key)).status).toBe(200);
		await expect(suspendTenant(at(NOW + 2), platform, { id })).rejects.toMatchObject({ code: "CONFLICT" });
		expect((await cancelDeletion(at(NOW + 3), platform, { id })).delete_after).toBeNull();
	});

	it("can be cancelled while the gates are told of a suspension", async () => {
		const { id, slug } = await suspendedTenant();
		await deleteTenant(at(NOW + 1), platform, { id, slug, after_days: 1 });
		const again = await suspendTenant(at(NOW + 2, { gates: withoutGates }), platform, { id });
		expect(again.state).toBe("suspending");
		expect((await cancelDeletion(at(NOW + 3), platform, { id })).delete_after).toBeNull();
	});

	it("that is cancelled when it is about to begin leaves no summary, so the next deletion has its own", async () => {
		const { id, slug } = await suspendedTenant();
		await deleteTenant(at(NOW + 1), platform, { id, slug, after_days: 1 });
		const due = NOW + 1 + DAY_MS;
		await beginDeletions(at(due, { db: interrupted(() => cancelDeletion(at(due - 1), platform, { id })) }));
		expect(await getTenant({ db }, id)).toMatchObject({ state: "suspended", delete_after: null });
		expect(await actionsOf(id)).toEqual(["tenant.suspend", "tenant.delete", "tenant.cancel_deletion"]);

		await deleteTenant(at(due), platform, { id, slug, after_days: 1 });
		await beginDeletions(at(due + DAY_MS));
		expect((await getTenant({ db }, id)).state).toBe("deleting");
		const [summary] = await db
			.select()
			.from(auditEvents)
			.where(eq(auditEvents.id, `evt_deleted_${id}`));
		expect(summary).toMatchObject({
			at: due + DAY_MS,
			// The key, three orders and cancellations, and the suspension.
			changes: { events: { to: 5 }, first_event: { to: "2031-05-06T10:20:30.000Z" } },
		});
	});

	it("that begins when it is about to be cancelled leaves no event of a cancellation", async () => {
		const { id, slug } = await suspendedTenant();
		await deleteTenant(at(NOW + 1), platform, { id, slug, after_days: 1 });
		const begin = () => beginDeletions(at(NOW + 1 + DAY_MS));
		const cancelled = cancelDeletion(at(NOW + DAY_MS, { db: interrupted(begin) }), platform, { id });
		await expect(cancelled).rejects.toMatchObject({ code: "CONFLICT" });
		expect((await getTenant({ db }, id)).state).toBe("deleting");
		expect(await actionsOf(id)).toEqual(["tenant.suspend", "tenant.delete", "tenant.deleted"]);
	});
});

describe("after a restore of D1", () => {
	it("to before a suspension, resuming the tenant that D1 calls active admits its keys again", async () => {
		const { id, key } = await suspendedTenant();
		await db.update(tenants).set({ suspendedAt: null, suspensionNo: 0 }).where(eq(tenants.id, id));
		expect((await asIntegration(key)).status).toBe(403);
		expect((await resumeTenant(at(NOW + 60_000), platform, { id })).state).toBe("active");
		expect((await asIntegration(key)).status).toBe(200);
	});

	it("to before a resumption, suspending the tenant that D1 calls suspended stops its keys again", async () => {
		const { id, key } = await suspendedTenant();
		const [restored] = await db.select().from(tenants).where(eq(tenants.id, id));
		await resumeTenant(at(NOW + 60_000), platform, { id });
		await db
			.update(tenants)
			.set(restored ?? {})
			.where(eq(tenants.id, id));
		expect((await asIntegration(key)).status).toBe(200);
		expect(await suspendTenant(at(NOW + 120_000), platform, { id })).toMatchObject({
			state: "suspended",
			suspended_at: "2031-05-06T10:20:30.000Z",
		});
		expect((await asIntegration(key)).status).toBe(403);
	});
});
