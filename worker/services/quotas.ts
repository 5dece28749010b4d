/** What a tenant stores and may store. The database counts, and rejects the write that exceeds a quota. */
import { eq } from "drizzle-orm";
import type { Database } from "../../db/client.ts";
import { limitOf, QUOTA_COLUMNS, QUOTA_NAMES, QUOTAS, type QuotaName, type QuotaRow } from "../../db/quotas.ts";
import { quotas, tenants } from "../../db/schema.ts";
import { AppError } from "../errors.ts";
import type { QuotaList } from "../schemas/quota.ts";
import type { Deps } from "./deps.ts";

/** The tenant's row. Null: no such tenant. */
async function quotasOf(db: Database, tenantId: string): Promise<QuotaRow | null> {
	const [row] = await db.select().from(quotas).where(eq(quotas.tenantId, tenantId));
	return row ?? null;
}

/** `CONFLICT` that names the quota and its limit, and says what to do. */
function quotaError(name: QuotaName, limit: number): AppError {
	const { unit } = QUOTAS[name];
	const remedy = name === "rate_limit" ? "Lower it" : "Delete what you no longer need";
	const message = `Quota exceeded: this tenant can have at most ${limit.toLocaleString("en")} ${unit} (${name}). ${remedy}, or ask the platform for a higher quota.`;
	return new AppError("CONFLICT", message, { details: [{ field: name, message: `At most ${limit}` }] });
}

/**
 * Runs a write. Throws `CONFLICT` that says why if the database rejected it because of a quota, or because the tenant is
 * suspended.
 */
export async function withinQuotas<T>(write: () => Promise<T>): Promise<T> {
	try {
		return await write();
	} catch (thrown) {
		if (isTenantSuspended(thrown)) throw suspended();
		throw exceededQuota(thrown) ?? thrown;
	}
}

const suspended = () => new AppError("CONFLICT", "The tenant is suspended. Resume it before you add API keys.");

/** Whether the trigger `api_keys_of_suspended_tenants` rejected a key. Drizzle wraps what D1 threw. */
function isTenantSuspended(thrown: unknown): boolean {
	for (let error = thrown; error instanceof Error; error = error.cause)
		if (error.message.includes("tenant suspended")) return true;
	return false;
}

/**
 * The error for the quota and the limit that the trigger `quotas_checked` named, or undefined. Drizzle wraps what D1 threw.
 * The limit isn't read from the table: the platform may have changed it since.
 */
function exceededQuota(thrown: unknown): AppError | undefined {
	for (let error = thrown; error instanceof Error; error = error.cause) {
		const [, named, limit] = /quota exceeded: (\w+) (\d+)/.exec(error.message) ?? [];
		const name = QUOTA_NAMES.find((known) => known === named);
		if (name) return quotaError(name, Number(limit));
	}
	return undefined;
}

/**
 * Throws `CONFLICT` if the tenant has no room for another key, or is suspended. The gate inserts the successor of a
 * rotation, where a rejected write would look like an outage. Of several at once, the last can still get 503.
 */
export async function requireRoomForKey(db: Database, tenantId: string): Promise<void> {
	const [found] = await db
		.select({ row: quotas, suspendedAt: tenants.suspendedAt })
		.from(quotas)
		.innerJoin(tenants, eq(tenants.id, quotas.tenantId))
		.where(eq(quotas.tenantId, tenantId));
	if (found && found.suspendedAt !== null) throw suspended();
	const row = found?.row ?? null;
	const limit = limitOf(row, "api_keys");
	if (row && row.apiKeys >= limit) throw quotaError("api_keys", limit);
}

/** Throws `CONFLICT` if the tenant's keys cannot have this `rate_limit`. */
export async function requireRateLimit(db: Database, tenantId: string, rateLimit: number): Promise<void> {
	const limit = limitOf(await quotasOf(db, tenantId), "rate_limit");
	if (rateLimit > limit) throw quotaError("rate_limit", limit);
}

/** Every quota of a tenant, with what it stores. */
export async function listQuotas({ db }: Pick<Deps, "db">, tenantId: string): Promise<QuotaList> {
	const row = await quotasOf(db, tenantId);
	if (!row) throw new AppError("NOT_FOUND", "Tenant not found.");
	return {
		items: QUOTA_NAMES.map((name) => {
			const { used, max } = QUOTA_COLUMNS[name];
			return { name, used: used && row[used], limit: limitOf(row, name), is_default: row[max] === null };
		}),
	};
}
