/**
 * Deploys a release to an environment: bookmarks of the databases, migrations, a new version with a growing share of the
 * requests, and a smoke test of it at each share. If a smoke test fails, the old version gets all requests again.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Unstable_Config as Config, unstable_readConfig as readConfig } from "wrangler";
import { REQUIRED_SECRETS } from "../secrets.ts";
import { isPlaceholderId } from "./config-file.ts";
import { isPlaceholderHost } from "./options.ts";
import { requireSoundConfig } from "./preflight.ts";
import {
	leaveOutProductDatabase,
	type ProductDatabase,
	productDatabase,
	productDatabaseCheck,
	wayBackOfSwitch,
} from "./product-database.ts";
import { smokeTest, untilReachable } from "./smoke-test.ts";
import {
	COMMANDS,
	DATABASE_BINDINGS,
	type Environment,
	jsonOf,
	linesOf,
	type Plan,
	remoteSecrets,
	requireLogin,
	type Surroundings,
	step,
} from "./steps.ts";
import { latestVersion, servingVersion, sharesNow, sharesOf, upload } from "./versions.ts";

export interface DeployOptions {
	environment: Environment;
	/** Shares of the requests that the new version gets, in percent, ascending. The last one is 100. */
	shares: readonly number[];
	/** How long each share lasts before the next one. */
	pauseMs: number;
}

/** What a deployment needs of wrangler.toml. */
export interface Target {
	worker: string;
	publicUrl: string;
	bindings: string[];
}

/** What an interrupted deployment needs in order to continue. Contains no secret. */
interface State {
	commit: string;
	/** When the bookmarks were taken, in milliseconds. */
	takenAt: number;
	bookmarks: Record<string, string>;
	/** The version that had all requests before; null: there was none. */
	previous: string | null;
	/** The version that was uploaded; null: none, or none that can get a part of the requests. */
	version: string | null;
	/** How the new version uses the product database; null: not decided yet. */
	product: ProductDatabase | null;
	/** The release is deployed to all requests at once. */
	isAtOnce?: boolean;
}

/** After that, a bookmark is too old to go back to: a deployment that continues takes new ones. */
const BOOKMARKS_MAX_AGE_MS = 3_600_000;
/** A smoke test is repeated for a minute. */
const SMOKE_TEST_ATTEMPTS = 12;
const stateFile = ({ folder }: Surroundings, environment: Environment) =>
	join(folder, `.deployment.${environment}.json`);

/** Every step in words, with the commands that it runs. Runs none of them. */
export function planDeployment(
	{ environment, shares }: DeployOptions,
	{ folder }: Pick<Surroundings, "folder">,
): string[] {
	const { worker, publicUrl, bindings } = targetOf(environment, folder);
	const plan: Plan = [
		[
			"Check that all changes are committed, that wrangler is signed in, that the Worker has its secrets, and where its databases are",
			COMMANDS.whoAmI,
			COMMANDS.databases,
		],
		["Build the Worker and the dashboard", COMMANDS.build(environment)],
		["Keep a bookmark of each database", ...bindings.map((binding) => COMMANDS.bookmark(binding, environment))],
		["Migrate the databases", ...bindings.map((binding) => COMMANDS.migrate(binding, environment))],
		productDatabaseCheck(worker, environment),
		["Upload the new version", COMMANDS.upload("<commit>")],
		...shares.map((share): Plan[number] => [
			`Give the new version ${share} % of the requests, and test it at ${publicUrl}`,
			COMMANDS.share(worker, sharesOf("<new version>", "<old version>", share)),
		]),
		["Apply the routes and the times of scheduled runs", COMMANDS.triggers],
	];
	return linesOf(plan);
}

