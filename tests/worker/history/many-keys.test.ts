/** Many keys at once: each behaves as if it were alone, and dies when it is told to. */
import { evictDurableObject } from "cloudflare:test";
import { expect, inject, it } from "vitest";
import { crash } from "../gate/inside.ts";
import { gateOf } from "../world.ts";
import { admissions, expectEverything, expectExplained, patience, WEIGHTS } from "./explained.ts";

const { seed, operations } = inject("history");
const share = Math.ceil(operations / 2);
const LIMITS: [number, ...number[]] = [1, 2, 7, 30, 100, 1_000];

it("the history of many keys can be explained, key by key", { timeout: patience(share) }, async () => {
	const calls = await expectExplained({
		seed: seed + 1,
		keys: 12,
		clients: 24,
		operations: share,
		weights: WEIGHTS,
		limits: LIMITS,
	});
	expect(calls.length).toBeGreaterThanOrEqual(share * 0.9);
	expectEverything(calls);
	expect(calls.filter(({ answer }) => answer === null)).toEqual([]);
});

it("and so can one in which gates lose their memory again and again", { timeout: patience(share) }, async () => {
	const calls = await expectExplained(
		{
			seed: seed + 2,
			keys: 6,
			clients: 12,
			operations: Math.ceil(share / 8),
			weights: { ...WEIGHTS, crash: 12 },
			limits: [...LIMITS, 2_500, 30_000],
		},
		{ crash: (keyId) => crash(keyId) },
	);
	expect(calls.filter(({ ask }) => ask.kind === "crash").length).toBeGreaterThan(share / 8 / 200);
	expect(admissions(calls).length).toBeGreaterThan(share / 8 / 10);
});

it("being taken out of memory by the platform costs nothing of the limit", { timeout: patience(share) }, async () => {
	const calls = await expectExplained(
		{ seed: seed + 3, keys: 3, clients: 6, operations: 1_500, weights: { ...WEIGHTS, crash: 4 }, limits: LIMITS },
		{ crash: (keyId) => evictDurableObject(gateOf(keyId)) },
	);
	expect(calls.filter(({ ask }) => ask.kind === "crash").length).toBeGreaterThan(1);
});
