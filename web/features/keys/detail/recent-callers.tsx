import { type Accessor, For, Show } from "solid-js";
import type { ApiKeyDetail } from "../../../api/types.ts";
import { formatNumber } from "../../../i18n/format.ts";
import { t } from "../../../i18n/index.ts";
import { RelativeTime } from "../../../time.tsx";
import { Skeleton } from "../../../ui/states.tsx";
import { agentText } from "../../audit/event-words.ts";
import styles from "./recent-callers.module.css";

/** Who used the key recently, newest first: these callers would be affected if the key ended. */
export function RecentCallers(props: { callers: ApiKeyDetail["recent_callers"] | undefined; now: Accessor<number> }) {
	const words = () => t().key.callers;
	return (
		<Show when={props.callers} fallback={<CallersSkeleton />}>
			{(callers) => (
				<Show when={callers().length > 0} fallback={<p class={styles.none}>{words().none}</p>}>
					<table class={styles.callers} aria-labelledby="callers-title">
						<thead>
							<tr>
								<th scope="col">{words().address}</th>
								<th scope="col">{words().agent}</th>
								<th scope="col">{words().endpoint}</th>
								<th scope="col" class={styles.count}>
									{words().count}
								</th>
								<th scope="col" class={styles.seen}>
									{words().lastSeen}
								</th>
							</tr>
						</thead>
						<tbody>
							<For each={callers()}>
								{(caller) => (
									<tr>
										<td class={styles.address}>
											<code title={caller.ip}>{caller.ip === UNKNOWN ? words().unknown : caller.ip}</code>
										</td>
										<td class={styles.agent} title={caller.user_agent}>
											{caller.user_agent === UNKNOWN ? words().unknown : agentText(caller.user_agent)}
										</td>
										<td class={styles.endpoint}>
											<code title={caller.endpoint}>{caller.endpoint}</code>
										</td>
										<td class={styles.count}>
											<span class="number">{formatNumber(caller.count)}</span>
											<span class={styles.unit}>{words().requests(caller.count)}</span>
										</td>
										<td class={styles.seen}>
											<RelativeTime at={caller.last_seen_at} now={props.now} />
										</td>
									</tr>
								)}
							</For>
						</tbody>
					</table>
				</Show>
			)}
		</Show>
	);
}

/** The gate stores this for a missing IP address or User-Agent. */
const UNKNOWN = "unknown";

function CallersSkeleton() {
	return (
		<div class={styles.waiting} aria-hidden="true">
			<For each={["72%", "64%", "68%"]}>{(width) => <Skeleton width={width} />}</For>
		</div>
	);
}
