/**
 * The service as it is deployed, and as local as `npm run dev`: what the build has made, in a workerd without a dev server
 * before it, with the secrets of `.dev.vars` and the database and objects of `.wrangler`. It is there in a second.
 */
import { join } from "node:path";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { SERVICE, serviceWorker } from "../bench/service.ts";
import { localSecrets, PORT, STATE_DIR } from "../scripts/local.ts";

/**
 * What the platform's edge adds to requests and answers, which a bare workerd does not. Only that a test may say where it
 * comes from, which nobody can tell the edge.
 */
const EDGE = `export default {
	async fetch(request, { SERVICE }) {
		const headers = new Headers(request.headers);
		if (!headers.has("cf-connecting-ip")) headers.set("cf-connecting-ip", "127.0.0.1");
		const answer = await SERVICE.fetch(new Request(request, { headers, redirect: "manual" }));
		const dated = new Response(answer.body, answer);
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

const miniflare = new Miniflare(
	convertV4MiniflareOptions({
		workers: [edge, serviceWorker({ vars: localSecrets(), withPage: true })],
		cf: false,
		// Where wrangler has them.
		resourcePersistencePath: join(STATE_DIR, "v3"),
		telemetry: { enabled: false },
		handleStructuredLogs: ({ message }) => console.log(message),
	}),
);
await miniflare.ready;
