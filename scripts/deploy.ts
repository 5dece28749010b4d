/** `npm run deploy`: deploys a release. See docs/deploy.md. */
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import { runIn } from "./production/commands.ts";
import { deploy, planDeployment } from "./production/deploy.ts";
import { readDeployOptions } from "./production/options.ts";

const HELP = `Deploys the current commit. Run it again after a failure: it continues where it stopped.

  --env <name>       staging or production; default: production
  --shares <list>    shares of the requests that the new version gets, in percent; default: 10,50,100
  --pause <seconds>  how long each share lasts; default: 60
  --dry-run          shows every step and runs none
  --help             shows this
`;

const ROOT = join(import.meta.dirname, "..");

async function main(): Promise<void> {
	const { values } = parseArgs({
		options: {
			env: { type: "string" },
			shares: { type: "string" },
			pause: { type: "string" },
			"dry-run": { type: "boolean" },
			help: { type: "boolean" },
		},
	});
	if (values.help) return console.log(HELP);
	const options = readDeployOptions(values);
	const surroundings = { folder: ROOT, run: runIn(ROOT), print: console.log, fetch, wait, clock: Date.now };
	console.log(planDeployment(options, surroundings).join("\n"));
	if (values["dry-run"]) return;
	console.log("");
	await deploy(options, surroundings);
}

try {
	await main();
} catch (error) {
	console.error(error instanceof Error ? error.message : error);
	process.exitCode = 1;
}
