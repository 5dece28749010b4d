/** `npm run move:product-data`: moves product data to a database of its own. See docs/deploy.md. */
import { parseArgs } from "node:util";
import { type OpenDatabase, openLocalDatabases, remoteDatabases } from "./database/databases.ts";
import { back, cancel, copy, deleteOld, finish, type MovedDatabases, status } from "./move-product-data/move.ts";

const STEPS: Record<string, (databases: MovedDatabases) => Promise<void>> = {
	status,
	copy,
	finish,
	cancel,
	back,
	"delete-old": deleteOld,
};

const HELP = `Moves collaborators, activities and leads from DB to PRODUCT_DB. Both must be in wrangler.toml and migrated.

  npm run move:product-data -- status        shows what each database has, and changes nothing
  npm run move:product-data -- copy          copies everything; the service keeps running
  npm run move:product-data -- finish        rejects writes, copies the last changes, compares; then deploy
  npm run move:product-data -- delete-old    deletes the rows of DB, once the service runs with PRODUCT_DB

  npm run move:product-data -- cancel        before the deploy: goes back to before the copy
  npm run move:product-data -- back          after the deploy: takes everything back to DB; then deploy

  --env <name>     staging or production; without it: the databases of this machine, with the service stopped
  --help           shows this
`;

async function main(): Promise<void> {
	const { values, positionals } = parseArgs({
		options: { env: { type: "string" }, help: { type: "boolean" } },
		allowPositionals: true,
	});
	if (values.help) return console.log(HELP);
	const [name = "", ...others] = positionals;
	const step = Object.hasOwn(STEPS, name) ? STEPS[name] : undefined;
	if (step === undefined || others.length > 0) throw new Error(`Name one step.\n\n${HELP}`);
	const move = (databases: readonly OpenDatabase[]) => {
		const [keys, product] = ["DB", "PRODUCT_DB"].map((name) => databases.find(({ binding }) => binding === name)?.d1);
		if (!keys || !product) throw new Error("wrangler.toml must have both databases: DB and PRODUCT_DB.");
		return step({ keys, product, print: console.log });
	};
	if (values.env) await move(await remoteDatabases(values.env));
	else await openLocalDatabases(move);
}

try {
	await main();
} catch (error) {
	console.error(error instanceof Error ? error.message : error);
	// The runtime's open handles would keep this process alive.
	process.exit(1);
}
