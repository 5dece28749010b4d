/** Tests of the dashboard in a real browser, against the built service. See tests/browser/fixtures.ts. */
import { defineConfig } from "@playwright/test";

const CI = Boolean(process.env.CI);

export default defineConfig({
	testDir: "tests/browser",
	testMatch: "**/*.spec.ts",
	globalSetup: "tests/browser/global-setup.ts",
	outputDir: ".playwright",
	// Every test has a tenant of its own, so they may run in any order and side by side.
	fullyParallel: true,
	workers: 3,
	retries: 0,
	forbidOnly: CI,
	timeout: 60_000,
	// The service checks one password at a time, so that a sign-in on a busy machine takes several seconds.
	expect: { timeout: 20_000 },
	reporter: CI ? "dot" : "list",
	use: {
		viewport: { width: 1440, height: 900 },
		deviceScaleFactor: 1,
		colorScheme: "light",
		locale: "en-US",
		timezoneId: "UTC",
		// Less than the test's, so that a failure names what could not be done.
		actionTimeout: 10_000,
		// A trace makes each test a quarter longer, and nearly all pass: for the one that fails, --trace on.
		trace: "off",
		screenshot: "only-on-failure",
	},
});
