/**
 * The work of jobs, done in portions by every caller who advances a job, and by the scheduled run. Each portion is claimed
 * first, so two workers seldom do the same one; if they do, revoking twice changes nothing.
 */
import { and, asc, eq, inArray, isNull, type SQL, sql } from "drizzle-orm";
import { jobItems, jobs } from "../../db/schema.ts";
import { AppError, toAppError } from "../errors.ts";
import type { Job } from "../schemas/job.ts";
import { MINUTE_MS } from "../schemas/time.ts";
import type { Deps } from "./deps.ts";
import { findJob, type JobRow, toJob } from "./jobs.ts";
import { revokeKey } from "./keys.ts";

/** Keys of one portion: about a second of work. */
const PORTION = 50;
/** Gates asked at the same time. Each change is also written to D1, which runs one statement at a time. */
const AT_ONCE = 10;
/** A worker that has died leaves its claim behind. After this, others take the keys. */
const CLAIM_MS = MINUTE_MS;
/** Portions of one scheduled run, of all jobs: it must end before the next one begins. */
const PORTIONS_PER_RUN = 20;

/** Works on the next portion of a running job. A job that is not running stays as it is. */
export async function advanceJob(deps: Deps, tenantId: string, id: string): Promise<Job> {
	const job = await findJob(deps, tenantId, id);
	return toJob(job.state === "running" ? await workOn(deps, job) : job);
}

/** Works on the running jobs of all tenants, the least recently advanced first. */
export async function advanceJobs(deps: Deps): Promise<void> {
	for (let portion = 0; portion < PORTIONS_PER_RUN; portion++) {
		const [job] = await deps.db
			.select()
			.from(jobs)
			.where(eq(jobs.state, "running"))
			.orderBy(asc(jobs.updatedAt))
			.limit(1);
		if (!job) return;
		const after = await workOn({ ...deps, now: deps.now + portion }, job);
		// Nothing to claim: another worker has the rest.
		if (after.state === "running" && after.succeeded + after.failed === job.succeeded + job.failed) return;
	}
}

async function workOn(deps: Deps, job: JobRow): Promise<JobRow> {
	const { db, now } = deps;
	const open = and(
		eq(jobItems.jobId, job.id),
		isNull(jobItems.outcome),
		sql`(claimed_at is null or claimed_at <= ${now - CLAIM_MS})`,
	);
	const next = db
		.select({ position: jobItems.position })
		.from(jobItems)
		.where(open)
		.orderBy(asc(jobItems.position))
		.limit(PORTION);
	const claimed = await db
		.update(jobItems)
		.set({ claimedAt: now })
		.where(and(eq(jobItems.jobId, job.id), inArray(jobItems.position, next)))
		.returning({ position: jobItems.position, keyId: jobItems.keyId });
	const results: Result[] = [];
	for (let start = 0; start < claimed.length; start += AT_ONCE)
		results.push(
			...(await Promise.all(
				claimed.slice(start, start + AT_ONCE).map(async ({ position, keyId }) => ({
					position,
					error: await revokeOne(deps, job, keyId),
				})),
			)),
		);
	return record(db, job, results, now);
}

interface Result {
	position: number;
	/** Null: succeeded. */
	error: string | null;
}

/** The error code of a key that could not be revoked, or null. */
async function revokeOne(deps: Deps, { tenantId, actor, actorEmail, ip, userAgent, reason }: JobRow, id: string) {
	try {
		await revokeKey(deps, { tenantId, actor, actorEmail, ip, userAgent }, { id, reason: reason ?? undefined });
		return null;
	} catch (thrown) {
		return toAppError(thrown).code;
	}
}

/** Records the results in one batch, and finishes the job when every key has one. */
async function record(db: Deps["db"], job: JobRow, results: readonly Result[], now: number): Promise<JobRow> {
	const given = sql`json_each(${JSON.stringify(results)}) as result`;
	const field = (name: string): SQL => sql`json_extract(result.value, ${sql.raw(`'$.${name}'`)})`;
	/** Only keys without a result count: another worker may have had the same ones. */
	const counted = (condition: SQL) => sql`(
		select count(*) from ${given} cross join ${jobItems} as item
			on item.job_id = ${job.id} and item.position = ${field("position")}
		where item.outcome is null and ${condition}
	)`;
	const [, , , [after]] = await db.batch([
		db
			.update(jobs)
			.set({
				succeeded: sql`succeeded + ${counted(sql`${field("error")} is null`)}`,
				failed: sql`failed + ${counted(sql`${field("error")} is not null`)}`,
				updatedAt: now,
			})
			.where(eq(jobs.id, job.id)),
		db
			.update(jobItems)
			.set({
				outcome: sql`iif(result.error is null, 'succeeded', 'failed')`,
				error: sql`result.error`,
			})
			.from(sql`(select ${field("position")} as position, ${field("error")} as error from ${given}) as result`)
			.where(and(eq(jobItems.jobId, job.id), sql`job_items.position = result.position and outcome is null`)),
		db
			.update(jobs)
			.set({ state: "finished", finishedAt: now })
			.where(and(eq(jobs.id, job.id), eq(jobs.state, "running"), sql`succeeded + failed >= total`)),
		db.select().from(jobs).where(eq(jobs.id, job.id)),
	]);
	if (!after) throw new AppError("NOT_FOUND", "Job not found.");
	return after;
}
