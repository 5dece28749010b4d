/** Commands for jobs: long work on many keys, which the service does in portions. */
import { setTimeout } from "node:timers/promises";
import { Command, Option } from "commander";
import type { RouterOutputs, SalesOSClient } from "../../index.ts";
import { type Common, command, contextOf, given, number, pages } from "../command.ts";
import { instant } from "../display.ts";
import { CommandError, EXIT } from "../errors.ts";
import { safeText } from "../safe-text.ts";
import { note, print, printFacts, printJson, printProgress, printTable } from "../terminal.ts";

type Job = RouterOutputs["jobs"]["get"];

const ITEMS_PAGE_MAX = 1_000;
/** Pause before the next look at a job that another worker advances. */
const WAIT_FOR_OTHERS_MS = 1_000;

const progressOf = ({ total, succeeded, failed }: Job): string =>
	`${succeeded + failed} of ${total} keys done${failed > 0 ? `, ${failed} failed` : ""}`;

/**
 * Drives a job to its end and shows the progress. The service continues if this process ends, so Ctrl-C loses nothing.
 */
export async function follow(salesos: SalesOSClient, started: Job, options: Common): Promise<void> {
	const isSilent = options.json || options.quiet;
	if (!isSilent)
		note(`Job ${started.id}. It continues if you leave. Stop it with: salesos-keys jobs stop ${started.id}`);
	let job = started;
	while (job.state === "running") {
		const before = progressOf(job);
		job = await salesos.jobs.advance.mutate({ id: job.id });
		if (!isSilent) printProgress(progressOf(job), job.state !== "running");
		// Another worker has claimed the remaining keys.
		if (job.state === "running" && progressOf(job) === before) await setTimeout(WAIT_FOR_OTHERS_MS);
	}
	if (options.json) printJson(job);
	else if (options.quiet) print(job.id);
	else if (job.state === "stopped") note(`Stopped. Resume it with: salesos-keys jobs resume ${job.id}`);
	if (job.failed > 0)
		throw new CommandError(
			EXIT.failure,
			`${job.failed} of ${job.total} keys failed. List them with: salesos-keys jobs items ${job.id} --outcome failed`,
		);
}

function show(job: Job, options: Common): void {
	if (options.json) printJson(job);
	else if (options.quiet) print(job.state);
	else
		printFacts([
			["Id", job.id],
			["Kind", job.kind],
			["State", job.state],
			["Progress", progressOf(job)],
			["Reason", safeText(job.reason ?? "none")],
			["Created", `${instant(job.created_at)} by ${safeText(job.created_by)}`],
			["Finished", job.finished_at === null ? "no" : instant(job.finished_at)],
		]);
}

interface ListOptions extends Common {
	limit?: number;
	cursor?: string;
	all?: boolean;
}

const list = (): Command =>
	command("list", "List jobs, newest first", ["salesos-keys jobs list"])
		.option("--limit <number>", "items per page, 1 to 100", number)
		.option("--cursor <cursor>", "continue after an earlier page")
		.option("--all", "all pages")
		.action(async (options: ListOptions) => {
			const salesos = contextOf(options).client();
			const found = await pages(options.all, options.cursor, (cursor) =>
				salesos.jobs.list.query(given({ cursor, limit: options.limit })),
			);
			if (options.json) return printJson(found);
			if (options.quiet) {
				for (const { id } of found.items) print(id);
				return;
			}
			if (found.items.length === 0) return note("No jobs found.");
			printTable({
				heading: ["ID", "KIND", "STATE", "PROGRESS", "CREATED"],
				rows: found.items.map((job) => [job.id, job.kind, job.state, progressOf(job), instant(job.created_at)]),
				shrinkable: 3,
			});
			if (found.next_cursor) note(`More jobs: --all, or --cursor ${found.next_cursor}`);
		});

const get = (): Command =>
	command("get", "Show one job", ["salesos-keys jobs get job_4k2m9x"])
		.argument("<id>", "id of the job")
		.action(async (id: string, options: Common) => {
			show(await contextOf(options).client().jobs.get.query({ id }), options);
		});

interface ItemsOptions extends Common {
	outcome?: "pending" | "succeeded" | "failed";
}

const items = (): Command =>
	command("items", "List every key of a job with its outcome", [
		"salesos-keys jobs items job_4k2m9x --outcome failed",
		"salesos-keys jobs items job_4k2m9x --json > result.json",
	])
		.argument("<id>", "id of the job")
		.addOption(
			new Option("--outcome <outcome>", "only keys with this outcome").choices(["pending", "succeeded", "failed"]),
		)
		.action(async (id: string, options: ItemsOptions) => {
			const salesos = contextOf(options).client();
			const { outcome } = options;
			const found = await pages(true, undefined, (cursor) =>
				salesos.jobs.items.query({ id, limit: ITEMS_PAGE_MAX, ...given({ outcome, cursor }) }),
			);
			if (options.json) return printJson(found);
			if (options.quiet) {
				for (const { key_id } of found.items) print(key_id);
				return;
			}
			const rows = found.items.map(({ key_id, outcome, error, key_name }) => [
				safeText(key_id),
				outcome,
				error ?? "",
				safeText(key_name ?? ""),
			]);
			printTable({ heading: ["KEY", "OUTCOME", "ERROR", "NAME"], rows, shrinkable: 3 });
		});

const stop = (): Command =>
	command("stop", "Stop a job. Keys that are done stay done", ["salesos-keys jobs stop job_4k2m9x"])
		.argument("<id>", "id of the job")
		.action(async (id: string, options: Common) => {
			show(await contextOf(options).client().jobs.stop.mutate({ id }), options);
		});

const resume = (): Command =>
	command("resume", "Resume a stopped job, or retry the failed keys of a finished one", [
		"salesos-keys jobs resume job_4k2m9x",
	])
		.argument("<id>", "id of the job")
		.action(async (id: string, options: Common) => {
			const salesos = contextOf(options).client();
			await follow(salesos, await salesos.jobs.resume.mutate({ id }), options);
		});

export const jobs = (): Command => {
	const parent = new Command("jobs")
		.description("List, stop and resume long work on many keys")
		.addHelpText("after", "\nExamples:\n  $ salesos-keys jobs list\n  $ salesos-keys jobs resume job_4k2m9x");
	for (const make of [list, get, items, stop, resume]) parent.addCommand(make());
	return parent;
};
