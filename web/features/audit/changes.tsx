import { For, Show } from "solid-js";
import { t } from "../../i18n/index.ts";
import styles from "./changes.module.css";
import type { Change } from "./event-words.ts";

/** A list of changes, such as `Limit per hour: 1,000 → 5,000`. */
export function Changes(props: { changes: readonly Change[] }) {
	return (
		<dl class={styles.changes}>
			<For each={props.changes}>
				{(change) => (
					<div>
						<dt>{change.label}: </dt>
						<dd>
							<Show when={change.before}>{(before) => <span class={styles.before}>{before()}</span>}</Show>
							<Show when={change.before !== null && change.after !== null}>
								<span aria-hidden="true"> → </span>
								<span class="visually-hidden"> {t().audit.became} </span>
							</Show>
							<Show when={change.after}>{(after) => <span>{after()}</span>}</Show>
						</dd>
					</div>
				)}
			</For>
		</dl>
	);
}
