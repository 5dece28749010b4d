import { type Accessor, Index, type JSX, Show } from "solid-js";
import { formatNumber } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import { RelativeTime } from "../../time.tsx";
import styles from "./caller-list.module.css";
import type { DistinctCaller } from "./distinct-callers.ts";

/** This many callers are listed; the rest is counted. */
const SHOWN = 5;

/** The gate stores this for a missing IP address or User-Agent. */
const UNKNOWN = "unknown";

/** Callers of a key by IP address and program. `note` adds something to each. */
export function CallerList(props: {
	callers: readonly DistinctCaller[];
	now: Accessor<number>;
	label: string;
	note?: (caller: Accessor<DistinctCaller>) => JSX.Element;
}) {
	const rest = () => props.callers.length - SHOWN;
	return (
		<ul class={styles.callers} aria-label={props.label}>
			{/* By index, since every refetch brings new objects and the rows should stay the same elements. */}
			<Index each={props.callers.slice(0, SHOWN)}>
				{(caller) => (
					<li class={styles.caller}>
						<div class={styles.who}>
							<code class={styles.address}>
								{caller().ip === UNKNOWN ? t().revokeDelete.unknownAddress : caller().ip}
							</code>
							<span class={styles.agent} title={caller().userAgent}>
								{caller().userAgent === UNKNOWN ? t().revokeDelete.unknownAgent : caller().userAgent}
							</span>
						</div>
						<span class={styles.when}>
							<RelativeTime at={caller().lastSeenAt} now={props.now} />
						</span>
						{props.note?.(caller)}
					</li>
				)}
			</Index>
			<Show when={rest() > 0}>
				<li class={styles.rest}>{t().revokeDelete.moreCallers(rest(), formatNumber(rest()))}</li>
			</Show>
		</ul>
	);
}
