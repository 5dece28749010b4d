/** Jobs: long work on many keys. Creates, reads, stops and resumes them; `job-work.ts` does the work. */
import { and, asc, desc, eq, gt, inArray, isNull, sql } from "drizzle-orm";
import { type Author, auditEvent, createdWith } from "../../db/audit.ts";
import { runBatch, type Statement } from "../../db/client.ts";
import { newId } from "../../db/ids.ts";
import { insertAudit } from "../../db/insert-audit.ts";
import { apiKeys, jobItems, jobs } from "../../db/schema.ts";
import { AppError } from "../errors.ts";
import {
	type CreateJob,
	JOB_KEYS_MAX,
	type Job,
	type JobItemList,
	type JobList,
	type ListJobItems,
	type ListJobs,
} from "../schemas/job.ts";
import { toTimestamp, toTimestampOrNull } from "../schemas/time.ts";
import { decodeCursor, paginate } from "./cursor.ts";
import type { Deps } from "./deps.ts";
import { findKeys, keySearch } from "./key-search.ts";
import { STANDINGS } from "./key-standing.ts";
import type { Range } from "./search.ts";

export type JobRow = typeof jobs.$inferSelect;

/** Unfinished jobs of a tenant. Their keys are rows in a database that all tenants share. */
const UNFINISHED_MAX = 5;
/** Finished jobs of a tenant that are kept. */
const FINISHED_KEPT = 100;
const ORDER = "jobs";
const ITEMS_ORDER = "job items";

export const toJob = (row: JobRow): Job => ({
	id: row.id,
	kind: row.kind,
	state: row.state,
	reason: row.reason,
	total: row.total,
	succeeded: row.succeeded,
	failed: row.failed,
	created_at: toTimestamp(row.createdAt),
	created_by: row.actor,
	updated_at: toTimestamp(row.updatedAt),
	finished_at: toTimestampOrNull(row.finishedAt),
});

const oneOf = (tenantId: string, id: string) => and(eq(jobs.id, id), eq(jobs.tenantId, tenantId));

export async function findJob({ db }: Pick<Deps, "db">, tenantId: string, id: string): Promise<JobRow> {
	const [row] = await db.select().from(jobs).where(oneOf(tenantId, id));
	if (!row) throw new AppError("NOT_FOUND", "Job not found.");
	return row;
}

/** Creates a job. `CONFLICT` if the tenant has too many that are unfinished, or if no key matches the filter. */
export async function createJob(deps: Deps, author: Author, input: CreateJob): Promise<Job> {
	const { db, now } = deps;
	const { tenantId } = author;
	const unfinished = await db.$count(
		jobs,
		and(eq(jobs.tenantId, tenantId), inArray(jobs.state, ["running", "stopped"])),
	);
	if (unfinished >= UNFINISHED_MAX)
		throw new AppError(
			"CONFLICT",
			`The tenant has ${UNFINISHED_MAX} unfinished jobs. Wait until one is finished, or resume those that are stopped.`,
		);
	const ids = input.ids ? [...new Set(input.ids)] : await matchingIds(deps, tenantId, input.filter ?? {});
	if (ids.length === 0) throw new AppError("CONFLICT", "No API key that is not revoked matches the filter.");
	const row: JobRow = {
		id: newId("job"),
		tenantId,
		kind: input.kind,
		state: "running",
		reason: input.reason ?? null,
		total: ids.length,
		succeeded: 0,
		failed: 0,
		createdAt: now,
		updatedAt: now,
		finishedAt: null,
		actor: author.actor,
		actorEmail: author.actorEmail,
		ip: author.ip,
		userAgent: author.userAgent,
	};
	await runBatch(db, [
		deleteOldJobs(db, tenantId),
		db.insert(jobs).values(row),
		// One parameter for all ids: D1 allows 100 parameters.
		db
			.insert(jobItems)
			.select(sql`select ${row.id}, key, value, null, null, null from json_each(${JSON.stringify(ids)}) where true`),
		event(db, author, "job.create", row, now),
	]);
	return toJob(row);
}

/** Ids of the keys that match and are not revoked, the newest first. */
async function matchingIds(
	{ db }: Pick<Deps, "db">,
	tenantId: string,
	{ environment, search: text = "" }: NonNullable<CreateJob["filter"]>,
): Promise<string[]> {
	const search = keySearch(text, environment);
	const notRevoked = sql`standing < ${STANDINGS.revoked} and revoked_at is null`;
	if (!search) {
		const rows = await db
			.select({ id: apiKeys.id })
			.from(apiKeys)
			.where(and(eq(apiKeys.tenantId, tenantId), environment && eq(apiKeys.environment, environment), notRevoked))
			.orderBy(desc(apiKeys.createdAt), desc(apiKeys.id))
			.limit(JOB_KEYS_MAX);
		return rows.map(({ id }) => id);
	}
	const ids: string[] = [];
	let after: number | null = null;
	do {
		const range: Range = { after, descending: true, limit: JOB_KEYS_MAX - ids.length };
		const { found, scannedTo } = await findKeys(db, search, { tenantId, where: notRevoked }, range);
		ids.push(...found.map(({ id }) => id));
		after = scannedTo;
	} while (after !== null && ids.length < JOB_KEYS_MAX);
	return ids.slice(0, JOB_KEYS_MAX);
}

