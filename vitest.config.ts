import { defineConfig } from "vitest/config";

export default defineConfig({
	test: {
		projects: [
			"tests/worker/vitest.config.ts",
			"tests/web/vitest.config.ts",
			"tests/bench/vitest.config.ts",
			"tests/e2e/vitest.config.ts",
		],
	},
});
