/**
 * Every query of the page: its place in the cache, and the call behind it. Nothing secret passes here: no procedure that
 * is a query ever returns a key.
 */
import { infiniteQueryOptions, queryOptions } from "@tanstack/solid-query";
import type { ListKeys } from "../../worker/schemas/api-key.ts";
import type { ListAudit } from "../../worker/schemas/audit.ts";
import { api } from "./client.ts";

export const meQuery = () =>
	queryOptions({
		queryKey: ["session", "me"],
		queryFn: ({ signal }) => api.session.me.query(undefined, { signal }),
		staleTime: 60_000,
		// Whoever comes back to this tab may be somebody else by now.
		refetchOnWindowFocus: "always",
	});

/** What a list of keys is narrowed to; as in `keys.list`. */
export type KeyFilters = Pick<ListKeys, "status" | "environment" | "search" | "expires_within_days"> & {
	sort: ListKeys["sort"];
};

const LIST_PAGE = 100;
/** Hours in the sparkline of a row. */
const RECENT_HOURS = 36;

/** Past so many pages a list is not loaded anew as a whole: what changed is put in its place instead. */
export const REFETCH_PAGES_MAX = 5;

/** The list of keys, page after page. */
export const keyListQuery = (filters: KeyFilters) =>
	infiniteQueryOptions({
		queryKey: ["keys", "list", filters] as const,
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
		// Whoever comes back to this tab may have changed keys in another.
		refetchOnWindowFocus: (query) => ((query.state.data?.pages.length ?? 0) <= REFETCH_PAGES_MAX ? "always" : false),
		refetchOnMount: (query) => (query.state.data?.pages.length ?? 0) <= REFETCH_PAGES_MAX,
	});

/** One key with its running hour and recent callers, live. Screens that watch it set `refetchInterval`. */
export const keyQuery = (id: string) =>
	queryOptions({
		queryKey: ["keys", "detail", id],
		queryFn: ({ signal }) => api.keys.get.query({ id }, { signal }),
		staleTime: 2_000,
	});

/** Requests of one key until `to`, by default now; `from` rounded to whole hours by the caller, so that the place in the cache stays the same. */
export const usageQuery = (input: { id: string; from: string; to?: string; granularity: "hour" | "day" }) =>
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
