/** How much a key is used, as a sentence and in numbers. For the dialogs that revoke or delete it. */
import { type UseQueryResult, useQuery } from "@tanstack/solid-query";
import { type Accessor, Show } from "solid-js";
import { DAY_MS, HOUR_MS } from "../../../../worker/schemas/time.ts";
import { dataOf, usageQuery } from "../../../api/queries.ts";
import type { ApiKey, ApiKeyDetail } from "../../../api/types.ts";
import { formatAgo, formatDateTime, formatNumber } from "../../../i18n/format.ts";
import { t } from "../../../i18n/index.ts";
import { serverNow } from "../../../server-time.ts";
import { Skeleton } from "../../../ui/states.tsx";
import { CallerList } from "../caller-list.tsx";
import { distinctCallers } from "../distinct-callers.ts";
import { keyHint } from "../key-state.ts";
import styles from "./revoke-delete.module.css";

interface UsageProps {
	/** As far as loaded. */
	apiKey: ApiKey;
	/** The query of the same key. */
	live: UseQueryResult<ApiKeyDetail, Error>;
	now: Accessor<number>;
}

/** "CRM Nightly Sync was used 2 minutes ago by 3 callers." Waits for the callers, so that the sentence does not change. */
export function UsageSentence(props: UsageProps) {
	const sentence = () => {
		const { name, last_used_at } = props.apiKey;
		if (last_used_at === null) return t().revokeDelete.neverUsed(name);
		const ago = formatAgo(last_used_at, props.now());
		const callers = distinctCallers(dataOf(props.live)?.recent_callers ?? []).length;
		return callers === 0
			? t().revokeDelete.used(name, ago)
			: t().revokeDelete.usedBy(name, ago, callers, formatNumber(callers));
	};
	return (
		<p class={styles.usage}>
			<Show when={!props.live.isPending} fallback={<Skeleton width="70%" height="14px" />}>
				{sentence()}
			</Show>
		</p>
	);
}

/** The key, its last use, its requests in a day, and its callers. */
export function KeyUsage(props: UsageProps) {
	// Whole hours keep the cache key the same. Rounding down shows up to an hour more, rather than missing a nightly job.
	const from = new Date(Math.floor((serverNow() - DAY_MS) / HOUR_MS) * HOUR_MS).toISOString();
	const usage = useQuery(() => usageQuery({ id: props.apiKey.id, from, granularity: "hour" }));
	const callers = () => distinctCallers(dataOf(props.live)?.recent_callers ?? []);
	const lastDay = () => {
		const totals = dataOf(usage)?.totals;
		if (!totals) return "–";
		const refused = totals.denied + totals.rate_limited;
		return t().revokeDelete.lastDayCount(formatNumber(totals.allowed), refused === 0 ? null : formatNumber(refused));
	};
	return (
		<dl class={styles.facts}>
			<div>
				<dt>{t().revokeDelete.key}</dt>
				<dd>
					<code>{keyHint(props.apiKey)}</code>
				</dd>
			</div>
			<div>
				<dt>{t().revokeDelete.lastUsed}</dt>
				<dd>
					<Show when={props.apiKey.last_used_at} fallback={t().keys.neverUsed}>
						{(at) => <time datetime={at()}>{formatDateTime(at())}</time>}
					</Show>
				</dd>
			</div>
			<div>
				<dt>{t().revokeDelete.lastDay}</dt>
				<dd class="number">
					<Show when={!usage.isPending} fallback={<Skeleton width="48px" />}>
						{lastDay()}
					</Show>
				</dd>
			</div>
			<div classList={{ [styles.callers ?? ""]: callers().length > 0 }}>
				<dt>{t().revokeDelete.callers}</dt>
				<dd>
					<Show when={!props.live.isPending} fallback={<Skeleton width="96px" />}>
						<Show when={callers().length > 0} fallback={t().revokeDelete.noCallers}>
							<CallerList callers={callers()} now={props.now} label={t().revokeDelete.callers} />
						</Show>
					</Show>
				</dd>
			</div>
		</dl>
	);
}
