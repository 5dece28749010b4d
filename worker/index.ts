/** Entry of the Worker. */
import { env } from "cloudflare:workers";
import { type Bindings, readConfig } from "./env.ts";
import { createFetchHandler } from "./fetch.ts";

export { PasswordHasher } from "./auth/password-hasher.ts";
export { KeyGate } from "./gate/key-gate.ts";
export { KeyVerifier } from "./verifier.ts";

// Read at start: the Worker must not start without its secrets. The generated type has no secrets, so `as` adds them, and
// `readConfig` checks that they are set.
export default {
	fetch: createFetchHandler(readConfig(env as Bindings)),
	// Loaded on demand: isolates that serve requests never need it.
	scheduled: async (controller, env) => (await import("./scheduled.ts")).scheduled(controller, env),
} satisfies ExportedHandler<Bindings>;
