import * as Kobalte from "@kobalte/core/tabs";
import { For, type JSX, Show } from "solid-js";
import styles from "./tabs.module.css";

export interface Tab<T extends string> {
	value: T;
	label: string;
}

/** Tabs with their panels. `aside` is at the end of the row of tabs. */
export function Tabs<T extends string>(props: {
	/** For screen readers. */
	label: string;
	tabs: readonly Tab<T>[];
	value: T;
	onChange: (value: T) => void;
	/** The panel of a tab. */
	children: (value: T) => JSX.Element;
	aside?: JSX.Element;
}) {
	const choose = (value: string) => {
		const chosen = props.tabs.find((tab) => tab.value === value);
		if (chosen) props.onChange(chosen.value);
	};
	return (
		<Kobalte.Root class={styles.tabs} value={props.value} onChange={choose}>
			<div class={styles.bar}>
				<Kobalte.List class={styles.list} aria-label={props.label}>
					<For each={props.tabs}>
						{(tab) => (
							<Kobalte.Trigger class={styles.tab} value={tab.value}>
								{tab.label}
							</Kobalte.Trigger>
						)}
					</For>
				</Kobalte.List>
				<Show when={props.aside}>{props.aside}</Show>
			</div>
			<For each={props.tabs}>
				{(tab) => <Kobalte.Content value={tab.value}>{props.children(tab.value)}</Kobalte.Content>}
			</For>
		</Kobalte.Root>
	);
}
