/**
 * Before the first test: unpacks the browser and starts the built service in a private copy of the repository.
 *
 * While writing specs, use a running service to save that time: DASHBOARD_URL is its origin and DASHBOARD_VARS the path of
 * its `.dev.vars`. demo.spec.ts needs `npm run demo` there.
 */
import { join, resolve } from "node:path";
import { unstable_readConfig as readConfig } from "wrangler";
import { prepareChromium } from "../chromium.ts";
import { makeReadyCopy, Service } from "../harness.ts";
import { shareRunSettings } from "./run-settings.ts";

/** Enough for a long scroll. */
const DEMO_KEYS = 1_400;

/** Returns the teardown, which Playwright also runs after Ctrl-C. */
export default async function setUp(): Promise<() => Promise<void>> {
	const launch = await prepareChromium();
	const { url, secretsFile, dispose } = await provideService();
	const { JWT_ISSUER, JWT_AUDIENCE } = readConfig({ config: join(import.meta.dirname, "../../wrangler.toml") }).vars;
	shareRunSettings({ url, secretsFile, jwt: { issuer: String(JWT_ISSUER), audience: String(JWT_AUDIENCE) }, launch });
	return dispose;
}

async function provideService(): Promise<{ url: string; secretsFile: string; dispose: () => Promise<void> }> {
	const { DASHBOARD_URL: url, DASHBOARD_VARS: secretsFile } = process.env;
	if (!url && !secretsFile) {
		const removeReadyCopy = await makeReadyCopy();
		const service = await Service.start({
			settings: { USAGE_FLUSH_SECONDS: "1", LEGACY_KEYS: "on" },
			demoKeys: DEMO_KEYS,
		});
		removeReadyCopy();
		return { url: service.url, secretsFile: service.secretsFile, dispose: () => service.dispose() };
	}
	if (!url || !secretsFile) throw new Error("DASHBOARD_URL and DASHBOARD_VARS go together: set both or none");
	return { url: new URL(url).origin, secretsFile: resolve(secretsFile), dispose: async () => {} };
}
