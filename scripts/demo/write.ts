/** Writes a demo: keys with their usage and events, in atomic batches. */

import { type Database, insertRows, runBatch } from "../../db/client.ts";
import { apiKeys, auditEvents, usageHourly } from "../../db/schema.ts";
import { newRow } from "../../worker/gate/delivery/d1-records.ts";
import type { DemoKey } from "./keys.ts";

/** Keys in one batch. A month of usage of 20 keys is about 1 MB, half of what D1 allows in a parameter. */
const BATCH_KEYS = 20;

/** Numbers of written rows. */
export interface Written {
	keys: number;
	hours: number;
	events: number;
}

/** Adds the keys to the database in batches. */
export async function writeDemo(db: Database, keys: readonly DemoKey[]): Promise<Written> {
	const written = { keys: 0, hours: 0, events: 0 };
	for (let start = 0; start < keys.length; start += BATCH_KEYS) {
		const some = keys.slice(start, start + BATCH_KEYS);
		const rows = some.map(({ key, lifetime }) => ({ ...newRow(key), ...lifetime }));
		const hours = some.flatMap(({ key: { id: keyId, tenantId }, hours }) =>
			hours.map((tally) => ({ keyId, tenantId, ...tally })),
		);
		const events = some.flatMap((key) => key.events);
		await runBatch(db, [
			insertRows(db, apiKeys, rows),
			insertRows(db, usageHourly, hours),
			insertRows(db, auditEvents, events),
		]);
		written.keys += rows.length;
		written.hours += hours.length;
		written.events += events.length;
	}
	return written;
}
