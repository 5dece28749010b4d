import { createMemo, For } from "solid-js";
import type { Bucket } from "../../api/types.ts";
import { formatNumber } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import { OUTCOMES } from "./bars.ts";
import { bucketLabel, isDaily } from "./bucket-time.ts";
import styles from "./usage-table.module.css";

/** The numbers of the chart, newest first. */
export function UsageTable(props: { buckets: readonly Bucket[]; size: number }) {
	const rows = createMemo(() => props.buckets.toReversed());
	const caption = () => (isDaily(props.size) ? t().key.requests.perDay : t().key.requests.perHour);
	return (
		// Focusable, so that it can be scrolled by keyboard.
		<section class={styles.scroll} tabindex="0" aria-label={caption()}>
			<table class={styles.table}>
				<caption class="visually-hidden">{caption()}</caption>
				<thead>
					<tr>
						<th scope="col">{isDaily(props.size) ? t().key.requests.day : t().key.requests.hour}</th>
						<For each={OUTCOMES}>{(outcome) => <th scope="col">{t().key.requests.outcomes[outcome]}</th>}</For>
					</tr>
				</thead>
				<tbody>
					<For each={rows()}>
						{(bucket, index) => (
							<tr>
								<th scope="row">
									{index() === 0
										? t().key.requests.soFar(bucketLabel(Date.parse(bucket.start), props.size))
										: bucketLabel(Date.parse(bucket.start), props.size)}
								</th>
								<For each={OUTCOMES}>{(outcome) => <td class="number">{formatNumber(bucket[outcome])}</td>}</For>
							</tr>
						)}
					</For>
				</tbody>
			</table>
		</section>
	);
}
