/** Tests from outside: the service as a process, as it is deployed or started with the README's commands. */
import { defineConfig } from "vitest/config";
import { FILES_AT_ONCE } from "../files-at-once.ts";

export default defineConfig({
	test: {
		name: "e2e",
		maxWorkers: FILES_AT_ONCE,
		root: import.meta.dirname,
		include: ["**/*.test.ts"],
		globalSetup: ["global-setup.ts"],
		// A start with the README's commands installs nothing, but builds, migrates and seeds.
		testTimeout: 120_000,
		hookTimeout: 120_000,
	},
});