/** Runs every step that is not done. Throws an error that says what failed and how to go back. */
export async function deploy(options: DeployOptions, surroundings: Surroundings): Promise<void> {
	const { environment } = options;
	const { print, folder } = surroundings;
	const target = targetOf(environment, folder);
	const commit = await committedState(surroundings);
	await requireLogin(surroundings);
	await requireSecrets(target, surroundings);
	await requireSoundConfig(environment, surroundings);
	await step(surroundings, "Build", COMMANDS.build(environment));
	const state = await begin(commit, target, options, surroundings);
	const keep = () => writeFileSync(stateFile(surroundings, environment), `${JSON.stringify(state, null, "\t")}\n`);
	keep();
	try {
		for (const binding of target.bindings)
			await step(surroundings, `Migrations of ${binding}`, COMMANDS.migrate(binding, environment));
		const product = await productDatabase(
			target.worker,
			state.previous,
			target.bindings.includes("PRODUCT_DB"),
			environment,
			surroundings,
		);
		// A version of an interrupted deployment, from before the data was moved.
		if (state.product !== null && state.product.isBound !== product.isBound) state.version = null;
		state.product = product;
		if (!product.isBound) leaveOutProductDatabase(surroundings);
		if (state.previous !== null) state.version ??= await upload(commit, surroundings);
		state.isAtOnce = state.version === null;
		keep();
		if (state.version === null) await deployAtOnce(target, surroundings);
		else await shift(target, options, { ...state, version: state.version }, surroundings);
	} catch (error) {
		const reason = error instanceof Error ? error.message : String(error);
		throw new Error([reason, "", ...wayBack(target, state, environment)].join("\n"), { cause: error });
	}
	rmSync(stateFile(surroundings, environment));
	print(`\n${target.publicUrl} runs the commit ${commit.slice(0, 12)}.`);
	for (const line of wayBack(target, state, environment)) print(line);
}

export function targetOf(environment: Environment, folder: string): Target {
	const config: Config = readConfig({ config: join(folder, "wrangler.toml"), env: environment });
	const publicUrl = String(config.vars.PUBLIC_URL ?? "");
	const unknown = config.d1_databases
		.filter(({ database_id }) => isPlaceholderId(database_id ?? ""))
		.map(({ binding }) => binding);
	const bindings = DATABASE_BINDINGS.filter(
		(binding) => !unknown.includes(binding) && config.d1_databases.some((known) => known.binding === binding),
	);
	// A deployment of 1.0 has no PRODUCT_DB until its data is moved.
	const missing = unknown.includes("DB") ? unknown : [];
	const problems = [
		...(URL.canParse(publicUrl) && !isPlaceholderHost(publicUrl) ? [] : [`PUBLIC_URL is ${publicUrl || "empty"}`]),
		...missing.map((binding) => `${binding} has no database_id`),
	];
	if (problems.length > 0)
		throw new Error(
			`[env.${environment}] of wrangler.toml is not set up: ${problems.join(", ")}. Run npm run setup:production -- --env ${environment}.`,
		);
	return { worker: config.name ?? "", publicUrl, bindings };
}

/** The commit that is deployed. Throws if there are changes that are not in it: the same could not be deployed again. */
async function committedState({ run }: Surroundings): Promise<string> {
	const changed = await run(["git", "status", "--porcelain"]);
	if (changed.stdout.trim() !== "")
		throw new Error(
			`There are changes that are not committed. Commit them, then run this again:\n${changed.stdout.trimEnd()}`,
		);
	const head = await run(["git", "rev-parse", "HEAD"]);
	if (changed.code !== 0 || head.code !== 0) throw new Error(`git failed: ${changed.output}${head.output}`);
	return head.stdout.trim();
}

async function requireSecrets({ worker }: Target, surroundings: Surroundings): Promise<void> {
	const present = await remoteSecrets(worker, surroundings);
	const missing = REQUIRED_SECRETS.filter((name) => !present.includes(name));
	if (missing.length > 0)
		throw new Error(
			`The Worker ${worker} has no ${missing.join(", ")}. Set it with npx wrangler secret put <name> --name ${worker}, and keep a copy.`,
		);
}

/** The state to continue from: that of an interrupted deployment of the same commit, or a new one. */
async function begin(
	commit: string,
	{ worker, bindings }: Target,
	{ environment }: DeployOptions,
	surroundings: Surroundings,
): Promise<State> {
	const { print, clock } = surroundings;
	const path = stateFile(surroundings, environment);
	// Written by this program.
	const kept = existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as State) : null;
	if (kept?.commit !== commit) {
		const previous = await servingVersion(worker, surroundings);
		const bookmarks = await takeBookmarks(bindings, environment, surroundings);
		return { commit, takenAt: clock(), bookmarks, previous, version: null, product: null };
	}
	print("The interrupted deployment of this commit continues.");
	const state = await withoutOldSecrets(kept, worker, surroundings);
	if (clock() - kept.takenAt <= BOOKMARKS_MAX_AGE_MS) return state;
	return { ...state, takenAt: clock(), bookmarks: await takeBookmarks(bindings, environment, surroundings) };
}

