/** What a change to a key does to the query cache. Every change goes through here. */
import type { InfiniteData, QueryClient, QueryKey } from "@tanstack/solid-query";
import { api } from "./client.ts";
import { type KeyFilters, keyQuery, membersQuery, REFETCH_PAGES_MAX } from "./queries.ts";
import type { ApiKey, KeyList } from "./types.ts";

type KeyListData = InfiniteData<KeyList, string | null>;
const LISTS: QueryKey = ["keys", "list"];

/** Shows keys as the service has just returned them, and refetches the rest. */
export function keyChanged(client: QueryClient, ...changed: ApiKey[]): void {
	showKeys(client, changed);
	for (const { id } of changed) void client.invalidateQueries({ queryKey: keyQuery(id).queryKey });
	refreshLists(client);
}

/** Removes a deleted key from every list and screen. */
export function keyRemoved(client: QueryClient, id: string): void {
	inLists(client, (items) => items.filter((item) => item.id !== id));
	client.removeQueries({ queryKey: keyQuery(id).queryKey });
	client.removeQueries({
		queryKey: ["keys", "usage"],
		predicate: ({ queryKey }) => JSON.stringify(queryKey).includes(id),
	});
	refreshLists(client);
}

/** Puts the given fields into every list and screen of these keys, without a refetch. */
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

/** Cancels requests under way for the key: their responses are older than what the page shows. */
export function cancelRefetches(client: QueryClient, id: string): void {
	void client.cancelQueries({ queryKey: LISTS });
	void client.cancelQueries({ queryKey: keyQuery(id).queryKey });
}

/** Refetches the members and the audit log after a change. */
export async function membersChanged(client: QueryClient): Promise<void> {
	void client.invalidateQueries({ queryKey: ["audit"] });
	const { queryKey } = membersQuery();
	// A first fetch that is under way began before the change, and invalidating alone would wait for it.
	await client.cancelQueries({ queryKey });
	await client.invalidateQueries({ queryKey });
}

/** Refetches the lists and the audit log after a change. */
export function refreshLists(client: QueryClient): void {
	void client.invalidateQueries({ queryKey: ["audit"] });
	void client.invalidateQueries({ queryKey: ["keys", "lookup"] });
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

/** Fetches new counts for a list that is too long to be reloaded. They go to its last page, which is read for counts. */
async function refreshCounts(client: QueryClient, queryKey: QueryKey): Promise<void> {
	// As above.
	const filters = queryKey[2] as KeyFilters;
	const fresh = await api.keys.list.query({ ...filters, limit: 1 }).catch(() => null);
	// Old counts are acceptable: nothing else depends on them.
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
