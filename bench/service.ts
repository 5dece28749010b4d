/** The service as it is deployed, for a workerd of one's own: what the build has made, and a database for it. */
import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { V4WorkerOptions, V4WorkerOptionsShape } from "miniflare";
import { unstable_getMiniflareWorkerOptions as workerOptionsOf } from "wrangler";
import { ROOT, SERVICE_CONFIG } from "./build.ts";

export const SERVICE = "service";
const ENTRY = "index.js";

export const secret = () => randomBytes(32).toString("hex");

export interface Module {
	name: string;
	code: string;
}

/** Modules as the runtime takes them. The first one is the entry. */
export const modulesOf = (modules: readonly Module[]) =>
	modules.map(({ name, code }) => ({ type: "ESModule" as const, path: name, contents: code }));

/** The Worker as it was built: the entry, and what it loads when it is first needed. */
export function modulesOfService(): Module[] {
	const folder = dirname(SERVICE_CONFIG);
	const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".js"));
	names.sort((a, b) => Number(b === ENTRY) - Number(a === ENTRY));
	return names.map((name) => ({ name, code: readFileSync(join(folder, name), "utf8") }));
}

interface ServiceOptions {
	serviceRoleKey?: string;
	vars?: Record<string, string>;
	/** Modules ahead of the service's own. The first of them is the entry. */
	before?: Module[];
	/** Where it listens on the loopback address; 0: wherever there is room. */
	port?: number;
	/** With the dashboard's files. The local stand-in for the platform's asset server is a Worker of its own before this one. */
	withPage?: boolean;
}

/** The service as it was built, with the bindings that a deploy would give it and secrets of its own. */
export function serviceWorker({
	serviceRoleKey = secret(),
	vars = {},
	before = [],
	port = 0,
	withPage = false,
}: ServiceOptions = {}): V4WorkerOptions {
	// They are these, but for the sources; wrangler's own type has lost the names.
	const { assets, ...configured } = workerOptionsOf(SERVICE_CONFIG).workerOptions as V4WorkerOptionsShape;
	const secrets = { JWT_SECRET: secret(), SERVICE_ROLE_KEY: serviceRoleKey, KEY_PEPPER: secret() };
	return {
		...configured,
		...(withPage && assets ? { assets } : {}),
		name: SERVICE,
		rootPath: ROOT,
		modulesRoot: ROOT,
		modules: modulesOf([...before, ...modulesOfService()]),
		bindings: { ...configured.bindings, ...secrets, ...vars },
		unsafeDirectSockets: [{ host: "127.0.0.1", port, entrypoint: "default" }],
	};
}

/** Brings the service's database up to its schema. */
export async function migrate(db: D1Database): Promise<void> {
	const folder = join(ROOT, "db", "migrations");
	for (const name of readdirSync(folder).sort()) {
		if (!name.endsWith(".sql")) continue;
		const statements = readFileSync(join(folder, name), "utf8").split("--> statement-breakpoint");
		await db.batch(statements.map((statement) => db.prepare(statement)));
	}
}
