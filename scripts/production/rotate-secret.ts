/**
 * Rotates a secret of a deployment, in three steps that refuse no good credential: the service accepts the new secret; once that
 * has spread, it makes everything with the new one and accepts the old one; when nothing depends on the old one, that is removed.
 *
 * The secrets file has both secrets before Cloudflare has the new one, and its line `<NAME>_ROTATION` says which step has begun.
 * So an interrupted rotation continues, and repeats at most a step that changes nothing.
 */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { Secret } from "../../worker/env.ts";
import { pepperIdOf } from "../../worker/keys/format.ts";
import type { OperationsSecrets, SecretState } from "../../worker/schemas/operations.ts";
import { newSecret } from "../secrets.ts";
import { type Target, targetOf } from "./deploy.ts";
import { readVariable, writeVariables } from "./secrets-file.ts";
import { smokeTest } from "./smoke-test.ts";
import { COMMANDS, type Environment, remoteSecrets, report, requireLogin, type Surroundings } from "./steps.ts";
import { latestVersion, servingVersion } from "./versions.ts";

type Name = SecretState["name"];

export interface RotateOptions {
	name: Name;
	environment: Environment;
	/** Others may have the secret: credentials that were made with it end at once. */
	isLeaked: boolean;
	/** Permits to refuse every API key, for a leaked pepper or signing key. */
	refusesKeys: boolean;
	/** Ends the overlap: the previous secret is removed. */
	removesPrevious: boolean;
	/** How long the new secret spreads before it is used, in milliseconds. */
	pauseMs: number;
	/** Null: that of the set-up. */
	secretsFile: string | null;
}

/** `accept` and `swap` are the steps of a rotation with overlap. `replace` is the only step of one without. */
type Step = "accept" | "swap" | "replace";

/** What a rotation works on. */
interface Place {
	target: Target;
	/** Path of the secrets file. */
	file: string;
	surroundings: Surroundings;
}

/** How often the service is asked whether it has a change. */
const ATTEMPTS = 24;
const ATTEMPT_PAUSE_MS = 5_000;
const SMOKE_TEST_ATTEMPTS = 12;
/** What ends, for each secret that is replaced without an overlap. */
const COST: Record<Name, string> = {
	JWT_SECRET: "All sessions and all tokens of other back ends end. People sign in again.",
	SERVICE_ROLE_KEY: "Programs of the platform are refused until they have the new one. Operators sign in again.",
	KEY_PEPPER: "Every API key and every management token is refused for ever. Each must be created again.",
	SIGNING_KEY: "Every signed key is refused for ever. Each must be created again.",
};
const isOfKeys = (name: Name) => name === "KEY_PEPPER" || name === "SIGNING_KEY";
const idOf = (value: string) => pepperIdOf(new Secret(value));

/** Every step in words. Runs none of them. */
export function planRotation(options: RotateOptions, { folder }: Pick<Surroundings, "folder">): string[] {
	const { name, environment, removesPrevious, pauseMs } = options;
	const { worker } = targetOf(environment, folder);
	const send = (what: string) => `     ${COMMANDS.putSecrets(worker).join(" ")}   (on its standard input: ${what})`;
	const check =
		"1. Check that the version that was uploaded last runs, and that the secrets file has the secret that is in use";
	if (removesPrevious)
		return [check, `2. Remove ${name}_PREVIOUS, if nothing depends on it`, send(`${name}_PREVIOUS: null`)];
	if (isReplaced(options))
		return [
			"1. Check that the version that was uploaded last runs",
			`2. Replace ${name} at once. ${COST[name]}`,
			send(`${name}: new, ${name}_PREVIOUS: null`),
		];
	return [
		check,
		"2. Accept the new secret",
		send(`${name}_PREVIOUS: new`),
		`3. Wait ${pauseMs / 1_000} seconds until every location has it, and test the service`,
		"4. Use the new secret, and accept the old one",
		send(`${name}: new, ${name}_PREVIOUS: old`),
		`Later: ${commandOf(options, "--remove-previous")}`,
	];
}

/** A leaked pepper admits no one, so its rotation keeps the overlap by default. */
const isReplaced = ({ name, isLeaked, refusesKeys }: RotateOptions) => isLeaked && (!isOfKeys(name) || refusesKeys);

const commandOf = ({ name, environment }: RotateOptions, ...flags: string[]) =>
	["npm run secrets:rotate --", name, "--env", environment, ...flags].join(" ");

