/**
 * Prepares this machine to run the service: secrets, database, demo tenant. `npm run dev` and `npm run preview` run it
 * before the server. It keeps existing secrets and data.
 */
import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { parseEnv } from "node:util";
import { getPlatformProxy, unstable_readConfig as readConfig } from "wrangler";
import { type DatabaseBindings, databases } from "../db/client.ts";
import { migrateAll } from "../db/migrate.ts";
import { hashPassword } from "../worker/auth/password.ts";
import { localSecrets, PORT_TEXT, SECRETS_FILE, STATE_DIR } from "./local-files.ts";
import { endOrphanedRuntimes } from "./orphaned-runtimes.ts";
import { parsePort, requireFreePort } from "./port.ts";
import { newSecret, REQUIRED_SECRETS } from "./secrets.ts";
import { type OwnerSignIn, resetSignIns, seed } from "./seed.ts";

const ROOT = join(import.meta.dirname, "..");
const WRANGLER_CONFIG = join(ROOT, "wrangler.toml");

/** The secrets of `.dev.vars`, each with a function that makes a new one. */
const SECRETS: Record<string, () => string> = {
	...Object.fromEntries(REQUIRED_SECRETS.map((name) => [name, newSecret])),
	DEMO_OWNER_EMAIL: () => "owner@acme.example",
	DEMO_OWNER_PASSWORD: () => randomBytes(12).toString("base64url"),
};

/** Adds the missing secrets to `.dev.vars` and keeps the existing ones. Returns the names of the added ones. */
function addMissingSecrets(): string[] {
	const present = existsSync(SECRETS_FILE)
		? readFileSync(SECRETS_FILE, "utf8")
		: "# Secrets of this machine. Never commit them.\n";
	const known = parseEnv(present);
	const missing = Object.entries(SECRETS).filter(([name]) => !known[name]);
	if (missing.length > 0) {
		const lines = missing.map(([name, make]) => `${name}=${make()}\n`).join("");
		const gap = present.endsWith("\n") ? "" : "\n";
		writeFileSync(SECRETS_FILE, present + gap + lines, { mode: 0o600 });
		// writeFileSync does not change the mode of an existing file.
		chmodSync(SECRETS_FILE, 0o600);
	}
	return missing.map(([name]) => name);
}

/** Opens the local databases while `use` runs, and returns its result. */
export async function withLocalDatabases<T>(use: (bindings: Required<DatabaseBindings>) => Promise<T>): Promise<T> {
	// Only the databases, because the other bindings need the Worker.
	const { name, compatibility_date, d1_databases } = readConfig({ config: WRANGLER_CONFIG });
	const configPath = join(STATE_DIR, "seed.json");
	mkdirSync(STATE_DIR, { recursive: true });
	writeFileSync(configPath, JSON.stringify({ name, compatibility_date, d1_databases }));
	const persist = { path: join(STATE_DIR, "v3") };
	const platform = await getPlatformProxy<Required<DatabaseBindings>>({ configPath, persist });
	try {
		return await use(platform.env);
	} finally {
		await platform.dispose();
	}
}

/** Migrates the local databases and adds the demo tenant. Returns whether they are new. */
async function prepareDatabase(owner: OwnerSignIn, newSecrets: string[]): Promise<boolean> {
	try {
		return await withLocalDatabases(async (bindings) => {
			await migrateAll(bindings);
			const { db } = databases(bindings);
			const isNew = await seed(db, owner, Date.now());
			if (!isNew && newSecrets.some((name) => name.startsWith("DEMO_OWNER"))) await resetSignIns(db, owner);
			return isNew;
		});
	} catch (cause) {
		const folder = relative(ROOT, STATE_DIR);
		const [reason] = String(cause instanceof Error ? cause.message : cause).split("\n");
		throw new Error(
			`The local database in ${folder} can't be opened or migrated: ${reason}\n` +
				`To start afresh, without the keys and people in it, delete the folder: rm -rf ${folder}`,
			{ cause },
		);
	}
}

async function prepare(): Promise<void> {
	const port = parsePort(PORT_TEXT);
	endOrphanedRuntimes(STATE_DIR);
	// npm names the script that it runs: "predev" or "prepreview".
	await requireFreePort(port, `npm run ${process.env.npm_lifecycle_event?.replace(/^pre(?!view$)/, "") ?? "dev"}`);
	const newSecrets = addMissingSecrets();
	const { DEMO_OWNER_EMAIL: email = "", DEMO_OWNER_PASSWORD: password = "" } = localSecrets();
	// Hash before the database is open: hashing blocks this process long enough for its connection to time out.
	const isNew = await prepareDatabase({ email, passwordHash: hashPassword(password) }, newSecrets);
	const notes = [isNew ? "New database with the demo tenant acme." : "The database is kept from last time."];
	if (!isNew && newSecrets.includes("KEY_PEPPER"))
		notes.push(
			".dev.vars had no KEY_PEPPER, so it has a new one now: API keys made before are no longer valid.",
			"Put the old .dev.vars back to keep them, or create new keys.",
		);
	console.log(`
  SalesOS API keys

  ${notes.join("\n  ")}
  Open      http://localhost:${port}
  Sign in   ${email}
  Password  ${password}
            (also in .dev.vars, with the other secrets)
`);
}

if (import.meta.main) {
	try {
		await prepare();
	} catch (error) {
		console.error(error instanceof Error ? error.message : error);
		// After a failed start, the runtime's open handles would keep this process alive.
		process.exit(1);
	}
}
