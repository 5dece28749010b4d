/** The Workers of the bench: what each is made of, and what its database holds before the first request. */
import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { V4WorkerOptions, V4WorkerOptionsShape } from "miniflare";
import { unstable_getMiniflareWorkerOptions as workerOptionsOf } from "wrangler";
import { bundled, compiled, ROOT, SERVICE_CONFIG } from "./build.ts";
import { directSockets } from "./runtime.ts";

export const SERVICE = "service";
export const FLOORS = "floors";
export const PEER = "peer";
export const D1_PER_REQUEST = "d1-per-request";
/** Entrypoints of floors/worker.ts that are timed. */
export const FLOOR_NAMES = ["nothing", "object", "objects", "d1"] as const;
export type FloorName = (typeof FLOOR_NAMES)[number];

/** A row of the table that the D1 floor reads is about as long as the row of a key. */
const POINT_ROWS = 1_000;
const POINT_BODY_LENGTH = 400;

export const secret = () => randomBytes(32).toString("hex");

export interface Module {
	name: string;
	code: string;
}

/** The first module is the entry. */
const modulesOf = (modules: readonly Module[]) =>
	modules.map(({ name, code }) => ({ type: "ESModule" as const, path: name, contents: code }));

/** The service as it was built, with the bindings that a deploy would give it. */
export function serviceWorker({ serviceRoleKey = secret(), vars = {}, before = [] as Module[] } = {}): V4WorkerOptions {
	const { workerOptions, main = "" } = workerOptionsOf(SERVICE_CONFIG);
	// They are these, but for the sources; wrangler's own type has lost the names.
	const configured = workerOptions as V4WorkerOptionsShape;
	const secrets = { JWT_SECRET: secret(), SERVICE_ROLE_KEY: serviceRoleKey, KEY_PEPPER: secret() };
	return {
		...configured,
		name: SERVICE,
		rootPath: ROOT,
		modulesRoot: ROOT,
		modules: modulesOf([...before, { name: "index.js", code: readFileSync(main, "utf8") }]),
		bindings: { ...configured.bindings, ...secrets, ...vars },
		unsafeDirectSockets: directSockets(),
	};
}

/** The same version of the runtime's behaviour for everybody. */
function compatibility() {
	const { compatibilityDate, compatibilityFlags } = workerOptionsOf(SERVICE_CONFIG)
		.workerOptions as V4WorkerOptionsShape;
	return { compatibilityDate: compatibilityDate ?? "", compatibilityFlags: compatibilityFlags ?? [] };
}

export async function floorsWorker(): Promise<V4WorkerOptions> {
	const code = await compiled(join(import.meta.dirname, "floors/worker.ts"));
	return {
		...compatibility(),
		name: FLOORS,
		modules: modulesOf([{ name: "index.js", code }]),
		durableObjects: { NOTHING: { className: "Nothing", useSQLite: true } },
		d1Databases: { DB: "floors" },
		unsafeDirectSockets: directSockets(FLOOR_NAMES),
	};
}

/** The peers' packages must be installed. */
export async function peerWorker(before: Module[] = []): Promise<V4WorkerOptions> {
	const code = await bundled(join(import.meta.dirname, "peers/d1-worker.ts"));
	return {
		...compatibility(),
		name: PEER,
		modules: modulesOf([...before, { name: "index.js", code }]),
		bindings: { SECRET: secret() },
		d1Databases: { DB: "peer" },
		unsafeDirectSockets: directSockets(),
	};
}

/** What docs/scaling.md compares with; see floors/d1-per-request.ts. */
export async function d1PerRequestWorker(before: Module[] = []): Promise<V4WorkerOptions> {
	const code = await compiled(join(import.meta.dirname, "floors/d1-per-request.ts"));
	return {
		...compatibility(),
		name: D1_PER_REQUEST,
		modules: modulesOf([...before, { name: "index.js", code }]),
		d1Databases: { DB: "d1-per-request" },
		unsafeDirectSockets: directSockets(),
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

/** Gives the D1 floor its table. */
export async function fillPoints(db: D1Database): Promise<void> {
	await db.prepare("CREATE TABLE point (id TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID").run();
	const insert = db.prepare("INSERT INTO point VALUES (?, ?)");
	const body = "x".repeat(POINT_BODY_LENGTH);
	await db.batch(Array.from({ length: POINT_ROWS }, (_, index) => insert.bind(`p${index}`, body)));
}
