/** What uPlot draws, and where the bars are. */
import uPlot from "uplot";
import { formatCompact } from "../../i18n/format.ts";
import type { axisLabels } from "./axis-labels.ts";
import { OUTCOMES, type Outcome, type stack } from "./bars.ts";
import type { ChartColors } from "./outcome-style.tsx";

/** In CSS pixels; the height is also that of the box in the style sheet. */
export const HEIGHT = 240;
const AXIS_X = 28;
const AXIS_Y = 48;
const PADDING_TOP = 8;
const PADDING_RIGHT = 16;
export const PLOT_HEIGHT = HEIGHT - AXIS_X - PADDING_TOP;

/** Width of the area of the bars. */
export const plotWidth = (width: number): number => width - AXIS_Y - PADDING_RIGHT;

/** The middle of a bar, from the left edge of the chart, and its width. In CSS pixels. */
function positionOf(index: number, count: number, width: number): { middle: number; bar: number } {
	const bar = plotWidth(width) / count;
	return { middle: AXIS_Y + (index + 0.5) * bar, bar };
}

/** The highlight behind a bar. */
export function bandOf(index: number, count: number, width: number) {
	const { middle, bar } = positionOf(index, count, width);
	return { left: `${middle - bar / 2}px`, width: `${bar}px` };
}

/** The tooltip: beside the bar, on the side with more room. */
export function tipOf(index: number, count: number, width: number) {
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
export function plotOptions(about: {
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
