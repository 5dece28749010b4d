import { For, Show } from "solid-js";
import type { KeyList } from "../../../api/types.ts";
import { formatNumber } from "../../../i18n/format.ts";
import { t } from "../../../i18n/index.ts";
import { Skeleton } from "../../../ui/states.tsx";
import { changeTo, hrefOf, LIST_TABS, type ListFilters, type ListTab } from "./list-filters.ts";
import styles from "./status-tabs.module.css";

/** Number of keys in a tab. Undefined where the service does not count. */
export function countIn(counts: KeyList["counts"], tab: ListTab): number | undefined {
	switch (tab) {
		case "all":
			return counts.active + counts.expired + counts.revoked;
		case "expiring":
			return counts.expiring_soon;
		case "rotating":
		case "imported":
			return undefined;
		default:
			return counts[tab];
	}
}

const isCounted = (tab: ListTab): boolean => tab !== "rotating" && tab !== "imported";

/** The list by status, with the number of keys in each. */
export function StatusTabs(props: {
	filters: ListFilters;
	/** Undefined while loading; null: there are no numbers. */
	counts: KeyList["counts"] | undefined | null;
	/** The service stops counting after a maximum. */
	capped: boolean;
}) {
	const textOf = (tab: ListTab) => {
		const count = props.counts ? countIn(props.counts, tab) : undefined;
		return count === undefined ? undefined : formatNumber(count) + (props.capped ? "+" : "");
	};
	return (
		<nav class={styles.tabs} aria-label={t().keys.tabsLabel}>
			<For each={LIST_TABS}>
				{(tab) => (
					<a
						class={styles.tab}
						href={hrefOf({ ...props.filters, ...changeTo(tab) })}
						aria-current={props.filters.tab === tab ? "page" : undefined}
						noScroll
					>
						{t().keys.tabs[tab]}
						<Show when={isCounted(tab) && props.counts !== null}>
							<span class={styles.count}>
								<Show when={textOf(tab)} fallback={<Skeleton width="16px" />}>
									{textOf(tab)}
								</Show>
							</span>
						</Show>
					</a>
				)}
			</For>
		</nav>
	);
}
