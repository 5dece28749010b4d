/** Above the list: the revocations that are not finished, and those that finished lately. */
import { useSearchParams } from "@solidjs/router";
import { useQuery, useQueryClient } from "@tanstack/solid-query";
import { type Component, createEffect, createMemo, createSignal, For, on, Show } from "solid-js";
import { Dynamic } from "solid-js/web";
import { DAY_MS } from "../../../worker/schemas/time.ts";
import { dataOf, jobsQuery } from "../../api/queries.ts";
import type { Job } from "../../api/types.ts";
import { formatAgo, formatNumber } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import { loadModule } from "../../load-module.ts";
import { hiddenJobs, hideJob } from "../../preferences.ts";
import { useNow } from "../../time.tsx";
import { Button } from "../../ui/button.tsx";
import { Meter } from "../../ui/meter.tsx";
import { driveJob } from "./drive-job.ts";
import styles from "./job-notices.module.css";

/** How long a finished job is shown, so that the person finds its result. */
const SHOWN_MS = DAY_MS;
const SHOWN = 3;

export default function JobNotices() {
	const client = useQueryClient();
	const now = useNow();
	const [params, setParams] = useSearchParams<{ job?: string }>();
	const query = useQuery(() => jobsQuery());
	const jobs = () => dataOf(query) ?? [];
	const isShown = ({ id, finished_at }: Job) =>
		finished_at === null || (now() - Date.parse(finished_at) < SHOWN_MS && !hiddenJobs().includes(id));
	// By id, so that progress does not replace the elements.
	const shown = createMemo(
		() =>
			jobs()
				.filter(isShown)
				.slice(0, SHOWN)
				.map(({ id }) => id),
		[],
		{
			equals: (before, after) => before.join() === after.join(),
		},
	);
	const byId = (id: string) => jobs().find((job) => job.id === id);

	// The person may have left the page while a job was running. This page takes it over.
	const running = createMemo(() =>
		jobs()
			.filter(({ state }) => state === "running")
			.map(({ id }) => id)
			.join(),
	);
	createEffect(
		on(running, () => {
			// A failure is shown by the dialog. The service continues the job in any case.
			for (const job of jobs()) if (job.state === "running") driveJob(client, job).catch(() => {});
		}),
	);

	const [dialog, setDialog] = createSignal<Component<{ id: string; onClose: () => void }>>();
	createEffect(
		on(
			() => params.job,
			async (id) => {
				if (!id || dialog()) return;
				const loaded = await loadModule(() => import("./job-dialog.tsx"));
				if (loaded) setDialog(() => loaded);
			},
		),
	);
	const open = (job: string | undefined) => setParams({ job }, { replace: true, scroll: false });

	return (
		<>
			<Show when={shown().length > 0}>
				<ul class={styles.notices} aria-label={t().revokeDelete.job.notices.label}>
					<For each={shown()}>
						{(id) => <Show when={byId(id)}>{(job) => <Notice job={job()} now={now()} onShow={() => open(id)} />}</Show>}
					</For>
				</ul>
			</Show>
			<Show when={params.job}>
				{(id) => (
					<Show when={dialog()}>
						{(loaded) => <Dynamic component={loaded()} id={id()} onClose={() => open(undefined)} />}
					</Show>
				)}
			</Show>
		</>
	);
}

function Notice(props: { job: Job; now: number; onShow: () => void }) {
	const words = () => t().revokeDelete.job.notices;
	const left = () => props.job.total - props.job.succeeded;
	const text = () => {
		const { state, total, updated_at } = props.job;
		const of = formatNumber(total);
		if (state === "running") return words().running(total, of);
		if (state === "stopped") return words().stopped(formatNumber(left()), total, of);
		const ago = formatAgo(updated_at, props.now);
		return left() === 0 ? words().finished(total, of, ago) : words().failed(formatNumber(left()), total, of, ago);
	};
	return (
		<li class={styles.notice} data-state={props.job.state}>
			<span role="status" class={styles.text}>
				{text()}
			</span>
			<Show when={props.job.state === "running"}>
				<div class={styles.bar}>
					<Meter kind="progress" label={t().revokeDelete.job.bar} max={props.job.total} value={props.job.succeeded} />
				</div>
			</Show>
			<span class={styles.buttons}>
				<Button onClick={props.onShow}>{words().show}</Button>
				<Show when={props.job.state === "finished"}>
					<Button variant="quiet" onClick={() => hideJob(props.job.id)}>
						{words().hide}
					</Button>
				</Show>
			</span>
		</li>
	);
}
