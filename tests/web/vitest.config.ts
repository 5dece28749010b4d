/** Tests of the page's logic and components, without a browser. What takes one is in tests/browser. */
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
		// A document takes longer to set up than most files take to run in it, and each leaves it empty.
		isolate: false,
		setupFiles: ["setup.ts"],
	},
});
