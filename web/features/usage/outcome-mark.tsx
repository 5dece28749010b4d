import type { Outcome } from "./bars.ts";
import styles from "./outcome-mark.module.css";

/** How an outcome looks in the bars: full, striped, hollow. */
export function OutcomeMark(props: { outcome: Outcome }) {
	return (
		<svg class={styles.mark} data-outcome={props.outcome} width="10" height="10" viewBox="0 0 10 10" aria-hidden="true">
			<rect class={styles.ground} x="0.5" y="0.5" width="9" height="9" rx="1.5" />
			<path class={styles.stripes} d="M0.8 5.2 5.2 0.8M0.8 9.2 9.2 0.8M4.8 9.2 9.2 4.8" />
		</svg>
	);
}
