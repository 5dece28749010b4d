import { defineConfig } from "vitest/config";

export default defineConfig({
	test: {
		// Tests wait for other processes much of the time, so all cores have something to do.
		maxWorkers: "100%",
		projects: [
			"tests/worker/vitest.config.ts",
			"tests/web/vitest.config.ts",
			"tests/bench/vitest.config.ts",
			"tests/e2e/vitest.config.ts",
		],
	},
});
