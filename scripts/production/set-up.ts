/**
 * Puts the service on Cloudflare, from nothing to a link for its first owner. Each step checks what exists already, so
 * after a failure you can run it again: it continues where it stopped.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type DeploymentValues, productDatabaseName, withValues } from "./config-file.ts";
import { firstOwnerLink } from "./first-tenant.ts";
import type { SetupOptions } from "./options.ts";
import { createSecrets, readSecrets, type Secrets } from "./secrets-file.ts";
import { untilReachable } from "./smoke-test.ts";
import {
	COMMANDS,
	DATABASE_BINDINGS,
	jsonOf,
	linesOf,
	type Plan,
	productDataCheck,
	remoteSecrets,
	report,
	requireLogin,
	requireMovedProductData,
	type Surroundings,
	step,
} from "./steps.ts";

/** Every step in words, with the commands that it runs. Runs none of them. */
export function plan(options: SetupOptions): string[] {
	const { environment, name, place, secretsFile, publicUrl, issuer, tenant, owner } = options;
	const steps: Plan = [
		["Check that wrangler is signed in to Cloudflare", COMMANDS.whoAmI],
		...[name, productDatabaseName(name)].map((database): Plan[number] => [
			`Create the database ${database}, unless it exists`,
			COMMANDS.databases,
			COMMANDS.createDatabase(database, place),
		]),
		[
			`Write into [env.${environment}] of wrangler.toml: the ids of the databases, JWT_ISSUER ${issuer}, PUBLIC_URL ${publicUrl}, JURISDICTION`,
		],
		[
			`Make the secrets and keep them in ${secretsFile}, or take them from there; send those that Cloudflare lacks`,
			COMMANDS.secrets(name),
			COMMANDS.putSecrets(name),
		],
		["Build the Worker and the dashboard", COMMANDS.build(environment)],
		["Migrate the databases", ...DATABASE_BINDINGS.map((binding) => COMMANDS.migrate(binding, environment))],
		productDataCheck(environment),
		["Deploy", COMMANDS.deploy],
		[
			`Create the company ${tenant.name} (${tenant.slug}) and a one-time link for ${owner.email}`,
			["POST", `${publicUrl}/v1/tenants`],
		],
	];
	return linesOf(steps);
}

/** Runs every step, and prints the owner's link. Throws an error that says which step failed and what to do. */
export async function setUp(options: SetupOptions, surroundings: Surroundings): Promise<void> {
	const { print } = surroundings;
	await requireLogin(surroundings);
	const databaseId = await provideDatabase(options.name, options, surroundings);
	const productDatabaseId = await provideDatabase(productDatabaseName(options.name), options, surroundings);
	writeConfig(options, { databaseId, productDatabaseId }, surroundings);
	const secrets = await provideSecrets(options, surroundings);
	await step(surroundings, "Build", COMMANDS.build(options.environment));
	for (const binding of DATABASE_BINDINGS)
		await step(surroundings, `Migrations of ${binding}`, COMMANDS.migrate(binding, options.environment));
	await requireMovedProductData(options.environment, surroundings);
	await step(surroundings, "Deployment", COMMANDS.deploy);
	await untilReachable(options.publicUrl, surroundings);
	const link = await firstOwnerLink(options, secrets.SERVICE_ROLE_KEY, surroundings);
	const { tenant, owner, secretsFile } = options;
	print(`Company ${tenant.name}: ${link === null ? "already done" : "done"}`);
	print("");
	if (link === null) print(`${owner.name} has signed in already. The dashboard is at ${options.publicUrl}`);
	else {
		print(`Send this link to ${owner.name} <${owner.email}>. It works once, for 7 days:`);
		print(`  ${link}`);
	}
	print(`The secrets are in ${secretsFile}. Keep a copy in your password manager: Cloudflare never shows them.`);
	print(`Commit wrangler.toml. \`npm run deploy -- --env ${options.environment}\` deploys later releases.`);
}

