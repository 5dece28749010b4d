import { Match, Show, Switch } from "solid-js";
import { ProblemPanel } from "../../api/problem-view.tsx";
import { formatAgo, formatNumber } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import { useNow } from "../../time.tsx";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Skeleton } from "../../ui/states.tsx";
import { JobButtons, JobProgress } from "./job-progress.tsx";
import { useJob } from "./use-job.ts";

/** A job that was started earlier, perhaps by another person. It continues if the dialog is closed. */
export default function JobDialog(props: { id: string; onClose: () => void }) {
	const now = useNow();
	const view = useJob(() => props.id);
	const words = () => t().revokeDelete.job;
	return (
		<Dialog
			open
			ignoreOutsideClick={view.isDriven()}
			closeLabel={t().common.close}
			onClose={props.onClose}
			title={
				view.job() ? words().title(view.job()?.total ?? 0, formatNumber(view.job()?.total ?? 0)) : words().titleUnknown
			}
			description={
				<Show when={view.job()}>
					{(job) => (
						<>
							<p>{words().started(formatAgo(job().created_at, now()))}</p>
							<Show when={job().reason}>{(reason) => <p>{words().reason(reason())}</p>}</Show>
						</>
					)}
				</Show>
			}
			footer={
				<Show when={view.job()} fallback={<Button onClick={props.onClose}>{t().common.close}</Button>}>
					{(job) => <JobButtons job={job()} view={view} onClose={props.onClose} />}
				</Show>
			}
		>
			<Switch fallback={<Skeleton height="64px" />}>
				<Match when={view.job()}>{(job) => <JobProgress job={job()} view={view} />}</Match>
				<Match when={view.loadProblem()}>
					{(problem) => <ProblemPanel title={words().loadFailed} problem={problem()} onRetry={view.retryLoad} />}
				</Match>
			</Switch>
		</Dialog>
	);
}
