/** `npm run backup`: writes a backup of the databases. See docs/deploy.md. */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { writeBackup } from "./backup/write.ts";
import {
	configuredJurisdiction,
	type OpenDatabase,
	openLocalDatabases,
	remoteDatabases,
} from "./database/databases.ts";

const HELP = `Writes a backup: every table as compressed JSON lines, with checksums, and a manifest.

  npm run backup                         of the databases of this machine; stop the service first
  npm run backup -- --env production     of the databases of an environment, in Cloudflare

  --env <name>     staging or production
  --to <folder>    the folder to make; default: backups/<source>-<time>
  --help           shows this
`;

const ROOT = join(import.meta.dirname, "..");

async function main(): Promise<void> {
	const { values } = parseArgs({
		options: { env: { type: "string" }, to: { type: "string" }, help: { type: "boolean" } },
	});
	if (values.help) return console.log(HELP);
	const source = values.env ?? "local";
	const time = new Date().toISOString().replaceAll(":", "-").slice(0, 19);
	const folder = values.to ?? join(ROOT, "backups", `${source}-${time}`);
	const jurisdiction = configuredJurisdiction(values.env);
	const write = (databases: readonly OpenDatabase[]) =>
		writeBackup({ databases, folder, source, jurisdiction, clock: Date.now, print: console.log });
	const { sha256 } = values.env ? await write(await remoteDatabases(values.env)) : await openLocalDatabases(write);
	console.log(`The backup is in ${folder}\nIts checksum is ${sha256}\n`);
	console.log("It contains personal data and hashes of keys. Encrypt it before it leaves this machine.");
}

try {
	await main();
} catch (error) {
	console.error(error instanceof Error ? error.message : error);
	// The runtime's open handles would keep this process alive.
	process.exit(1);
}
