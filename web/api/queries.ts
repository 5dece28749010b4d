/**
 * Every query of the page: its place in the cache, and the call behind it. Nothing secret passes here: no procedure that
 * is a query ever returns a key.
 */
import { infiniteQueryOptions, type QueryClient, queryOptions } from "@tanstack/solid-query";
import type { ApiKey, ListKeys } from "../../worker/schemas/api-key.ts";
import type { ListAudit } from "../../worker/schemas/audit.ts";
import { api } from "./client.ts";

export const meQuery = () =>
	queryOptions({
		queryKey: ["session", "me"],
		queryFn: ({ signal }) => api.session.me.query(undefined, { signal }),
		staleTime: 60_000,
	});

/** What a list of keys is narrowed to; as in `keys.list`. */
export type KeyFilters = Pick<ListKeys, "status" | "environment" | "search" | "expires_within_days"> & {
	sort: ListKeys["sort"];
};

const LIST_PAGE = 100;
/** Hours in the sparkline of a row. */
export const RECENT_HOURS = 36;

/** Past so many pages a list is not loaded anew as a whole: what changed is put in its place instead. */
const REFETCH_PAGES_MAX = 5;

/** The list of keys, page after page. */
export const keyListQuery = (filters: KeyFilters) =>
	infiniteQueryOptions({
		queryKey: ["keys", "list", filters],
		queryFn: ({ pageParam, signal }) =>
			api.keys.list.query(
				{
					...filters,
					limit: LIST_PAGE,
					recent_hours: RECENT_HOURS,
					...(pageParam === null ? {} : { cursor: pageParam }),
				},
				{ signal },
			),
		initialPageParam: null as string | null,
		getNextPageParam: (last) => last.next_cursor,
		staleTime: 30_000,
		refetchOnWindowFocus: (query) => (query.state.data?.pages.length ?? 0) <= REFETCH_PAGES_MAX,
		refetchOnMount: (query) => (query.state.data?.pages.length ?? 0) <= REFETCH_PAGES_MAX,
	});
type KeyListData = { pages: Awaited<ReturnType<typeof api.keys.list.query>>[]; pageParams: unknown[] };

/** One key with its running hour and recent callers, live. Screens that watch it set `refetchInterval`. */
export const keyQuery = (id: string) =>
	queryOptions({
		queryKey: ["keys", "detail", id],
		queryFn: ({ signal }) => api.keys.get.query({ id }, { signal }),
		staleTime: 2_000,
	});

/** Requests of one key; `from` rounded to whole hours by the caller, so that the place in the cache stays the same. */
export const usageQuery = (input: { id: string; from: string; granularity: "hour" | "day" }) =>
	queryOptions({
		queryKey: ["keys", "usage", input],
		queryFn: ({ signal }) => api.keys.usage.query(input, { signal }),
		staleTime: 15_000,
	});

/** What the audit trail is narrowed to; as in `audit.list`. */
export type AuditFilters = Pick<ListAudit, "key_id" | "actor" | "action" | "from" | "to">;

export const auditQuery = (filters: AuditFilters, limit = 50) =>
	infiniteQueryOptions({
		queryKey: ["audit", filters, limit],
		queryFn: ({ pageParam, signal }) =>
			api.audit.list.query({ ...filters, limit, ...(pageParam === null ? {} : { cursor: pageParam }) }, { signal }),
		initialPageParam: null as string | null,
		getNextPageParam: (last) => last.next_cursor,
		refetchOnWindowFocus: (query) => (query.state.data?.pages.length ?? 0) <= REFETCH_PAGES_MAX,
	});

/** Puts keys that the server has answered with wherever they are shown, and has the rest looked at again. */
export function keyChanged(client: QueryClient, ...changed: ApiKey[]): void {
	const byId = new Map(changed.map((key) => [key.id, key]));
	client.setQueriesData<KeyListData>(
		{ queryKey: ["keys", "list"] },
		(data) =>
			data && {
				...data,
				pages: data.pages.map((page) => ({
					...page,
					items: page.items.map((item) => {
						const key = byId.get(item.id);
						return key ? { ...item, ...key } : item;
					}),
				})),
			},
	);
	for (const key of changed) {
		const { queryKey } = keyQuery(key.id);
		client.setQueryData(queryKey, (detail) => detail && { ...detail, ...key });
		void client.invalidateQueries({ queryKey });
	}
	refreshLists(client);
}

/** Takes a deleted key from wherever it was shown. */
export function keyRemoved(client: QueryClient, id: string): void {
	client.setQueriesData<KeyListData>(
		{ queryKey: ["keys", "list"] },
		(data) =>
			data && {
				...data,
				pages: data.pages.map((page) => ({ ...page, items: page.items.filter((item) => item.id !== id) })),
			},
	);
	client.removeQueries({ queryKey: ["keys", "detail", id] });
	client.removeQueries({
		queryKey: ["keys", "usage"],
		predicate: ({ queryKey }) => JSON.stringify(queryKey).includes(id),
	});
	refreshLists(client);
}

/** Something about the keys has changed: lists and the trail are out of date. */
export function refreshLists(client: QueryClient): void {
	void client.invalidateQueries({ queryKey: ["audit"] });
	for (const query of client.getQueryCache().findAll({ queryKey: ["keys", "list"] })) {
		// The cache holds what `keyListQuery` put under this key.
		const data = query.state.data as KeyListData | undefined;
		if ((data?.pages.length ?? 0) <= REFETCH_PAGES_MAX) void client.invalidateQueries({ queryKey: query.queryKey });
		else void refreshCounts(client, query.queryKey);
	}
}

/** New counts for a list that is too long to be loaded anew. They stand on its last page, as the freshest ones do. */
async function refreshCounts(client: QueryClient, queryKey: readonly unknown[]): Promise<void> {
	// As above.
	const filters = queryKey[2] as KeyFilters;
	const { counts } = await api.keys.list.query({ ...filters, limit: 1 });
	client.setQueryData<KeyListData>(
		queryKey,
		(data) =>
			data && {
				...data,
				pages: data.pages.map((page, index) => (index === data.pages.length - 1 ? { ...page, counts } : page)),
			},
	);
}
