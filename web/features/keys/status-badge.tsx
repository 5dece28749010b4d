import { Match, Switch } from "solid-js";
import { t } from "../../i18n/index.ts";
import styles from "./badges.module.css";
import type { KeyState } from "./key-state.ts";

/** The state as a word and as a mark. */
export function StatusBadge(props: { state: KeyState }) {
	return (
		<span class={styles.status} data-state={props.state}>
			<svg width="8" height="8" viewBox="0 0 8 8" aria-hidden="true">
				<Mark state={props.state} />
			</svg>
			{t().keys.status[props.state]}
		</span>
	);
}

/** Full, half, ring or cross: shapes that differ without colour. */
function Mark(props: { state: KeyState }) {
	return (
		<Switch fallback={<circle cx="4" cy="4" r="4" fill="currentColor" />}>
			<Match when={props.state === "expiring" || props.state === "ending"}>
				<circle cx="4" cy="4" r="3.25" fill="none" stroke="currentColor" stroke-width="1.5" />
				<path d="M4 0a4 4 0 0 1 0 8Z" fill="currentColor" />
			</Match>
			<Match when={props.state === "expired"}>
				<circle cx="4" cy="4" r="3.25" fill="none" stroke="currentColor" stroke-width="1.5" />
			</Match>
			<Match when={props.state === "revoked"}>
				<path d="m1 1 6 6M7 1 1 7" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" />
			</Match>
		</Switch>
	);
}