function deleteOldJobs(db: Deps["db"], tenantId: string): Statement {
	const finished = and(eq(jobs.tenantId, tenantId), eq(jobs.state, "finished"));
	const old = db
		.select({ id: jobs.id })
		.from(jobs)
		.where(finished)
		.orderBy(desc(jobs.createdAt), desc(jobs.id))
		// SQL has no offset without a limit. Each new job deletes at least as many as it adds.
		.limit(FINISHED_KEPT)
		.offset(FINISHED_KEPT);
	return db.delete(jobs).where(and(finished, inArray(jobs.id, old)));
}

function event(
	db: Deps["db"],
	author: Author,
	action: "job.create" | "job.stop" | "job.resume",
	row: JobRow,
	now: number,
) {
	const { id: job, kind, total: keys, reason } = row;
	return insertAudit(db, auditEvent(author, action, now, { changes: createdWith({ job, kind, keys, reason }) }));
}

/** One job with its progress. */
export async function getJob(deps: Pick<Deps, "db">, tenantId: string, id: string): Promise<Job> {
	return toJob(await findJob(deps, tenantId, id));
}

/** Newest first. */
export async function listJobs({ db }: Pick<Deps, "db">, tenantId: string, input: ListJobs): Promise<JobList> {
	const after = decodeCursor(ORDER, input.cursor, "number");
	const rows = await db
		.select()
		.from(jobs)
		.where(
			and(
				eq(jobs.tenantId, tenantId),
				after ? sql`(${jobs.createdAt}, ${jobs.id}) < (${after.value}, ${after.id})` : undefined,
			),
		)
		.orderBy(desc(jobs.createdAt), desc(jobs.id))
		.limit(input.limit + 1);
	const page = paginate(rows, input.limit, ORDER, (row) => ({ value: row.createdAt, id: row.id }));
	return { items: page.rows.map(toJob), next_cursor: page.next_cursor };
}

/** The keys of a job with their outcomes, in the order of the request. */
export async function listJobItems(
	deps: Pick<Deps, "db">,
	tenantId: string,
	input: ListJobItems,
): Promise<JobItemList> {
	// An invalid cursor is reported for an unknown job too, as every other invalid parameter is.
	const after = decodeCursor(ITEMS_ORDER, input.cursor, "number");
	await findJob(deps, tenantId, input.id);
	const { outcome } = input;
	const rows = await deps.db
		.select({
			position: jobItems.position,
			keyId: jobItems.keyId,
			outcome: jobItems.outcome,
			error: jobItems.error,
			name: apiKeys.name,
		})
		.from(jobItems)
		// The ids are the caller's, who may name a key of another tenant.
		.leftJoin(apiKeys, and(eq(apiKeys.id, jobItems.keyId), eq(apiKeys.tenantId, tenantId)))
		.where(
			and(
				eq(jobItems.jobId, input.id),
				outcome === undefined
					? undefined
					: outcome === "pending"
						? isNull(jobItems.outcome)
						: eq(jobItems.outcome, outcome),
				after ? gt(jobItems.position, after.value) : undefined,
			),
		)
		.orderBy(asc(jobItems.position))
		.limit(input.limit + 1);
	const page = paginate(rows, input.limit, ITEMS_ORDER, (row) => ({ value: row.position, id: row.keyId }));
	return {
		items: page.rows.map((row) => ({
			key_id: row.keyId,
			outcome: row.outcome ?? "pending",
			error: row.error,
			key_name: row.name,
		})),
		next_cursor: page.next_cursor,
	};
}

/** Stops a job. Keys that are done stay as they are. `CONFLICT` unless it is running. */
export async function stopJob({ db, now }: Pick<Deps, "db" | "now">, author: Author, id: string): Promise<Job> {
	const job = await findJob({ db }, author.tenantId, id);
	if (job.state !== "running")
		throw new AppError("CONFLICT", `The job is ${job.state}. Only a running job can be stopped.`);
	await runBatch(db, [
		db
			.update(jobs)
			.set({ state: "stopped", updatedAt: now })
			.where(and(oneOf(author.tenantId, id), eq(jobs.state, "running"))),
		event(db, author, "job.stop", job, now),
	]);
	return getJob({ db }, author.tenantId, id);
}

/** Continues a stopped job, and retries the keys that failed. `CONFLICT` if nothing is left to do. */
export async function resumeJob({ db, now }: Pick<Deps, "db" | "now">, author: Author, id: string): Promise<Job> {
	const job = await findJob({ db }, author.tenantId, id);
	if (job.state === "running") throw new AppError("CONFLICT", "The job is running already.");
	if (job.state === "finished" && job.failed === 0)
		throw new AppError("CONFLICT", "The job is finished, and no key has failed.");
	await runBatch(db, [
		db
			.update(jobItems)
			.set({ outcome: null, error: null, claimedAt: null })
			.where(and(eq(jobItems.jobId, id), eq(jobItems.outcome, "failed"))),
		db
			.update(jobs)
			.set({ state: "running", failed: 0, updatedAt: now, finishedAt: null })
			.where(and(oneOf(author.tenantId, id), eq(jobs.state, job.state))),
		event(db, author, "job.resume", job, now),
	]);
	return getJob({ db }, author.tenantId, id);
}
