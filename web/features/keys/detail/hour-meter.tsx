import { createEffect, createMemo, on, Show } from "solid-js";
import { HOUR_MS } from "../../../../worker/schemas/time.ts";
import type { ApiKeyDetail } from "../../../api/types.ts";
import { formatCountdown, formatNumber } from "../../../i18n/format.ts";
import { t } from "../../../i18n/index.ts";
import { useNow } from "../../../time.tsx";
import { levelOf, Meter } from "../../../ui/meter.tsx";
import { Skeleton } from "../../../ui/states.tsx";
import { hasEnded, type KeyState } from "../key-state.ts";
import styles from "./hour-meter.module.css";

/** How much of the limit the current UTC hour has used. `onTurn` is called when that hour is over. */
export function HourMeter(props: {
	hour: ApiKeyDetail["current_hour"] | undefined;
	state: KeyState | undefined;
	onTurn: () => void;
}) {
	const now = useNow(1_000);
	const words = () => t().key.hour;
	const left = () => (props.hour ? Date.parse(props.hour.resets_at) - now() : null);
	const isOver = createMemo(() => (left() ?? 1) <= 0);
	/** After the hour is over, the numbers of the next one are unknown until the service returns them. */
	const hour = () => (isOver() ? undefined : props.hour);
	createEffect(on(isOver, (over) => over && props.onTurn(), { defer: true }));
	const level = () => {
		const known = hour();
		return known ? levelOf(known.used, known.limit) : "calm";
	};
	const meterText = () => {
		const known = hour();
		return known ? words().usedOf(formatNumber(known.used), formatNumber(known.limit)) : t().common.loading;
	};
	const isEnded = () => props.state !== undefined && hasEnded(props.state);
	const note = () => {
		if (isEnded()) return props.state === "revoked" ? words().revoked : words().expired;
		return level() === "calm" ? "" : words()[level() === "full" ? "full" : "near"];
	};
	return (
		<div class={styles.meter} data-level={level()}>
			<dl class={styles.figures}>
				<div>
					<dt>{words().used}</dt>
					<dd>
						<Show when={props.hour} fallback={<Skeleton width="96px" height="20px" />}>
							{(known) => (
								<>
									{isOver() ? "–" : formatNumber(known().used)}{" "}
									<span class={styles.of}>{words().of(formatNumber(known().limit))}</span>
								</>
							)}
						</Show>
					</dd>
				</div>
				<div>
					<dt>{words().left}</dt>
					<dd>
						<Show when={props.hour} fallback={<Skeleton width="56px" height="20px" />}>
							{isEnded() || isOver() ? "–" : formatNumber(props.hour?.remaining ?? 0)}
						</Show>
					</dd>
				</div>
				<div>
					<dt>{words().resets}</dt>
					<dd>
						<Show when={left() !== null} fallback={<Skeleton width="56px" height="20px" />}>
							{isEnded() || isOver() ? "–" : formatCountdown(Math.min(left() ?? 0, HOUR_MS))}
						</Show>
					</dd>
				</div>
			</dl>
			{/* A key that has ended has no limit to approach. */}
			<Show when={!isEnded()}>
				<Meter
					kind="meter"
					label={words().meter}
					value={hour()?.used ?? 0}
					max={props.hour?.limit ?? 1}
					text={meterText()}
					level={level()}
				/>
			</Show>
			<p class={styles.note}>{note()}</p>
		</div>
	);
}
