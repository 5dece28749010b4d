/** Tests of pure logic, in Node. Each takes milliseconds, and none starts a service. */
import { join } from "node:path";
import { defineConfig } from "vitest/config";
import { FILES_AT_ONCE } from "../files-at-once.ts";

export default defineConfig({
	test: {
		name: "unit",
		maxWorkers: FILES_AT_ONCE,
		root: join(import.meta.dirname, ".."),
		include: [
			"bench/**/*.test.ts",
			"docs/**/*.test.ts",
			"history/**/*.test.ts",
			"scripts/**/*.test.ts",
			"worker/keys/**/*.test.ts",
		],
		// Pure functions leave nothing behind that another file could see.
		isolate: false,
		// The simulations of tests/bench are slow on a busy machine.
		testTimeout: 60_000,
	},
});
