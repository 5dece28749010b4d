/** Shows a change before the server has confirmed it, where nobody can be hurt by seeing it too early. */
import type { QueryClient } from "@tanstack/solid-query";
import type { ApiKey } from "../../../../worker/schemas/api-key.ts";
import { dropAnswers, showKeys } from "../../../api/cache.ts";

/** How a key is called, and how often it may be used. What it may do is only shown once it is true. */
interface Ahead {
	name?: string | undefined;
	rate_limit?: number | undefined;
}

/** Puts the change wherever the key is shown. Returns what takes it back. */
export function showAhead(client: QueryClient, key: ApiKey, { name, rate_limit }: Ahead): () => void {
	const ahead = {
		...(name === undefined ? {} : { name: name.trim() }),
		...(rate_limit === undefined ? {} : { rate_limit }),
	};
	if (Object.keys(ahead).length === 0) return () => {};
	dropAnswers(client, key.id);
	showKeys(client, [{ id: key.id, ...ahead }]);
	const before = {
		...(name === undefined ? {} : { name: key.name }),
		...(rate_limit === undefined ? {} : { rate_limit: key.rate_limit }),
	};
	return () => showKeys(client, [{ id: key.id, ...before }]);
}
