/** Advances running jobs from this page. The service continues a job without it, but only once a minute. */
import type { QueryClient } from "@tanstack/solid-query";
import { keyRemoved, refreshLists, showKeys } from "../../api/cache.ts";
import { api } from "../../api/client.ts";
import { jobItemsQuery, jobQuery, jobsQuery } from "../../api/queries.ts";
import type { Job } from "../../api/types.ts";
import { formatNumber } from "../../i18n/format.ts";
import { t } from "../../i18n/index.ts";
import { notify } from "../../ui/toast.tsx";
import { resultOf } from "./job-result.ts";

/** Pause while another worker has all the remaining keys. */
const WAIT_FOR_OTHERS_MS = 1_000;

/** The jobs that this page is advancing. Screens that show the same job share one loop. */
const driven = new Map<string, Promise<Job>>();

/** Shows a job as the service has just returned it, in the list of jobs and on its own. */
export function showJob(client: QueryClient, job: Job): void {
	// A refetch that is under way would bring an older state. The first fetch is needed all the same.
	for (const queryKey of [jobQuery(job.id).queryKey, jobsQuery().queryKey])
		if (client.getQueryData(queryKey) !== undefined) void client.cancelQueries({ queryKey });
	client.setQueryData(jobQuery(job.id).queryKey, job);
	client.setQueryData(jobsQuery().queryKey, (jobs) => {
		if (!jobs) return undefined;
		const isKnown = jobs.some(({ id }) => id === job.id);
		return isKnown ? jobs.map((each) => (each.id === job.id ? job : each)) : [job, ...jobs];
	});
}

/**
 * Advances the job until it is no longer running, and then shows its keys as they are now. Continues after the component
 * that called it is gone. Rejects with the error of the call that failed.
 */
export function driveJob(client: QueryClient, started: Job): Promise<Job> {
	const known = driven.get(started.id);
	if (known) return known;
	const driving = drive(client, started).finally(() => driven.delete(started.id));
	driven.set(started.id, driving);
	showJob(client, started);
	return driving;
}

async function drive(client: QueryClient, started: Job): Promise<Job> {
	let job = started;
	while (job.state === "running") {
		const before = job;
		job = await api.jobs.advance.mutate({ id: job.id });
		showJob(client, job);
		if (job.state === "running" && job.succeeded === before.succeeded && job.failed === before.failed)
			await new Promise((resolve) => setTimeout(resolve, WAIT_FOR_OTHERS_MS));
	}
	await showResult(client, job);
	return job;
}

async function showResult(client: QueryClient, job: Job): Promise<void> {
	const { revoked, gone, failed } = resultOf(await client.fetchQuery(jobItemsQuery(job)));
	const revoked_at = job.updated_at;
	showKeys(
		client,
		revoked.map((id) => ({ id, status: "revoked", revoked_at })),
	);
	for (const { key_id } of gone) keyRemoved(client, key_id);
	refreshLists(client);
	if (job.state === "stopped") return;
	const { revokeMany: words, job: jobWords } = t().revokeDelete;
	if (revoked.length > 0) notify(words.done(revoked.length, formatNumber(revoked.length)));
	if (gone.length > 0) notify(words.gone(gone.length, formatNumber(gone.length)));
	if (failed.length > 0) notify(jobWords.failed(failed.length, formatNumber(failed.length)), { failed: true });
}
