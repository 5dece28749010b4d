/** What the bench computes. Nothing is measured here. */
import { defineConfig } from "vitest/config";

export default defineConfig({
	test: {
		name: "bench",
		root: import.meta.dirname,
		include: ["**/*.test.ts"],
		// Simulations take a while on a machine that does other things besides.
		testTimeout: 60_000,
	},
});
