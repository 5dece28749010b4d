import { createSignal, type JSX, Show } from "solid-js";
import { Dynamic } from "solid-js/web";
import { Icon } from "./icon.tsx";
import styles from "./menu.module.css";
import type { MenuItem } from "./open-menu.tsx";

const loadMenu = () => import("./open-menu.tsx");
type OpenMenu = Awaited<ReturnType<typeof loadMenu>>["default"];

/**
 * The menu of a row. Its code loads when the first menu opens: a list has hundreds of these buttons, and most visits
 * open none.
 */
export function Menu(props: {
	label: string;
	items: () => MenuItem[];
	/** The code of the menu could not be loaded. */
	onLoadError: () => void;
}): JSX.Element {
	const [OpenMenu, setOpenMenu] = createSignal<OpenMenu | null>(null);
	const open = async () => {
		try {
			const loaded = (await loadMenu()).default;
			setOpenMenu(() => loaded);
		} catch {
			props.onLoadError();
		}
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
