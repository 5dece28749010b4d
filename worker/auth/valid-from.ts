/**
 * The instant from which sign-ins and links count. After a restore of the database, what had ended since is back. So a restore
 * moves the instant to its own time, and everyone signs in again: see "D1 restored" in docs/disasters.md.
 */
import { type AnyColumn, type SQL, sql } from "drizzle-orm";
import { serviceState } from "../../db/schema.ts";

/** Name of the row of `service_state`. Its value is an instant in milliseconds, as text. */
export const SESSIONS_VALID_FROM = "sessions_valid_from";

/**
 * The condition for what was created since. `configured` is `SESSIONS_VALID_FROM`, which can be set before the restore: then
 * nothing is valid in the moment between the restore and the row.
 */
export function isValidSince(createdAt: AnyColumn, configured: number): SQL {
	const stored = sql`(select cast(value as integer) from ${serviceState} where name = ${SESSIONS_VALID_FROM})`;
	return sql`${createdAt} >= max(${configured}, coalesce(${stored}, 0))`;
}
