/** What a CRM sends: collaborators, and their activities. */
import { z } from "zod";
import { emailInput, line, optionalLine, timestampInput } from "./common.ts";
import { asSent } from "./free-form.ts";

const COLLABORATORS_MAX = 500;
const ACTIVITIES_MAX = 1_000;

const KEPT = 'Absent: unchanged. null or "": cleared.';

export const collaboratorSchema = z.object({
	external_id: line(255).describe("Id of the person in the sending system. It may change."),
	name: line(255),
	email: emailInput.describe("Identifies the person, without regard to case. The same email is the same person."),
	phone: optionalLine(255).nullish().describe(KEPT),
	document: optionalLine(20).nullish().describe(`An official number of the person, such as a CPF. ${KEPT}`),
	team: optionalLine(100).nullish().describe(KEPT),
	role: optionalLine(50).nullish().describe(KEPT),
	metadata: asSent.nullish().describe("Any JSON object, stored as it is sent. Absent: unchanged. null: cleared."),
});

/** An offset without its colon, or without minutes. ISO 8601 has both forms, which PHP and PostgreSQL write. */
const SHORT_OFFSET = /(?<=T.*[+-]\d\d)(\d\d)?$/;
/**
 * Characters of a time with nanoseconds and more. The pattern must not read a longer text: only an optimization of V8 keeps
 * it from quadratic time.
 */
const TIME_MAX = 40;

/** A time with any offset that ISO 8601 knows. */
const occurredAt = z
	.preprocess(
		(sent) =>
			typeof sent === "string" && sent.length <= TIME_MAX
				? sent.replace(SHORT_OFFSET, (_, minutes = "00") => `:${minutes}`)
				: sent,
		timestampInput,
	)
	.meta({ item: timestampInput });

export const activitySchema = z.object({
	activity_code: z
		.string()
		.regex(/^(?!000)\d{3}$/, "Must be a code from 001 to 999")
		.describe("The tenant decides what each code means."),
	external_id: line(255).describe(
		"Id of the activity in the sending system. An activity with a known `external_id` is not stored again, so a retry is safe.",
	),
	collaborator_email: emailInput.describe("Email of the person, without regard to case."),
	data: asSent.nullish().describe("Any JSON object, stored as it is sent."),
	occurred_at: occurredAt.nullish().describe("ISO 8601 with any offset. Default: the time of the request."),
});

/** A list whose items the service validates one by one. The schema of an item is what the OpenAPI document shows. */
const batchOf = (item: z.ZodType, max: number) => z.array(z.unknown().meta({ item })).min(1).max(max);

/** An unknown field of an item rejects the whole request: a misspelt `metadata` would be lost without a word. */
const strictCollaborators = batchOf(collaboratorSchema.strict(), COLLABORATORS_MAX).check(({ value, issues }) => {
	value.forEach((sent, index) => {
		if (typeof sent !== "object" || sent === null) return;
		const keys = Object.keys(sent).filter((key) => !Object.hasOwn(collaboratorSchema.shape, key));
		if (keys.length > 0) issues.push({ code: "unrecognized_keys", keys, path: [index], input: { ...sent } });
	});
});

export const syncCollaboratorsSchema = z.strictObject({ collaborators: strictCollaborators });
export const syncActivitiesSchema = z.strictObject({ activities: batchOf(activitySchema.strict(), ACTIVITIES_MAX) });

/** Both by name, as SalesOS has them. Unknown fields are ignored, as they always were. */
export const defaultIntegrationSchema = z.discriminatedUnion(
	"action",
	[
		z.object({
			action: z.literal("sync_collaborators"),
			collaborators: batchOf(collaboratorSchema, COLLABORATORS_MAX),
		}),
		z.object({ action: z.literal("sync_activities"), activities: batchOf(activitySchema, ACTIVITIES_MAX) }),
	],
	{ error: 'Must be "sync_collaborators" or "sync_activities"' },
);

const total = z.int32().describe("Items that were sent.");

const peopleCounts = {
	created: z.int32().describe("New people."),
	existing: z.int32().describe("Known people, now updated."),
};
const activityCounts = {
	processed: z.int32().describe("New activities."),
	skipped: z.int32().describe("Activities of people who have not been synced yet. They are not stored."),
	duplicates: z.int32().describe("Activities whose `external_id` is already known."),
};

/** Why one item was left out. The others are stored. */
const itemError = z.object({ index: z.int32(), external_id: z.string().nullable(), message: z.string() });
export type ItemError = z.infer<typeof itemError>;

export const collaboratorsSyncedSchema = z
	.object({ ...peopleCounts, errors: z.array(itemError), total })
	.meta({ id: "CollaboratorsSynced" });
export type CollaboratorsSynced = z.infer<typeof collaboratorsSyncedSchema>;

const NO_ERRORS = "Always empty: an invalid activity rejects the whole request.";

export const activitiesSyncedSchema = z
	.object({ ...activityCounts, errors: z.array(itemError).describe(NO_ERRORS), total })
	.meta({ id: "ActivitiesSynced" });
export type ActivitiesSynced = z.infer<typeof activitiesSyncedSchema>;

/** The Default Integration describes each error as one text. */
export const defaultIntegrationSyncedSchema = z.union([
	z.object({
		...peopleCounts,
		errors: z.array(z.string()).describe("Each names an item that was left out, and says why."),
		total,
	}),
	z.object({ ...activityCounts, errors: z.array(z.string()).describe(NO_ERRORS), total }),
]);
