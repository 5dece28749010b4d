import type { TRPCRouterRecord } from "@trpc/server";
import {
	createJobSchema,
	jobIdSchema,
	jobItemListSchema,
	jobListSchema,
	jobSchema,
	listJobItemsSchema,
	listJobsSchema,
} from "../../schemas/job.ts";
import { advanceJob } from "../../services/job-work.ts";
import { createJob, getJob, listJobItems, listJobs, resumeJob, stopJob } from "../../services/jobs.ts";
import { permittedProcedure } from "../procedures.ts";

/** Long work on many keys, which the service does in portions. */
export const jobsRouter = {
	/** Creates a job that revokes many keys. */
	create: permittedProcedure("keys:write")
		.input(createJobSchema)
		.output(jobSchema)
		.mutation(({ ctx, input }) => createJob(ctx.deps, ctx.author, input)),

	/** Newest first. */
	list: permittedProcedure("keys:read")
		.input(listJobsSchema.prefault({}))
		.output(jobListSchema)
		.query(({ ctx, input }) => listJobs(ctx.deps, ctx.author.tenantId, input)),

	/** One job with its progress. */
	get: permittedProcedure("keys:read")
		.input(jobIdSchema)
		.output(jobSchema)
		.query(({ ctx, input }) => getJob(ctx.deps, ctx.author.tenantId, input.id)),

	/** The keys of a job with their outcomes. */
	items: permittedProcedure("keys:read")
		.input(listJobItemsSchema)
		.output(jobItemListSchema)
		.query(({ ctx, input }) => listJobItems(ctx.deps, ctx.author.tenantId, input)),

	/** Works on the next portion. Call it until the job is not running; without calls, the scheduled run works on it every minute. */
	advance: permittedProcedure("keys:write")
		.input(jobIdSchema)
		.output(jobSchema)
		.mutation(({ ctx, input }) => advanceJob(ctx.deps, ctx.author.tenantId, input.id)),

	/** Stops a running job. */
	stop: permittedProcedure("keys:write")
		.input(jobIdSchema)
		.output(jobSchema)
		.mutation(({ ctx, input }) => stopJob(ctx.deps, ctx.author, input.id)),

	/** Resumes a stopped job, and retries the keys that failed. */
	resume: permittedProcedure("keys:write")
		.input(jobIdSchema)
		.output(jobSchema)
		.mutation(({ ctx, input }) => resumeJob(ctx.deps, ctx.author, input.id)),
} satisfies TRPCRouterRecord;
