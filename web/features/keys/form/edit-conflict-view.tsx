import { For } from "solid-js";
import { t } from "../../../i18n/index.ts";
import { Notice } from "../../../ui/states.tsx";
import { settingLabel, settingText } from "../../audit/event-words.ts";
import styles from "./edit-conflict.module.css";
import type { ChangedSetting } from "./edit-conflict.ts";

/** Compares what another person has saved with what this one has typed. */
export function EditConflict(props: { changed: readonly ChangedSetting[] }) {
	const words = () => t().create.edit.conflict;
	return (
		<div class={styles.conflict}>
			<div role="alert">
				<Notice tone="warning">{words().text}</Notice>
			</div>
			<table class={styles.table}>
				<thead>
					<tr>
						<th scope="col">{words().setting}</th>
						<th scope="col">{words().theirs}</th>
						<th scope="col">{words().mine}</th>
					</tr>
				</thead>
				<tbody>
					<For each={props.changed}>
						{({ setting, theirs, mine }) => (
							<tr>
								<th scope="row">{settingLabel(setting)}</th>
								<td>{settingText(setting, theirs)}</td>
								<td>{mine === undefined ? words().untouched : settingText(setting, mine)}</td>
							</tr>
						)}
					</For>
				</tbody>
			</table>
		</div>
	);
}
