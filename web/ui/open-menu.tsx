import * as Kobalte from "@kobalte/core/dropdown-menu";
import { For } from "solid-js";
import { Icon } from "./icon.tsx";
import styles from "./menu.module.css";
import type { MenuItem } from "./menu.tsx";

/** The menu itself, open from the start: the click that loaded it has asked for that. */
export default function OpenMenu(props: { label: string; items: () => MenuItem[] }) {
	return (
		<Kobalte.Root defaultOpen modal={false} placement="bottom-end" gutter={4}>
			<Kobalte.Trigger class={styles.trigger} aria-label={props.label}>
				<Icon name="more" />
			</Kobalte.Trigger>
			{/* Within the main landmark, so that what is read out has its place on the page. */}
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
