/** What the bench computes. Nothing is measured here. */
import { defineConfig } from "vitest/config";
import { FILES_AT_ONCE } from "../files-at-once.ts";

export default defineConfig({
	test: {
		name: "bench",
		maxWorkers: FILES_AT_ONCE,
		root: import.meta.dirname,
		include: ["**/*.test.ts"],
		// Simulations take a while on a machine that does other things besides.
		testTimeout: 60_000,
	},
});
