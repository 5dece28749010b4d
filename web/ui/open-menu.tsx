import * as Kobalte from "@kobalte/core/dropdown-menu";
import { For } from "solid-js";
import { Icon } from "./icon.tsx";
import styles from "./menu.module.css";

export interface MenuItem {
	label: string;
	/** Destroys something: shown in red. */
	danger?: boolean;
	disabled?: boolean;
	onSelect: () => void;
}

/** The menu itself. It mounts open: the click that loaded it was meant to open it. */
export default function OpenMenu(props: { label: string; items: () => MenuItem[] }) {
	return (
		<Kobalte.Root defaultOpen modal={false} placement="bottom-end" gutter={4}>
			<Kobalte.Trigger class={styles.trigger} aria-label={props.label}>
				<Icon name="more" />
			</Kobalte.Trigger>
			{/* Inside the main landmark: axe rejects content outside of landmarks. */}
			<Kobalte.Portal mount={document.getElementById("content") ?? document.body}>
				<Kobalte.Content class={styles.menu}>
					<For each={props.items()}>
						{(item) => (
							<Kobalte.Item
								class={styles.item}
								classList={{ [styles.danger ?? ""]: item.danger === true }}
								disabled={item.disabled ?? false}
								onSelect={() => item.onSelect()}
							>
								{item.label}
							</Kobalte.Item>
						)}
					</For>
				</Kobalte.Content>
			</Kobalte.Portal>
		</Kobalte.Root>
	);
}
