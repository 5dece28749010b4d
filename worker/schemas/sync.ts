/** What a CRM sends: collaborators, and their activities. */
import { z } from "zod";
import { line, timestampInput } from "./common.ts";

const BATCH_MAX = 500;

/** Why one item of a batch was left out. The valid items are stored. */
const itemError = z.object({ index: z.int32(), message: z.string() });

export const collaboratorSchema = z.object({
	external_id: line(200).describe("Id of the collaborator in the sending system."),
	name: line(200),
	email: z.string().trim().max(254).pipe(z.email("Must be an email address")),
	team: line(200).nullish().describe("Absent: unchanged. null: cleared."),
	role: line(200).nullish().describe("Absent: unchanged. null: cleared."),
});

export const activitySchema = z.object({
	collaborator_id: line(200).describe("`external_id` of a collaborator that was sent before."),
	activity: z.string().regex(/^(?!000)\d{3}$/, "Must be a code from 001 to 999"),
	quantity: z.number().positive().max(1_000_000_000).default(1),
	occurred_at: timestampInput.optional().describe("Default: the time of the request."),
	reference: line(200)
		.optional()
		.describe(
			"Id of the activity in the sending system. An activity with a known `reference` is not stored again, so a retry is safe.",
		),
});

/** A list whose items the service validates one by one. The schema of an item is what the OpenAPI document shows. */
const batchOf = (item: z.ZodType) => z.array(z.unknown().meta({ item })).min(1).max(BATCH_MAX);

/** The same, but an unknown field of an item rejects the whole request: a misspelt `reference` would count a retry twice. */
const strictBatchOf = (item: z.ZodObject) =>
	batchOf(item.strict()).check(({ value, issues }) => {
		value.forEach((sent, index) => {
			if (typeof sent !== "object" || sent === null) return;
			const keys = Object.keys(sent).filter((key) => !Object.hasOwn(item.shape, key));
			if (keys.length > 0) issues.push({ code: "unrecognized_keys", keys, path: [index], input: { ...sent } });
		});
	});

export const syncCollaboratorsSchema = z.strictObject({ collaborators: strictBatchOf(collaboratorSchema) });
export const syncActivitiesSchema = z.strictObject({ activities: strictBatchOf(activitySchema) });

/** Both by name, for clients that are older than the `/v1` routes. Their unknown fields are ignored, as they always were. */
export const defaultIntegrationSchema = z.discriminatedUnion("action", [
	z.object({ action: z.literal("sync_collaborators"), collaborators: batchOf(collaboratorSchema) }),
	z.object({ action: z.literal("sync_activities"), activities: batchOf(activitySchema) }),
]);

export const collaboratorsSyncedSchema = z
	.object({
		created: z.int32().describe("New collaborators."),
		existing: z.int32().describe("Known collaborators, now updated."),
		errors: z.array(itemError.extend({ external_id: z.string().nullable() })),
		total: z.int32(),
	})
	.meta({ id: "CollaboratorsSynced" });
export type CollaboratorsSynced = z.infer<typeof collaboratorsSyncedSchema>;

export const activitiesSyncedSchema = z
	.object({
		processed: z.int32().describe("New activities."),
		duplicates: z.int32().describe("Activities whose `reference` is already known."),
		errors: z.array(itemError.extend({ collaborator_id: z.string().nullable() })),
		total: z.int32(),
	})
	.meta({ id: "ActivitiesSynced" });
export type ActivitiesSynced = z.infer<typeof activitiesSyncedSchema>;
