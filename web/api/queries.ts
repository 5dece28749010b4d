/**
 * Every query of the page: its cache key and its call. Nothing secret gets into the cache: no query procedure returns an
 * API key.
 */
import { infiniteQueryOptions, queryOptions } from "@tanstack/solid-query";
import { api } from "./client.ts";
import { type Problem, problemOf, UNREACHABLE } from "./problem.ts";
import type { Job, JobItem, JobItemPage, KeyList, ListAudit, ListKeys } from "./types.ts";

/**
 * The query's data, or undefined while there is none. Reading `query.data` directly would suspend the whole screen; read
 * through this function, the screen stays and shows its own skeleton.
 */
export function dataOf<T>(query: { readonly isPending: boolean; readonly data: T }): T | undefined {
	return query.isPending ? undefined : query.data;
}

/** Why a query has no data: its error, or that the browser is offline and has not sent it. Null while it loads. */
export function loadProblem(query: {
	readonly isPending: boolean;
	readonly isLoadingError: boolean;
	readonly fetchStatus: string;
	readonly error: Error | null;
}): Problem | null {
	if (query.isLoadingError) return problemOf(query.error);
	return query.isPending && query.fetchStatus === "paused" ? UNREACHABLE : null;
}

export const meQuery = () =>
	queryOptions({
		queryKey: ["session", "me"],
		queryFn: ({ signal }) => api.session.me.query(undefined, { signal }),
		staleTime: 60_000,
		// Someone else may have signed in with another tab meanwhile.
		refetchOnWindowFocus: "always",
	});

/** How people can sign in. It changes only with a deployment. */
export const signInOptionsQuery = () =>
	queryOptions({
		queryKey: ["sign-in", "options"],
		queryFn: ({ signal }) => api.session.options.query(undefined, { signal }),
		staleTime: Number.POSITIVE_INFINITY,
		retry: false,
	});

/** Filters and order of the list, as `keys.list` takes them. */
export type KeyFilters = Pick<
	ListKeys,
	"status" | "environment" | "authentication" | "search" | "expires_within_days" | "rotation" | "origin" | "created_by"
> & {
	sort: NonNullable<ListKeys["sort"]>;
};

const LIST_PAGE = 100;
/** Hours in the sparkline of a row. */
const RECENT_HOURS = 36;

/** The service recounts within minutes. */
const RECOUNT_REFETCH_MS = 30_000;

/** A list with more pages isn't reloaded as a whole. Changed keys are replaced in place. */
export const REFETCH_PAGES_MAX = 5;

/**
 * One page of keys. A search looks at a bounded number of keys per call, so a page may be empty although later ones are
 * not. So it loads pages until it has found a key: an empty page would look as if no key matched.
 */
async function keyListPage(filters: KeyFilters, cursor: string | null, signal: AbortSignal): Promise<KeyList> {
	for (let next = cursor; ; ) {
		const page = await api.keys.list.query(
			{ ...filters, limit: LIST_PAGE, recent_hours: RECENT_HOURS, ...(next === null ? {} : { cursor: next }) },
			{ signal },
		);
		if (page.items.length > 0 || page.next_cursor === null) return page;
		next = page.next_cursor;
	}
}

/** The list of keys, page after page. */
export const keyListQuery = (filters: KeyFilters) =>
	infiniteQueryOptions({
		queryKey: ["keys", "list", filters] as const,
		queryFn: ({ pageParam, signal }) => keyListPage(filters, pageParam, signal),
		initialPageParam: null as string | null,
		getNextPageParam: (last) => last.next_cursor,
		staleTime: 30_000,
		// The person may have changed keys in another tab.
		refetchOnWindowFocus: (query) => ((query.state.data?.pages.length ?? 0) <= REFETCH_PAGES_MAX ? "always" : false),
		// Until the service has recounted.
		refetchInterval: ({ state: { data } }) =>
			data?.pages.at(-1)?.counts_behind && data.pages.length <= REFETCH_PAGES_MAX ? RECOUNT_REFETCH_MS : false,
		refetchOnMount: (query) => (query.state.data?.pages.length ?? 0) <= REFETCH_PAGES_MAX,
	});

/** Keys by id, in both environments. Null for an id that does not exist. */
export const keyLookupQuery = (ids: string[]) =>
	queryOptions({
		queryKey: ["keys", "lookup", ids],
		queryFn: ({ signal }) =>
			Promise.all(
				ids.map((id) =>
					api.keys.get.query({ id }, { signal }).catch((error) => {
						if (problemOf(error).code === "NOT_FOUND") return null;
						throw error;
					}),
				),
			),
		staleTime: 2_000,
	});

