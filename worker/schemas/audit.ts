/** The audit trail of a tenant. */
import { z } from "zod";
import { id, nextCursor, page, tenantChoice, timestamp } from "./common.ts";

/** Everything that leaves an event. */
export const AUDIT_ACTIONS = [
	"api_key.create",
	"api_key.update",
	"api_key.rotate",
	"api_key.revoke",
	"api_key.delete",
	"session.login",
	"session.login_failed",
	"session.logout",
	"tenant.create",
] as const;
export type AuditAction = (typeof AUDIT_ACTIONS)[number];

export const listAuditSchema = z.strictObject({
	...tenantChoice,
	...page,
	key_id: id.optional(),
	actor: z.string().min(1).max(200).optional(),
	action: z.enum(AUDIT_ACTIONS).optional(),
});
export type ListAudit = z.output<typeof listAuditSchema>;

export const auditEventSchema = z.object({
	id,
	at: timestamp,
	action: z.enum(AUDIT_ACTIONS),
	/** User id, `service_role` or `system`. */
	actor: z.string(),
	actor_email: z.string().nullable(),
	key_id: z.string().nullable(),
	ip: z.string().nullable(),
	user_agent: z.string().nullable(),
	/** What changed, by field. Never a secret. */
	changes: z.record(z.string(), z.object({ from: z.unknown(), to: z.unknown() })),
});

export const auditListSchema = z.object({ items: z.array(auditEventSchema), next_cursor: nextCursor });
export type AuditList = z.infer<typeof auditListSchema>;
