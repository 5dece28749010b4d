/** One key under heavy concurrent use and change behaves as if all calls came one after the other. */
import { expect, inject, it } from "vitest";
import { expectEverything, expectExplained, patience, WEIGHTS } from "./explained.ts";

const { seed, operations } = inject("history");
const share = Math.ceil(operations * 0.7);

it("the history of one busy key can be explained, call by call", { timeout: patience(share) }, async () => {
	const calls = await expectExplained({
		seed,
		keys: 1,
		clients: 12,
		operations: share,
		weights: { ...WEIGHTS, rotate: 0.7, revoke: 0.5, delete: 0.5 },
		limits: [3, 40, 400, 2_500, 30_000],
	});
	expect(calls.length).toBeGreaterThanOrEqual(share * 0.9);
	expectEverything(calls);
	// Nothing fails here, so every call has a response.
	expect(calls.filter(({ response }) => response === null)).toEqual([]);
});
