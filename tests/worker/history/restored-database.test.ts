/** The database is put back to an earlier moment of a history. After a comparison of every gate, it agrees with the history again. */
import { eq } from "drizzle-orm";
import { expect, inject, it } from "vitest";
import { apiKeys } from "../../../db/schema.ts";
import { disagreements } from "../../history/agreement.ts";
import { check } from "../../history/checker.ts";
import type { Plan } from "../../history/clients.ts";
import { describeViolations, replay } from "../../history/report.ts";
import { db, gateOf } from "../fixtures.ts";
import { crash } from "../gate/gate-control.ts";
import { patience, WEIGHTS } from "./explained.ts";
import { clientsInWorkerd, delivered, storedOf } from "./in-workerd.ts";

const { seed, operations } = inject("history");
const share = Math.max(1_500, Math.ceil(operations / 20));
/** The crash at which the copy is made: the clients are in the middle of their calls. */
const COPIED_AT_CRASH = 5;

it("a database that was put back agrees with the history again", { timeout: patience(share) }, async () => {
	let crashes = 0;
	let copy: (typeof apiKeys.$inferSelect)[] = [];
	const plan: Plan = {
		seed: seed + 7,
		keys: 8,
		clients: 8,
		operations: share,
		// A suspended tenant takes no rows by hand.
		weights: { ...WEIGHTS, update: 30, rotate: 6, revoke: 6, delete: 6, suspension: 0, crash: 10 },
		limits: [3, 40, 400, 2_500],
	};
	const { clients, tenantId } = await clientsInWorkerd(plan, {
		async crash(keyId) {
			await crash(keyId);
			if (++crashes === COPIED_AT_CRASH) copy = await db.select().from(apiKeys).where(eq(apiKeys.tenantId, tenantId));
		},
	});
	await clients.run();
	await clients.readAll();
	await delivered(clients, tenantId);
	const { calls } = clients.recorder;
	expect(describeViolations(check(calls)), replay(plan.seed)).toEqual([]);

	expect(copy.length).toBeGreaterThan(0);
	await db.delete(apiKeys).where(eq(apiKeys.tenantId, tenantId));
	for (const row of copy) await db.insert(apiKeys).values({ ...row, searchNo: null });
	expect(disagreements(calls, await storedOf(tenantId))).not.toEqual([]);

	for (const keyId of clients.known.keys())
		expect(await gateOf(keyId).reconcile(keyId, false)).toMatchObject({ isRepaired: true });
	const { rows, events } = await storedOf(tenantId);
	const withoutRepairs = events.filter(({ action }) => action !== "api_key.repair");
	expect(withoutRepairs.length).toBeLessThan(events.length);
	expect(disagreements(calls, { rows, events: withoutRepairs }), replay(plan.seed)).toEqual([]);
});
