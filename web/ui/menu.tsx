import { createSignal, type JSX, Show } from "solid-js";
import { Dynamic } from "solid-js/web";
import { Icon } from "./icon.tsx";
import styles from "./menu.module.css";
import { loadPart } from "./part.ts";

export interface MenuItem {
	label: string;
	/** Ends something: set apart and in red. */
	danger?: boolean;
	disabled?: boolean;
	onSelect: () => void;
}

const loadMenu = () => import("./open-menu.tsx");
type OpenMenu = Awaited<ReturnType<typeof loadMenu>>["default"];

/**
 * The menu of a row. What it takes to open one is loaded when the first one opens: a list has hundreds of these, and
 * most visits open none.
 */
export function Menu(props: { label: string; items: () => MenuItem[] }): JSX.Element {
	const [OpenMenu, setOpenMenu] = createSignal<OpenMenu | null>(null);
	const open = async () => {
		const loaded = await loadPart(loadMenu);
		if (loaded) setOpenMenu(() => loaded);
	};
	const button = (
		<button
			type="button"
			class={styles.trigger}
			aria-label={props.label}
			aria-haspopup="menu"
			aria-expanded="false"
			onClick={() => void open()}
		>
			<Icon name="more" />
		</button>
	);
	return (
		<Show when={OpenMenu()} fallback={button}>
			{(menu) => <Dynamic component={menu()} label={props.label} items={props.items} />}
		</Show>
	);
}
