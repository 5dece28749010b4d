/** `npm run secrets:rotate`: rotates a secret of a deployment. See docs/configuration.md. */
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import { runIn } from "./production/commands.ts";
import { readRotateOptions } from "./production/options.ts";
import { planRotation, rotateSecret } from "./production/rotate-secret.ts";

const HELP = `Rotates JWT_SECRET, SERVICE_ROLE_KEY, KEY_PEPPER or SIGNING_KEY. Run it again after a failure: it continues where it stopped.

  npm run secrets:rotate -- <NAME> --env production

  --env <name>           staging or production; default: production
  --leaked               others may have the secret: no overlap for JWT_SECRET and SERVICE_ROLE_KEY
  --refuse-keys          with --leaked: no overlap for KEY_PEPPER and SIGNING_KEY either, so that every key is refused
  --remove-previous      ends the overlap, if nothing depends on the previous secret
  --pause <seconds>      how long the new secret spreads before it is used; default: 120
  --secrets-file <path>  the file that keeps the secrets; default: .production.<worker>.vars
  --dry-run              shows every step and runs none
  --help                 shows this
`;

const ROOT = join(import.meta.dirname, "..");

async function main(): Promise<void> {
	const { values, positionals } = parseArgs({
		allowPositionals: true,
		options: {
			env: { type: "string" },
			leaked: { type: "boolean" },
			"refuse-keys": { type: "boolean" },
			"remove-previous": { type: "boolean" },
			pause: { type: "string" },
			"secrets-file": { type: "string" },
			"dry-run": { type: "boolean" },
			help: { type: "boolean" },
		},
	});
	if (values.help) return console.log(HELP);
	const options = readRotateOptions(positionals, values);
	const surroundings = { folder: ROOT, run: runIn(ROOT), print: console.log, fetch, wait, clock: Date.now };
	console.log(planRotation(options, surroundings).join("\n"));
	if (values["dry-run"]) return;
	console.log("");
	await rotateSecret(options, surroundings);
}

try {
	await main();
} catch (error) {
	console.error(error instanceof Error ? error.message : error);
	process.exitCode = 1;
}
