import { Show } from "solid-js";
import type { ListedKey } from "../../../api/types.ts";
import { formatNumber } from "../../../i18n/format.ts";
import { t } from "../../../i18n/index.ts";
import { Button } from "../../../ui/button.tsx";
import { type KeyDialogProps, useKeyActions } from "../key-actions.ts";
import styles from "./selection-bar.module.css";

/** Actions on the selected keys. */
export function SelectionBar(props: { selected: ListedKey[]; onClear: () => void }) {
	const actions = useKeyActions();
	let revoke: HTMLDivElement | undefined;
	const start = () => {
		const [first, ...others] = props.selected;
		if (!first) return;
		const keys: KeyDialogProps["keys"] = [first, ...others];
		actions.start({
			kind: "revoke",
			keys,
			onDone: props.onClear,
			returnFocusTo: () => revoke?.querySelector<HTMLElement>("button:last-of-type"),
		});
	};
	return (
		<div role="status">
			<Show when={props.selected.length > 0}>
				<div class={styles.selection} ref={revoke}>
					<span>{t().keys.selected(props.selected.length, formatNumber(props.selected.length))}</span>
					<Button variant="quiet" onClick={props.onClear}>
						{t().keys.clearSelection}
					</Button>
					<Button variant="danger" onClick={start}>
						{t().keys.revokeSelected}
					</Button>
				</div>
			</Show>
		</div>
	);
}
