/** What ending a key will stop: said in a sentence, and shown in numbers. For the dialogs that end one. */
import { type UseQueryResult, useQuery } from "@tanstack/solid-query";
import { type Accessor, Show } from "solid-js";
import type { ApiKey, ApiKeyDetail } from "../../../../worker/schemas/api-key.ts";
import { DAY_MS, HOUR_MS } from "../../../../worker/schemas/time.ts";
import { loaded } from "../../../api/loaded.ts";
import { usageQuery } from "../../../api/queries.ts";
import { formatDateTime, formatNumber } from "../../../i18n/format.ts";
import { t } from "../../../i18n/index.ts";
import { serverNow } from "../../../server-time.ts";
import { Skeleton } from "../../../ui/states.tsx";
import { formatAgo } from "../ago.ts";
import { CallerList } from "../caller-list.tsx";
import { distinctCallers } from "../distinct-callers.ts";
import { keyHint } from "../key-state.ts";
import styles from "./revoke-delete.module.css";

interface KeyAndLife {
	/** As far as it is known. */
	apiKey: ApiKey;
	/** The same key, live. */
	live: UseQueryResult<ApiKeyDetail, Error>;
	now: Accessor<number>;
}

/** "CRM Nightly Sync was used 2 minutes ago by 3 callers." Waits for the callers, so that the sentence stands still. */
export function UsageSentence(props: KeyAndLife) {
	const sentence = () => {
		const { name, last_used_at } = props.apiKey;
		if (last_used_at === null) return t().end.neverUsed(name);
		const ago = formatAgo(last_used_at, props.now());
		const callers = distinctCallers(loaded(props.live)?.recent_callers ?? []).length;
		return callers === 0 ? t().end.used(name, ago) : t().end.usedBy(name, ago, callers, formatNumber(callers));
	};
	return (
		<p class={styles.usage}>
			<Show when={!props.live.isPending} fallback={<Skeleton width="70%" height="14px" />}>
				{sentence()}
			</Show>
		</p>
	);
}

/** Which key it is, when it was used last, how much in a day, and by whom. */
export function KeyUsage(props: KeyAndLife) {
	// Whole hours keep its place in the cache; rounding down rather shows an hour too many than a nightly job too few.
	const from = new Date(Math.floor((serverNow() - DAY_MS) / HOUR_MS) * HOUR_MS).toISOString();
	const usage = useQuery(() => usageQuery({ id: props.apiKey.id, from, granularity: "hour" }));
	const callers = () => distinctCallers(loaded(props.live)?.recent_callers ?? []);
	const lastDay = () => {
		const totals = loaded(usage)?.totals;
		if (!totals) return "–";
		const refused = totals.denied + totals.rate_limited;
		return t().end.lastDayCount(formatNumber(totals.allowed), refused === 0 ? null : formatNumber(refused));
	};
	return (
		<dl class={styles.facts}>
			<div>
				<dt>{t().end.key}</dt>
				<dd>
					<code>{keyHint(props.apiKey)}</code>
				</dd>
			</div>
			<div>
				<dt>{t().end.lastUsed}</dt>
				<dd>
					<Show when={props.apiKey.last_used_at} fallback={t().keys.neverUsed}>
						{(at) => <time datetime={at()}>{formatDateTime(at())}</time>}
					</Show>
				</dd>
			</div>
			<div>
				<dt>{t().end.lastDay}</dt>
				<dd class="number">
					<Show when={!usage.isPending} fallback={<Skeleton width="48px" />}>
						{lastDay()}
					</Show>
				</dd>
			</div>
			<div classList={{ [styles.callers ?? ""]: callers().length > 0 }}>
				<dt>{t().end.callers}</dt>
				<dd>
					<Show when={!props.live.isPending} fallback={<Skeleton width="96px" />}>
						<Show when={callers().length > 0} fallback={t().end.noCallers}>
							<CallerList callers={callers()} now={props.now} label={t().end.callers} />
						</Show>
					</Show>
				</dd>
			</div>
		</dl>
	);
}
