/** `npm run restore`: restores a backup into empty databases. See docs/deploy.md. */
import { parseArgs } from "node:util";
import {
	configuredJurisdiction,
	type OpenDatabase,
	openLocalDatabases,
	remoteDatabases,
} from "./database/databases.ts";
import { restoreBackup } from "./restore/restore.ts";

const HELP = `Restores a backup of npm run backup into empty databases. Run it again after an interruption: it continues.

  npm run restore -- <folder>                      into the databases of this machine; stop the service first
  npm run restore -- <folder> --env production     into the databases of an environment, in Cloudflare

  --env <name>     staging or production
  --help           shows this
`;

async function main(): Promise<void> {
	const { values, positionals } = parseArgs({
		options: { env: { type: "string" }, help: { type: "boolean" } },
		allowPositionals: true,
	});
	const [folder, ...others] = positionals;
	if (values.help) return console.log(HELP);
	if (folder === undefined || others.length > 0) throw new Error(`Name the folder of one backup.\n\n${HELP}`);
	const jurisdiction = values.env ? configuredJurisdiction(values.env) : undefined;
	const restore = (databases: readonly OpenDatabase[]) =>
		restoreBackup({ databases, folder, jurisdiction, clock: Date.now, print: console.log });
	const { startedAt, finishedAt } = values.env
		? await restore(await remoteDatabases(values.env))
		: await openLocalDatabases(restore);
	console.log(`
The databases are as they were between ${startedAt} and ${finishedAt}. Everyone has to sign in again.
Next: start the service, then run \`npm run reconcile\`. It brings keys that were changed since, and their usage, from their gates.
Then delete again the people and tenants that were deleted since the backup: search the log for person_deleted and tenant_deleted.
Then look through members and management tokens: what was removed or revoked since the backup is back.`);
}

try {
	await main();
} catch (error) {
	console.error(error instanceof Error ? error.message : error);
	// The runtime's open handles would keep this process alive.
	process.exit(1);
}
