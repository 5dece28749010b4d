/** Shows a change before the server has confirmed it, where nobody can be hurt by seeing it too early. */
import type { InfiniteData, QueryClient } from "@tanstack/solid-query";
import type { ApiKey, ApiKeyDetail, KeyList } from "../../../../worker/schemas/api-key.ts";
import { keyQuery } from "../../../api/queries.ts";

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
	// An answer that was on its way before the change would take it back.
	void client.cancelQueries({ queryKey: ["keys", "list"] });
	void client.cancelQueries({ queryKey: keyQuery(key.id).queryKey });
	patch(client, key.id, ahead);
	return () => patch(client, key.id, { name: key.name, rate_limit: key.rate_limit });
}

function patch(client: QueryClient, id: string, changed: Partial<Pick<ApiKey, "name" | "rate_limit">>): void {
	client.setQueriesData<InfiniteData<KeyList>>(
		{ queryKey: ["keys", "list"] },
		(data) =>
			data && {
				...data,
				pages: data.pages.map((page) => ({
					...page,
					items: page.items.map((item) => (item.id === id ? { ...item, ...changed } : item)),
				})),
			},
	);
	client.setQueryData<ApiKeyDetail>(keyQuery(id).queryKey, (data) => data && { ...data, ...changed });
}