/** The id of the database with this name. A new one is created where the options say. */
async function provideDatabase(name: string, options: SetupOptions, surroundings: Surroundings): Promise<string> {
	const known = await findDatabase(name, surroundings);
	if (known !== null) {
		surroundings.print(`Database ${name}: ${stateOf(known, options, surroundings)}`);
		return known.uuid;
	}
	await step(surroundings, `Database ${name}`, COMMANDS.createDatabase(name, options.place));
	const created = await findDatabase(name, surroundings);
	if (created === null) throw new Error(`wrangler d1 list does not show the new database ${name}. Run this again.`);
	return created.uuid;
}

/** A database as wrangler lists it. One without a jurisdiction has null, or lacks the field. */
interface Database {
	name: string;
	uuid: string;
	jurisdiction?: string | null;
}

async function findDatabase(name: string, { run }: Surroundings): Promise<Database | null> {
	const listed = await run(COMMANDS.databases);
	// The shape is wrangler's.
	const databases = jsonOf<Database[]>("The list of databases", listed);
	return databases.find((database) => database.name === name) ?? null;
}

/** What to print about a database that exists. Throws an error if it is not in the jurisdiction that the options say. */
function stateOf(database: Database, { place }: SetupOptions, { folder }: Surroundings): string {
	const { name } = database;
	const isOfEarlierRun = readFileSync(join(folder, "wrangler.toml"), "utf8").includes(database.uuid);
	if ("jurisdiction" in place) {
		const { jurisdiction } = place;
		// A wrangler that lists no jurisdictions must not stop the second run of a set-up.
		const isThere = database.jurisdiction === jurisdiction || (database.jurisdiction === undefined && isOfEarlierRun);
		if (isThere) return "already done";
		throw new Error(
			`The database ${name} exists already, and wrangler does not show that it is in the jurisdiction ${jurisdiction}. Cloudflare can't move it. Choose another --name, or delete the database.`,
		);
	}
	if (isOfEarlierRun) return "already done";
	return `it exists already and stays where it is, so --location ${place.location} has no effect`;
}

function writeConfig(
	{ environment, name, issuer, publicUrl, place }: SetupOptions,
	ids: Pick<DeploymentValues, "databaseId" | "productDatabaseId">,
	{ folder, print }: Surroundings,
) {
	const path = join(folder, "wrangler.toml");
	const before = readFileSync(path, "utf8");
	// A database that this file names already may have keys, whose jurisdiction can't be changed.
	const isNew = !before.includes(ids.databaseId);
	const jurisdiction = isNew && "jurisdiction" in place ? place.jurisdiction : null;
	const after = withValues(before, environment, { name, ...ids, issuer, publicUrl, jurisdiction });
	if (after !== before) writeFileSync(path, after);
	print(`wrangler.toml: ${after === before ? "already done" : "done"}`);
}

/**
 * The secrets, which Cloudflare and the file both have afterwards. Secrets that Cloudflare has already are never replaced:
 * another KEY_PEPPER would invalidate every API key.
 */
async function provideSecrets(options: SetupOptions, surroundings: Surroundings): Promise<Secrets> {
	const { name, secretsFile } = options;
	const { folder, run, print } = surroundings;
	const path = resolve(folder, secretsFile);
	const kept = readSecrets(path);
	const remote = await remoteSecrets(name, surroundings);
	if (kept === null && remote.length > 0)
		throw new Error(
			`The Worker ${name} has secrets (${remote.join(", ")}), and ${secretsFile} does not exist. Name their file with --secrets-file, or choose another --name.`,
		);
	const secrets = kept ?? createSecrets(path, name);
	print(`Secrets in ${secretsFile}: ${kept ? "already done" : "done"}`);
	const missing = Object.entries(secrets).filter(([secret]) => !remote.includes(secret));
	if (missing.length === 0) print("Secrets in Cloudflare: already done");
	else {
		const sent = await run(COMMANDS.putSecrets(name), JSON.stringify(Object.fromEntries(missing)));
		report("Secrets in Cloudflare", sent, surroundings, Object.values(secrets));
	}
	return secrets;
}
