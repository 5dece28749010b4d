/** The file that keeps the secrets of a deployment. Cloudflare never shows a secret again, so this file is the only copy. */
import { chmodSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { newSecret, REQUIRED_SECRETS } from "../secrets.ts";

export type Secrets = Record<(typeof REQUIRED_SECRETS)[number], string>;

/** The secrets of the file; null if there is none. Throws if the file lacks some: they may be in use already. */
export function readSecrets(path: string): Secrets | null {
	if (!existsSync(path)) return null;
	const known = parseEnv(readFileSync(path, "utf8"));
	const missing = REQUIRED_SECRETS.filter((name) => !known[name]);
	if (missing.length > 0)
		throw new Error(
			`${path} has no ${missing.join(", ")}. Add the values that the service uses, or name another file with --secrets-file.`,
		);
	// Files that were copied may be readable for others.
	chmodSync(path, 0o600);
	// The check above has found each of them.
	return Object.fromEntries(REQUIRED_SECRETS.map((name) => [name, known[name]])) as Secrets;
}

/** Makes the secrets and keeps them in a file that only its owner can read. Throws if the file exists. */
export function createSecrets(path: string, service: string): Secrets {
	const secrets = Object.fromEntries(REQUIRED_SECRETS.map((name) => [name, newSecret()])) as Secrets;
	const lines = Object.entries(secrets).map(([name, value]) => `${name}=${value}\n`);
	const header = `# Secrets of ${service}. Keep a copy in your password manager. Never commit this file.\n`;
	writeFileSync(path, header + lines.join(""), { mode: 0o600, flag: "wx" });
	return secrets;
}

/** One variable of the file; null if the file lacks it. */
export function readVariable(path: string, name: string): string | null {
	return parseEnv(readFileSync(path, "utf8"))[name] || null;
}

/** Sets variables of the file, and removes those that are null. The file has all changes or none, also after a crash. */
export function writeVariables(path: string, changes: Readonly<Record<string, string | null>>): void {
	const isChanged = (line: string) => (/^(?:export )?(\w+)\s*=/.exec(line)?.[1] ?? "") in changes;
	const others = readFileSync(path, "utf8")
		.split("\n")
		.filter((line) => line !== "" && !isChanged(line));
	const lines = Object.entries(changes).flatMap(([name, value]) => (value === null ? [] : [`${name}=${value}`]));
	const unfinished = `${path}.unfinished`;
	rmSync(unfinished, { force: true });
	writeFileSync(unfinished, [...others, ...lines, ""].join("\n"), { mode: 0o600, flush: true });
	renameSync(unfinished, path);
}
