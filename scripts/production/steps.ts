/** What the set-up and a deployment share: wrangler's commands, and how a step is run and reported. */
import { UNMOVED_PRODUCT_DATA } from "../../db/unmoved-product-data.ts";
import type { Result, Run } from "./commands.ts";

/** What the set-up and a deployment use outside of this program. Tests replace it. */
export interface Surroundings {
	/** Folder of the repository. */
	folder: string;
	run: Run;
	print: (line: string) => void;
	fetch: typeof fetch;
	wait: (ms: number) => Promise<unknown>;
	/** The current time. */
	clock: () => number;
}

export const ENVIRONMENTS = ["staging", "production"] as const;
/** An environment of wrangler.toml. */
export type Environment = (typeof ENVIRONMENTS)[number];

/** The D1 databases by their binding. */
export const DATABASE_BINDINGS = ["DB", "PRODUCT_DB"] as const;

/** Written by the build for one environment, so commands that use it need no `--env`. */
export const BUILT_CONFIG = "dist/salesos_api_keys/wrangler.json";

const WRANGLER = ["npx", "wrangler"];
/** Every command that changes something in Cloudflare, or reads from it. */
export const COMMANDS = {
	whoAmI: [...WRANGLER, "whoami", "--json"],
	databases: [...WRANGLER, "d1", "list", "--json"],
	createDatabase: (name: string, place: Record<string, string>) => [
		...[...WRANGLER, "d1", "create", name],
		...Object.entries(place).flatMap(([flag, value]) => [`--${flag}`, value]),
	],
	secrets: (worker: string) => [...WRANGLER, "secret", "list", "--name", worker, "--format", "json"],
	putSecrets: (worker: string) => [...WRANGLER, "secret", "bulk", "--name", worker],
	build: (environment: Environment) => ["env", `CLOUDFLARE_ENV=${environment}`, "npm", "run", "build"],
	bookmark: (binding: string, environment: Environment) => [
		...[...WRANGLER, "d1", "time-travel", "info", binding, "--env", environment, "--json"],
	],
	restoreBookmark: (binding: string, environment: Environment, bookmark: string) => [
		...[...WRANGLER, "d1", "time-travel", "restore", binding, "--env", environment, `--bookmark=${bookmark}`],
	],
	migrate: (binding: string, environment: Environment) => [
		...[...WRANGLER, "d1", "migrations", "apply", binding, "--remote", "--env", environment],
	],
	query: (binding: string, environment: Environment, sql: string) => [
		...[...WRANGLER, "d1", "execute", binding, "--remote", "--env", environment, "--json", "--command", sql],
	],
	deploy: [...WRANGLER, "deploy", "--config", BUILT_CONFIG],
	version: (worker: string, version: string) => [
		...[...WRANGLER, "versions", "view", version, "--name", worker, "--json"],
	],
	deployments: (worker: string) => [...WRANGLER, "deployments", "status", "--name", worker, "--json"],
	versions: (worker: string) => [...WRANGLER, "versions", "list", "--name", worker, "--json"],
	upload: (tag: string) => [...WRANGLER, "versions", "upload", "--config", BUILT_CONFIG, "--tag", tag],
	share: (worker: string, shares: readonly string[]) => [
		...[...WRANGLER, "versions", "deploy", ...shares, "--name", worker, "--yes"],
	],
	triggers: [...WRANGLER, "triggers", "deploy", "--config", BUILT_CONFIG],
} as const;

/** Steps in words, each with the commands that it runs. */
export type Plan = [what: string, ...commands: (readonly string[])[]][];

/** The plan as lines of text. */
export const linesOf = (plan: Plan): string[] =>
	plan.flatMap(([what, ...commands], index) => [
		`${index + 1}. ${what}`,
		...commands.map((command) => `     ${command.join(" ")}`),
	]);

export async function requireLogin({ run }: Surroundings): Promise<void> {
	const { code } = await run(COMMANDS.whoAmI);
	if (code !== 0)
		throw new Error("wrangler is not signed in to Cloudflare. Run npx wrangler login, then run this again.");
}

/** Names of the secrets that the Worker has. A Worker that doesn't exist has none. */
export async function remoteSecrets(worker: string, { run }: Surroundings): Promise<string[]> {
	const listed = await run(COMMANDS.secrets(worker));
	if (isMissing(listed)) return [];
	return jsonOf<{ name: string }[]>("The list of secrets", listed).map((secret) => secret.name);
}

const unmovedQuery = (environment: Environment) =>
	COMMANDS.query("DB", environment, UNMOVED_PRODUCT_DATA.replaceAll(/\s+/g, " "));

/** The step that the next function runs. */
export const productDataCheck = (environment: Environment): Plan[number] => [
	"Check that no product data is left in DB, where a Worker with PRODUCT_DB would not find it",
	unmovedQuery(environment),
];

/**
 * Throws if the new Worker would not find the product data. Integrations would write to the empty database, and then the data
 * can't be moved.
 */
export async function requireMovedProductData(environment: Environment, { run }: Surroundings): Promise<void> {
	const [result] = jsonOf<{ results: { unmoved: number }[] }[]>(
		"The product data",
		await run(unmovedQuery(environment)),
	);
	if (result?.results[0]?.unmoved === 0) return;
	throw new Error(
		`DB has product data that was not moved to PRODUCT_DB. npm run deploy -- --env ${environment} deploys this release with DB alone. To move the data: docs/deploy.md, "Move product data".`,
	);
}

/** Whether wrangler says that the Worker doesn't exist. */
export const isMissing = ({ code, output }: Result): boolean =>
	code !== 0 && /not found|does not exist|10007/i.test(output);

export async function step(surroundings: Surroundings, what: string, command: readonly string[]): Promise<void> {
	report(what, await surroundings.run(command), surroundings);
}

/** Prints that a step is done. Throws if it has failed, with the output of its command. */
export function report(
	what: string,
	{ code, output }: Result,
	{ print }: Surroundings,
	hidden: readonly string[] = [],
): void {
	if (code === 0) {
		print(`${what}: done`);
		return;
	}
	const shown = hidden.reduce((text, secret) => text.replaceAll(secret, "[redacted]"), output);
	throw new Error(`${what}: failed. Solve this, then run the same command again:\n${shown.trim()}`);
}

/** The JSON that a command has printed. Throws with its output if there is none. */
export function jsonOf<T>(what: string, { code, stdout, output }: Result): T {
	if (code === 0) {
		// Wrangler may print notes before it.
		const start = stdout.search(/[[{]/);
		try {
			// Each caller names the shape.
			return JSON.parse(stdout.slice(Math.max(0, start))) as T;
		} catch {
			// Reported below.
		}
	}
	throw new Error(`${what} could not be read. Solve this, then run the same command again:\n${output.trim()}`);
}
