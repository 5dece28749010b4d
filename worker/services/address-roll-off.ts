/**
 * Removes IP addresses and user agents that are no longer needed: from events of the audit log, which stay, from management tokens,
 * and with the sessions of operators. Sessions of people are deleted when they end, and gates forget old callers.
 */
import { and, eq, gte, isNotNull, lt, lte, or, sql } from "drizzle-orm";
import { auditEvents, managementTokens, platformSessions, serviceState, tenants } from "../../db/schema.ts";
import { PLATFORM_SESSION_MS } from "../auth/platform-session.ts";
import { ADDRESSES_KEPT_MS } from "../keys/recent-callers.ts";
import type { Deps } from "./deps.ts";

/** Rows of one statement. D1 runs one statement at a time, so a long one would delay other requests. */
const ROWS_PER_STATEMENT = 1_000;
/** Statements of one run: after a long pause, a run must still end before the platform ends it. */
const STATEMENTS_MAX = 50;

/** Up to when events were cleaned, in milliseconds. Without it, each run would read every old event again. */
const CLEANED = "addresses removed until";

/** Running it twice, or twice at once, does no harm. The next run continues one that was interrupted. */
export async function removeAddresses({ db, now }: Pick<Deps, "db" | "now">): Promise<void> {
	const end = now - ADDRESSES_KEPT_MS;
	await db.batch([
		db.delete(platformSessions).where(lte(platformSessions.createdAt, now - PLATFORM_SESSION_MS)),
		db
			.update(managementTokens)
			.set({ lastUsedIp: null })
			.where(and(isNotNull(managementTokens.lastUsedIp), lt(managementTokens.lastUsedAt, end))),
	]);
	const [record] = await db.select().from(serviceState).where(eq(serviceState.name, CLEANED));
	const start = Number(record?.value ?? 0);
	// By tenant, because the indexes begin with the tenant.
	const some = db
		.select({ rowid: sql`${auditEvents}.rowid` })
		.from(tenants)
		.innerJoin(auditEvents, eq(auditEvents.tenantId, tenants.id))
		.where(
			and(
				gte(auditEvents.at, start),
				lt(auditEvents.at, end),
				or(isNotNull(auditEvents.ip), isNotNull(auditEvents.userAgent)),
			),
		)
		.limit(ROWS_PER_STATEMENT);
	for (let turn = 0; turn < STATEMENTS_MAX; turn++) {
		const cleaned = await db
			.update(auditEvents)
			.set({ ip: null, userAgent: null })
			.where(sql`rowid in ${some}`)
			.returning({ id: auditEvents.id });
		if (cleaned.length === ROWS_PER_STATEMENT) continue;
		const done = { name: CLEANED, value: String(end), updatedAt: now };
		await db.insert(serviceState).values(done).onConflictDoUpdate({ target: serviceState.name, set: done });
		return;
	}
}
