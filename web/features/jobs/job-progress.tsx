/** A job inside a dialog: its progress and result, and the buttons below. */
import { Match, Show, Switch } from "solid-js";
import { ProblemNote } from "../../api/problem-view.tsx";
import type { Job, JobItem } from "../../api/types.ts";
import { formatNumber } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import { Button } from "../../ui/button.tsx";
import { Meter } from "../../ui/meter.tsx";
import { ScrollList } from "../../ui/scroll-list.tsx";
import { Notice } from "../../ui/states.tsx";
import styles from "./job-progress.module.css";
import { errorText } from "./job-result.ts";
import type { JobView } from "./use-job.ts";

export function JobProgress(props: { job: Job; view: JobView }) {
	const words = () => t().revokeDelete.job;
	return (
		<div class={styles.stack}>
			<Meter kind="progress" label={words().bar} max={props.job.total} value={props.job.succeeded} />
			<p role="status">
				{words().progress(formatNumber(props.job.succeeded), props.job.total, formatNumber(props.job.total))}
			</p>
			<div aria-live="assertive" class={styles.stack}>
				<Show when={props.view.result()}>
					{(result) => (
						<>
							<Show when={result().pending.length > 0}>
								<Notice tone="warning">
									{words().stopped(result().pending.length, formatNumber(result().pending.length))}
								</Notice>
							</Show>
							<Show when={result().failed.length > 0}>
								<Notice tone="danger">
									{words().failed(result().failed.length, formatNumber(result().failed.length))}
								</Notice>
								<FailedKeys items={result().failed} />
							</Show>
							<Show when={result().gone.length > 0}>
								<Notice tone="calm">
									{t().revokeDelete.revokeMany.gone(result().gone.length, formatNumber(result().gone.length))}
								</Notice>
							</Show>
						</>
					)}
				</Show>
			</div>
			<ProblemNote problem={props.view.problem()} />
		</div>
	);
}

function FailedKeys(props: { items: readonly JobItem[] }) {
	return (
		<ScrollList
			label={t().revokeDelete.job.failedList}
			items={props.items}
			rest={(count) => t().revokeDelete.job.more(formatNumber(count))}
		>
			{(item) => (
				<>
					<span>{item.key_name ?? item.key_id}</span>
					<code>{item.key_id}</code>
					<span class={styles.why}>{errorText(item)}</span>
				</>
			)}
		</ScrollList>
	);
}

export function JobButtons(props: { job: Job; view: JobView; onClose: () => void }) {
	const words = () => t().revokeDelete.job;
	const left = () => {
		const result = props.view.result();
		return result ? result.pending.length + result.failed.length : props.job.total - props.job.succeeded;
	};
	const isRunning = () => props.job.state === "running";
	return (
		<Switch>
			<Match when={isRunning() && props.view.isDriven()}>
				<Button onClick={props.onClose}>{words().closeAndContinue}</Button>
				<Button busy={props.view.stopping()} onClick={props.view.stop}>
					{words().stop}
				</Button>
			</Match>
			<Match when={true}>
				<Show when={!isRunning()}>
					<Button icon="download" busy={props.view.downloading()} onClick={props.view.download}>
						{words().download}
					</Button>
				</Show>
				<Button onClick={props.onClose}>{t().common.close}</Button>
				<Show when={left() > 0}>
					<Button variant="danger" busy={props.view.isDriven()} onClick={props.view.resume}>
						{words().resume(left(), formatNumber(left()))}
					</Button>
				</Show>
			</Match>
		</Switch>
	);
}
