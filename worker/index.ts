/** Entry of the Worker. */
import { env } from "cloudflare:workers";
import { type Bindings, readConfig } from "./env.ts";
import { createFetchHandler } from "./fetch.ts";
import { nameVersion } from "./log.ts";
import { keyGates } from "./namespaces.ts";

export { PasswordHasher } from "./auth/password-hasher.ts";
export { KeyGate } from "./gate/key-gate.ts";
export { KeyVerifier } from "./verifier.ts";

// Read at start: the Worker must not start without its secrets. The generated type has no secrets, so `as` adds them, and
// `readConfig` checks that they are set.
const bindings = env as Bindings;
const config = readConfig(bindings);
nameVersion(bindings.CF_VERSION_METADATA);
// Throws where the platform knows no jurisdictions, as workerd on a machine of one's own.
keyGates(bindings);

export default {
	fetch: createFetchHandler(config),
	// Loaded on demand: isolates that serve requests never need it.
	scheduled: async (controller, env) => (await import("./scheduled.ts")).scheduled(controller, env),
} satisfies ExportedHandler<Bindings>;
