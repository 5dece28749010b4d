/** How the outcomes of requests look: as marks in HTML and as colours on a canvas. */
import { type Accessor, createMemo, createSignal, onCleanup } from "solid-js";
import { theme } from "../../preferences.ts";
import type { Outcome } from "./bars.ts";
import styles from "./outcome-style.module.css";

/** The mark of an outcome: full, striped or hollow, as in the bars. */
export function OutcomeMark(props: { outcome: Outcome }) {
	return (
		<svg class={styles.mark} data-outcome={props.outcome} width="10" height="10" viewBox="0 0 10 10" aria-hidden="true">
			<rect class={styles.ground} x="0.5" y="0.5" width="9" height="9" rx="1.5" />
			<path class={styles.stripes} d="M0.8 5.2 5.2 0.8M0.8 9.2 9.2 0.8M4.8 9.2 9.2 4.8" />
		</svg>
	);
}

type Fill = CanvasRenderingContext2D["fillStyle"];

/** Colours for a canvas, which supports neither custom properties nor `light-dark()`. */
export interface ChartColors {
	fills: Record<Outcome, Fill>;
	edges: Record<Outcome, string>;
	line: string;
	text: string;
	/** Font family of the page. */
	font: string;
}

/** Size of the striped pattern, in CSS pixels. */
const TILE = 6;

/** The current colours; they change with the theme. `host` must be in the document. */
export function useChartColors(host: () => HTMLElement): Accessor<ChartColors> {
	const dark = matchMedia("(prefers-color-scheme: dark)");
	const [system, setSystem] = createSignal(dark.matches);
	const follow = () => setSystem(dark.matches);
	dark.addEventListener("change", follow);
	onCleanup(() => dark.removeEventListener("change", follow));
	return createMemo(() => {
		theme();
		system();
		return colorsOf(host());
	});
}

function colorsOf(host: HTMLElement): ChartColors {
	const probe = document.createElement("span");
	host.append(probe);
	const color = (token: string) => {
		probe.style.color = `var(--${token})`;
		return getComputedStyle(probe).color;
	};
	const [allowed, limited, denied] = [color("active"), color("limited"), color("revoked")];
	const colors: ChartColors = {
		// Full, striped and hollow, so that they differ without colour.
		fills: { allowed, rate_limited: stripes(limited, color("limited-ground")), denied: color("revoked-ground") },
		edges: { allowed, rate_limited: limited, denied },
		line: color("line"),
		text: color("text-secondary"),
		font: getComputedStyle(host).fontFamily,
	};
	probe.remove();
	return colors;
}

/** Diagonal stripes at the resolution of the screen. A plain colour if there is no 2D canvas. */
function stripes(color: string, ground: string): Fill {
	const tile = document.createElement("canvas");
	const size = Math.round(TILE * devicePixelRatio);
	tile.width = size;
	tile.height = size;
	const brush = tile.getContext("2d");
	if (!brush) return color;
	brush.fillStyle = ground;
	brush.fillRect(0, 0, size, size);
	brush.strokeStyle = color;
	brush.lineWidth = size / 2.2;
	// One stripe and the corners of the stripes beside it.
	for (const shift of [-size, 0, size]) {
		brush.moveTo(shift - size, size * 2);
		brush.lineTo(shift + size * 2, -size);
	}
	brush.stroke();
	return brush.createPattern(tile, "repeat") ?? color;
}
