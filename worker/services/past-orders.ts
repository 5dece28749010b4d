/**
 * Ends orders from before a restore with Time Travel, for which the operator sets `SESSIONS_VALID_FROM`. Runs before other
 * scheduled tasks, which would carry them out. `npm run restore` has ended them already.
 */
import { inArray, sql } from "drizzle-orm";
import { runBatch } from "../../db/client.ts";
import { END_PENDING_ORDERS, ORDERS_VALID_FROM, PENDING_ORDERS } from "../../db/past-orders.ts";
import { serviceState } from "../../db/schema.ts";
import { SESSIONS_VALID_FROM } from "../auth/valid-from.ts";
import { logEvent } from "../log.ts";
import type { Deps } from "./deps.ts";

export async function endPastOrders({ db, config, now }: Pick<Deps, "db" | "config" | "now">): Promise<void> {
	const names = [SESSIONS_VALID_FROM, ORDERS_VALID_FROM];
	const rows = await db.select().from(serviceState).where(inArray(serviceState.name, names));
	const instantOf = (name: string) => Number(rows.find((row) => row.name === name)?.value ?? 0);
	const validFrom = Math.max(config.sessionsValidFrom, instantOf(SESSIONS_VALID_FROM));
	// The instant may be some minutes ahead: the restore comes after it.
	if (validFrom > now || validFrom <= instantOf(ORDERS_VALID_FROM)) return;
	const pending = await db.all<{ kind: string; id: string }>(sql.raw(PENDING_ORDERS));
	const done = { name: ORDERS_VALID_FROM, value: String(validFrom), updatedAt: now };
	await runBatch(db, [
		...END_PENDING_ORDERS.map((statement) => db.run(sql.raw(statement))),
		db.insert(serviceState).values(done).onConflictDoUpdate({ target: serviceState.name, set: done }),
	]);
	for (const { kind, id } of pending) logEvent("past_order_ended", { kind, id });
}
