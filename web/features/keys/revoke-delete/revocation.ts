/** Revokes many keys with a job of the service, which goes on even if this page is closed. */
import { useQueryClient } from "@tanstack/solid-query";
import { createSignal } from "solid-js";
import { createAction } from "../../../api/action.ts";
import { keyRemoved, refreshLists, showKeys } from "../../../api/cache.ts";
import { api } from "../../../api/client.ts";
import type { Job, JobItem } from "../../../api/types.ts";

/** The service returns at most this many items at once. */
const ITEMS_PAGE = 1_000;

/** What a stopped or finished job has not revoked. */
export interface Leftover {
	/** Deleted by another person meanwhile, so requests with them are rejected. */
	gone: string[];
	/** Not revoked, with the error code. */
	failed: { id: string; code: string }[];
	/** Not tried yet, because the job was stopped. */
	pending: string[];
}

/** `ids` are the keys to revoke. Progress and result are signals. */
export function useRevocation(ids: () => string[]) {
	const client = useQueryClient();
	const [job, setJob] = createSignal<Job | null>(null);
	const [leftover, setLeftover] = createSignal<Leftover | null>(null);

	/** Works until the job is no longer running. Each call does one portion, so the page stays responsive. */
	const advance = async (started: Job): Promise<Leftover | null> => {
		setLeftover(null);
		let current = started;
		for (setJob(current); current.state === "running"; setJob(current))
			current = await api.jobs.advance.mutate({ id: current.id });
		const found = await leftoverOf(current);
		const open = new Set([...found.gone, ...found.pending, ...found.failed.map(({ id }) => id)]);
		const revoked_at = current.updated_at;
		showKeys(
			client,
			ids()
				.filter((id) => !open.has(id))
				.map((id) => ({ id, status: "revoked", revoked_at })),
		);
		for (const id of found.gone) keyRemoved(client, id);
		refreshLists(client);
		setLeftover(found);
		return found;
	};

	/** The job is created once; later runs continue it. Failed keys of a finished job are tried again. */
	const run = createAction(async (reason: string): Promise<Leftover | null> => {
		const known = job();
		if (known === null)
			return advance(
				await api.jobs.create.mutate({ kind: "revoke_keys", ids: ids(), ...(reason === "" ? {} : { reason }) }),
			);
		const fresh = await api.jobs.get.query({ id: known.id });
		return advance(fresh.state === "running" ? fresh : await api.jobs.resume.mutate({ id: known.id }));
	});

	const stop = createAction(async () => {
		const running = job();
		if (running) await api.jobs.stop.mutate({ id: running.id });
	});

	return {
		job,
		leftover,
		busy: run.busy,
		stopping: stop.busy,
		problem: () => run.problem() ?? stop.problem(),
		abandoned: run.abandoned,
		reset: run.reset,
		run: run.run,
		stop: stop.run,
	};
}

async function leftoverOf({ id, total, succeeded }: Job): Promise<Leftover> {
	const found: Leftover = { gone: [], failed: [], pending: [] };
	if (succeeded === total) return found;
	for (const { key_id, error } of await itemsOf(id, "failed")) {
		if (error === "NOT_FOUND") found.gone.push(key_id);
		else found.failed.push({ id: key_id, code: error ?? "SERVER_ERROR" });
	}
	found.pending = (await itemsOf(id, "pending")).map(({ key_id }) => key_id);
	return found;
}

async function itemsOf(id: string, outcome: JobItem["outcome"]): Promise<JobItem[]> {
	const items: JobItem[] = [];
	let cursor: string | null = null;
	do {
		const page: Awaited<ReturnType<typeof api.jobs.items.query>> = await api.jobs.items.query({
			id,
			outcome,
			limit: ITEMS_PAGE,
			...(cursor === null ? {} : { cursor }),
		});
		items.push(...page.items);
		cursor = page.next_cursor;
	} while (cursor !== null);
	return items;
}
