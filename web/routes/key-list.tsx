import { useLocation, useSearchParams } from "@solidjs/router";
import { useInfiniteQuery, useQuery } from "@tanstack/solid-query";
import {
	createEffect,
	createMemo,
	createSignal,
	ErrorBoundary,
	For,
	lazy,
	Match,
	on,
	Show,
	Suspense,
	Switch,
} from "solid-js";
import { unwrap } from "solid-js/store";
import { ENVIRONMENTS, KEY_SORTS, type KeySort } from "../../db/enums.ts";
import { type Problem, UNREACHABLE } from "../api/problem.ts";
import { ProblemPanel } from "../api/problem-view.tsx";
import { dataOf, jobsQuery, keyListQuery, loadProblem } from "../api/queries.ts";
import type { ListedKey } from "../api/types.ts";
import { KeyActionsProvider } from "../features/keys/key-actions-provider.tsx";
import { EmptyList } from "../features/keys/list/empty-list.tsx";
import { FoundKeys, OtherEnvironment } from "../features/keys/list/found-keys.tsx";
import { KeyTable, KeyTableSkeleton } from "../features/keys/list/key-table.tsx";
import {
	AUTHENTICATION_FILTERS,
	type AuthenticationFilter,
	filtersOf,
	type ListFilters,
	paramsOf,
	queryOf,
} from "../features/keys/list/list-filters.ts";
import { SearchBox } from "../features/keys/list/search-box.tsx";
import { SelectionBar } from "../features/keys/list/selection-bar.tsx";
import { countIn, StatusTabs } from "../features/keys/list/status-tabs.tsx";
import { formatNumber } from "../i18n/format.ts";
import { t } from "../i18n/index.ts";
import { keyIdsIn } from "../key-secret.ts";
import { paths, rememberListPath } from "../paths.ts";
import { useTitle } from "../shell/shell.tsx";
import { Button, LinkButton } from "../ui/button.tsx";
import { TableFooter } from "../ui/data-table.tsx";
import { Segmented } from "../ui/field.tsx";
import { Notice } from "../ui/states.tsx";
import styles from "./key-list.module.css";

/** Most companies have no jobs. */
const JobNotices = lazy(() => import("../features/jobs/job-notices.tsx"));

/** The list of API keys. */
export default function KeyListScreen() {
	return (
		<KeyActionsProvider>
			<KeyList />
		</KeyActionsProvider>
	);
}

