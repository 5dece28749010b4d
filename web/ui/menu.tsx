import { createSignal, type JSX, lazy, Show, Suspense } from "solid-js";
import { Icon } from "./icon.tsx";
import styles from "./menu.module.css";

export interface MenuItem {
	label: string;
	/** Ends something: set apart and in red. */
	danger?: boolean;
	disabled?: boolean;
	onSelect: () => void;
}

const OpenMenu = lazy(() => import("./open-menu.tsx"));

/**
 * The menu of a row. What it takes to open one is loaded when the first one opens: a list has hundreds of these, and
 * most visits open none.
 */
export function Menu(props: { label: string; items: () => MenuItem[] }): JSX.Element {
	const [used, setUsed] = createSignal(false);
	const button = (
		<button
			type="button"
			class={styles.trigger}
			aria-label={props.label}
			aria-haspopup="menu"
			aria-expanded="false"
			onClick={() => setUsed(true)}
		>
			<Icon name="more" />
		</button>
	);
	return (
		<Show when={used()} fallback={button}>
			<Suspense fallback={button}>
				<OpenMenu label={props.label} items={props.items} />
			</Suspense>
		</Show>
	);
}
