/**
 * Makes a machine ready to run the service locally: secrets, database, demo tenant. Run by `npm run dev` before the
 * server; run again, it keeps what is there.
 */
import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { getPlatformProxy, unstable_readConfig as readConfig } from "wrangler";
import { type Database, database } from "../db/client.ts";
import { applyMigrations, readMigrations } from "../db/migrate.ts";
import { endOrphanedRuntimes } from "./orphaned-runtimes.ts";
import { seed } from "./seed.ts";

const ROOT = join(import.meta.dirname, "..");
const SECRETS_FILE = join(ROOT, ".dev.vars");
const WRANGLER_CONFIG = join(ROOT, "wrangler.toml");
export const PORT = Number(process.env.PORT ?? 8787);
/** Where the local D1 and Durable Objects live; the server and this script must agree on it. */
export const STATE_DIR = join(ROOT, ".wrangler", "state");
const DATABASE_DIR = join(STATE_DIR, "v3", "d1");

const secret = () => randomBytes(32).toString("hex");
/** What `.dev.vars` holds, with a fresh value for each. */
const SECRETS: Record<string, () => string> = {
	JWT_SECRET: secret,
	SERVICE_ROLE_KEY: secret,
	KEY_PEPPER: secret,
	DEMO_OWNER_EMAIL: () => "owner@acme.example",
	DEMO_OWNER_PASSWORD: () => randomBytes(12).toString("base64url"),
};

/** Adds to `.dev.vars` what it lacks, changes nothing that is there, and returns the whole. */
function ensureSecrets(): Record<string, string> {
	const present = existsSync(SECRETS_FILE)
		? readFileSync(SECRETS_FILE, "utf8")
		: "# Secrets of this machine. Never commit them.\n";
	const known = parseEnv(present);
	const missing = Object.entries(SECRETS).filter(([name]) => !known[name]);
	if (missing.length > 0) {
		const lines = missing.map(([name, make]) => `${name}=${make()}\n`).join("");
		const gap = present.endsWith("\n") ? "" : "\n";
		writeFileSync(SECRETS_FILE, present + gap + lines, { mode: 0o600 });
		// A file that was there keeps its mode.
		chmodSync(SECRETS_FILE, 0o600);
	}
	return localSecrets();
}

/** What `.dev.vars` holds. Throws where there is none. */
export function localSecrets(): Record<string, string> {
	// A file has no variables without a value, whatever the type allows.
	return parseEnv(readFileSync(SECRETS_FILE, "utf8")) as Record<string, string>;
}

/** Whether this machine has had a first start, and so a database and secrets. */
export function isPrepared(): boolean {
	return existsSync(DATABASE_DIR) && existsSync(SECRETS_FILE);
}

/** Opens the local database for as long as `use` takes, and gives back what it returns. */
export async function withLocalDatabase<T>(use: (db: Database, d1: D1Database) => Promise<T>): Promise<T> {
	// The database alone: the Worker's other bindings need the Worker.
	const { name, compatibility_date, d1_databases } = readConfig({ config: WRANGLER_CONFIG });
	const configPath = join(STATE_DIR, "seed.json");
	mkdirSync(STATE_DIR, { recursive: true });
	writeFileSync(configPath, JSON.stringify({ name, compatibility_date, d1_databases }));
	const platform = await getPlatformProxy<{ DB: D1Database }>({ configPath, persist: { path: join(STATE_DIR, "v3") } });
	try {
		return await use(database(platform.env.DB), platform.env.DB);
	} finally {
		await platform.dispose();
	}
}

async function prepare(): Promise<void> {
	const { DEMO_OWNER_EMAIL: email = "", DEMO_OWNER_PASSWORD: password = "" } = ensureSecrets();
	endOrphanedRuntimes(STATE_DIR);
	const seeded = await withLocalDatabase(async (db, d1) => {
		await applyMigrations(d1, readMigrations());
		return seed(db, { email, password }, Date.now());
	});
	console.log(`
  SalesOS API keys

  ${seeded ? "New database with the demo tenant acme." : "The database is kept from last time."}
  Open      http://localhost:${PORT}
  Sign in   ${email}
  Password  ${password}
            (also in .dev.vars, with the other secrets)
`);
}

if (import.meta.main) {
	prepare().catch((error: unknown) => {
		console.error(error instanceof Error ? error.message : error);
		process.exitCode = 1;
	});
}
