/**
 * Fills the local demo tenant with API keys, to try the dashboard at scale: `npm run demo -- [keys]`,
 * 10,000 by default. Run it while the server is stopped. Each run adds more keys.
 */
import { databases } from "../db/client.ts";
import { Secret } from "../worker/env.ts";
import { fillDemo } from "./demo/fill.ts";
import { withLocalDatabases } from "./local.ts";
import { isPrepared, localSecrets } from "./local-files.ts";
import { DEMO_TENANT } from "./seed.ts";

const KEYS = 10_000;
const KEYS_MAX = 100_000;

const START_FIRST =
	"There is no local database with the demo tenant yet. Run `npm run dev` once, stop it, and try again.";

async function demo(argument: string | undefined): Promise<void> {
	const count = argument === undefined ? KEYS : Number(argument);
	if (!Number.isInteger(count) || count < 1 || count > KEYS_MAX)
		throw new Error(`How many keys? A whole number from 1 to ${KEYS_MAX}, as in: npm run demo -- ${KEYS}`);
	const pepper = isPrepared() ? localSecrets().KEY_PEPPER : undefined;
	if (!pepper) throw new Error(START_FIRST);

	const begun = Date.now();
	const written = await withLocalDatabases((bindings) =>
		fillDemo(databases(bindings).db, count, begun, new Secret(pepper)),
	);
	if (!written) throw new Error(START_FIRST);
	const { format } = new Intl.NumberFormat("en");
	const seconds = Math.ceil((Date.now() - begun) / 1_000);
	process.stdout.write(
		`Added ${format(written.keys)} API keys with ${format(written.hours)} hours of usage and ` +
			`${format(written.events)} audit events to the tenant ${DEMO_TENANT.slug}, in ${seconds} s.\n`,
	);
}

demo(process.argv[2]).catch((error: unknown) => {
	console.error(error instanceof Error ? error.message : error);
	process.exitCode = 1;
});
