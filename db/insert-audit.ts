/** Writing the audit trail, in the batch that makes the change. */
import type { AuditEvent } from "./audit.ts";
import type { Database, Statement } from "./client.ts";
import { auditEvents } from "./schema.ts";

/** The statement that records an event; one already there stays as it is. */
export function insertAudit(db: Database, event: AuditEvent): Statement {
	return db.insert(auditEvents).values(event).onConflictDoNothing();
}
