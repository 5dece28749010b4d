/** Runs the Worker of a project that uses the client, bundled by wrangler. */
import { unstable_startWorker as startWorker } from "wrangler";

interface Run {
	/** Path of the project's wrangler configuration. */
	config: string;
	vars?: Record<string, string>;
	/** Body of the request. Without one, it is a GET. */
	body?: string;
}

/** Starts the Worker, sends it one request, and returns the JSON of its response. */
export async function runWorker({ config, vars = {}, body }: Run): Promise<unknown> {
	const worker = await startWorker({
		config,
		bindings: Object.fromEntries(
			Object.entries(vars).map(([name, value]) => [name, { type: "plain_text" as const, value }]),
		),
		dev: { server: { port: 0 }, inspector: false, logLevel: "error", watch: false },
	});
	try {
		const response = await worker.fetch("http://worker.example/", body === undefined ? {} : { method: "POST", body });
		return await response.json();
	} finally {
		await worker.dispose();
	}
}
