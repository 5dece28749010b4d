/** A person's data in a tenant, for requests under privacy laws. */
import { z } from "zod";
import { line, tenantChoice, timestamp } from "./common.ts";

/** The longest email that can be delivered (RFC 5321, §4.5.3.1.3). */
const EMAIL_MAX = 254;

export const personSchema = z.strictObject({
	...tenantChoice,
	email: line(EMAIL_MAX).describe("The email of the person, in any case."),
});

const row = z.record(z.string(), z.unknown());

export const personExportSchema = z
	.object({
		email: z.string(),
		tables: z
			.record(z.string(), z.array(row))
			.describe("The rows about the person by table, as they are stored, without hashes of secrets."),
		cut_off: z.array(z.string()).describe("Tables that have more rows than the export contains."),
	})
	.meta({ id: "PersonExport" });
export type PersonExport = z.infer<typeof personExportSchema>;

const count = z.number().int();

export const personDeletedSchema = z
	.object({
		deleted: z.object({
			activities: count,
			merged_collaborators: count,
			collaborators: count,
			leads: count,
		}),
		cleaned_audit_events: count.describe(
			"Events of the audit log that this call has removed the person's email and name from.",
		),
		is_complete: z.boolean().describe("False: there are more rows than one call deletes. Call again."),
		events_kept_until: timestamp
			.nullable()
			.describe(
				"Until this time, events that the person caused in the last 90 days keep the email. Call again then to remove it. Null: no event has it.",
			),
	})
	.meta({ id: "PersonDeleted" });
export type PersonDeleted = z.infer<typeof personDeletedSchema>;
