/** The colours of the page for a canvas, which knows neither custom properties nor `light-dark()`. */
import { type Accessor, createMemo, createSignal, onCleanup } from "solid-js";
import { theme } from "../../preferences.ts";
import type { Outcome } from "./bars.ts";

type Fill = CanvasRenderingContext2D["fillStyle"];

export interface Ink {
	fills: Record<Outcome, Fill>;
	edges: Record<Outcome, string>;
	line: string;
	text: string;
	/** Family of the page's text. */
	font: string;
}

/** A tile of the stripes, in CSS pixels. */
const TILE = 6;

/** The colours as they are now, anew with every change of the theme. `host` has to be in the page. */
export function useInk(host: () => HTMLElement): Accessor<Ink> {
	const dark = matchMedia("(prefers-color-scheme: dark)");
	const [system, setSystem] = createSignal(dark.matches);
	const follow = () => setSystem(dark.matches);
	dark.addEventListener("change", follow);
	onCleanup(() => dark.removeEventListener("change", follow));
	return createMemo(() => {
		theme();
		system();
		return inkOf(host());
	});
}

function inkOf(host: HTMLElement): Ink {
	const probe = document.createElement("span");
	host.append(probe);
	const colour = (token: string) => {
		probe.style.color = `var(--${token})`;
		return getComputedStyle(probe).color;
	};
	const [allowed, limited, denied] = [colour("active"), colour("limited"), colour("revoked")];
	const ink: Ink = {
		// Full, striped, hollow: told apart without their colours.
		fills: { allowed, rate_limited: stripes(limited, colour("limited-ground")), denied: colour("revoked-ground") },
		edges: { allowed, rate_limited: limited, denied },
		line: colour("line"),
		text: colour("text-secondary"),
		font: getComputedStyle(host).fontFamily,
	};
	probe.remove();
	return ink;
}

/** Diagonal stripes as fine as the screen can show them. The plain colour where a canvas cannot be had. */
function stripes(colour: string, ground: string): Fill {
	const tile = document.createElement("canvas");
	const size = Math.round(TILE * devicePixelRatio);
	tile.width = size;
	tile.height = size;
	const brush = tile.getContext("2d");
	if (!brush) return colour;
	brush.fillStyle = ground;
	brush.fillRect(0, 0, size, size);
	brush.strokeStyle = colour;
	brush.lineWidth = size / 2.2;
	// One stripe, and the corners of its neighbours.
	for (const shift of [-size, 0, size]) {
		brush.moveTo(shift - size, size * 2);
		brush.lineTo(shift + size * 2, -size);
	}
	brush.stroke();
	return brush.createPattern(tile, "repeat") ?? colour;
}
