/**
 * Gates that lose their memory while they are used: by a crash, and by eviction, as when the platform moves an object.
 * Either may cost the reservation of a large limit, and nothing else.
 */
import { evictDurableObject } from "cloudflare:test";
import { expect, inject, it, vi } from "vitest";
import { IDLE_CHECK_INTERVAL_MS } from "../../../worker/gate/timers.ts";
import { gateOf } from "../fixtures.ts";
import { crash, disk } from "../gate/gate-control.ts";
import { admissions, codesOf, expectExplained, patience, WEIGHTS } from "./explained.ts";

const { seed, operations } = inject("history");

/** Gates run in this isolate. They notice soon that they are idle, so that an eviction doesn't take seconds. */
const setTimeoutOf = globalThis.setTimeout;
globalThis.setTimeout = ((act: () => void, ms?: number) =>
	setTimeoutOf(act, ms === IDLE_CHECK_INTERVAL_MS ? 20 : ms)) as typeof setTimeout;

/** Evicts a gate as soon as it is idle. One that is not in memory stays as it is. */
async function evict(keyId: string): Promise<void> {
	await vi.waitFor(
		async () => {
			// What `SignatureMemory` stores.
			const record = (await disk(keyId)).get("signatures") as { isOpen: boolean } | undefined;
			expect(record?.isOpen ?? false).toBe(false);
		},
		{ timeout: 10_000, interval: 10 },
	);
	try {
		await evictDurableObject(gateOf(keyId));
	} catch (thrown) {
		if (!String(thrown).includes("not currently running")) throw thrown;
	}
}

it.each([
	{
		loss: "a crash",
		lose: crash,
		isIdleBeforeCrash: false,
		share: Math.max(1_500, Math.ceil(operations / 20)),
		often: 12,
		seed: seed + 2,
		refusals: ["REPLAYED", "OUTDATED", "UNCERTAIN"],
	},
	{
		loss: "an eviction",
		// Slow, because it waits until the object is idle.
		lose: evict,
		isIdleBeforeCrash: true,
		share: Math.max(1_500, Math.ceil(operations / 100)),
		often: 10,
		seed: seed + 3,
		refusals: ["REPLAYED", "OUTDATED"],
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
			signedShare: 0.7,
		},
		{
			isIdleBeforeCrash: plan.isIdleBeforeCrash,
			async crash(keyId) {
				await plan.lose(keyId);
				losses++;
			},
		},
	);
	expect(losses).toBeGreaterThan(0);
	expect(admissions(calls).length).toBeGreaterThan(plan.share / 10);
	expect(codesOf(calls)).toEqual(expect.arrayContaining(plan.refusals));
	expect(codesOf(calls).includes("UNCERTAIN")).toBe(plan.refusals.includes("UNCERTAIN"));
});
