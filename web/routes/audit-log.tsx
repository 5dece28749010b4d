import { useSearchParams } from "@solidjs/router";
import { useInfiniteQuery } from "@tanstack/solid-query";
import { createMemo, Match, Show, Switch } from "solid-js";
import { unwrap } from "solid-js/store";
import type { AuditAction } from "../../db/enums.ts";
import { ProblemPanel } from "../api/problem-view.tsx";
import { auditQuery, dataOf, loadProblem } from "../api/queries.ts";
import type { AuditEvent } from "../api/types.ts";
import { latestKeyNames, reuseKnownEvents } from "../features/audit/event-list.ts";
import { ExportButton } from "../features/audit/export-button.tsx";
import {
	filtersOf,
	isNarrowed,
	isWrongOrder,
	type LogFilters,
	NO_FILTERS,
	paramsOf,
	queryOf,
} from "../features/audit/log-filters.ts";
import { LogFiltersBar, type Person } from "../features/audit/log-filters-bar.tsx";
import { LogTable, LogTableSkeleton } from "../features/audit/log-table.tsx";
import { formatNumber } from "../i18n/format.ts";
import { t } from "../i18n/index.ts";
import { useTitle } from "../shell/shell.tsx";
import { Button } from "../ui/button.tsx";
import { TableFooter } from "../ui/data-table.tsx";
import { EmptyState } from "../ui/states.tsx";
import styles from "./audit-log.module.css";

/** The service returns at most this many events at once. */
const PAGE = 100;

/** Who did what to which key, when and from which IP address. */
export default function AuditLog() {
	const [params, setParams] = useSearchParams();
	// The texts list every action, in the order that people expect.
	const actions = createMemo(() => Object.keys(t().audit.actions) as AuditAction[]);
	const filters = createMemo(() => filtersOf(params, actions()));
	const change = (changed: Partial<LogFilters>) => setParams(paramsOf({ ...filters(), ...changed }), { replace: true });
	const log = useInfiniteQuery(() => ({
		...auditQuery(queryOf(filters()), PAGE),
		enabled: !isWrongOrder(filters()),
		// The old rows stay until those of other filters have loaded, so that nothing jumps.
		placeholderData: (previous) => previous,
	}));
	// Unwrapped, because tracking every field of every event is slow and events never change.
	const events = createMemo<AuditEvent[]>(
		(known) => reuseKnownEvents(known, unwrap(dataOf(log))?.pages.flatMap((page) => page.items) ?? []),
		[],
	);
	const names = createMemo(() => latestKeyNames(events()));
	// Everyone seen so far: after filtering by one person, the suggestions still have the others.
	const actors = createMemo<ReadonlySet<string>>(
		(seen) => new Set([...seen, ...events().map(({ actor, actor_email }) => actor_email ?? actor)]),
		new Set(),
	);
	const people = createMemo<Person[]>(() => {
		const names: Record<string, string> = { service_role: t().audit.platform, system: t().audit.system };
		return [...actors()].sort().map((actor) => ({ actor, ...(names[actor] ? { name: names[actor] } : {}) }));
	});
	const keyName = () =>
		events().find(({ key_id, key_name }) => key_id === filters().keyId && key_name !== null)?.key_name ??
		filters().keyId ??
		"";
	useTitle(() => t().audit.title);

	return (
		<>
			<header class={styles.head}>
				<div class={styles.titles}>
					<p class="secondary">{t().shell.integrations}</p>
					<h1>{t().audit.title}</h1>
				</div>
				<ExportButton filters={filters()} disabled={events().length === 0 || isWrongOrder(filters())} />
			</header>
			<LogFiltersBar filters={filters()} actions={actions()} people={people()} keyName={keyName()} onChange={change} />
			<Switch>
				<Match when={isWrongOrder(filters())}>
					<EmptyState title={t().audit.nothing.title}>
						<p>{t().audit.nothing.wrongOrder}</p>
					</EmptyState>
				</Match>
				<Match when={loadProblem(log)}>
					{(problem) => (
						<ProblemPanel title={t().audit.loadFailed} problem={problem()} onRetry={() => void log.refetch()} />
					)}
				</Match>
				<Match when={log.isPending}>
					<LogTableSkeleton />
				</Match>
				<Match when={events().length > 0}>
					<LogTable
						events={events()}
						names={names()}
						stale={log.isPlaceholderData}
						more={log.hasNextPage}
						onEnd={() => {
							if (log.hasNextPage && !log.isFetching && !log.isError) void log.fetchNextPage();
						}}
					/>
					<TableFooter
						status={
							<Show when={!log.isFetchNextPageError} fallback={t().audit.moreFailed}>
								{log.isFetchingNextPage
									? t().audit.loadingMore
									: t().audit.shown(events().length, formatNumber(events().length))}
							</Show>
						}
					>
						<Show
							when={log.hasNextPage}
							fallback={<span>{isNarrowed(filters()) ? t().audit.endFiltered : t().audit.end}</span>}
						>
							<Button busy={log.isFetchingNextPage} onClick={() => void log.fetchNextPage()}>
								{log.isFetchNextPageError ? t().common.tryAgain : t().audit.more}
							</Button>
						</Show>
					</TableFooter>
				</Match>
				<Match when={isNarrowed(filters())}>
					<EmptyState
						title={t().audit.nothing.title}
						action={<Button onClick={() => change(NO_FILTERS)}>{t().audit.filters.clear}</Button>}
					>
						<p>{t().audit.nothing.text}</p>
					</EmptyState>
				</Match>
				<Match when={true}>
					<EmptyState title={t().audit.empty.title}>
						<p>{t().audit.empty.text}</p>
					</EmptyState>
				</Match>
			</Switch>
		</>
	);
}
