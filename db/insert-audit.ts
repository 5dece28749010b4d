/** Writes the audit log in the batch that makes the change. */
import type { AuditEvent } from "./audit.ts";
import type { Database, Statement } from "./client.ts";
import { auditEvents } from "./schema.ts";

/** The statement that records an event. If the event exists already, it changes nothing. */
export function insertAudit(db: Database, event: AuditEvent): Statement {
	return db.insert(auditEvents).values(event).onConflictDoNothing();
}
