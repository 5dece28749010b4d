/** What a tenant stores and may store. The database counts, and rejects the write that exceeds a quota. */
import { eq, isNotNull, or } from "drizzle-orm";
import type { Database } from "../../db/client.ts";
import { productQuotas } from "../../db/product-schema.ts";
import { PRODUCT_DATA_MOVES } from "../../db/product-tables.ts";
import {
	limitOf,
	PRODUCT_QUOTAS,
	type ProductLimits,
	QUOTA_COLUMNS,
	QUOTA_NAMES,
	QUOTAS,
	type QuotaName,
	type QuotaRow,
} from "../../db/quotas.ts";
import { quotas, tenants } from "../../db/schema.ts";
import { AppError } from "../errors.ts";
import type { QuotaList } from "../schemas/quota.ts";
import type { Deps } from "./deps.ts";
import { forEachTenant } from "./for-each-tenant.ts";

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
 * Runs a write. If the database rejected it, throws an error that says why: `CONFLICT` because of a quota, or because the
 * tenant is suspended; `UNAVAILABLE` while product data is moved to another database, or if the database is full.
 */
export async function withinQuotas<T>(write: () => Promise<T>): Promise<T> {
	try {
		return await write();
	} catch (thrown) {
		if (isTenantSuspended(thrown)) throw suspended();
		throw exceededQuota(thrown) ?? unwritable(thrown) ?? thrown;
	}
}

/** The last step of a move rarely takes longer (scripts/move-product-data). */
const MOVING_RETRY_SECONDS = 30;
/** Only the operator can end it, so retries every few seconds would be in vain. */
const FULL_RETRY_SECONDS = 600;

/** The error for a database that accepts no rows for some time, or undefined. */
function unwritable(thrown: unknown): AppError | undefined {
	for (let error = thrown; error instanceof Error; error = error.cause) {
		if (error.message.includes(PRODUCT_DATA_MOVES))
			return new AppError("UNAVAILABLE", "The service is moving its data. Nothing was changed. Retry in 30 seconds.", {
				retryAfter: MOVING_RETRY_SECONDS,
				cause: thrown,
			});
		if (/database or disk is full|exceeded maximum DB size/i.test(error.message))
			return new AppError(
				"UNAVAILABLE",
				"The service can't store more data. Nothing was changed. Retry in 10 minutes.",
				{
					retryAfter: FULL_RETRY_SECONDS,
					cause: thrown,
				},
			);
	}
	return undefined;
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
export async function listQuotas({ db, product }: Pick<Deps, "db" | "product">, tenantId: string): Promise<QuotaList> {
	const [row, [stored]] = await Promise.all([
		quotasOf(db, tenantId),
		product.select().from(productQuotas).where(eq(productQuotas.tenantId, tenantId)),
	]);
	if (!row) throw new AppError("NOT_FOUND", "Tenant not found.");
	const counted = { ...row, ...NOTHING_STORED, ...stored };
	return {
		items: QUOTA_NAMES.map((name) => {
			const { used, max } = QUOTA_COLUMNS[name];
			return { name, used: used && counted[used], limit: limitOf(row, name), is_default: row[max] === null };
		}),
	};
}

/** The counts of a tenant that has no row in the product database yet. */
const NOTHING_STORED = { collaborators: 0, activities: 0, leads: 0, storedBytes: 0 };

const maxOf = (name: (typeof PRODUCT_QUOTAS)[number]) => QUOTA_COLUMNS[name].max;

/** Copies the tenant's limits to the product database, which enforces them. Copying them twice does no harm. */
async function copyLimits(product: Database, row: QuotaRow): Promise<void> {
	// There is one entry for each name, which the type of `fromEntries` doesn't express.
	const limits = Object.fromEntries(PRODUCT_QUOTAS.map((name) => [maxOf(name), row[maxOf(name)]])) as ProductLimits;
	await product
		.insert(productQuotas)
		.values({ tenantId: row.tenantId, ...limits })
		.onConflictDoUpdate({ target: productQuotas.tenantId, set: limits });
}

/** Makes the product database enforce the limits that the platform has just set. */
export async function applyLimits({ db, product }: Pick<Deps, "db" | "product">, tenantId: string): Promise<void> {
	const row = await quotasOf(db, tenantId);
	if (row) await copyLimits(product, row);
}

/**
 * Copies the limits that the product database lacks. They differ only if it couldn't be reached when the platform set them.
 * Tenants are thousands, and most have the default limits, so both lists are short.
 */
export async function repairLimits({ db, product }: Pick<Deps, "db" | "product">): Promise<void> {
	const limits = PRODUCT_QUOTAS.map(maxOf);
	const limited = (table: typeof quotas | typeof productQuotas) => or(...limits.map((max) => isNotNull(table[max])));
	const [set, applied] = await Promise.all([
		db.select().from(quotas).where(limited(quotas)),
		product.select().from(productQuotas).where(limited(productQuotas)),
	]);
	const wanted = new Map(set.map((row) => [row.tenantId, row]));
	const known = new Map(applied.map((row) => [row.tenantId, row]));
	const isApplied = (tenantId: string) =>
		limits.every((max) => (wanted.get(tenantId)?.[max] ?? null) === (known.get(tenantId)?.[max] ?? null));
	const differing = [...new Set([...wanted.keys(), ...known.keys()])].filter((tenantId) => !isApplied(tenantId));
	await forEachTenant(differing, (tenantId) => applyLimits({ db, product }, tenantId));
}
