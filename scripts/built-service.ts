/** The built service as a Worker for a bare workerd. */
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { V4WorkerOptions, V4WorkerOptionsShape } from "miniflare";
import { migrateAll } from "../db/migrate.ts";
import type { Runtime } from "./runtime.ts";

export const ROOT = join(import.meta.dirname, "..");
/** What a deploy uploads. */
export const SERVICE_CONFIG = join(ROOT, "dist", "salesos_api_keys", "wrangler.json");
/** Its configuration as Miniflare's options. Made on demand. */
const OPTIONS_FILE = join(ROOT, "dist", "worker-options.json");
export const SERVICE = "service";
/** The files of the dashboard. */
const CLIENT = join(ROOT, "dist", "client");
const ENTRY = "index.js";

export const secret = () => randomBytes(32).toString("hex");

/** Builds the service exactly as for a deploy. Throws with the output of the build. */
export function buildService(): void {
	const { status, stdout, stderr } = spawnSync("npm", ["run", "build"], { cwd: ROOT, encoding: "utf8" });
	if (status !== 0) throw new Error(`npm run build failed:\n${stdout}\n${stderr}`);
}

export interface Module {
	name: string;
	code: string;
}

/** Converts modules for the runtime. The first one is the entry. */
export const modulesOf = (modules: readonly Module[]) =>
	modules.map(({ name, code }) => ({ type: "ESModule" as const, path: name, contents: code }));

/** The modules of the built Worker: the entry first, then those that it loads on demand. */
export function modulesOfService(): Module[] {
	const folder = dirname(SERVICE_CONFIG);
	const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".js"));
	names.sort((a, b) => Number(b === ENTRY) - Number(a === ENTRY));
	return names.map((name) => ({ name, code: readFileSync(join(folder, name), "utf8") }));
}

interface ServiceOptions {
	serviceRoleKey?: string;
	vars?: Record<string, string>;
	/** Modules before those of the service. The first of them is the entry. */
	before?: Module[];
	/** Serves the dashboard's files too, which puts an asset Worker of Miniflare in front. */
	withPage?: boolean;
}

/**
 * The options that wrangler reads from the configuration of the deploy. Loading wrangler takes a second of CPU, so they are
 * kept beside the build for the next start.
 */
async function configuredOptions(): Promise<V4WorkerOptionsShape> {
	const config = readFileSync(SERVICE_CONFIG, "utf8");
	if (existsSync(OPTIONS_FILE)) {
		// Written below.
		const kept = JSON.parse(readFileSync(OPTIONS_FILE, "utf8")) as { config: string; options: V4WorkerOptionsShape };
		if (kept.config === config) return kept.options;
	}
	const { unstable_getMiniflareWorkerOptions: workerOptionsOf } = await import("wrangler");
	// wrangler's type is wider than what it returns.
	const options = workerOptionsOf(SERVICE_CONFIG).workerOptions as V4WorkerOptionsShape;
	writeFileSync(OPTIONS_FILE, JSON.stringify({ config, options }));
	return options;
}

/** Migrates the databases of the built service. */
export const migrateService = async (runtime: Runtime): Promise<void> =>
	migrateAll({
		DB: await runtime.database(SERVICE),
		PRODUCT_DB: await runtime.database(SERVICE, "PRODUCT_DB"),
	});

/** The built service with the bindings of a deploy and random secrets. */
export async function serviceWorker({
	serviceRoleKey = secret(),
	vars = {},
	before = [],
	withPage = false,
}: ServiceOptions = {}): Promise<V4WorkerOptions> {
	const { assets, ...configured } = await configuredOptions();
	const secrets = {
		JWT_SECRET: secret(),
		SERVICE_ROLE_KEY: serviceRoleKey,
		KEY_PEPPER: secret(),
		SIGNING_KEY: secret(),
	};
	return {
		...configured,
		// The options may come from another folder, of which this one is a copy.
		...(withPage && assets ? { assets: { ...assets, directory: CLIENT } } : {}),
		name: SERVICE,
		rootPath: ROOT,
		modulesRoot: ROOT,
		modules: modulesOf([...before, ...modulesOfService()]),
		bindings: { ...configured.bindings, ...secrets, ...vars },
		unsafeDirectSockets: [{ host: "127.0.0.1", port: 0, entrypoint: "default" }],
	};
}
