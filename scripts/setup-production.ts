/** `npm run setup:production`: puts the service on Cloudflare. See docs/deploy.md. */
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import { JURISDICTIONS } from "../db/places.ts";
import { runIn } from "./production/commands.ts";
import { type Flag, type Given, LOCATIONS, readOptions } from "./production/options.ts";
import { plan, setUp } from "./production/set-up.ts";

const FLAGS: Record<Flag, { ask: string | null; help: string; default?: string }> = {
	env: { ask: null, help: "environment of wrangler.toml: staging or production", default: "production" },
	name: {
		ask: "Name of the Worker and its databases",
		help: "name of the Worker and its databases; default: salesos-api-keys, or salesos-api-keys-staging",
	},
	"public-url": {
		ask: "URL of the dashboard, on a domain of your Cloudflare account or on workers.dev",
		help: "where people open the dashboard: https://keys.acme.com, or https://<name>.<account>.workers.dev",
	},
	issuer: { ask: null, help: "issuer of the service's own tokens; default: the public URL" },
	location: { ask: null, help: `where the database is: ${LOCATIONS.join(", ")}` },
	jurisdiction: { ask: null, help: `the database never leaves it: ${JURISDICTIONS.join(", ")}` },
	"tenant-name": { ask: "Name of the first company", help: "name of the first company" },
	slug: { ask: "Short name of the company, such as acme", help: "its short name, such as acme" },
	"owner-name": { ask: "Name of its first owner", help: "name of its first owner" },
	"owner-email": { ask: "Email of its first owner", help: "email of its first owner" },
	"secrets-file": { ask: null, help: "keeps the secrets; default: .production.<name>.vars" },
};

const HELP = `Puts the service on Cloudflare, from nothing to a link for its first owner.
Asks for what no flag gives. Can be run again: it continues where it stopped.

${Object.entries(FLAGS)
	.map(([flag, { help }]) => `  --${flag.padEnd(14)} ${help}`)
	.join("\n")}
  --dry-run        shows every step and runs none
  --yes            doesn't ask
  --help           shows this
`;

async function main(): Promise<void> {
	const { values } = parseArgs({
		options: {
			...Object.fromEntries(Object.keys(FLAGS).map((flag) => [flag, { type: "string" as const }])),
			"dry-run": { type: "boolean" },
			yes: { type: "boolean" },
			help: { type: "boolean" },
		},
	});
	const { "dry-run": isDry, yes, help, ...flags } = values;
	if (help) return console.log(HELP);
	// The type of `parseArgs` doesn't know that the other options are strings.
	const given = flags as Given;
	const mayAsk = yes !== true && process.stdin.isTTY === true;
	const options = readOptions(await withAnswers(given, mayAsk));
	console.log(plan(options).join("\n"));
	if (isDry) return;
	if (mayAsk && !/^y(es)?$/i.test(await ask("\nRun these steps? (y/n) "))) return;
	console.log("");
	await setUp(options, { folder: ROOT, run: runIn(ROOT), print: console.log, fetch, wait, clock: Date.now });
}

const ROOT = join(import.meta.dirname, "..");

/** The values of the flags. Asks for those that are missing. */
async function withAnswers(given: Given, mayAsk: boolean): Promise<Given> {
	const all = { ...given };
	for (const [name, { ask: question, default: fixed }] of Object.entries(FLAGS)) {
		// `Object.entries` widens the keys.
		const flag = name as Flag;
		const usual = flag === "name" ? `salesos-api-keys${all.env === "staging" ? "-staging" : ""}` : fixed;
		if (all[flag] === undefined && question !== null && mayAsk)
			all[flag] = await ask(`${question}${usual === undefined ? "" : ` (${usual})`}: `);
		if (!all[flag] && usual !== undefined) all[flag] = usual;
	}
	if (mayAsk && !all.location && !all.jurisdiction) {
		const place = await ask(
			`Where the database is (${LOCATIONS.join(", ")}), or its jurisdiction (${JURISDICTIONS.join(", ")}): `,
		);
		if (JURISDICTIONS.some((known) => known === place)) all.jurisdiction = place;
		else all.location = place;
	}
	return all;
}

async function ask(question: string): Promise<string> {
	const terminal = createInterface({ input: process.stdin, output: process.stdout });
	try {
		return (await terminal.question(question)).trim();
	} finally {
		terminal.close();
	}
}

try {
	await main();
} catch (error) {
	console.error(error instanceof Error ? error.message : error);
	process.exitCode = 1;
}
