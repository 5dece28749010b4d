import { useQuery, useQueryClient } from "@tanstack/solid-query";
import { createEffect, createMemo, on } from "solid-js";
import { createAction } from "../../api/action.ts";
import { api } from "../../api/client.ts";
import { problemOf } from "../../api/problem.ts";
import { dataOf, jobItemsQuery, jobQuery, loadProblem } from "../../api/queries.ts";
import type { Job } from "../../api/types.ts";
import { csvName } from "../../csv.ts";
import { saveCsv } from "../../save-csv.ts";
import { driveJob, showJob } from "./drive-job.ts";
import { type JobResult, resultCsv, resultOf } from "./job-result.ts";

export type JobView = ReturnType<typeof useJob>;

/**
 * A job that can be watched, stopped and resumed. This page advances it while it is running. `onEnd` gets the result when
 * it is stopped or finished.
 */
export function useJob(id: () => string | null, onEnd?: (result: JobResult) => void) {
	const client = useQueryClient();
	const query = useQuery(() => ({ ...jobQuery(id() ?? ""), enabled: id() !== null }));
	const job = () => (id() === null ? undefined : dataOf(query));
	const isRunning = () => job()?.state === "running";
	const items = useQuery(() => ({
		...jobItemsQuery(job() ?? { id: "", updated_at: "" }),
		enabled: job() !== undefined && !isRunning(),
	}));
	const result = createMemo(() => {
		const known = job() && !isRunning() ? dataOf(items) : undefined;
		return known && resultOf(known);
	});

	createEffect(on(result, (ended) => ended && onEnd?.(ended)));

	const drive = createAction(async () => {
		const known = job();
		if (known) await driveJob(client, known);
	});
	createEffect(on(isRunning, (running) => running && void drive.run()));

	/** Resumes it, or advances it again after a call has failed. */
	const resume = createAction(async () => {
		const known = job();
		if (!known) return;
		const fresh = await api.jobs.get.query({ id: known.id });
		await driveJob(client, fresh.state === "running" ? fresh : await api.jobs.resume.mutate({ id: known.id }));
	});
	const stop = createAction(async () => {
		const known = job();
		if (!known) return;
		// Every other state is shown, too: the job may have ended meanwhile.
		showJob(
			client,
			await api.jobs.stop.mutate({ id: known.id }).catch((error) => {
				if (problemOf(error).code !== "CONFLICT") throw error;
				return api.jobs.get.query({ id: known.id });
			}),
		);
	});
	const download = createAction(async () => {
		const known = job();
		if (!known) return;
		saveCsv(csvName(known.id, new Date(known.created_at)), resultCsv(await client.fetchQuery(jobItemsQuery(known))));
	});

	return {
		job,
		/** Shows it as the service has just returned it. */
		show: (created: Job) => showJob(client, created),
		/** Undefined until it is known, and while the job is running. */
		result,
		loadProblem: () => (id() === null ? null : loadProblem(query)),
		problem: () => resume.problem() ?? drive.problem() ?? stop.problem() ?? download.problem(),
		/** This page is advancing it. */
		isDriven: () => drive.busy() || resume.busy(),
		stopping: stop.busy,
		downloading: download.busy,
		resume: () => {
			drive.reset();
			void resume.run();
		},
		stop: () => void stop.run(),
		download: () => void download.run(),
		retryLoad: () => void query.refetch(),
	};
}
