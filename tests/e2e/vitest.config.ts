/** Tests from outside: the service as a process, started with the README's command. */
import { defineConfig } from "vitest/config";
import { FILES_AT_ONCE } from "../files-at-once.ts";

export default defineConfig({
	test: {
		name: "e2e",
		maxWorkers: FILES_AT_ONCE,
		root: import.meta.dirname,
		include: ["**/*.test.ts"],
		globalSetup: ["global-setup.ts"],
		// A start installs nothing, but builds, migrates and seeds.
		testTimeout: 120_000,
		hookTimeout: 120_000,
	},
});
