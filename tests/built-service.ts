/**
 * The service as it is deployed, and as local as `npm run dev`: what the build has made, in a workerd without a dev server
 * before it, with the secrets of `.dev.vars` and the database and objects of `.wrangler`. It is there in a second.
 */
import { join } from "node:path";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { serviceWorker } from "../bench/service.ts";
import { localSecrets, PORT, STATE_DIR } from "../db/local.ts";

const miniflare = new Miniflare(
	convertV4MiniflareOptions({
		workers: [serviceWorker({ vars: localSecrets(), withPage: true, port: PORT })],
		cf: false,
		// Where wrangler has them.
		resourcePersistencePath: join(STATE_DIR, "v3"),
		telemetry: { enabled: false },
		handleStructuredLogs: ({ message }) => console.log(message),
	}),
);
await miniflare.ready;
