/**
 * Records what the platform reads in a tenant. One event for each operation, tenant and hour, so that a script that polls
 * doesn't bury the trail. Changes have events of their own.
 */
import { type Author, auditEvent, createdWith } from "../../db/audit.ts";
import { type Database, runBatch } from "../../db/client.ts";
import { insertAudit } from "../../db/insert-audit.ts";
import { putLast } from "../bounded-map.ts";
import { sha256 } from "../keys/hash.ts";
import { logEvent, type Trace } from "../log.ts";
import { HOUR_MS } from "../schemas/time.ts";

/** The hour of the last event, by operation and tenant. It saves writes; the event's id is what excludes duplicates. */
const recordedIn = new Map<string, number>();
const RECORDED_MAX = 10_000;

/** Records the read before it is made: a read that can't be recorded fails. */
export async function recordRead(
	db: Database,
	author: Author,
	operation: string,
	request: Trace & { now: number },
): Promise<void> {
	const { now } = request;
	const hour = Math.floor(now / HOUR_MS);
	const name = [author.tenantId, operation, author.credential].join(" ");
	if (recordedIn.get(name) === hour) return;
	const event = auditEvent(author, "platform.read", now, { changes: createdWith({ operation }) });
	// The same id in every isolate: D1 keeps the first event with it.
	await runBatch(db, [insertAudit(db, { ...event, id: `evt_read_${sha256(`${hour} ${name}`).slice(0, 32)}` })]);
	putLast(recordedIn, name, hour, RECORDED_MAX);
	logEvent("platform_read", { operation, tenant_id: author.tenantId }, { trace: request });
}
