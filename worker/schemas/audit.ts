/** The audit trail of a tenant. */
import { z } from "zod";
import { AUDIT_ACTIONS } from "../../db/enums.ts";
import { id, nextCursor, page, searchText, tenantChoice, timestamp, timestampInput } from "./common.ts";

export const listAuditSchema = z
	.strictObject({
		...tenantChoice,
		...page,
		key_id: id.optional().describe("Only what was done to this key, which may be gone."),
		actor: searchText(254)
			.min(1)
			.optional()
			.describe("Id of a user, `service_role`, `system`, or an email address in upper or lower case."),
		action: z.enum(AUDIT_ACTIONS).optional().describe("Only such actions."),
		from: timestampInput.optional().describe("Earliest instant, inclusive."),
		to: timestampInput.optional().describe("Latest instant, exclusive."),
	})
	.refine(({ from, to }) => from === undefined || to === undefined || Date.parse(from) < Date.parse(to), {
		path: ["from"],
		error: "Must lie before `to`",
	});
export type ListAudit = z.output<typeof listAuditSchema>;

export const auditEventSchema = z
	.object({
		id,
		at: timestamp,
		action: z.enum(AUDIT_ACTIONS),
		actor: z.string().describe("User id, `service_role` or `system`."),
		actor_email: z.string().nullable(),
		key_id: z.string().nullable(),
		key_name: z
			.string()
			.nullable()
			.describe("Name of the key today, or where it was deleted the one that the event itself tells of."),
		key_deleted: z.boolean().describe("The key is gone: there is nothing to be found at `key_id` any more."),
		ip: z.string().nullable(),
		user_agent: z.string().nullable(),
		changes: z
			.record(z.string(), z.object({ from: z.unknown(), to: z.unknown() }))
			.describe("What changed, by field. Never a secret."),
	})
	.meta({ id: "AuditEvent" });

export const auditListSchema = z.object({ items: z.array(auditEventSchema), next_cursor: nextCursor });
export type AuditList = z.infer<typeof auditListSchema>;
