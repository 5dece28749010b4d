/** The Workers beside the service: what each is made of, and what its database holds before the first request. */
import { join } from "node:path";
import type { V4WorkerOptions, V4WorkerOptionsShape } from "miniflare";
import { unstable_getMiniflareWorkerOptions as workerOptionsOf } from "wrangler";
import { type Module, modulesOf, SERVICE_CONFIG, secret } from "../scripts/built-service.ts";
import { directSockets } from "../scripts/runtime.ts";
import { bundled, compiled } from "./build.ts";

export const FLOORS = "floors";
export const PEER = "peer";
export const D1_PER_REQUEST = "d1-per-request";
/** Entrypoints of floors/worker.ts. */
export const FLOOR_NAMES = ["nothing", "object", "objects", "d1"] as const;
export type FloorName = (typeof FLOOR_NAMES)[number];

/** A row of the table that the D1 floor reads is about as long as the row of a key. */
const POINT_ROWS = 1_000;
const POINT_BODY_LENGTH = 400;

/** The compatibility settings of the service, for all Workers. */
export function compatibility() {
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

/** The design that docs/scaling.md compares with; see floors/d1-per-request.ts. */
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

/** Creates the table of the D1 floor. */
export async function fillPoints(db: D1Database): Promise<void> {
	await db.prepare("CREATE TABLE point (id TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID").run();
	const insert = db.prepare("INSERT INTO point VALUES (?, ?)");
	const body = "x".repeat(POINT_BODY_LENGTH);
	await db.batch(Array.from({ length: POINT_ROWS }, (_, index) => insert.bind(`p${index}`, body)));
}
