/** Icons of the page. Each is beside a label or inside a labelled button, so screen readers skip them. */
const PATHS = {
	key: "M9.5 6.5a3.5 3.5 0 1 1-7 0 3.5 3.5 0 0 1 7 0Zm-.8 2 5 5M11.5 11.5l1.5-1.5",
	log: "M3 4h10M3 8h10M3 12h6",
	person: "M8 8a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Zm-5 5.5c.6-2.3 2.5-3.5 5-3.5s4.4 1.2 5 3.5",
	people:
		"M6 7.5a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4Zm-4.5 5.4c.5-2.1 2.2-3.2 4.5-3.2s4 1.1 4.5 3.2M10.5 3.4a2.2 2.2 0 0 1 0 4M12 9.9c1.3.4 2.2 1.4 2.5 3",
	plus: "M8 3v10M3 8h10",
	search: "M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9Zm3.3-1.2L14 14",
	copy: "M5.5 5.5h7v7h-7zM3.5 10.5v-7h7",
	check: "m3 8.5 3.2 3.2L13 5",
	warning: "M8 2.5 14.5 13.5h-13ZM8 6.8v3M8 11.7v.1",
	back: "M10 3 5 8l5 5",
	close: "m4 4 8 8M12 4l-8 8",
	up: "m4 10 4-4 4 4",
	down: "m4 6 4 4 4-4",
	download: "M8 2.5v7.5M4.8 7 8 10.2 11.2 7M3 13.5h10",
	eye: "M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8ZM8 10a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z",
	offline:
		"M2 2l12 12M4.5 10.5a5 5 0 0 1 2.5-1.8M11.5 10.5 10 9.3M8 13.2v.1M2 7.5a8.5 8.5 0 0 1 3-1.9M14 7.5a8.5 8.5 0 0 0-5.5-2.4",
	terminal: "M2.5 3.5h11v9h-11ZM5 6.5 7 8 5 9.5M8.5 10H11",
	rotate: "M13 8a5 5 0 1 1-1.6-3.7L13 5.5M13 2.5v3h-3",
} as const;

export type IconName = keyof typeof PATHS | "more";

export function Icon(props: { name: IconName }) {
	return (
		<svg class="icon" width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">
			{props.name === "more" ? (
				<g fill="currentColor">
					<circle cx="3" cy="8" r="1.4" />
					<circle cx="8" cy="8" r="1.4" />
					<circle cx="13" cy="8" r="1.4" />
				</g>
			) : (
				<path
					d={PATHS[props.name]}
					fill="none"
					stroke="currentColor"
					stroke-width="1.5"
					stroke-linecap="round"
					stroke-linejoin="round"
				/>
			)}
		</svg>
	);
}
