/** Proofs that are too slow for every run: `npm run test:proofs` runs them, with the randomised tests at full size. */
import { defineConfig } from "vitest/config";
import { FILES_AT_ONCE } from "../files-at-once.ts";

export default defineConfig({
	test: {
		name: "proofs",
		maxWorkers: FILES_AT_ONCE,
		root: import.meta.dirname,
		include: ["**/*.test.ts"],
		globalSetup: ["../e2e/global-setup.ts"],
		testTimeout: 120_000,
		hookTimeout: 120_000,
	},
});
