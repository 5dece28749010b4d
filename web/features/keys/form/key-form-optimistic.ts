/** Shows harmless changes before the service has confirmed them. */
import type { QueryClient } from "@tanstack/solid-query";
import { cancelRefetches, showKeys } from "../../../api/cache.ts";
import type { ApiKey } from "../../../api/types.ts";

/** Only the name and the limit. Scopes and IP addresses are shown once the service has confirmed them. */
interface HarmlessChange {
	name?: string | undefined;
	rate_limit?: number | undefined;
}

/** Shows the change in every list and screen. Returns how to undo that. */
export function showOptimistically(client: QueryClient, key: ApiKey, { name, rate_limit }: HarmlessChange): () => void {
	const after = {
		...(name === undefined ? {} : { name: name.trim() }),
		...(rate_limit === undefined ? {} : { rate_limit }),
	};
	if (Object.keys(after).length === 0) return () => {};
	cancelRefetches(client, key.id);
	showKeys(client, [{ id: key.id, ...after }]);
	const before = {
		...(name === undefined ? {} : { name: key.name }),
		...(rate_limit === undefined ? {} : { rate_limit: key.rate_limit }),
	};
	return () => showKeys(client, [{ id: key.id, ...before }]);
}
