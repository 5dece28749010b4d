/** Jobs: long work on many API keys. */
import { createRoute, z } from "@hono/zod-openapi";
import { id } from "../../schemas/common.ts";
import { createJobSchema, jobItemSchema, jobSchema, listJobItemsSchema, listJobsSchema } from "../../schemas/job.ts";
import { advanceJob } from "../../services/job-work.ts";
import { createJob, getJob, listJobItems, listJobs, resumeJob, stopJob } from "../../services/jobs.ts";
import { managerOperation, permitted, permittedWithBody } from "../define-route.ts";
import { BODY_ERRORS, conflict, MANAGER_ERRORS, notFound, TOO_LARGE } from "../openapi/errors.ts";
import * as examples from "../openapi/examples.ts";
import { created, jsonBody, ok, page } from "../openapi/responses.ts";
import { fromQuery } from "../query.ts";
import { depsOf, envelope, listEnvelope, locationOf } from "../respond.ts";
import { NO_TENANT, tenantHeaders, tenantQuery } from "../tenant-choice.ts";

const JOBS = "/v1/jobs";
const ONE_JOB = `${JOBS}/{id}`;
const tags = ["Jobs"];
const params = z.object({ id: id.meta({ description: "Id of the job.", example: examples.job.id }) });
const NO_JOB = notFound("The tenant has no job with this id, or the tenant does not exist.");

/** A step of one job, which has no input but the tenant. */
const step = <E extends object>(name: "advance" | "stop" | "resume", summary: string, description: string, errors: E) =>
	createRoute({
		...permittedWithBody("keys:write"),
		tags,
		method: "post",
		path: `${ONE_JOB}/${name}`,
		operationId: `${name}Job`,
		summary,
		description,
		request: { headers: tenantHeaders, params, query: tenantQuery },
		responses: {
			...MANAGER_ERRORS,
			...TOO_LARGE,
			...NO_JOB,
			...errors,
			200: ok(jobSchema, "The job as it is now.", examples.job),
		},
	});

export const jobOperations = [
	managerOperation(
		createRoute({
			...permittedWithBody("keys:write"),
			tags,
			method: "post",
			path: JOBS,
			operationId: "createJob",
			summary: "Create a job",
			description:
				"Revokes many API keys. The service works on the job in portions: with every `advance`, and every minute. Progress and results can be read at any time.",
			request: { headers: tenantHeaders, query: tenantQuery, body: jsonBody(createJobSchema, examples.createJob) },
			responses: {
				...MANAGER_ERRORS,
				...BODY_ERRORS,
				...NO_TENANT,
				...conflict("The tenant has too many unfinished jobs, or no key matches the filter."),
				201: created(jobSchema, "The job.", examples.job, `${JOBS}/${examples.job.id}`),
			},
		}),
		async (c) => {
			const job = await createJob(depsOf(c), c.var.author, c.req.valid("json"));
			return c.json(envelope(c, job), 201, locationOf(JOBS, job));
		},
	),
	managerOperation(
		createRoute({
			...permitted("keys:read"),
			tags,
			method: "get",
			path: JOBS,
			operationId: "listJobs",
			summary: "List jobs",
			description: "Newest first.",
			request: { headers: tenantHeaders, query: fromQuery(listJobsSchema) },
			responses: { ...MANAGER_ERRORS, ...NO_TENANT, 200: page(jobSchema, "A page of jobs.", examples.job) },
		}),
		async (c) => c.json(listEnvelope(c, await listJobs(depsOf(c), c.var.author.tenantId, c.req.valid("query"))), 200),
	),
	managerOperation(
		createRoute({
			...permitted("keys:read"),
			tags,
			method: "get",
			path: ONE_JOB,
			operationId: "getJob",
			summary: "Get a job",
			description: "Returns the job with its progress.",
			request: { headers: tenantHeaders, params, query: tenantQuery },
			responses: { ...MANAGER_ERRORS, ...NO_JOB, 200: ok(jobSchema, "The job.", examples.job) },
		}),
		async (c) => c.json(envelope(c, await getJob(depsOf(c), c.var.author.tenantId, c.req.valid("param").id)), 200),
	),
	managerOperation(
		createRoute({
			...permitted("keys:read"),
			tags,
			method: "get",
			path: `${ONE_JOB}/items`,
			operationId: "listJobItems",
			summary: "List the results of a job",
			description: "Every key of the job with its outcome, in the order of the request.",
			request: { headers: tenantHeaders, params, query: fromQuery(listJobItemsSchema.omit({ id: true })) },
			responses: { ...MANAGER_ERRORS, ...NO_JOB, 200: page(jobItemSchema, "A page of results.", examples.jobItem) },
		}),
		async (c) => {
			const input = { ...c.req.valid("query"), ...c.req.valid("param") };
			return c.json(listEnvelope(c, await listJobItems(depsOf(c), c.var.author.tenantId, input)), 200);
		},
	),
	managerOperation(
		step(
			"advance",
			"Work on a job",
			"Works on the next portion of a running job, and leaves any other as it is. Call it until the job is not running.",
			{},
		),
		async (c) => c.json(envelope(c, await advanceJob(depsOf(c), c.var.author.tenantId, c.req.valid("param").id)), 200),
	),
	managerOperation(
		step(
			"stop",
			"Stop a job",
			"Keys that are done stay as they are. The job can be resumed.",
			conflict("The job is not running."),
		),
		async (c) => c.json(envelope(c, await stopJob(depsOf(c), c.var.author, c.req.valid("param").id)), 200),
	),
	managerOperation(
		step(
			"resume",
			"Resume a job",
			"Goes on with a stopped job, and retries the keys that failed.",
			conflict("The job is running, or it is finished and no key has failed."),
		),
		async (c) => c.json(envelope(c, await resumeJob(depsOf(c), c.var.author, c.req.valid("param").id)), 200),
	),
] as const;
