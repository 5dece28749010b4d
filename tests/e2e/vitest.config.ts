/** Tests from outside: the service runs as a process, as deployed or with the commands of the README. */
import { defineConfig } from "vitest/config";
import { FILES_AT_ONCE } from "../files-at-once.ts";

export default defineConfig({
	test: {
		name: "e2e",
		maxWorkers: FILES_AT_ONCE,
		root: import.meta.dirname,
		include: ["**/*.test.ts"],
		globalSetup: ["global-setup.ts"],
		// `npm run dev` migrates, seeds and bundles before it starts.
		testTimeout: 120_000,
		hookTimeout: 120_000,
	},
});
