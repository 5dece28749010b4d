/**
 * Records that a credential of a previous secret was used, so that an operator sees when nothing needs that secret any more.
 * Peppers and signing keys need no record: each key shows its own.
 */
import { sql } from "drizzle-orm";
import type { Database } from "../../db/client.ts";
import { serviceState } from "../../db/schema.ts";
import type { Config } from "../env.ts";
import { pepperIdOf } from "../keys/format.ts";
import { logError } from "../log.ts";
import { MINUTE_MS } from "../schemas/time.ts";

export type UsedSecret = "JWT_SECRET" | "SERVICE_ROLE_KEY";

/** How exactly a use is recorded. Each record is a write. */
const USED_INTERVAL_MS = MINUTE_MS;

/** Name of the record in `service_state`. Its value is when the last credential that was seen ends, in milliseconds. */
export const usedRecord = (secret: UsedSecret, id: string) => `secret used: ${secret} ${id}`;

/** The last record of this isolate, by name. Few entries: one for each previous secret. */
const recorded = new Map<string, { until: number; at: number }>();

/** `until`: when the used credential ends. A failure fails no request: the next one tries again. */
export async function recordPreviousUse(
	{ db, config }: { db: Database; config: Config },
	secret: UsedSecret,
	until: number,
	now: number,
): Promise<void> {
	const [, previous] = secret === "JWT_SECRET" ? config.jwt.secrets : config.serviceRoleKeys;
	if (!previous) return;
	const name = usedRecord(secret, pepperIdOf(previous));
	const before = recorded.get(name);
	if (before && now - before.at < USED_INTERVAL_MS && until <= before.until) return;
	recorded.set(name, { until: Math.max(until, before?.until ?? 0), at: now });
	try {
		await db
			.insert(serviceState)
			.values({ name, value: String(until), updatedAt: now })
			.onConflictDoUpdate({
				target: serviceState.name,
				set: {
					// Milliseconds have 13 digits until the year 2286, so texts compare as numbers do.
					value: sql`max(${serviceState.value}, excluded.value)`,
					updatedAt: sql`max(${serviceState.updatedAt}, excluded.updated_at)`,
				},
			});
	} catch (thrown) {
		recorded.delete(name);
		logError("The use of a previous secret can't be recorded", thrown);
	}
}
