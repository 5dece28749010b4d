/**
 * One workerd with the service and the floors in it, each on a socket of its own that leads straight to the Worker:
 * no dev server and no proxy in between. D1 and Durable Objects are the real ones, on disk, in a folder that vanishes.
 */
import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { convertV4MiniflareOptions, Miniflare, type V4WorkerOptions, type V4WorkerOptionsShape } from "miniflare";
import { unstable_getMiniflareWorkerOptions as workerOptionsOf } from "wrangler";
import { compiled, ROOT, SERVICE_CONFIG } from "./build.ts";
import { childNamed } from "./processor-time.ts";

const SERVICE = "service";
const FLOORS = "floors";
/** Entrypoints of floors/worker.ts. */
const FLOOR_NAMES = ["nothing", "object", "objects", "d1"] as const;
export type FloorName = (typeof FLOOR_NAMES)[number];

/** A row of the table that the D1 floor reads is about as long as the row of a key. */
const POINT_ROWS = 1_000;
const POINT_BODY_LENGTH = 400;

export interface Runtime {
	/** Where the service listens, without a slash at the end. */
	service: string;
	floors: Record<FloorName, string>;
	serviceRoleKey: string;
	/** Where the service's isolate can be looked into, if that was asked for. */
	inspector: URL | null;
	/** Process id of workerd; null where the system does not tell. */
	pid: number | null;
	dispose(): Promise<void>;
}

const secret = () => randomBytes(32).toString("hex");
const direct = { host: "127.0.0.1", port: 0 };

/** An open inspector costs time, so a run that measures does without. */
export async function startRuntime({ inspect = false } = {}): Promise<Runtime> {
	const folder = mkdtempSync(join(tmpdir(), "salesos-bench-"));
	const serviceRoleKey = secret();
	const { workerOptions, main = "" } = workerOptionsOf(SERVICE_CONFIG);
	// They are these, but for the sources; wrangler's own type has lost the names.
	const configured = workerOptions as V4WorkerOptionsShape;
	const service: V4WorkerOptions = {
		...configured,
		name: SERVICE,
		rootPath: ROOT,
		modules: [{ type: "ESModule", path: "index.js", contents: readFileSync(main, "utf8") }],
		bindings: {
			...configured.bindings,
			JWT_SECRET: secret(),
			SERVICE_ROLE_KEY: serviceRoleKey,
			KEY_PEPPER: secret(),
		},
		unsafeDirectSockets: [direct],
	};
	const floors: V4WorkerOptions = {
		name: FLOORS,
		modules: [
			{ type: "ESModule", path: "index.js", contents: await compiled(join(import.meta.dirname, "floors/worker.ts")) },
		],
		compatibilityDate: configured.compatibilityDate ?? "",
		compatibilityFlags: configured.compatibilityFlags ?? [],
		durableObjects: { NOTHING: { className: "Nothing", useSQLite: true } },
		d1Databases: { DB: "floors" },
		unsafeDirectSockets: FLOOR_NAMES.map((entrypoint) => ({ ...direct, entrypoint })),
	};
	const miniflare = new Miniflare(
		convertV4MiniflareOptions({
			workers: [service, floors],
			resourcePersistencePath: folder,
			telemetry: { enabled: false },
			...(inspect ? { inspectorPort: 0 } : {}),
		}),
	);
	const dispose = async () => {
		await miniflare.dispose();
		rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
	};
	try {
		await miniflare.ready;
		await migrate(await miniflare.getD1Database("DB", SERVICE));
		await fillPoints(await miniflare.getD1Database("DB", FLOORS));
		const addresses = await Promise.all(
			FLOOR_NAMES.map(async (name) => [name, (await miniflare.unsafeGetDirectURL(FLOORS, name)).origin] as const),
		);
		return {
			service: (await miniflare.unsafeGetDirectURL(SERVICE)).origin,
			// One entry for each name, which is more than the type of `fromEntries` knows.
			floors: Object.fromEntries(addresses) as Record<FloorName, string>,
			serviceRoleKey,
			inspector: inspect ? new URL(`/core:user:${SERVICE}`, await miniflare.getInspectorURL()) : null,
			pid: childNamed("workerd"),
			dispose,
		};
	} catch (error) {
		await dispose();
		throw error;
	}
}

async function migrate(db: D1Database): Promise<void> {
	const folder = join(ROOT, "db", "migrations");
	for (const name of readdirSync(folder).sort()) {
		if (!name.endsWith(".sql")) continue;
		const statements = readFileSync(join(folder, name), "utf8").split("--> statement-breakpoint");
		await db.batch(statements.map((statement) => db.prepare(statement)));
	}
}

async function fillPoints(db: D1Database): Promise<void> {
	await db.prepare("CREATE TABLE point (id TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID").run();
	const insert = db.prepare("INSERT INTO point VALUES (?, ?)");
	const body = "x".repeat(POINT_BODY_LENGTH);
	await db.batch(Array.from({ length: POINT_ROWS }, (_, index) => insert.bind(`p${index}`, body)));
}
