import { A, useNavigate, useParams } from "@solidjs/router";
import { type QueryClient, useQuery, useQueryClient } from "@tanstack/solid-query";
import { createMemo, createSignal, type JSX, Match, Show, Switch } from "solid-js";
import { unwrap } from "solid-js/store";
import { isPassing, type Problem, problemOf, problemText } from "../api/problem.ts";
import { ProblemPanel } from "../api/problem-view.tsx";
import { dataOf, keyQuery, loadProblem } from "../api/queries.ts";
import type { ApiKey, KeyList } from "../api/types.ts";
import { AuditTrail } from "../features/audit/audit-trail.tsx";
import { HourMeter } from "../features/keys/detail/hour-meter.tsx";
import { KeyFacts, KeyFactsSkeleton } from "../features/keys/detail/key-facts.tsx";
import { RecentCallers } from "../features/keys/detail/recent-callers.tsx";
import { useKeyActions } from "../features/keys/key-actions.ts";
import { KeyActionsProvider } from "../features/keys/key-actions-provider.tsx";
import { hasEnded, isRotating, type KeyState, keyHint, keyState } from "../features/keys/key-state.ts";
import { StatusBadge } from "../features/keys/status-badge.tsx";
import { UsagePanel } from "../features/usage/usage-panel.tsx";
import { t } from "../i18n/index.ts";
import { notifyModuleMissing } from "../load-module.ts";
import { lastListPath, paths } from "../paths.ts";
import { useTitle } from "../shell/shell.tsx";
import { useNow } from "../time.tsx";
import { Button, LinkButton } from "../ui/button.tsx";
import { Icon } from "../ui/icon.tsx";
import { Menu } from "../ui/menu.tsx";
import type { MenuItem } from "../ui/open-menu.tsx";
import { EmptyState, Notice, Skeleton } from "../ui/states.tsx";
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
					<Show when={apiKey()} fallback={<HeaderSkeleton />}>
						{(key) => <Header apiKey={key()} state={state() ?? "active"} onDelete={() => setDeleted(true)} />}
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

function Back() {
	return (
		<A href={lastListPath()} class={styles.back}>
			<Icon name="back" />
			{t().keys.title}
		</A>
	);
}

type Kind = "edit" | "revoke" | "delete";

function Header(props: { apiKey: ApiKey; state: KeyState; onDelete: () => void }) {
	const actions = useKeyActions();
	const navigate = useNavigate();
	let heading: HTMLHeadingElement | undefined;
	let buttons: HTMLDivElement | undefined;
	const start = (kind: Kind, from: () => HTMLElement | null | undefined) => {
		let done = false;
		actions.start({
			kind,
			// A copy, so that a refetch does not change what the person reads or edits in the dialog.
			keys: [structuredClone(unwrap(props.apiKey))],
			onDone: () => {
				done = true;
				if (kind !== "delete") return;
				props.onDelete();
				navigate(lastListPath());
			},
			// The button is gone if the key has ended, and the screen is gone if it was deleted.
			returnFocusTo: () => {
				if (!done || kind === "edit") return from();
				return kind === "revoke" ? heading : document.getElementById("content");
			},
		});
	};
	const startFrom = (kind: Kind) => (event: MouseEvent & { currentTarget: HTMLElement }) => {
		const button = event.currentTarget;
		start(kind, () => button);
	};
	const fromMenu = (kind: Kind) => () => start(kind, () => buttons?.querySelector<HTMLElement>("[aria-haspopup]"));
	// A revoked key cannot be changed. An expired key works again with a later expiry.
	const isFinal = () => props.state === "revoked";
	const items = (): MenuItem[] => [
		{ label: t().keys.revoke, danger: true, onSelect: fromMenu("revoke") },
		{ label: t().keys.delete, danger: true, onSelect: fromMenu("delete") },
	];
	return (
		<header class={styles.header}>
			<Back />
			<div class={styles.line}>
				<div class={styles.names}>
					<h1 ref={heading} tabindex="-1">
						{props.apiKey.name}
					</h1>
					<p class={styles.marks}>
						<StatusBadge state={props.state} />
						<span>{t().keys.environments[props.apiKey.environment]}</span>
						<code>{keyHint(props.apiKey)}</code>
					</p>
				</div>
				<div class={styles.buttons} ref={buttons}>
					<Show when={!isFinal()}>
						<Button onClick={startFrom("edit")}>{t().keys.edit}</Button>
						<Show when={!hasEnded(props.state)}>
							<LinkButton
								href={paths.rotateKey(props.apiKey.id)}
								variant={isRotating(props.apiKey) ? "primary" : "secondary"}
							>
								{isRotating(props.apiKey) ? t().keys.resumeRotation : t().keys.rotate}
							</LinkButton>
						</Show>
						<Button class={`${styles.ending} ${styles.roomy}`} onClick={startFrom("revoke")}>
							{t().keys.revoke}
						</Button>
					</Show>
					<Button class={isFinal() ? styles.ending : `${styles.ending} ${styles.roomy}`} onClick={startFrom("delete")}>
						{t().keys.delete}
					</Button>
					<Show when={!isFinal()}>
						<span class={styles.narrow}>
							<Menu label={t().keys.actionsFor(props.apiKey.name)} items={items} onLoadError={notifyModuleMissing} />
						</span>
					</Show>
				</div>
			</div>
		</header>
	);
}

function HeaderSkeleton() {
	return (
		<header class={styles.header}>
			<Back />
			<div class={styles.line}>
				<div class={styles.names}>
					<h1 aria-label={t().key.title}>
						<Skeleton width="240px" height="20px" />
					</h1>
					<p class={styles.marks}>
						<Skeleton width="200px" />
					</p>
				</div>
				<div class={styles.buttons} />
			</div>
		</header>
	);
}

/** The frame of the screen without a key. */
function WithoutKey(props: { children: JSX.Element }) {
	return (
		<div class={styles.page}>
			<header class={styles.header}>
				<Back />
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
					<div class={styles.choices}>
						<LinkButton href={paths.keys}>{t().key.unknown.list}</LinkButton>
						<LinkButton variant="quiet" href={paths.auditLogOf({ key_id: props.id })}>
							{t().key.unknown.log}
						</LinkButton>
					</div>
				}
			>
				<p>{t().key.unknown.text}</p>
			</EmptyState>
		</WithoutKey>
	);
}
