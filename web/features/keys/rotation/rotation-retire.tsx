import { useQuery } from "@tanstack/solid-query";
import { type Accessor, Match, Show, Switch } from "solid-js";
import { DAY_MS, HOUR_MS } from "../../../../worker/schemas/time.ts";
import { dataOf, usageQuery } from "../../../api/queries.ts";
import type { ApiKey, ApiKeyDetail } from "../../../api/types.ts";
import {
	formatAgo,
	formatDate,
	formatDateTime,
	formatNumber,
	formatSince,
	formatSpan,
	formatUntil,
} from "../../../i18n/format.ts";
import { t } from "../../../i18n/index.ts";
import { CallerList } from "../caller-list.tsx";
import styles from "./rotation.module.css";
import { endOf, integrationsOf, moveOf, SOON_MS } from "./rotation.ts";
import { observation, type Pauses, pausesIn } from "./rotation-pause.ts";
import { Confirmation } from "./rotation-steps.tsx";

/** A key that was used this recently counts as in use. */
const IN_USE_MS = 60_000;

/** When the old key ends: automatically, or when a person revokes it. */
export function EndPlan(props: { old: ApiKey; now: Accessor<number> }) {
	const text = () => {
		const words = t().rotate.retire;
		const { expires_at } = props.old;
		const end = endOf(props.old);
		if (end === null) return words.plan;
		// An expiry in the distant future needs no warning.
		if (end === expires_at && Date.parse(end) - props.now() > SOON_MS) return words.planExpires(formatDate(end));
		return words.planEnds(formatUntil(end, props.now()), formatDateTime(end));
	};
	return <p>{text()}</p>;
}

/** How long the old key has been unused, how long to wait before revoking it, and which callers still use it. */
export function Silence(props: { old: ApiKeyDetail; successor: ApiKeyDetail; now: Accessor<number> }) {
	const watched = observation(props.old.created_at, props.successor.created_at);
	const usage = useQuery(() => ({
		...usageQuery({
			id: props.old.id,
			from: new Date(watched.from).toISOString(),
			// Includes the hour of the rotation itself.
			to: new Date(watched.to + HOUR_MS).toISOString(),
			granularity: "hour",
		}),
		// The time before the rotation does not change any more.
		staleTime: Number.POSITIVE_INFINITY,
	}));
	const pauses = (): Pauses => {
		const known = dataOf(usage);
		return known ? pausesIn(known.buckets, watched) : { kind: "unknown" };
	};
	const silentMs = () => {
		const { last_used_at } = props.old;
		return last_used_at === null ? null : props.now() - Date.parse(last_used_at);
	};
	const callers = () => integrationsOf(props.old);
	const followers = () => integrationsOf(props.successor);
	return (
		<>
			<Switch>
				<Match when={props.old.last_used_at === null}>
					<Confirmation>
						<p class={styles.strong}>{t().rotate.retire.neverUsed}</p>
					</Confirmation>
				</Match>
				<Match when={(silentMs() ?? 0) < IN_USE_MS}>
					<div class={styles.busy}>
						<p class={styles.strong}>
							{t().rotate.retire.stillUsed(formatAgo(props.old.last_used_at ?? "", props.now()))}
						</p>
						<p>{advice(pauses(), 0)}</p>
					</div>
				</Match>
				<Match when={hasWaited(pauses(), silentMs() ?? 0)}>
					<Confirmation>
						<p class={styles.strong}>
							{t().rotate.retire.silent(formatSince(props.old.last_used_at ?? "", props.now()))}
						</p>
						<p>{advice(pauses(), silentMs() ?? 0)}</p>
					</Confirmation>
				</Match>
				<Match when={true}>
					<div class={styles.quiet}>
						<p class={styles.strong}>
							{t().rotate.retire.silent(formatSince(props.old.last_used_at ?? "", props.now()))}
						</p>
						<p>{advice(pauses(), silentMs() ?? 0)}</p>
					</div>
				</Match>
			</Switch>
			<Show when={callers().length > 0}>
				<div class={styles.callers}>
					<h3>{t().rotate.retire.callers}</h3>
					<CallerList
						callers={callers()}
						now={props.now}
						label={t().rotate.retire.callers}
						note={(caller) => {
							const move = () => moveOf(caller(), followers());
							return (
								<span class={styles.move} data-move={move()}>
									{move() === "moved"
										? t().rotate.retire.moved
										: move() === "both"
											? t().rotate.retire.both
											: t().rotate.retire.notYet}
								</span>
							);
						}}
					/>
				</div>
			</Show>
		</>
	);
}

const hasWaited = (pauses: Pauses, silentMs: number) => pauses.kind === "used" && silentMs > pauses.longestMs;

/** How long to wait before revoking, judged by earlier use. */
function advice(pauses: Pauses, silentMs: number): string {
	const words = t().rotate.retire;
	if (pauses.kind === "unknown") return words.wait;
	const days = Math.round(pauses.observedMs / DAY_MS);
	const before = t().rotate.create.days(days, formatNumber(days));
	if (pauses.kind === "unused") return words.unusedBefore(before);
	const pause = formatSpan(pauses.longestMs);
	return hasWaited(pauses, silentMs) ? words.waitedEnough(before, pause) : words.waitFor(before, pause);
}
