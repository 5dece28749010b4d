import { type Accessor, Index, type JSX, Show } from "solid-js";
import { formatNumber } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import { RelativeTime } from "../../ui/time.tsx";
import styles from "./caller-list.module.css";
import type { DistinctCaller } from "./distinct-callers.ts";

/** So many callers are named, the rest is counted. */
const SHOWN = 5;

/** What a gate writes down where a request does not tell. */
const UNKNOWN = "unknown";

/** Callers of a key by address and program. `note` says more about each, at its end. */
export function CallerList(props: {
	callers: readonly DistinctCaller[];
	now: Accessor<number>;
	label: string;
	note?: (caller: Accessor<DistinctCaller>) => JSX.Element;
}) {
	const rest = () => props.callers.length - SHOWN;
	return (
		<ul class={styles.callers} aria-label={props.label}>
			{/* By place: a live list brings new objects with every look, and its rows shall stay the same elements. */}
			<Index each={props.callers.slice(0, SHOWN)}>
				{(caller) => (
					<li class={styles.caller}>
						<div class={styles.who}>
							<code class={styles.address}>{caller().ip === UNKNOWN ? t().end.unknownAddress : caller().ip}</code>
							<span class={styles.agent} title={caller().userAgent}>
								{caller().userAgent === UNKNOWN ? t().end.unknownAgent : caller().userAgent}
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
				<li class={styles.rest}>{t().end.moreCallers(rest(), formatNumber(rest()))}</li>
			</Show>
		</ul>
	);
}
