/**
 * The quota of management calls a minute. It is counted in memory, so each isolate of the Worker counts its own calls: the
 * purpose is that one caller in a loop cannot keep the database from other tenants, and a loop reaches few isolates. An
 * exact count would add a call to a Durable Object to every management call, and the platform's rate limiter has one limit
 * for all tenants.
 */
import { eq } from "drizzle-orm";
import type { Database } from "../../db/client.ts";
import { limitOf } from "../../db/quotas.ts";
import { quotas } from "../../db/schema.ts";
import { putLast } from "../bounded-map.ts";
import { AppError } from "../errors.ts";
import { MINUTE_MS } from "../schemas/time.ts";

interface Minute {
	/** Minutes since the epoch. */
	minute: number;
	calls: number;
	limit: number;
}

/** More tenants than one isolate serves in a minute. */
const TENANTS_MAX = 10_000;
const minutes = new Map<string, Minute>();

/** Counts a call for the tenant. Throws `RATE_LIMITED` past the quota. Reads the quota once a minute. */
export async function countManagementCall(db: Database, tenantId: string, now: number): Promise<void> {
	const minute = Math.floor(now / MINUTE_MS);
	let current = minutes.get(tenantId);
	if (current?.minute !== minute) {
		const [row] = await db.select().from(quotas).where(eq(quotas.tenantId, tenantId));
		// Another call may have begun the minute while D1 was asked.
		const other = minutes.get(tenantId);
		current =
			other?.minute === minute
				? other
				: { minute, calls: 0, limit: limitOf(row ?? null, "management_calls_per_minute") };
		putLast(minutes, tenantId, current, TENANTS_MAX);
	}
	current.calls++;
	if (current.calls <= current.limit) return;
	const retryAfter = Math.ceil(((minute + 1) * MINUTE_MS - now) / 1_000);
	throw new AppError(
		"RATE_LIMITED",
		`Quota exceeded: this tenant can make at most ${current.limit.toLocaleString("en")} management calls a minute (management_calls_per_minute). Retry in ${retryAfter} seconds.`,
		{ retryAfter },
	);
}
