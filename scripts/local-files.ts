/** Where this machine keeps what the service needs to run: the port, the secrets, the database. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";

const ROOT = join(import.meta.dirname, "..");
export const SECRETS_FILE = join(ROOT, ".dev.vars");
export const PORT_TEXT = process.env.PORT || "8787";
export const PORT = Number(PORT_TEXT);
/** Where the local D1 and Durable Objects live; the server and the scripts must agree on it. */
export const STATE_DIR = join(ROOT, ".wrangler", "state");

/** The variables of `.dev.vars`. Throws if there is no such file. */
export function localSecrets(): Record<string, string> {
	// parseEnv's type allows undefined, but every variable of a file has a value.
	return parseEnv(readFileSync(SECRETS_FILE, "utf8")) as Record<string, string>;
}

/** Whether this machine has a database and secrets from an earlier start. */
export const isPrepared = (): boolean => existsSync(join(STATE_DIR, "v3", "d1")) && existsSync(SECRETS_FILE);
