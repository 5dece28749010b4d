import { Dynamic } from "solid-js/web";
import styles from "./meter.module.css";

/** From this share on, the meter warns. */
const NEAR = 0.8;

export type Level = "calm" | "near" | "full";

/** How close something is to its limit. */
export function levelOf(used: number, limit: number): Level {
	if (used >= limit) return "full";
	return used >= limit * NEAR ? "near" : "calm";
}

/** A bar for how much of something is used (`meter`) or done (`progress`). */
export function Meter(props: {
	kind: "meter" | "progress";
	label: string;
	value: number;
	max: number;
	/** The value in words, for screen readers. */
	text?: string;
	/** `near` and `full` warn. */
	level?: Level;
}) {
	const max = () => Math.max(1, props.max);
	const value = () => Math.min(props.value, max());
	return (
		<div class={styles.meter} data-kind={props.kind} data-level={props.level ?? "calm"}>
			{/* Browsers draw these two in many ways, so they are only for screen readers. */}
			<Dynamic
				component={props.kind}
				class="visually-hidden"
				aria-label={props.label}
				max={max()}
				value={value()}
				aria-valuetext={props.text}
			/>
			<span class={styles.fill} style={{ width: `${(value() / max()) * 100}%` }} aria-hidden="true" />
		</div>
	);
}
