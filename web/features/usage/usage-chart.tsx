import { createEffect, createMemo, createSignal, For, on, onCleanup, onMount, Show } from "solid-js";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { Bucket } from "../../api/types.ts";
import { formatCompact, formatNumber } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import { axisLabels } from "./axis-labels.ts";
import { heightOf, marksOf, OUTCOMES, type Outcome, scaleFor, stack } from "./bars.ts";
import { bucketLabel, isDaily } from "./bucket-time.ts";
import { type ChartColors, OutcomeMark, useChartColors } from "./outcome-style.tsx";
import styles from "./usage-chart.module.css";

/** In CSS pixels; the height is also that of the box in the style sheet. */
const HEIGHT = 240;
const AXIS_X = 28;
const AXIS_Y = 48;
const PADDING_TOP = 8;
const PADDING_RIGHT = 16;
const PLOT_HEIGHT = HEIGHT - AXIS_X - PADDING_TOP;
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
			labels: axisLabels(starts(), props.size, width() - AXIS_Y - PADDING_RIGHT),
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
		plot = new uPlot(optionsOf({ width: width(), colors, drawing, onHover: setHovered }), data(), host);
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

/** The middle of a bar, from the left edge of the chart, and its width. In CSS pixels. */
function positionOf(index: number, count: number, width: number): { middle: number; bar: number } {
	const bar = (width - AXIS_Y - PADDING_RIGHT) / count;
	return { middle: AXIS_Y + (index + 0.5) * bar, bar };
}

function bandOf(index: number, count: number, width: number) {
	const { middle, bar } = positionOf(index, count, width);
	return { left: `${middle - bar / 2}px`, width: `${bar}px` };
}

/** Beside the bar, on the side with more room. */
function tipOf(index: number, count: number, width: number) {
	const { middle, bar } = positionOf(index, count, width);
	const gap = bar / 2 + 8;
	return index < count / 2 ? { left: `${middle + gap}px` } : { right: `${width - middle + gap}px` };
}

interface Drawing {
	scale: { top: number };
	marks: number[];
	stack: ReturnType<typeof stack>;
	first: number;
	end: number;
	labels: ReturnType<typeof axisLabels>;
	limit: number | null;
}

/** uPlot draws axes and bars and reports the hovered bar. Its other mouse features are off. */
function optionsOf(about: {
	width: number;
	colors: () => ChartColors;
	drawing: () => Drawing;
	onHover: (index: number | null) => void;
}): uPlot.Options {
	const { colors, drawing } = about;
	const axis = { font: `12px ${colors().font}`, stroke: () => colors().text, border: { show: false } };
	return {
		width: about.width,
		height: HEIGHT,
		padding: [PADDING_TOP, PADDING_RIGHT, 0, 0],
		legend: { show: false },
		cursor: { x: false, y: false, points: { show: false }, drag: { x: false, y: false, setScale: false } },
		scales: {
			x: { time: false, range: () => [drawing().first, drawing().end] },
			y: { range: () => [0, drawing().scale.top] },
		},
		axes: [
			{
				...axis,
				size: AXIS_X,
				gap: 6,
				grid: { show: false },
				ticks: { size: 4, width: 1, stroke: () => colors().line },
				splits: () => drawing().labels.map(({ at }) => at),
				values: () => drawing().labels.map(({ label }) => label),
			},
			{
				...axis,
				size: AXIS_Y,
				gap: 8,
				grid: { width: 1, stroke: () => colors().line },
				ticks: { show: false },
				splits: () => drawing().marks,
				values: (_, marks) => marks.map(formatCompact),
			},
		],
		series: [{}, ...OUTCOMES.map((outcome) => seriesOf(outcome, about))],
		hooks: {
			draw: [(plot) => drawLimit(plot, drawing().limit, colors())],
			setCursor: [({ cursor }) => about.onHover((cursor.left ?? -1) < 0 ? null : (cursor.idx ?? null))],
		},
	};
}

function seriesOf(
	outcome: Outcome,
	{ colors, drawing }: { colors: () => ChartColors; drawing: () => Drawing },
): uPlot.Series {
	const part = () => drawing().stack[outcome];
	const paths = uPlot.paths.bars?.({
		size: [0.72, 48, 1],
		// Unit 1: values of the scale.
		disp: { y0: { unit: 1, values: () => part().from }, y1: { unit: 1, values: () => part().to } },
	});
	return {
		...(paths ? { paths } : {}),
		points: { show: false },
		width: outcome === "allowed" ? 0 : 1,
		fill: () => colors().fills[outcome],
		stroke: () => colors().edges[outcome],
	};
}

/** A thin line across all hours. Requests above it are rate-limited. */
function drawLimit(plot: uPlot, limit: number | null, colors: ChartColors): void {
	if (limit === null) return;
	const { ctx, bbox } = plot;
	const y = Math.round(plot.valToPos(limit, "y", true)) + 0.5;
	ctx.save();
	ctx.strokeStyle = colors.text;
	ctx.lineWidth = Math.max(1, Math.round(uPlot.pxRatio));
	ctx.setLineDash([4 * uPlot.pxRatio, 3 * uPlot.pxRatio]);
	ctx.beginPath();
	ctx.moveTo(bbox.left, y);
	ctx.lineTo(bbox.left + bbox.width, y);
	ctx.stroke();
	ctx.restore();
}
