/** Tests of the page's logic and components without a browser. Tests with one are in tests/browser. */
import solid from "vite-plugin-solid";
import { defineConfig } from "vitest/config";
import { FILES_AT_ONCE } from "../files-at-once.ts";

export default defineConfig({
	plugins: [solid()],
	test: {
		name: "web",
		maxWorkers: FILES_AT_ONCE,
		root: import.meta.dirname,
		include: ["**/*.test.{ts,tsx}"],
		environment: "jsdom",
		// Setting up a document takes longer than most files run, and each file leaves it empty.
		isolate: false,
		setupFiles: ["setup.ts"],
	},
});
