/**
 * Gates that lose their memory while they are used: by a crash, and by eviction, as when the platform moves an object.
 * Either may cost the reservation of a large limit, and nothing else.
 */
import { evictDurableObject } from "cloudflare:test";
import { expect, inject, it } from "vitest";
import { gateOf } from "../fixtures.ts";
import { crash } from "../gate/gate-control.ts";
import { admissions, expectExplained, patience, WEIGHTS } from "./explained.ts";

const { seed, operations } = inject("history");

/** Evicts a gate. One that is not in memory stays as it is. */
async function evict(keyId: string): Promise<void> {
	try {
		await evictDurableObject(gateOf(keyId));
	} catch (thrown) {
		if (!String(thrown).includes("not currently running")) throw thrown;
	}
}

it.each([
	{ loss: "a crash", lose: crash, share: Math.max(1_500, Math.ceil(operations / 20)), often: 12, seed: seed + 2 },
	{
		loss: "an eviction",
		// Slow, because it waits until the object is idle.
		lose: evict,
		share: Math.max(1_500, Math.ceil(operations / 100)),
		often: 10,
		seed: seed + 3,
	},
])("a history with $loss again and again can be explained", { timeout: patience(operations) }, async (plan) => {
	let losses = 0;
	const calls = await expectExplained(
		{
			seed: plan.seed,
			keys: 6,
			clients: 12,
			operations: plan.share,
			weights: { ...WEIGHTS, crash: plan.often },
			limits: [1, 2, 7, 30, 100, 1_000, 2_500, 30_000],
		},
		{
			async crash(keyId) {
				await plan.lose(keyId);
				losses++;
			},
		},
	);
	expect(losses).toBeGreaterThan(0);
	expect(admissions(calls).length).toBeGreaterThan(plan.share / 10);
});
