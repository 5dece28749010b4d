/** Tests from outside: the service as a process, started with the README's command. */
import { defineConfig } from "vitest/config";

export default defineConfig({
	test: {
		name: "e2e",
		root: import.meta.dirname,
		include: ["**/*.test.ts"],
		// A start installs nothing, but builds, migrates and seeds.
		testTimeout: 120_000,
		hookTimeout: 120_000,
	},
});