function KeyList() {
	const route = useLocation();
	const [params, setParams] = useSearchParams();
	const filters = createMemo(() => filtersOf(params));
	const change = (changed: Partial<ListFilters>, replace = false) =>
		setParams(paramsOf({ ...filters(), ...changed }), { replace, scroll: false });
	const pastedIds = createMemo(() => keyIdsIn(filters().search));
	const list = useInfiniteQuery(() => ({
		...keyListQuery(queryOf(filters())),
		// Keys of a pasted text are looked up by id instead.
		enabled: pastedIds().length === 0,
		// The old rows stay until those of another tab or search have loaded, so that nothing jumps. Not across environments:
		// live keys must never show where a person expects test keys.
		placeholderData: (previous, query) =>
			query?.queryKey[2].environment === filters().environment ? previous : undefined,
	}));
	const jobs = useQuery(() => jobsQuery());
	const problem = (): Problem | null => {
		// The rows of other filters don't match these, so being offline is a problem here, too.
		return loadProblem(list) ?? (list.isPlaceholderData && list.fetchStatus === "paused" ? UNREACHABLE : null);
	};
	// Unwrapped, because tracking every field of thousands of keys takes longer than drawing them.
	const keys = createMemo(() => unwrap(dataOf(list))?.pages.flatMap((page) => page.items) ?? []);
	/** The service counts keys by status only. Null: there are no numbers for these filters. */
	const counts = () =>
		pastedIds().length > 0 ||
		filters().authentication !== "any" ||
		filters().creator !== "" ||
		filters().pepper !== "any"
			? null
			: dataOf(list)?.pages.at(-1)?.counts;
	const total = (): number => {
		const known = counts();
		return Math.max(known ? (countIn(known, filters().tab) ?? 0) : 0, keys().length);
	};
	/** What is on the screen, for screen readers. Empty while it is loading. */
	const announcement = () => {
		if (list.isFetching || list.isPending || pastedIds().length > 0) return "";
		const { tab, environment, authentication, sort } = filters();
		const kind = authentication === "any" ? "" : `, ${t().keys.authenticationFilters[authentication]}`;
		return t().keys.listed(
			formatNumber(total()),
			t().keys.tabs[tab] + kind,
			t().keys.environments[environment],
			t().keys.sorts[sort],
		);
	};
	const createHref = () => paths.newKeyIn(filters().environment);
	useTitle(() => t().keys.title);
	createEffect(() => rememberListPath(route.search));

	const [selected, setSelected] = createSignal<ReadonlyMap<string, ListedKey>>(new Map());
	createEffect(on(filters, () => setSelected(new Map()), { defer: true }));
	const select = (changed: readonly ListedKey[], on: boolean) => {
		const next = new Map(selected());
		for (const key of changed) {
			if (on) next.set(key.id, key);
			else next.delete(key.id);
		}
		setSelected(next);
	};

	return (
		<>
			<header class={styles.head}>
				<div class={styles.titles}>
					<p class="secondary">{t().shell.integrations}</p>
					<h1>{t().keys.title}</h1>
				</div>
				<SearchBox value={filters().search} onChange={(search) => change({ search }, true)} />
				<LinkButton href={createHref()} variant="primary" icon="plus" shortcut="c">
					{t().keys.create}
				</LinkButton>
			</header>
			<div class={styles.bar}>
				<StatusTabs filters={filters()} counts={counts()} capped={dataOf(list)?.pages.at(-1)?.counts_capped === true} />
				<div class={styles.controls}>
					<label class={styles.choice}>
						<span class="visually-hidden">{t().keys.authentication}</span>
						<select
							value={filters().authentication}
							onChange={(event) => change({ authentication: event.currentTarget.value as AuthenticationFilter })}
						>
							<For each={AUTHENTICATION_FILTERS}>
								{(kind) => <option value={kind}>{t().keys.authenticationFilters[kind]}</option>}
							</For>
						</select>
					</label>
					<label class={styles.choice}>
						<span class="visually-hidden">{t().keys.sortBy}</span>
						<select value={filters().sort} onChange={(event) => change({ sort: event.currentTarget.value as KeySort })}>
							<For each={KEY_SORTS}>{(sort) => <option value={sort}>{t().keys.sorts[sort]}</option>}</For>
						</select>
					</label>
					<Segmented
						label={t().keys.environment}
						value={filters().environment}
						options={ENVIRONMENTS.map((value) => ({ value, label: t().keys.environments[value] }))}
						onChange={(environment) => change({ environment })}
					/>
				</div>
			</div>
			<Show when={filters().creator}>
				<div class={styles.behind}>
					<Notice tone="calm">
						{t().keys.ofOneMember} <Button onClick={() => change({ creator: "" })}>{t().keys.ofAnyone}</Button>
					</Notice>
				</div>
			</Show>
			<Show when={filters().pepper === "previous"}>
				<div class={styles.behind}>
					<Notice tone="calm">
						{t().keys.ofPreviousPepper} <Button onClick={() => change({ pepper: "any" })}>{t().keys.ofAnyone}</Button>
					</Notice>
				</div>
			</Show>
			<div role="status">
				<Show when={dataOf(list)?.pages.at(-1)?.counts_behind}>
					<div class={styles.behind}>
						<Notice tone="calm">{t().keys.countsBehind}</Notice>
					</div>
				</Show>
			</div>
			<p role="status" class="visually-hidden">
				{announcement()}
			</p>
			<Show when={params.job || (dataOf(jobs)?.length ?? 0) > 0}>
				<ErrorBoundary fallback={null}>
					<Suspense>
						<JobNotices />
					</Suspense>
				</ErrorBoundary>
			</Show>
			<Switch>
				<Match when={pastedIds().length > 0}>
					<FoundKeys
						ids={pastedIds()}
						environment={filters().environment}
						selected={new Set(selected().keys())}
						onSelect={select}
					/>
				</Match>
				<Match when={problem()}>
					{(found) => (
						<ProblemPanel title={t().keys.loadFailed} problem={found()} onRetry={() => void list.refetch()} />
					)}
				</Match>
				<Match when={list.isPending}>
					<KeyTableSkeleton />
				</Match>
				<Match when={keys().length > 0}>
					<div role="status">
						<Show when={list.isRefetchError && !list.isFetchNextPageError}>
							<div class={styles.more}>
								{t().keys.refreshFailed}
								<Button onClick={() => void list.refetch()}>{t().common.tryAgain}</Button>
							</div>
						</Show>
					</div>
					<OtherEnvironment keys={keys()} environment={filters().environment} />
					<KeyTable
						keys={keys()}
						stale={list.isPlaceholderData}
						total={total()}
						sort={filters().sort}
						onSort={(sort) => change({ sort })}
						selected={new Set(selected().keys())}
						onSelect={select}
						onEnd={() => {
							if (list.hasNextPage && !list.isFetching && !list.isError) void list.fetchNextPage();
						}}
					/>
					<TableFooter
						status={
							<Show when={!list.isFetchNextPageError} fallback={t().keys.moreFailed}>
								{list.isFetchingNextPage ? t().keys.loadingMore : ""}
							</Show>
						}
					>
						<Show when={list.isFetchNextPageError}>
							<Button onClick={() => void list.fetchNextPage()}>{t().common.tryAgain}</Button>
						</Show>
					</TableFooter>
				</Match>
				<Match when={true}>
					<EmptyList filters={filters()} onChange={change} />
				</Match>
			</Switch>
			<SelectionBar selected={[...selected().values()]} onClear={() => setSelected(new Map())} />
		</>
	);
}
