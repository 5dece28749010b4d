/** What a CRM sends: collaborators and what they did. */
import { z } from "zod";
import { line, timestampInput } from "./common.ts";

const BATCH_MAX = 500;

/** A reason why one item of a batch was left out; the good items are kept. */
const itemError = z.object({ index: z.number().int(), message: z.string() });

export const collaboratorSchema = z.object({
	external_id: line(200).describe("The person's id in the sending system."),
	name: line(200),
	email: z.string().trim().max(254).pipe(z.email("Must be an email address")),
	team: line(200).nullish().describe("Left out: stays. null: cleared."),
	role: line(200).nullish().describe("Left out: stays. null: cleared."),
});

export const activitySchema = z.object({
	collaborator_id: line(200).describe("`external_id` of a collaborator sent before."),
	activity: z.string().regex(/^(?!000)\d{3}$/, "Must be a code from 001 to 999"),
	quantity: z.number().positive().max(1_000_000_000).default(1),
	occurred_at: timestampInput.optional().describe("Default: when it is received."),
	reference: line(200)
		.optional()
		.describe("The sender's id of the event. Sending it again changes nothing, which makes a retry harmless."),
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
		created: z.number().int().describe("People not known before."),
		existing: z.number().int().describe("People known already, now as sent."),
		errors: z.array(itemError.extend({ external_id: z.string().nullable() })),
		total: z.number().int(),
	})
	.meta({ id: "CollaboratorsSynced" });
export type CollaboratorsSynced = z.infer<typeof collaboratorsSyncedSchema>;

export const activitiesSyncedSchema = z
	.object({
		processed: z.number().int().describe("Recorded now."),
		duplicates: z.number().int().describe("Known already by their `reference`."),
		errors: z.array(itemError.extend({ collaborator_id: z.string().nullable() })),
		total: z.number().int(),
	})
	.meta({ id: "ActivitiesSynced" });
export type ActivitiesSynced = z.infer<typeof activitiesSyncedSchema>;
