import { useSearchParams } from "@solidjs/router";
import { useQuery } from "@tanstack/solid-query";
import { createMemo, createSignal, ErrorBoundary, For, lazy, Match, Show, Suspense, Switch } from "solid-js";
import { loaded } from "../../api/loaded.ts";
import { problemOf } from "../../api/problem.ts";
import { usageQuery } from "../../api/queries.ts";
import { formatNumber } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import { useNow } from "../../now.ts";
import { isShortcut } from "../../shell/shortcuts.tsx";
import { Button } from "../../ui/button.tsx";
import { Segmented } from "../../ui/field.tsx";
import { ProblemPanel, Skeleton } from "../../ui/states.tsx";
import { type Bucket, limitFits, OUTCOMES, type Outcome } from "./bars.ts";
import { isDaily } from "./bucket-time.ts";
import { OutcomeMark } from "./outcome-mark.tsx";
import styles from "./usage-panel.module.css";
import { askFor, rangeOf, USAGE_RANGES } from "./usage-range.ts";
import { UsageTable } from "./usage-table.tsx";

// Charts are most of this screen's weight, and the rest of it need not wait for them.
const UsageChart = lazy(() => import("./usage-chart.tsx"));

/** How often the running bucket is looked at again. */
const REFRESH_MS = 30_000;

/** Requests of one key over time, by what became of them. `rateLimit` is per hour, undefined until it is known. */
export function UsagePanel(props: { keyId: string; rateLimit: number | undefined }) {
	const [params, setParams] = useSearchParams<{ range: string }>();
	const now = useNow();
	const range = () => rangeOf(params.range);
	const from = createMemo(() => askFor(range(), now()).from);
	const usage = useQuery(() => ({
		...usageQuery({ id: props.keyId, from: from(), granularity: askFor(range(), now()).granularity }),
		// Where there is nothing on the screen but the problem, people try again themselves.
		refetchInterval: ({ state }) => (state.data === undefined ? false : REFRESH_MS),
		// Another span: the old bars stay until the new ones are there.
		placeholderData: (previous) => previous,
	}));
	const known = () => loaded(usage);
	const buckets = (): readonly Bucket[] => known()?.buckets ?? [];
	/** Length of what is shown, which for a moment may be the span from before. */
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

	// Until somebody says otherwise, the limit is drawn where it leaves the bars readable.
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
		// Whoever reads the one goes on in the other.
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
					<Match when={usage.isError && buckets().length === 0}>
						<ProblemPanel
							title={t().key.requests.loadFailed}
							problem={problemOf(usage.error)}
							onRetry={() => void usage.refetch()}
						/>
					</Match>
					<Match when={buckets().length === 0}>
						<Skeleton height="240px" />
					</Match>
					<Match when={asTable()}>
						<UsageTable buckets={buckets()} size={size()} />
					</Match>
					<Match when={true}>
						{/* What cannot be drawn can be read. */}
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
