import { useParams } from "@solidjs/router";
import { type QueryClient, useQuery, useQueryClient } from "@tanstack/solid-query";
import { createMemo, createSignal, type JSX, Match, Show, Switch, untrack } from "solid-js";
import { isPassing, type Problem, problemOf, problemText } from "../api/problem.ts";
import { ProblemPanel } from "../api/problem-view.tsx";
import { dataOf, keyQuery, loadProblem } from "../api/queries.ts";
import type { ApiKey, KeyList } from "../api/types.ts";
import { AuditTrail } from "../features/audit/audit-trail.tsx";
import { HourMeter } from "../features/keys/detail/hour-meter.tsx";
import { KeyFacts, KeyFactsSkeleton } from "../features/keys/detail/key-facts.tsx";
import { BackToList, KeyHeader, KeyHeaderSkeleton } from "../features/keys/detail/key-header.tsx";
import { RecentCallers } from "../features/keys/detail/recent-callers.tsx";
import { KeyActionsProvider } from "../features/keys/key-actions-provider.tsx";
import { hasEnded, keyState } from "../features/keys/key-state.ts";
import { UsePanel, UsePanelSkeleton } from "../features/keys/use/use-panel.tsx";
import { UsagePanel } from "../features/usage/usage-panel.tsx";
import { t } from "../i18n/index.ts";
import { paths } from "../paths.ts";
import { useTitle } from "../shell/shell.tsx";
import { useNow } from "../time.tsx";
import { LinkButton } from "../ui/button.tsx";
import { EmptyState, Notice } from "../ui/states.tsx";
import styles from "./key-detail.module.css";

/** How often the key is refetched while the page is visible. */
const REFETCH_MS = 3_000;

/** The screen of one API key. Keyed by id, so that a link to another key starts a new screen. */
export default function KeyDetailScreen() {
	const params = useParams<{ id: string }>();
	return (
		<KeyActionsProvider>
			<Show when={params.id} keyed>
				{(id) => <KeyDetail id={id} />}
			</Show>
		</KeyActionsProvider>
	);
}

function KeyDetail(props: { id: string }) {
	const client = useQueryClient();
	const now = useNow();
	const listed = listedKey(client, props.id);
	const [deleted, setDeleted] = createSignal(false);
	const live = useQuery(() => ({
		...keyQuery(props.id),
		enabled: !deleted(),
		refetchInterval: ({ state: { data, error } }) => {
			// If nothing could be loaded, the screen has a button to retry.
			const hasScreen = data !== undefined || listed !== undefined;
			return hasScreen && (error === null || isPassing(problemOf(error))) ? REFETCH_MS : false;
		},
		// Keep unchanged elements, since a person may be selecting text in them.
		reconcile: "id",
	}));
	const problem = () => (live.isError ? problemOf(live.error) : loadProblem(live));
	const isUnknown = () => problem()?.code === "NOT_FOUND";
	const detail = () => dataOf(live);
	const apiKey = (): ApiKey | undefined => detail() ?? listed;
	/** Otherwise an open panel would move what is below it. */
	const startsWithKey = untrack(apiKey) !== undefined;
	const state = createMemo(() => {
		const key = apiKey();
		return key && keyState(key, now());
	});
	// Stays during a retry until that has succeeded.
	const lastProblem = createMemo<Problem | null>((before) => problem() ?? (live.isPending ? before : null), null);
	const pausedBecause = () => {
		const found = lastProblem();
		return found ? t().key.hour.paused(problemText(found)) : "";
	};
	useTitle(() => apiKey()?.name ?? t().key.title);

	return (
		<Switch>
			<Match when={isUnknown()}>
				<NoSuchKey id={props.id} />
			</Match>
			<Match when={problem() && !apiKey() ? problem() : null}>
				{(found) => (
					<WithoutKey>
						<ProblemPanel title={t().key.loadFailed} problem={found()} onRetry={() => void live.refetch()} />
					</WithoutKey>
				)}
			</Match>
			<Match when={true}>
				<div class={styles.page}>
					<Show when={apiKey()} fallback={<KeyHeaderSkeleton />}>
						{(key) => <KeyHeader apiKey={key()} state={state() ?? "active"} onDelete={() => setDeleted(true)} />}
					</Show>
					<div role="status">
						<Show when={apiKey() && !detail() && problem()}>
							<Notice tone="warning">{t().key.stale}</Notice>
						</Show>
					</div>
					<section class={styles.section} aria-labelledby="facts-title">
						<h2 id="facts-title" class="visually-hidden">
							{t().key.facts.title}
						</h2>
						<Show when={apiKey()} fallback={<KeyFactsSkeleton />}>
							{(key) => <KeyFacts apiKey={key()} now={now} />}
						</Show>
					</section>
					<Show when={!hasEnded(state() ?? "active")}>
						<div class={styles.section}>
							<Show when={apiKey()} fallback={<UsePanelSkeleton />}>
								{(key) => <UsePanel apiKey={key()} open={startsWithKey && key().last_used_at === null} />}
							</Show>
						</div>
					</Show>
					<section class={styles.section} aria-labelledby="hour-title">
						<div class={styles.title}>
							<h2 id="hour-title">{t().key.hour.title}</h2>
							<p class="secondary" role="status">
								{pausedBecause()}
							</p>
						</div>
						<HourMeter hour={detail()?.current_hour} state={state()} onTurn={() => void live.refetch()} />
					</section>
					<div class={styles.section}>
						<UsagePanel keyId={props.id} rateLimit={apiKey()?.rate_limit} />
					</div>
					<section class={styles.section} aria-labelledby="callers-title">
						<h2 id="callers-title">{t().key.callers.title}</h2>
						<RecentCallers callers={detail()?.recent_callers} now={now} />
					</section>
					<section class={styles.section} aria-labelledby="trail-title">
						<h2 id="trail-title">{t().key.trail}</h2>
						<AuditTrail keyId={props.id} />
					</section>
				</div>
			</Match>
		</Switch>
	);
}

/** The key from a cached list, so that the screen has something to show at once. */
function listedKey(client: QueryClient, id: string): ApiKey | undefined {
	for (const [, data] of client.getQueriesData<{ pages: KeyList[] }>({ queryKey: ["keys", "list"] })) {
		const found = data?.pages.flatMap((page) => page.items).find((item) => item.id === id);
		if (found) return found;
	}
	return undefined;
}

/** The frame of the screen without a key. */
function WithoutKey(props: { children: JSX.Element }) {
	return (
		<div class={styles.page}>
			<header class={styles.header}>
				<BackToList />
				<h1>{t().key.title}</h1>
			</header>
			{props.children}
		</div>
	);
}

/** The key is unknown, deleted, or of another tenant; the service does not say which. Events of a deleted key are in the log. */
function NoSuchKey(props: { id: string }) {
	return (
		<WithoutKey>
			<EmptyState
				title={t().key.unknown.title}
				action={
					<>
						<LinkButton href={paths.keys}>{t().key.unknown.list}</LinkButton>
						<LinkButton variant="quiet" href={paths.auditLogOf({ key_id: props.id })}>
							{t().key.unknown.log}
						</LinkButton>
					</>
				}
			>
				<p>{t().key.unknown.text}</p>
			</EmptyState>
		</WithoutKey>
	);
}
