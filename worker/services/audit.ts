/** Reading the audit trail of a tenant. */
import { and, desc, eq, sql } from "drizzle-orm";
import { auditEvents } from "../../db/schema.ts";
import type { AuditAction, AuditList, ListAudit } from "../schemas/audit.ts";
import { toTimestamp } from "../schemas/common.ts";
import { decodeCursor, paginate } from "./cursor.ts";
import type { Deps } from "./deps.ts";

const ORDER = "audit";

/** The statement behind {@link listAudit}: a page and one row more. */
export function auditQuery(db: Deps["db"], tenantId: string, input: ListAudit) {
	const after = decodeCursor(ORDER, input.cursor, "number");
	return db
		.select()
		.from(auditEvents)
		.where(
			and(
				eq(auditEvents.tenantId, tenantId),
				input.key_id === undefined ? undefined : eq(auditEvents.keyId, input.key_id),
				input.actor === undefined ? undefined : eq(auditEvents.actor, input.actor),
				input.action === undefined ? undefined : eq(auditEvents.action, input.action),
				after ? sql`(${auditEvents.at}, ${auditEvents.id}) < (${after.value}, ${after.id})` : undefined,
			),
		)
		.orderBy(desc(auditEvents.at), desc(auditEvents.id))
		.limit(input.limit + 1);
}

/** Newest first. */
export async function listAudit(deps: Deps, tenantId: string, input: ListAudit): Promise<AuditList> {
	const page = paginate(await auditQuery(deps.db, tenantId, input), input.limit, ORDER, (row) => ({
		value: row.at,
		id: row.id,
	}));
	return {
		items: page.rows.map((row) => ({
			id: row.id,
			at: toTimestamp(row.at),
			// Only `auditEvent` writes the column, and it takes no other word.
			action: row.action as AuditAction,
			actor: row.actor,
			actor_email: row.actorEmail,
			key_id: row.keyId,
			ip: row.ip,
			user_agent: row.userAgent,
			changes: row.changes,
		})),
		next_cursor: page.next_cursor,
	};
}
