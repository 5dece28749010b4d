/** Starts Workers in one workerd, each on its own socket, with a real D1 and real Durable Objects. No dev server or proxy. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { convertV4MiniflareOptions, Miniflare, type V4WorkerOptions } from "miniflare";

export interface Runtime {
	/** The URL of a Worker, or of one of its named entrypoints, without a slash at the end. */
	url(worker: string, entrypoint?: string): Promise<string>;
	/** A database of a Worker. By default the one that is bound as `DB`. */
	database(worker: string, binding?: string): Promise<D1Database>;
	/** Inspector of a Worker's isolate, if `inspect` is set. */
	inspector(worker: string): Promise<URL>;
	dispose(): Promise<void>;
}

interface RuntimeOptions {
	/** Opens the inspector, which costs time: leave it out to measure. */
	inspect?: boolean;
	/** Folder of the databases and objects. By default a temporary one that `dispose` removes. */
	folder?: string;
	/** Receives what the Workers log. By default Miniflare prints it. */
	onLog?: (message: string) => void;
}

/** The sockets of a Worker: one for its default entrypoint, or one for each that is named. */
export const directSockets = (entrypoints: readonly string[] = ["default"]) =>
	entrypoints.map((entrypoint) => ({ host: "127.0.0.1", port: 0, entrypoint }));

/** Starts the Workers. Call `dispose` when done. */
export async function startRuntime(
	workers: V4WorkerOptions[],
	{ inspect = false, folder, onLog }: RuntimeOptions = {},
): Promise<Runtime> {
	const isTemporary = folder === undefined;
	const place = folder ?? mkdtempSync(join(tmpdir(), "salesos-runtime-"));
	const miniflare = new Miniflare(
		convertV4MiniflareOptions({
			workers,
			// The Workers ask for no details about the client's location, so don't download an example of them.
			cf: false,
			resourcePersistencePath: place,
			telemetry: { enabled: false },
			...(inspect ? { inspectorPort: 0 } : {}),
			...(onLog ? { handleStructuredLogs: ({ message }: { message: string }) => onLog(message) } : {}),
		}),
	);
	const dispose = async () => {
		await miniflare.dispose();
		if (isTemporary) rmSync(place, { recursive: true, force: true, maxRetries: 5 });
	};
	try {
		await miniflare.ready;
	} catch (error) {
		await dispose();
		throw error;
	}
	return {
		url: async (worker, entrypoint) => (await miniflare.unsafeGetDirectURL(worker, entrypoint)).origin,
		database: (worker, binding = "DB") => miniflare.getD1Database(binding, worker),
		inspector: async (worker) => new URL(`/core:user:${worker}`, await miniflare.getInspectorURL()),
		dispose,
	};
}
