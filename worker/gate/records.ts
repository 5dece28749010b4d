/**
 * All that a gate says to D1. Gates load this when they first have something to say, and Drizzle with it: a Worker that
 * only admits starts without, see `tests/e2e/start-up.test.ts`.
 */
import { eq } from "drizzle-orm";
import type { AuditEvent } from "../../db/audit.ts";
import { database, runBatch } from "../../db/client.ts";
import { insertAudit } from "../../db/insert-audit.ts";
import { apiKeys } from "../../db/schema.ts";
import { deliverDiscard, deliverKey, deliverUsage, newRow } from "./delivery-statements.ts";
import { type KeySnapshot, type Lifetime, snapshotOf, type Tombstone } from "./snapshot.ts";
import type { HourTally } from "./store.ts";

/** The key as D1 has it, with what was used of it; null if D1 knows none. */
export async function readKey(d1: D1Database, keyId: string): Promise<{ key: KeySnapshot; lifetime: Lifetime } | null> {
	const [row] = await database(d1).select().from(apiKeys).where(eq(apiKeys.id, keyId));
	return row ? { key: snapshotOf(row), lifetime: row } : null;
}

/** A key that replaces another, and the event of its creation. */
export async function insertSuccessor(d1: D1Database, key: KeySnapshot, event: AuditEvent): Promise<void> {
	const db = database(d1);
	await runBatch(db, [db.insert(apiKeys).values(newRow(key)), insertAudit(db, event)]);
}

/** The key as it is now, and the events of the changes that made it so. */
export async function recordKey(
	d1: D1Database,
	key: KeySnapshot | Tombstone,
	events: readonly AuditEvent[],
): Promise<void> {
	const db = database(d1);
	await runBatch(db, deliverKey(db, key, events));
}

/** Usage by hour, and over the key's life. */
export async function recordUsage(
	d1: D1Database,
	key: KeySnapshot,
	hours: readonly HourTally[],
	lifetime: Lifetime,
): Promise<void> {
	const db = database(d1);
	await runBatch(db, deliverUsage(db, key, hours, lifetime));
}

/** Takes a successor back. True: it was there. */
export async function discardSuccessor(
	d1: D1Database,
	tenantId: string,
	successorId: string,
	now: number,
): Promise<boolean> {
	const db = database(d1);
	const [, deleted] = await db.batch(deliverDiscard(db, tenantId, successorId, now));
	return deleted.length > 0;
}
