import { createEffect, createMemo, createSignal, For, on, onCleanup, onMount, Show } from "solid-js";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Bucket } from "../../api/types.ts";
import { formatNumber } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import { axisLabels } from "./axis-labels.ts";
import { heightOf, marksOf, OUTCOMES, type Outcome, scaleFor, stack } from "./bars.ts";
import { bucketLabel, isDaily } from "./bucket-time.ts";
import { bandOf, HEIGHT, PLOT_HEIGHT, plotOptions, plotWidth, tipOf } from "./chart-plot.ts";
import { OutcomeMark, useChartColors } from "./outcome-style.tsx";
import styles from "./usage-chart.module.css";

/** Minimum height of a part of a bar. */
const LEAST_PX = 2;

interface UsageChartProps {
	/** Without gaps, oldest first; the last one is still counting. At least one. */
	buckets: readonly Bucket[];
	/** Length of a bucket in milliseconds. */
	size: number;
	shown: ReadonlySet<Outcome>;
	/** Height of the limit line; null: no line. */
	limit: number | null;
}

/**
 * Bars of requests over time. For keyboards and screen readers it is a slider along the bars: arrow keys move from bar to
 * bar, and its value text is what the bar shows. A slider, because every screen reader passes arrow keys on to it.
 */
export default function UsageChart(props: UsageChartProps) {
	let canvas: HTMLDivElement | undefined;
	let plot: uPlot | undefined;
	const [width, setWidth] = createSignal(0);
	const [hovered, setHovered] = createSignal<number | null>(null);
	const [focused, setFocused] = createSignal<number | null>(null);

	const last = () => props.buckets.length - 1;
	const at = () => {
		const index = hovered() ?? focused();
		return index === null ? null : Math.min(index, last());
	};
	const value = () => Math.min(at() ?? last(), last());

	const starts = createMemo(() => props.buckets.map(({ start }) => Date.parse(start)));
	const drawing = createMemo(() => {
		const most = Math.max(0, ...props.buckets.map((bucket) => heightOf(bucket, props.shown)));
		const scale = scaleFor(Math.max(most, props.limit ?? 0));
		const first = starts()[0] ?? 0;
		return {
			scale,
			marks: marksOf(scale),
			stack: stack(props.buckets, props.shown, (scale.top * LEAST_PX) / PLOT_HEIGHT),
			first,
			end: first + starts().length * props.size,
			labels: axisLabels(starts(), props.size, plotWidth(width())),
			centres: starts().map((start) => start + props.size / 2),
			limit: props.limit,
		};
	});
	const data = (): uPlot.AlignedData => {
		const { centres, stack } = drawing();
		return [centres, ...OUTCOMES.map((outcome) => stack[outcome].to)];
	};

	onMount(() => {
		const host = canvas;
		if (!host) return;
		const colors = useChartColors(() => host);
		setWidth(host.clientWidth);
		plot = new uPlot(plotOptions({ width: width(), colors, drawing, onHover: setHovered }), data(), host);
		const observer = new ResizeObserver(() => setWidth(host.clientWidth));
		observer.observe(host);
		createEffect(on(width, (width) => plot?.setSize({ width, height: HEIGHT }), { defer: true }));
		createEffect(on(drawing, () => plot?.setData(data()), { defer: true }));
		createEffect(on(colors, () => plot?.redraw(false, true), { defer: true }));
		onCleanup(() => {
			observer.disconnect();
			plot?.destroy();
		});
	});

	/** Bars that Page Up and Page Down skip: a quarter of a day, a day or a week. */
	const pageSize = () => (isDaily(props.size) ? 7 : props.buckets.length > 48 ? 24 : 6);
	const onKeyDown = (event: KeyboardEvent) => {
		if (event.ctrlKey || event.metaKey || event.altKey) return;
		if (event.key === "Escape" && at() !== null) {
			setHovered(null);
			setFocused(null);
			event.preventDefault();
			return;
		}
		const next = moved(event.key, value(), pageSize());
		if (next === null) return;
		event.preventDefault();
		setHovered(null);
		setFocused(Math.max(0, Math.min(last(), next)));
	};

	return (
		<div
			class={styles.chart}
			role="slider"
			tabIndex={0}
			aria-label={isDaily(props.size) ? t().key.requests.perDay : t().key.requests.perHour}
			aria-description={t().key.requests.keysHint}
			aria-orientation="horizontal"
			aria-valuemin={0}
			aria-valuemax={last()}
			aria-valuenow={value()}
			aria-valuetext={sentenceOf(props.buckets[value()], props.size, value() === last())}
			onKeyDown={onKeyDown}
			// Only by keyboard. With a mouse, the tooltip of the hovered bar is shown already.
			onFocus={(event) => event.currentTarget.matches(":focus-visible") && setFocused(last())}
			onBlur={() => setFocused(null)}
		>
			<Show when={at() !== null}>
				<div class={styles.band} style={bandOf(value(), props.buckets.length, width())} />
			</Show>
			<div class={styles.canvas} ref={canvas} aria-hidden="true" />
			<Show when={at() !== null ? props.buckets[value()] : undefined}>
				{(bucket) => (
					<div
						class={styles.tip}
						style={tipOf(value(), props.buckets.length, width())}
						data-side={value() < props.buckets.length / 2 ? "right" : "left"}
						aria-hidden="true"
					>
						<p class={styles.when}>{whenOf(bucket(), props.size, value() === last())}</p>
						<For each={OUTCOMES}>
							{(outcome) => (
								<p class={styles.count}>
									<OutcomeMark outcome={outcome} />
									<span>{t().key.requests.outcomes[outcome]}</span>
									<span class="number">{formatNumber(bucket()[outcome])}</span>
								</p>
							)}
						</For>
					</div>
				)}
			</Show>
		</div>
	);
}

/** The bar that a keyboard key moves to from `index`. Null for other keys. */
function moved(key: string, index: number, pageSize: number): number | null {
	switch (key) {
		case "ArrowLeft":
		case "ArrowDown":
			return index - 1;
		case "ArrowRight":
		case "ArrowUp":
			return index + 1;
		case "PageDown":
			return index - pageSize;
		case "PageUp":
			return index + pageSize;
		case "Home":
			return 0;
		case "End":
			return Number.POSITIVE_INFINITY;
		default:
			return null;
	}
}

function whenOf(bucket: Bucket, size: number, running: boolean): string {
	const label = bucketLabel(Date.parse(bucket.start), size);
	return running ? t().key.requests.soFar(label) : label;
}

/** The numbers of a bar as a sentence for screen readers. */
function sentenceOf(bucket: Bucket | undefined, size: number, running: boolean): string {
	if (!bucket) return t().key.requests.nothing;
	const counts = OUTCOMES.map((outcome) => t().key.requests.counted[outcome](formatNumber(bucket[outcome])));
	return `${whenOf(bucket, size, running)}: ${counts.join(", ")}`;
}
