import { For, type JSX, Show } from "solid-js";
import styles from "./scroll-list.module.css";

/** Thousands of rows would freeze the page. */
const SHOWN = 100;

/** A list inside a dialog. It scrolls, so that the buttons stay visible, and shows at most 100 items. */
export function ScrollList<T>(props: {
	label: string;
	items: readonly T[];
	/** Says how many items are not shown. */
	rest: (count: number) => string;
	/** The content of an item: a name and something short, and below them what may be long. */
	children: (item: T) => JSX.Element;
}) {
	const rest = () => props.items.length - SHOWN;
	return (
		// Focusable, so that it can be scrolled by keyboard.
		<ul class={styles.list} aria-label={props.label} tabindex={0}>
			<For each={props.items.slice(0, SHOWN)}>{(item) => <li>{props.children(item)}</li>}</For>
			<Show when={rest() > 0}>
				<li>{props.rest(rest())}</li>
			</Show>
		</ul>
	);
}
