/** Many keys in use at once: each behaves as if it were alone. */
import { expect, inject, it } from "vitest";
import { expectEverything, expectExplained, patience, WEIGHTS } from "./explained.ts";

const { seed, operations } = inject("history");
const share = Math.ceil(operations * 0.3);

it("the history of many keys can be explained, key by key", { timeout: patience(share) }, async () => {
	const calls = await expectExplained({
		seed: seed + 1,
		keys: 12,
		clients: 24,
		operations: share,
		weights: WEIGHTS,
		limits: [1, 2, 7, 30, 100, 1_000],
	});
	expect(calls.length).toBeGreaterThanOrEqual(share * 0.9);
	expectEverything(calls);
	expect(calls.filter(({ response }) => response === null)).toEqual([]);
});