/** One key with its current hour and recent callers. Screens that watch it set `refetchInterval`. */
export const keyQuery = (id: string) =>
	queryOptions({
		queryKey: ["keys", "detail", id],
		queryFn: ({ signal }) => api.keys.get.query({ id }, { signal }),
		staleTime: 2_000,
	});

/** Requests of one key from `from` until `to`, by default now. Callers round `from` to whole hours so that the cache key stays the same. */
export const usageQuery = (input: { id: string; from: string; to?: string; granularity: "hour" | "day" }) =>
	queryOptions({
		queryKey: ["keys", "usage", input],
		queryFn: ({ signal }) => api.keys.usage.query(input, { signal }),
		staleTime: 15_000,
	});

/** How often a running job is refetched. Other people, other tabs and the service itself advance it too. */
const JOB_REFETCH_MS = 3_000;

/** The newest jobs. */
export const jobsQuery = () =>
	queryOptions({
		queryKey: ["jobs", "list"],
		queryFn: async ({ signal }) => (await api.jobs.list.query(undefined, { signal })).items,
		refetchOnWindowFocus: "always",
		refetchInterval: ({ state: { data } }) => (data?.some(({ state }) => state === "running") ? JOB_REFETCH_MS : false),
	});

export const jobQuery = (id: string) =>
	queryOptions({
		queryKey: ["jobs", "job", id],
		queryFn: ({ signal }) => api.jobs.get.query({ id }, { signal }),
		refetchInterval: ({ state: { data } }) => (data?.state === "running" ? JOB_REFETCH_MS : false),
	});

/** The service returns at most this many items at once. */
const JOB_ITEMS_PAGE = 1_000;

/** Every key of a job that is not running. A resumed job has another `updated_at` when it ends, and then other items. */
export const jobItemsQuery = ({ id, updated_at }: Pick<Job, "id" | "updated_at">) =>
	queryOptions({
		queryKey: ["jobs", "items", id, updated_at],
		queryFn: async ({ signal }) => {
			const items: JobItem[] = [];
			for (let cursor: string | null = null; ; ) {
				const page: JobItemPage = await api.jobs.items.query(
					{ id, limit: JOB_ITEMS_PAGE, ...(cursor === null ? {} : { cursor }) },
					{ signal },
				);
				items.push(...page.items);
				if (page.next_cursor === null) return items;
				cursor = page.next_cursor;
			}
		},
		staleTime: Number.POSITIVE_INFINITY,
	});

/** Where a member is signed in. */
export const memberSessionsQuery = (id: string) =>
	queryOptions({
		queryKey: ["members", "sessions", id],
		queryFn: async ({ signal }) => (await api.members.sessions.query({ id }, { signal })).items,
		staleTime: 0,
	});

/** The members of the company, page after page. */
export const membersQuery = () =>
	infiniteQueryOptions({
		queryKey: ["members"],
		queryFn: ({ pageParam, signal }) =>
			api.members.list.query({ limit: LIST_PAGE, ...(pageParam === null ? {} : { cursor: pageParam }) }, { signal }),
		initialPageParam: null as string | null,
		getNextPageParam: (last) => last.next_cursor,
	});

/** Where the person is signed in. */
export const sessionsQuery = () =>
	queryOptions({
		queryKey: ["session", "open"],
		queryFn: async ({ signal }) => (await api.sessions.list.query(undefined, { signal })).items,
		refetchOnWindowFocus: "always",
	});

/** What the company stores and may store. */
export const quotasQuery = () =>
	queryOptions({
		queryKey: ["quotas"],
		queryFn: ({ signal }) => api.tenants.quotas.query(undefined, { signal }),
	});

/** The management tokens, newest first. */
export const tokensQuery = () =>
	infiniteQueryOptions({
		queryKey: ["tokens"],
		queryFn: ({ pageParam, signal }) =>
			api.tokens.list.query({ limit: 100, ...(pageParam === null ? {} : { cursor: pageParam }) }, { signal }),
		initialPageParam: null as string | null,
		getNextPageParam: (last) => last.next_cursor,
		refetchOnWindowFocus: "always",
	});

/** Filters of the audit log, as `audit.list` takes them. */
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
