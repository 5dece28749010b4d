import { useQuery } from "@tanstack/solid-query";
import { For, Match, Show, Switch } from "solid-js";
import { ProblemNote } from "../../api/problem-view.tsx";
import { dataOf, loadProblem, quotasQuery } from "../../api/queries.ts";
import type { Quota } from "../../api/types.ts";
import { formatBytes, formatNumber } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import { Icon } from "../../ui/icon.tsx";
import { levelOf, Meter } from "../../ui/meter.tsx";
import { Skeleton } from "../../ui/states.tsx";
import styles from "./quotas.module.css";

/** What the company stores and may store. */
export function Quotas() {
	const quotas = useQuery(() => quotasQuery());
	return (
		<section class={styles.quotas} aria-labelledby="quotas-title">
			<h2 id="quotas-title">{t().account.quotas.title}</h2>
			<Switch>
				<Match when={loadProblem(quotas)}>{(problem) => <ProblemNote problem={problem()} />}</Match>
				<Match when={quotas.isPending}>
					<Skeleton height="240px" />
				</Match>
				<Match when={true}>
					<ul>
						<For each={dataOf(quotas)?.items}>{(quota) => <Row quota={quota} />}</For>
					</ul>
				</Match>
			</Switch>
		</section>
	);
}

function Row(props: { quota: Quota }) {
	const label = () => t().account.quotas.names[props.quota.name];
	const format = (value: number) => (props.quota.name === "stored_bytes" ? formatBytes(value) : formatNumber(value));
	const level = () => levelOf(props.quota.used ?? 0, props.quota.limit);
	const warning = () => (level() === "full" ? t().account.quotas.full : t().account.quotas.nearlyFull);
	return (
		<li class={styles.quota}>
			<span>{label()}</span>
			<Show when={props.quota.used !== null} fallback={<span class="number">{format(props.quota.limit)}</span>}>
				<span class="number">
					{t().account.quotas.usedOf(format(props.quota.used ?? 0), format(props.quota.limit))}
				</span>
				<div class={styles.meter}>
					<Meter kind="meter" label={label()} value={props.quota.used ?? 0} max={props.quota.limit} level={level()} />
				</div>
				<Show when={level() !== "calm"}>
					<span class={styles.warning}>
						<Icon name="warning" />
						{warning()}
					</span>
				</Show>
			</Show>
		</li>
	);
}
