/** What a change to a key means for what the page already knows. Every change goes through here. */
import type { InfiniteData, QueryClient, QueryKey } from "@tanstack/solid-query";
import type { ApiKey, KeyList } from "../../worker/schemas/api-key.ts";
import { api } from "./client.ts";
import { type KeyFilters, keyQuery, REFETCH_PAGES_MAX } from "./queries.ts";

type KeyListData = InfiniteData<KeyList, string | null>;
const LISTS: QueryKey = ["keys", "list"];

/** Puts keys that the server has answered with wherever they are shown, and has the rest looked at again. */
export function keyChanged(client: QueryClient, ...changed: ApiKey[]): void {
	showKeys(client, changed);
	for (const { id } of changed) void client.invalidateQueries({ queryKey: keyQuery(id).queryKey });
	refreshLists(client);
}

/** Takes a deleted key from wherever it was shown. */
export function keyRemoved(client: QueryClient, id: string): void {
	inLists(client, (items) => items.filter((item) => item.id !== id));
	client.removeQueries({ queryKey: keyQuery(id).queryKey });
	client.removeQueries({
		queryKey: ["keys", "usage"],
		predicate: ({ queryKey }) => JSON.stringify(queryKey).includes(id),
	});
	refreshLists(client);
}

/** Shows what is given of keys wherever they are shown, and asks nobody whether it is true. */
export function showKeys(client: QueryClient, changed: readonly (Partial<ApiKey> & Pick<ApiKey, "id">)[]): void {
	const byId = new Map(changed.map((key) => [key.id, key]));
	inLists(client, (items) =>
		items.map((item) => {
			const key = byId.get(item.id);
			return key ? { ...item, ...key } : item;
		}),
	);
	for (const key of changed)
		client.setQueryData(keyQuery(key.id).queryKey, (detail) => detail && { ...detail, ...key });
}

/** An answer that is on its way would take back what is shown of the key. */
export function dropAnswers(client: QueryClient, id: string): void {
	void client.cancelQueries({ queryKey: LISTS });
	void client.cancelQueries({ queryKey: keyQuery(id).queryKey });
}

/** Something about the keys has changed: lists and the trail are out of date. */
export function refreshLists(client: QueryClient): void {
	void client.invalidateQueries({ queryKey: ["audit"] });
	for (const query of client.getQueryCache().findAll({ queryKey: LISTS })) {
		// The cache holds what `keyListQuery` put under this key.
		const data = query.state.data as KeyListData | undefined;
		if ((data?.pages.length ?? 0) <= REFETCH_PAGES_MAX) void client.invalidateQueries({ queryKey: query.queryKey });
		else void refreshCounts(client, query.queryKey);
	}
}

function inLists(client: QueryClient, change: (items: KeyList["items"]) => KeyList["items"]): void {
	client.setQueriesData<KeyListData>(
		{ queryKey: LISTS },
		(data) => data && { ...data, pages: data.pages.map((page) => ({ ...page, items: change(page.items) })) },
	);
}

/** New counts for a list that is too long to be loaded anew. They stand on its last page, as the freshest ones do. */
async function refreshCounts(client: QueryClient, queryKey: QueryKey): Promise<void> {
	// As above.
	const filters = queryKey[2] as KeyFilters;
	const fresh = await api.keys.list.query({ ...filters, limit: 1 }).catch(() => null);
	// Counts that could not be had stay as they are; nothing else depends on them.
	if (!fresh) return;
	client.setQueryData<KeyListData>(
		queryKey,
		(data) =>
			data && {
				...data,
				pages: data.pages.map((page, index) =>
					index === data.pages.length - 1 ? { ...fresh, items: page.items, next_cursor: page.next_cursor } : page,
				),
			},
	);
}
