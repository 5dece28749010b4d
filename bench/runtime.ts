/**
 * One workerd with the service, the floors and a peer in it, each on a socket of its own that leads straight to the
 * Worker: no dev server and no proxy in between. D1 and Durable Objects are the real ones, on disk, in a folder that
 * vanishes.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { convertV4MiniflareOptions, Miniflare, type V4WorkerOptions } from "miniflare";
import { childNamed } from "./processor-time.ts";

export interface Runtime {
	/** Where a Worker, or one of its named entrypoints, listens; without a slash at the end. */
	url(worker: string, entrypoint?: string): Promise<string>;
	database(worker: string): Promise<D1Database>;
	/** Where a Worker's isolate can be looked into, if that was asked for. */
	inspector(worker: string): Promise<URL>;
	/** Process id of workerd; null where the system does not tell. */
	pid: number | null;
	dispose(): Promise<void>;
}

/** The sockets of a Worker: for its default entrypoint, or one for each that is named. */
export const directSockets = (entrypoints: readonly string[] = ["default"]) =>
	entrypoints.map((entrypoint) => ({ host: "127.0.0.1", port: 0, entrypoint }));

/** An open inspector costs time, so a run that measures does without. */
export async function startRuntime(workers: V4WorkerOptions[], { inspect = false } = {}): Promise<Runtime> {
	const folder = mkdtempSync(join(tmpdir(), "salesos-bench-"));
	const miniflare = new Miniflare(
		convertV4MiniflareOptions({
			workers,
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
	} catch (error) {
		await dispose();
		throw error;
	}
	return {
		url: async (worker, entrypoint) => (await miniflare.unsafeGetDirectURL(worker, entrypoint)).origin,
		database: (worker) => miniflare.getD1Database("DB", worker),
		inspector: async (worker) => new URL(`/core:user:${worker}`, await miniflare.getInspectorURL()),
		pid: childNamed("workerd"),
		dispose,
	};
}
