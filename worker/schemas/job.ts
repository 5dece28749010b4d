/** Long work on many keys, which the service does in portions. */
import { z } from "zod";
import { JOB_KINDS, JOB_OUTCOMES, JOB_STATES } from "../../db/enums.ts";
import { environment } from "./api-key.ts";
import { id, line, nextCursor, page, searchText, tenantChoice, timestamp } from "./common.ts";

/** Most keys of one job: the statement that records them must not keep D1 from other requests. */
export const JOB_KEYS_MAX = 10_000;

export const jobSchema = z
	.object({
		id,
		kind: z.enum(JOB_KINDS),
		state: z
			.enum(JOB_STATES)
			.describe("A `stopped` job can be resumed, and so can a `finished` one that has failed keys."),
		reason: z.string().nullable(),
		total: z.number().int(),
		succeeded: z.number().int(),
		failed: z.number().int(),
		created_at: timestamp,
		created_by: z.string(),
		updated_at: timestamp,
		finished_at: timestamp.nullable(),
	})
	.meta({ id: "Job" });
export type Job = z.infer<typeof jobSchema>;

export const createJobSchema = z
	.strictObject({
		...tenantChoice,
		kind: z.enum(JOB_KINDS).describe("`revoke_keys` revokes every key."),
		ids: z.array(id).min(1).max(JOB_KEYS_MAX).optional().describe("Ids of the API keys. Not together with `filter`."),
		filter: z
			.strictObject({
				environment: environment.optional(),
				search: searchText(100).optional().describe("As in the list of API keys."),
			})
			.optional()
			.describe(
				`All keys that match and are not revoked, at most ${JOB_KEYS_MAX}. Create another job for the rest. An empty object matches every key.`,
			),
		reason: line(200).optional().describe("Recorded in the audit event of every key."),
	})
	.refine(({ ids, filter }) => (ids === undefined) !== (filter === undefined), {
		path: ["ids"],
		error: "Send either ids or filter",
	});
export type CreateJob = z.output<typeof createJobSchema>;

export const jobIdSchema = z.strictObject({ ...tenantChoice, id });

export const listJobsSchema = z.strictObject({ ...tenantChoice, ...page });
export type ListJobs = z.output<typeof listJobsSchema>;
export const jobListSchema = z.object({ items: z.array(jobSchema), next_cursor: nextCursor });
export type JobList = z.infer<typeof jobListSchema>;

export const jobItemSchema = z
	.object({
		key_id: z.string(),
		outcome: z.enum(["pending", ...JOB_OUTCOMES]),
		error: z.string().nullable().describe("The error code of a key that failed, such as `NOT_FOUND`."),
		key_name: z.string().nullable().describe("Null if the key was deleted or never existed."),
	})
	.meta({ id: "JobItem" });
export type JobItem = z.infer<typeof jobItemSchema>;

export const listJobItemsSchema = z.strictObject({
	...tenantChoice,
	id,
	outcome: z
		.enum(["pending", ...JOB_OUTCOMES])
		.optional()
		.describe("Only keys with this outcome."),
	cursor: page.cursor,
	limit: z.number().int().min(1).max(1_000).default(100).describe("Items per page."),
});
export type ListJobItems = z.output<typeof listJobItemsSchema>;
export const jobItemListSchema = z.object({ items: z.array(jobItemSchema), next_cursor: nextCursor });
export type JobItemList = z.infer<typeof jobItemListSchema>;
