import { useSearchParams } from "@solidjs/router";
import { useQuery } from "@tanstack/solid-query";
import { createMemo, createSignal, ErrorBoundary, For, lazy, Match, Show, Suspense, Switch } from "solid-js";
import { ProblemPanel } from "../../api/problem-view.tsx";
import { dataOf, loadProblem, usageQuery } from "../../api/queries.ts";
import type { Bucket } from "../../api/types.ts";
import { formatNumber } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import { isShortcut } from "../../shortcut.ts";
import { useNow } from "../../time.tsx";
import { Button } from "../../ui/button.tsx";
import { Segmented } from "../../ui/field.tsx";
import { Skeleton } from "../../ui/states.tsx";
import { limitFits, OUTCOMES, type Outcome } from "./bars.ts";
import { isDaily } from "./bucket-time.ts";
import { OutcomeMark } from "./outcome-style.tsx";
import styles from "./usage-panel.module.css";
import { rangeOf, USAGE_RANGES, usageSince } from "./usage-range.ts";
import { UsageTable } from "./usage-table.tsx";

// The chart library is most of this screen's code, and the rest of the screen should not wait for it.
const UsageChart = lazy(() => import("./usage-chart.tsx"));

/** How often the current hour or day is refetched. */
const REFRESH_MS = 30_000;

/** Requests of one key over time, by outcome. `rateLimit` is per hour, undefined until loaded. */
export function UsagePanel(props: { keyId: string; rateLimit: number | undefined }) {
	const [params, setParams] = useSearchParams<{ range: string }>();
	const now = useNow();
	const range = () => rangeOf(params.range);
	const from = createMemo(() => usageSince(range(), now()).from);
	const usage = useQuery(() => ({
		...usageQuery({ id: props.keyId, from: from(), granularity: usageSince(range(), now()).granularity }),
		// If nothing could be loaded, the screen has a button to retry.
		refetchInterval: ({ state }) => (state.data === undefined ? false : REFRESH_MS),
		// The old bars stay until those of another range have loaded.
		placeholderData: (previous) => previous,
	}));
	const known = () => dataOf(usage);
	const buckets = (): readonly Bucket[] => known()?.buckets ?? [];
	/** Length of the shown buckets. For a moment these may still be those of the previous range. */
	const size = () => {
		const [first, second] = buckets();
		return first && second ? Date.parse(second.start) - Date.parse(first.start) : 0;
	};

	const [shown, setShown] = createSignal<ReadonlySet<Outcome>>(new Set(OUTCOMES));
	const toggle = (outcome: Outcome) => {
		const next = new Set(shown());
		if (!next.delete(outcome)) next.add(outcome);
		setShown(next);
	};

	// Until the person chooses, the limit is drawn if the bars stay readable.
	const [limitWanted, setLimitWanted] = createSignal<boolean | null>(null);
	const hourlyLimit = () => (isDaily(size()) ? undefined : props.rateLimit);
	const limit = createMemo(() => {
		const perHour = hourlyLimit();
		if (perHour === undefined) return null;
		return (limitWanted() ?? limitFits(buckets(), perHour)) ? perHour : null;
	});

	let view: HTMLDivElement | undefined;
	const [asTable, setAsTable] = createSignal(false);
	const onKeyDown = (event: KeyboardEvent) => {
		if (!isShortcut(event, "t")) return;
		event.preventDefault();
		// If the focus was in the chart, it moves to the table, and back.
		const reading = view?.contains(document.activeElement);
		setAsTable(!asTable());
		if (reading) view?.querySelector<HTMLElement>('[tabindex="0"]')?.focus();
	};
	const isEmpty = () => buckets().every((bucket) => OUTCOMES.every((outcome) => bucket[outcome] === 0));

	return (
		<section class={styles.panel} aria-labelledby="requests-title" onKeyDown={onKeyDown}>
			<header class={styles.head}>
				<h2 id="requests-title">{t().key.requests.title}</h2>
				<Segmented
					label={t().key.requests.range}
					value={range()}
					options={USAGE_RANGES.map((value) => ({ value, label: t().key.requests.ranges[value] }))}
					onChange={(chosen) => setParams({ range: chosen === "24h" ? undefined : chosen }, { replace: true })}
				/>
			</header>
			<div class={styles.legend}>
				<fieldset class={styles.marks}>
					<legend class="visually-hidden">{t().key.requests.legend}</legend>
					<For each={OUTCOMES}>
						{(outcome) => (
							<button
								type="button"
								class={styles.entry}
								aria-pressed={shown().has(outcome)}
								onClick={() => toggle(outcome)}
							>
								<OutcomeMark outcome={outcome} />
								<span class={styles.outcome}>{t().key.requests.outcomes[outcome]}</span>
								<span class={styles.total}>
									<Show when={known()} fallback={<Skeleton width="24px" />}>
										{formatNumber(known()?.totals[outcome] ?? 0)}
									</Show>
								</span>
							</button>
						)}
					</For>
					<Show when={hourlyLimit()}>
						{(perHour) => (
							<button
								type="button"
								class={styles.entry}
								aria-pressed={limit() !== null}
								onClick={() => setLimitWanted(limit() === null)}
							>
								<svg class={styles.line} width="14" height="10" viewBox="0 0 14 10" aria-hidden="true">
									<path d="M0 5h14" />
								</svg>
								<span>{t().key.requests.limit(formatNumber(perHour()))}</span>
							</button>
						)}
					</Show>
				</fieldset>
				<Show when={isDaily(size())}>
					<span class="secondary">{t().key.requests.utcDays}</span>
				</Show>
				<Button variant="quiet" aria-keyshortcuts="t" onClick={() => setAsTable(!asTable())}>
					{asTable() ? t().key.requests.asChart : t().key.requests.asTable}
				</Button>
			</div>
			<div
				class={styles.view}
				ref={view}
				data-stale={usage.isPlaceholderData}
				aria-busy={usage.isPending || usage.isPlaceholderData}
			>
				<Switch>
					<Match when={loadProblem(usage)}>
						{(problem) => (
							<ProblemPanel
								title={t().key.requests.loadFailed}
								problem={problem()}
								onRetry={() => void usage.refetch()}
							/>
						)}
					</Match>
					<Match when={buckets().length === 0}>
						<Skeleton height="240px" />
					</Match>
					<Match when={asTable()}>
						<UsageTable buckets={buckets()} size={size()} />
					</Match>
					<Match when={true}>
						{/* If the chart cannot be loaded, show the table. */}
						<ErrorBoundary fallback={<UsageTable buckets={buckets()} size={size()} />}>
							<Suspense fallback={<Skeleton height="240px" />}>
								<UsageChart buckets={buckets()} size={size()} shown={shown()} limit={limit()} />
							</Suspense>
						</ErrorBoundary>
						<Show when={isEmpty()}>
							<p class={styles.empty}>
								<span>{t().key.requests.nothing}</span>
							</p>
						</Show>
					</Match>
				</Switch>
			</div>
		</section>
	);
}
