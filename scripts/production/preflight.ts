/** Compares the configuration with itself and with Cloudflare before a deployment changes anything. */
import { join } from "node:path";
import { type Unstable_Config as Config, unstable_readConfig as readConfig } from "wrangler";
import { isPlaceholderId } from "./config-file.ts";
import { COMMANDS, type Environment, jsonOf, type Surroundings } from "./steps.ts";

/** A database as wrangler lists it. One without a jurisdiction has null. */
interface ListedDatabase {
	uuid: string;
	jurisdiction?: string | null;
}

/** Throws an error that names every problem of the environment. */
export async function requireSoundConfig(environment: Environment, surroundings: Surroundings): Promise<void> {
	const config: Config = readConfig({ config: join(surroundings.folder, "wrangler.toml"), env: environment });
	const problems = [...mailProblems(config), ...(await placeProblems(config, surroundings))];
	if (problems.length > 0) throw new Error(`[env.${environment}] of wrangler.toml: ${problems.join(" ")}`);
}

/** Environments inherit no bindings, so one that is set at the top level alone is missing here. */
function mailProblems({ vars, send_email }: Config): string[] {
	if (!vars.MAIL_FROM || send_email.some(({ name }) => name === "EMAIL")) return [];
	return [
		"MAIL_FROM is set, but EMAIL is not bound, so no invitation would be mailed. Uncomment its block in this environment.",
	];
}

/** A database in another place than the gates. Cloudflare can't move it, so no data must get into it. */
async function placeProblems({ vars, d1_databases }: Config, { run }: Surroundings): Promise<string[]> {
	const required = String(vars.JURISDICTION ?? "");
	if (required === "") return [];
	// The shape is wrangler's.
	const listed = jsonOf<ListedDatabase[]>("The list of databases", await run(COMMANDS.databases));
	return d1_databases
		.filter(({ database_id }) => !isPlaceholderId(database_id ?? ""))
		.filter(({ database_id }) => listed.find(({ uuid }) => uuid === database_id)?.jurisdiction !== required)
		.map(
			({ binding }) =>
				`JURISDICTION is ${required}, and wrangler does not show that the database of ${binding} is there. Create one with --jurisdiction ${required}.`,
		);
}
