import { For, Show } from "solid-js";
import { formatDateTime, formatNumber } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import type { Overview } from "../platform/api.ts";
import styles from "../platform/platform.module.css";

/** Version, canary, unfinished work, and scheduled tasks. */
export function OverviewDetails(props: { overview: Overview }) {
	const words = () => t().operations.overview;
	const canary = () => props.overview.canary;
	const lastRun = () => {
		const run = canary().last;
		if (!run) return canary().enabled ? words().canaryNoRun : words().canaryOff;
		const time = formatDateTime(run.at);
		if (run.error !== null) return words().canaryFailed(time, run.error);
		const admitted = run.admitted === null ? "–" : formatNumber(run.admitted);
		return words().canaryRan(time, formatNumber(run.late_admissions ?? 0), admitted);
	};
	const facts = (): [string, string][] => [
		[words().version, props.overview.version?.id ?? words().unknown],
		[words().canary, lastRun()],
		[words().waiting.sweeps, formatNumber(props.overview.waiting.sweeps)],
		[words().waiting.failed_gates, formatNumber(props.overview.waiting.failed_gates)],
		[words().waiting.stalled_jobs, formatNumber(props.overview.waiting.stalled_jobs)],
		[words().waiting.unlisted_keys, formatNumber(props.overview.waiting.unlisted_keys)],
	];
	const time = (at: string | null) => (at === null ? "–" : formatDateTime(at));
	return (
		<>
			<div class={styles.scroll}>
				<table class={styles.table} aria-label={words().facts}>
					<tbody>
						<For each={facts()}>
							{([term, value]) => (
								<tr>
									<th scope="row">{term}</th>
									<td>{value}</td>
								</tr>
							)}
						</For>
					</tbody>
				</table>
			</div>
			<h3>{words().tasks}</h3>
			<Show when={props.overview.tasks.length > 0} fallback={<p>{words().noTasks}</p>}>
				<div class={styles.scroll}>
					<table class={styles.table} aria-label={words().tasks}>
						<thead>
							<tr>
								<th scope="col">{words().taskColumns.task}</th>
								<th scope="col">{words().taskColumns.success}</th>
								<th scope="col">{words().taskColumns.failure}</th>
							</tr>
						</thead>
						<tbody>
							<For each={props.overview.tasks}>
								{(task) => (
									<tr>
										<th scope="row">
											<code>{task.name}</code>
										</th>
										<td>{time(task.last_success_at)}</td>
										<td>{time(task.last_failure_at)}</td>
									</tr>
								)}
							</For>
						</tbody>
					</table>
				</div>
			</Show>
		</>
	);
}
