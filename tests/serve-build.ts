/**
 * Serves the build as it is deployed, with the secrets of `.dev.vars` and the database and objects of `.wrangler`. No dev
 * server is in between, so it starts in a second. The harness runs it as a process of its own.
 */
import { join } from "node:path";
import { SERVICE, serviceWorker } from "../scripts/built-service.ts";
import { localSecrets, PORT, STATE_DIR } from "../scripts/local-files.ts";
import { startRuntime } from "../scripts/runtime.ts";

/**
 * Adds what the platform's edge adds, and a bare workerd doesn't: the client's IP address and the date. Unlike the edge,
 * it lets a test choose its IP address.
 */
const EDGE = `export default {
	async fetch(request, { SERVICE }) {
		const headers = new Headers(request.headers);
		if (!headers.has("cf-connecting-ip")) headers.set("cf-connecting-ip", "127.0.0.1");
		const response = await SERVICE.fetch(new Request(request, { headers, redirect: "manual" }));
		const dated = new Response(response.body, response);
		dated.headers.set("date", new Date().toUTCString());
		return dated;
	},
};`;

const edge = {
	name: "edge",
	compatibilityDate: "2026-11-01",
	modules: true,
	script: EDGE,
	serviceBindings: { SERVICE },
	unsafeDirectSockets: [{ host: "127.0.0.1", port: PORT }],
};

await startRuntime([edge, await serviceWorker({ vars: localSecrets(), withPage: true })], {
	// The folder that wrangler uses.
	folder: join(STATE_DIR, "v3"),
	onLog: (message) => console.log(message),
});