/** Runs every step that is not done. */
export async function rotateSecret(options: RotateOptions, surroundings: Surroundings): Promise<void> {
	const { name, environment, secretsFile } = options;
	const target = targetOf(environment, surroundings.folder);
	const file = resolve(surroundings.folder, secretsFile ?? `.production.${target.worker}.vars`);
	if (!existsSync(file) || readVariable(file, name) === null)
		throw new Error(
			`${file} has no ${name}. Add the value that the service uses, or name another file with --secrets-file.`,
		);
	const place = { target, file, surroundings };
	await requireLogin(surroundings);
	await requireLatest(place, environment);
	if (options.removesPrevious) return removePrevious(options, place);
	const step = await begin(options, place);
	if (step === "replace") return replace(options, place);
	if (step === "accept") await accept(options, place);
	await swap(options, place);
}

/** Cloudflare refuses to change a secret of a Worker whose latest version doesn't run, such as after a failed deployment. */
async function requireLatest({ target, surroundings }: Place, environment: Environment): Promise<void> {
	const serving = await servingVersion(target.worker, surroundings);
	if (serving === null) throw new Error(`The Worker ${target.worker} is not deployed.`);
	const latest = await latestVersion(target.worker, surroundings);
	if (latest === serving) return;
	throw new Error(
		[
			`The version ${latest} was uploaded last, and ${serving} runs. Cloudflare changes secrets only while they are the same.`,
			"Deploy the commit that runs once more, then run this again:",
			`  git checkout <commit that runs> && npm ci && npm run deploy -- --env ${environment} --shares 100`,
		].join("\n"),
	);
}

/** The step to continue with. A new rotation keeps its secret in the file first. */
async function begin(options: RotateOptions, { target, file, surroundings }: Place): Promise<Step> {
	const { name } = options;
	// Written by this program.
	const begun = readVariable(file, `${name}_ROTATION`) as Step | null;
	const step = isReplaced(options) ? "replace" : (begun ?? "accept");
	if (begun !== null) {
		surroundings.print(`The interrupted rotation of ${name} continues.`);
		if (step !== begun) writeVariables(file, { [`${name}_ROTATION`]: step });
		return step;
	}
	if (step === "accept") {
		const present = await remoteSecrets(target.worker, surroundings);
		if (present.includes(`${name}_PREVIOUS`))
			throw new Error(
				`${name}_PREVIOUS is still accepted, and a secret has one previous value. Remove it first:\n  ${commandOf(options, "--remove-previous")}`,
			);
		const { id } = await stateOf(name, { target, file, surroundings });
		if (id !== idOf(requireVariable(file, name)))
			throw new Error(
				`${file} has another ${name} than the service, whose secret has the id ${id}. Write the value that the service uses into the file, then run this again.`,
			);
	}
	writeVariables(file, { [`${name}_NEXT`]: newSecret(), [`${name}_ROTATION`]: step });
	surroundings.print(`A new ${name} is in ${file}. Keep a copy in your password manager.`);
	return step;
}

async function accept(options: RotateOptions, place: Place): Promise<void> {
	const { name, pauseMs } = options;
	const { target, file, surroundings } = place;
	const next = requireVariable(file, `${name}_NEXT`);
	await send(`Accept the new ${name}`, { [`${name}_PREVIOUS`]: next }, place);
	await until(`${name}_PREVIOUS is the new secret`, place, name, ({ previous }) => previous?.id === idOf(next));
	// One location has it. The others follow within seconds, and what runs there ends later.
	surroundings.print(`Wait ${pauseMs / 1_000} seconds until every location accepts it`);
	await surroundings.wait(pauseMs);
	const problem = await smokeTest(target.publicUrl, null, SMOKE_TEST_ATTEMPTS, surroundings);
	if (problem !== null) throw new Error(`The service does not work: ${problem}. Solve this, then run this again.`);
	writeVariables(file, { [`${name}_ROTATION`]: "swap" });
}

