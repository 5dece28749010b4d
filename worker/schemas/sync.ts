/** What a CRM sends: collaborators, and their activities. */
import { z } from "zod";
import { line, timestampInput } from "./common.ts";

const BATCH_MAX = 500;

/** Why one item of a batch was left out. The valid items are stored. */
const itemError = z.object({ index: z.number().int(), message: z.string() });

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

/**
 * A list whose items are judged one by one by the service: here only the length counts, and the schema of an
 * item is what the OpenAPI document shows.
 */
const batchOf = (item: z.ZodType) => z.array(z.unknown().meta({ item })).min(1).max(BATCH_MAX);

export const syncCollaboratorsSchema = z.object({ collaborators: batchOf(collaboratorSchema) });
export const syncActivitiesSchema = z.object({ activities: batchOf(activitySchema) });

/** The same two by name, in the shape of clients that predate the `/v1` routes. */
export const defaultIntegrationSchema = z.discriminatedUnion("action", [
	syncCollaboratorsSchema.extend({ action: z.literal("sync_collaborators") }),
	syncActivitiesSchema.extend({ action: z.literal("sync_activities") }),
]);

export const collaboratorsSyncedSchema = z
	.object({
		created: z.number().int().describe("New collaborators."),
		existing: z.number().int().describe("Known collaborators, now updated."),
		errors: z.array(itemError.extend({ external_id: z.string().nullable() })),
		total: z.number().int(),
	})
	.meta({ id: "CollaboratorsSynced" });
export type CollaboratorsSynced = z.infer<typeof collaboratorsSyncedSchema>;

export const activitiesSyncedSchema = z
	.object({
		processed: z.number().int().describe("New activities."),
		duplicates: z.number().int().describe("Activities whose `reference` is already known."),
		errors: z.array(itemError.extend({ collaborator_id: z.string().nullable() })),
		total: z.number().int(),
	})
	.meta({ id: "ActivitiesSynced" });
export type ActivitiesSynced = z.infer<typeof activitiesSyncedSchema>;
