import { For, Show } from "solid-js";
import { t } from "../../i18n/index.ts";
import { Icon } from "../../ui/icon.tsx";
import styles from "./badges.module.css";

/** The scopes of a key. A key without scopes is unrestricted, so that gets a warning. `max` shortens the list. */
export function ScopeList(props: { scopes: readonly string[]; max?: number }) {
	const shown = () => props.scopes.slice(0, props.max ?? props.scopes.length);
	const rest = () => props.scopes.slice(shown().length);
	return (
		<Show
			when={props.scopes.length > 0}
			fallback={
				<span class={styles.unrestricted} title={t().keys.unrestrictedHint}>
					<Icon name="warning" />
					{t().keys.unrestricted}
				</span>
			}
		>
			<span class={styles.scopes}>
				<For each={shown()}>{(scope) => <code class={styles.scope}>{scope}</code>}</For>
				<Show when={rest().length > 0}>
					<span class="secondary" title={rest().join(", ")}>
						{t().keys.moreScopes(rest().length)}
					</span>
				</Show>
			</span>
		</Show>
	);
}