/**
 * The state without versions from before a change of a secret. A version contains the secrets of its time, so those would bring the
 * old one back. A change of a secret makes a version, which is then the last one.
 */
async function withoutOldSecrets(state: State, worker: string, surroundings: Surroundings): Promise<State> {
	const { previous, version, isAtOnce = false } = state;
	if (previous === null || isAtOnce) return state;
	const running = [...((await sharesNow(worker, surroundings))?.keys() ?? [])];
	if (!running.every((one) => one === previous || one === version))
		return { ...state, previous: await servingVersion(worker, surroundings), version: null };
	return (await latestVersion(worker, surroundings)) === version ? state : { ...state, version: null };
}

async function takeBookmarks(
	bindings: readonly string[],
	environment: Environment,
	{ run, print }: Surroundings,
): Promise<Record<string, string>> {
	const bookmarks: Record<string, string> = {};
	for (const binding of bindings) {
		const info = await run(COMMANDS.bookmark(binding, environment));
		// The shape is wrangler's.
		bookmarks[binding] = jsonOf<{ bookmark: string }>(`The bookmark of ${binding}`, info).bookmark;
		print(`Bookmark of ${binding}: ${bookmarks[binding]}`);
	}
	return bookmarks;
}

async function deployAtOnce({ publicUrl }: Target, surroundings: Surroundings): Promise<void> {
	await step(surroundings, "Deployment", COMMANDS.deploy);
	await untilReachable(publicUrl, surroundings);
	const problem = await smokeTest(publicUrl, null, SMOKE_TEST_ATTEMPTS, surroundings);
	if (problem !== null) throw new Error(`The new version does not work: ${problem}.`);
	surroundings.print("Smoke test: passed");
}

/** Shifts the requests to the new version. Gives them back to the old one if it doesn't work. */
async function shift(
	{ worker, publicUrl }: Target,
	{ shares, pauseMs }: DeployOptions,
	{ version, previous, product }: State & { version: string },
	surroundings: Surroundings,
): Promise<void> {
	const { print, wait, run } = surroundings;
	// While both serve, each would see writes of its own only.
	const steps = product?.isSwitch ? [100] : shares;
	const reached = (await sharesNow(worker, surroundings))?.get(version) ?? 0;
	for (const [index, share] of steps.filter((one) => one >= reached).entries()) {
		if (index > 0) await wait(pauseMs);
		await step(surroundings, `${share} % of the requests`, COMMANDS.share(worker, sharesOf(version, previous, share)));
		const problem = await smokeTest(publicUrl, { worker, id: version }, SMOKE_TEST_ATTEMPTS, surroundings);
		if (problem === null) {
			print(`Smoke test at ${share} %: passed`);
			continue;
		}
		if (product?.isSwitch)
			throw new Error(
				`The new version does not work: ${problem}. It has all requests. Repair it, or go back as shown below.`,
			);
		const back = previous === null ? null : await run(COMMANDS.share(worker, [`${previous}@100`]));
		throw new Error(
			`The new version does not work: ${problem}. ${
				back?.code === 0
					? `The old version ${previous} has all requests again.`
					: "The new version still has requests: give them back as shown below."
			}`,
		);
	}
	await step(surroundings, "Routes and scheduled runs", COMMANDS.triggers);
}

/** How to return to the old version, and, only if a migration has damaged rows, to the old databases. */
function wayBack(
	{ worker }: Target,
	{ previous, bookmarks, takenAt, product }: State,
	environment: Environment,
): string[] {
	if (previous === null) return [];
	if (product?.isSwitch) return wayBackOfSwitch(worker, previous, product.isBound, environment);
	return [
		"To go back to the version before:",
		`  ${COMMANDS.share(worker, [`${previous}@100`]).join(" ")}`,
		`If a secret was changed after ${new Date(takenAt).toISOString()}, this would bring the old secret back. Deploy the old commit instead:`,
		`  git checkout <commit of the version before> && npm ci && npm run deploy -- --env ${environment} --shares 100`,
		"The version before works on the migrated databases. Only if rows were damaged, also bring them back, which loses later changes:",
		...Object.entries(bookmarks).map(
			([binding, bookmark]) => `  ${COMMANDS.restoreBookmark(binding, environment, bookmark).join(" ")}`,
		),
		`  SERVICE_ROLE_KEY=<the service key> npm run reconcile -- --env ${environment}`,
	];
}
