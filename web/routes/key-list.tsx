import { useLocation, useSearchParams } from "@solidjs/router";
import { useInfiniteQuery } from "@tanstack/solid-query";
import { createEffect, createMemo, createSignal, For, Match, on, Show, Switch } from "solid-js";
import { unwrap } from "solid-js/store";
import { ENVIRONMENTS, KEY_SORTS, type KeySort } from "../../db/enums.ts";
import { type Problem, UNREACHABLE } from "../api/problem.ts";
import { ProblemPanel } from "../api/problem-view.tsx";
import { dataOf, keyListQuery, loadProblem } from "../api/queries.ts";
import type { ListedKey } from "../api/types.ts";
import { JobNotices } from "../features/jobs/job-notices.tsx";
import { KeyActionsProvider } from "../features/keys/key-actions-provider.tsx";
import { FoundKeys, OtherEnvironment } from "../features/keys/list/found-keys.tsx";
import { KeyTable, KeyTableSkeleton } from "../features/keys/list/key-table.tsx";
import {
	changeTo,
	filtersOf,
	LIST_TABS,
	type ListFilters,
	type ListTab,
	paramsOf,
	queryOf,
} from "../features/keys/list/list-filters.ts";
import { SearchBox } from "../features/keys/list/search-box.tsx";
import { SelectionBar } from "../features/keys/list/selection-bar.tsx";
import { formatNumber } from "../i18n/format.ts";
import { t } from "../i18n/index.ts";
import { keyIdsIn } from "../key-secret.ts";
import { paths, rememberListPath } from "../paths.ts";
import { useTitle } from "../shell/shell.tsx";
import { Button, LinkButton } from "../ui/button.tsx";
import { TableFooter } from "../ui/data-table.tsx";
import { Segmented } from "../ui/field.tsx";
import { EmptyState, Notice, Skeleton } from "../ui/states.tsx";
import styles from "./key-list.module.css";

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
	const problem = (): Problem | null => {
		// The rows of other filters don't match these, so being offline is a problem here, too.
		return loadProblem(list) ?? (list.isPlaceholderData && list.fetchStatus === "paused" ? UNREACHABLE : null);
	};
	// Unwrapped, because tracking every field of thousands of keys takes longer than drawing them.
	const keys = createMemo(() => unwrap(dataOf(list))?.pages.flatMap((page) => page.items) ?? []);
	const counts = () => dataOf(list)?.pages.at(-1)?.counts;
	const countOf = (tab: ListTab): number | undefined => {
		const known = counts();
		if (!known) return undefined;
		if (tab === "rotating" || tab === "imported") return undefined;
		if (tab === "all") return known.active + known.expired + known.revoked;
		return tab === "expiring" ? known.expiring_soon : known[tab];
	};
	/** The service stops counting after a maximum. */
	const isCapped = () => dataOf(list)?.pages.at(-1)?.counts_capped === true;
	const countText = (tab: ListTab) => formatNumber(countOf(tab) ?? 0) + (isCapped() ? "+" : "");
	const isNarrowed = () => filters().search.trim() !== "" || filters().tab !== "all";
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
				<nav class={styles.tabs} aria-label={t().keys.tabsLabel}>
					<For each={LIST_TABS}>
						{(tab) => (
							<button
								type="button"
								class={styles.tab}
								aria-current={filters().tab === tab ? "page" : undefined}
								onClick={() => change(changeTo(tab))}
							>
								{t().keys.tabs[tab]}
								{/* The service counts neither rotations nor imported keys nor the keys of a pasted text. */}
								<Show when={tab !== "rotating" && tab !== "imported" && pastedIds().length === 0}>
									<span class={styles.count}>
										<Show when={countOf(tab) !== undefined} fallback={<Skeleton width="16px" />}>
											{countText(tab)}
										</Show>
									</span>
								</Show>
							</button>
						)}
					</For>
				</nav>
				<div class={styles.controls}>
					<label class={styles.sort}>
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
			<div role="status">
				<Show when={dataOf(list)?.pages.at(-1)?.counts_behind}>
					<div class={styles.behind}>
						<Notice tone="calm">{t().keys.countsBehind}</Notice>
					</div>
				</Show>
			</div>
			<JobNotices />
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
						total={Math.max(countOf(filters().tab) ?? 0, keys().length)}
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
				<Match when={isNarrowed()}>
					<NothingFound filters={filters()} onChange={change} />
				</Match>
				<Match when={filters().environment === "test"}>
					<EmptyState
						title={t().keys.emptyTest.title}
						action={
							<LinkButton href={createHref()} variant="primary">
								{t().keys.create}
							</LinkButton>
						}
					>
						<p>{t().keys.emptyTest.text}</p>
					</EmptyState>
				</Match>
				<Match when={true}>
					<EmptyState
						title={t().keys.empty.title}
						action={
							<LinkButton href={createHref()} variant="primary">
								{t().keys.create}
							</LinkButton>
						}
					>
						<p>{t().keys.empty.text}</p>
					</EmptyState>
				</Match>
			</Switch>
			<SelectionBar selected={[...selected().values()]} onClear={() => setSelected(new Map())} />
		</>
	);
}

/** No key matches the filters. Offers to clear them or to look in the other environment. */
function NothingFound(props: { filters: ListFilters; onChange: (changed: Partial<ListFilters>) => void }) {
	const other = () => (props.filters.environment === "live" ? "test" : "live");
	return (
		<EmptyState
			title={t().keys.nothing.title}
			action={
				<div class={styles.buttons}>
					<Button onClick={() => props.onChange({ search: "", tab: "all" })}>{t().keys.nothing.clear}</Button>
					<Button variant="quiet" onClick={() => props.onChange({ environment: other() })}>
						{t().keys.nothing.otherEnvironment[other()]}
					</Button>
				</div>
			}
		>
			<p>
				{props.filters.search.trim() ? t().keys.nothing.search(props.filters.search.trim()) : t().keys.nothing.filter}
			</p>
		</EmptyState>
	);
}
