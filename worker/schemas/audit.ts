/** The audit trail of a tenant. */
import { z } from "zod";
import { AUDIT_ACTIONS } from "../../db/enums.ts";
import { id, nextCursor, page, searchText, tenantChoice, timestamp, timestampInput } from "./common.ts";

export const listAuditSchema = z
	.strictObject({
		...tenantChoice,
		...page,
		key_id: id.optional().describe("Only events of this key, which may be deleted."),
		actor: searchText(254)
			.min(1)
			.optional()
			.describe("A user id, a token id, `service_role`, `system`, an email, or a part of one. Ignores case in emails."),
		action: z.enum(AUDIT_ACTIONS).optional().describe("Only events with this action."),
		from: timestampInput.optional().meta({ description: "Start, inclusive.", example: "2026-02-03T00:00:00Z" }),
		to: timestampInput.optional().meta({ description: "End, exclusive.", example: "2026-02-04T00:00:00Z" }),
	})
	.refine(({ from, to }) => from === undefined || to === undefined || Date.parse(from) < Date.parse(to), {
		path: ["from"],
		error: "Must be before `to`",
	});
export type ListAudit = z.output<typeof listAuditSchema>;

export const auditEventSchema = z
	.object({
		id,
		at: timestamp,
		action: z.enum(AUDIT_ACTIONS),
		actor: z.string().describe("User id, id of a management token, `service_role` or `system`."),
		actor_email: z.string().nullable(),
		key_id: z.string().nullable(),
		key_name: z
			.string()
			.nullable()
			.describe("Current name of the key. For a deleted key, the name that the event recorded."),
		key_deleted: z.boolean().describe("Whether the key has been deleted."),
		ip: z.string().nullable(),
		user_agent: z.string().nullable(),
		target_id: z
			.string()
			.nullable()
			.describe("What the event is about if it is not a key, such as the id of a member."),
		target_name: z
			.string()
			.nullable()
			.describe("The email of a member or the name of a management token, as it is or as it was recorded last."),
		changes: z
			.record(z.string(), z.object({ from: z.unknown(), to: z.unknown() }))
			.describe("Changed fields with their old and new values. Never contains a secret."),
	})
	.meta({ id: "AuditEvent" });

export const auditListSchema = z.object({ items: z.array(auditEventSchema), next_cursor: nextCursor });
export type AuditList = z.infer<typeof auditListSchema>;
