import { For } from "solid-js";
import { t } from "../i18n/index.ts";
import { setShortcutsOn, shortcutsOn } from "../preferences.ts";
import { Dialog } from "../ui/dialog.tsx";
import { Choice } from "../ui/field.tsx";
import styles from "./shortcuts-dialog.module.css";

/** Lists the shortcuts and turns them on or off. */
export default function ShortcutsDialog(props: { onClose: () => void }) {
	const keys = (): [string, string][] => [
		["c", t().shell.shortcuts.create],
		["/", t().shell.shortcuts.search],
		["?", t().shell.shortcuts.help],
		["Esc", t().shell.shortcuts.close],
	];
	return (
		<Dialog open onClose={props.onClose} closeLabel={t().common.close} title={t().shell.shortcuts.title}>
			<dl class={styles.list}>
				<For each={keys()}>
					{([key, does]) => (
						<div>
							<dt>
								<kbd>{key}</kbd>
							</dt>
							<dd>{does}</dd>
						</div>
					)}
				</For>
			</dl>
			<Choice
				type="checkbox"
				label={t().shell.shortcuts.on}
				hint={t().shell.shortcuts.onHint}
				checked={shortcutsOn()}
				onChange={(event) => setShortcutsOn(event.currentTarget.checked)}
			/>
		</Dialog>
	);
}