async function swap(options: RotateOptions, place: Place): Promise<void> {
	const { name } = options;
	const { file, surroundings } = place;
	const [old, next] = [requireVariable(file, name), requireVariable(file, `${name}_NEXT`)];
	const previous = `${name}_PREVIOUS`;
	await send(`Use the new ${name}`, { [name]: next, [previous]: old }, place);
	await until(`${name} is the new secret`, place, name, ({ id }) => id === idOf(next));
	writeVariables(file, { [name]: next, [previous]: old, [`${name}_NEXT`]: null, [`${name}_ROTATION`]: null });
	surroundings.print(
		`${name} is rotated. What was made with the old one stays valid. When nothing depends on that any more:`,
	);
	surroundings.print(`  ${commandOf(options, "--remove-previous")}`);
	if (options.isLeaked) surroundings.print(`Without the overlap: ${COST[name]} --leaked --refuse-keys does that.`);
}

async function replace({ name }: RotateOptions, place: Place): Promise<void> {
	const { file, surroundings } = place;
	const next = requireVariable(file, `${name}_NEXT`);
	const present = await remoteSecrets(place.target.worker, surroundings);
	const previous = `${name}_PREVIOUS`;
	await send(`Replace ${name}`, { [name]: next, ...(present.includes(previous) ? { [previous]: null } : {}) }, place);
	writeVariables(file, { [name]: next, [previous]: null, [`${name}_NEXT`]: null, [`${name}_ROTATION`]: null });
	surroundings.print(`${name} is replaced. The old one is refused within a minute. ${COST[name]}`);
}

async function removePrevious(options: RotateOptions, place: Place): Promise<void> {
	const { name, isLeaked } = options;
	const { target, file, surroundings } = place;
	const previous = `${name}_PREVIOUS`;
	if (readVariable(file, `${name}_ROTATION`) !== null)
		throw new Error(`A rotation of ${name} is not finished. Run this first:\n  ${commandOf(options)}`);
	const present = await remoteSecrets(target.worker, surroundings);
	if (present.includes(previous)) {
		const state = await stateOf(name, place);
		const removableAt = state.previous?.removable_at ?? null;
		const mayGo = state.previous === null || (removableAt !== null && Date.parse(removableAt) <= surroundings.clock());
		if (!mayGo && !isLeaked)
			throw new Error(
				`${previous} is still needed${removableAt === null ? "" : ` until ${removableAt}`}. The dashboard's screen Operations shows what depends on it. With --leaked it is removed anyway, and what depends on it is refused.`,
			);
		await send(`Remove ${previous}`, { [previous]: null }, place);
	}
	writeVariables(file, { [previous]: null });
	surroundings.print(`${previous} is removed.`);
}

function requireVariable(file: string, name: string): string {
	const value = readVariable(file, name);
	if (value === null)
		throw new Error(`${file} has no ${name}. Add it from your password manager, then run this again.`);
	return value;
}

/** Sets all values in one version of the Worker; null removes one. */
async function send(
	what: string,
	values: Record<string, string | null>,
	{ target, surroundings }: Place,
): Promise<void> {
	const sent = await surroundings.run(COMMANDS.putSecrets(target.worker), JSON.stringify(values));
	report(
		what,
		sent,
		surroundings,
		Object.values(values).filter((value) => value !== null),
	);
}

/** The secret as the service sees it. */
async function stateOf(name: Name, { target, file, surroundings }: Place): Promise<SecretState> {
	const url = new URL("/v1/operations/secrets", target.publicUrl);
	const authorization = `Bearer ${requireVariable(file, "SERVICE_ROLE_KEY")}`;
	const response = await surroundings.fetch(url, { headers: { authorization }, redirect: "error" });
	if (!response.ok)
		throw new Error(
			`GET ${url} has the status ${response.status} instead of 200. The service must run this release or a later one, and ${file} must have its SERVICE_ROLE_KEY.`,
		);
	// The shape is the service's.
	const { data } = (await response.json()) as { data: OperationsSecrets };
	const state = data.secrets.find((secret) => secret.name === name);
	if (state === undefined) throw new Error(`GET ${url} does not show ${name}.`);
	return state;
}

/** Waits until the service has a change. A location that does not have it yet, or fails, is asked again. */
async function until(what: string, place: Place, name: Name, isDone: (state: SecretState) => boolean): Promise<void> {
	let reason = "it shows other secrets";
	for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
		if (attempt > 0) await place.surroundings.wait(ATTEMPT_PAUSE_MS);
		try {
			if (isDone(await stateOf(name, place))) return;
		} catch (thrown) {
			reason = thrown instanceof Error ? thrown.message : String(thrown);
		}
	}
	throw new Error(`The service does not confirm that ${what}: ${reason}. Run this again.`);
}
