/**
 * The Durable Object namespaces of this service. Every place that calls an object gets its namespace here: an object of the
 * same name in another jurisdiction is another object, which knows nothing of the key.
 */
import type { Jurisdiction, LocationHint } from "../db/places.ts";
import type { Bindings } from "./env.ts";
import type { KeyGate } from "./gate/key-gate.ts";

/** Calls gates by the ids of their keys, or an object that exists by its own id. */
export type Gates = Pick<DurableObjectNamespace<KeyGate>, "getByName" | "idFromString" | "get">;

/** `readConfig` has validated both at start. An older configuration has neither. */
type Places = Partial<Pick<Bindings, "JURISDICTION" | "LOCATION_HINT">>;

/** The gates of all keys. A gate that doesn't exist yet is created near `LOCATION_HINT`, unless the caller names a place. */
export function keyGates({ KEY_GATE, JURISDICTION, LOCATION_HINT }: Places & Pick<Bindings, "KEY_GATE">): Gates {
	const gates = confined(KEY_GATE, JURISDICTION);
	if (!LOCATION_HINT) return gates;
	const near = { locationHint: LOCATION_HINT as LocationHint };
	return {
		getByName: (keyId, place) => gates.getByName(keyId, { ...near, ...place }),
		idFromString: (id) => gates.idFromString(id),
		get: (id) => gates.get(id),
	};
}

/** The objects that check passwords. */
export function passwordHashers({ PASSWORD_HASHER, JURISDICTION }: Places & Pick<Bindings, "PASSWORD_HASHER">) {
	return confined(PASSWORD_HASHER, JURISDICTION);
}

function confined<T extends Rpc.DurableObjectBranded>(
	namespace: DurableObjectNamespace<T>,
	jurisdiction: string | undefined,
): DurableObjectNamespace<T> {
	return jurisdiction ? namespace.jurisdiction(jurisdiction as Jurisdiction) : namespace;
}
