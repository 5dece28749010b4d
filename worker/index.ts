/** Entry of the Worker. */
import { env } from "cloudflare:workers";
import { type Bindings, readConfig } from "./env.ts";
import { createFront } from "./fetch.ts";

export { KeyGate } from "./gate/key-gate.ts";
export { KeyVerifier } from "./verifier.ts";

// Read while the Worker starts: without its secrets it must not start.
// The generated type knows no secrets; `readConfig` looks whether they are there.
export default {
	fetch: createFront(readConfig(env as Bindings)),
	// Loaded when it is due: isolates that answer requests have no use for it.
	scheduled: async (controller, env) => (await import("./scheduled.ts")).scheduled(controller, env),
} satisfies ExportedHandler<Bindings>;
