import type { productQuotas } from "./product-schema.ts";
import type { quotas } from "./schema.ts";

/**
 * What a tenant may store and do, where the platform has set nothing else for it. The trigger `quotas_checked` rejects
 * the write that exceeds a number of rows or bytes, and holds the same numbers: a change needs a migration of each database.
 */
export const QUOTAS = {
	/** Twice what lists are measured with. A tenant with a key for each of its customers should verify tokens instead. */
	api_keys: { default: 200_000, unit: "API keys" },
	/** Larger than the sales organizations of the largest companies. */
	users: { default: 10_000, unit: "users" },
	/** Employees and partners, in both environments. */
	collaborators: { default: 100_000, unit: "collaborators" },
	/** Twenty activities of each collaborator; old ones belong in a data warehouse. */
	activities: { default: 2_000_000, unit: "activities" },
	/** Lists and search are measured with 100,000. */
	leads: { default: 500_000, unit: "leads" },
	/** An estimate of the product data. A tenth of the 10 GB that a D1 database can hold, which all tenants share. */
	stored_bytes: { default: 1_073_741_824, unit: "bytes of stored data" },
	/** Highest `rate_limit` of a key, in requests an hour: what one Durable Object can count. */
	rate_limit: { default: 1_000_000, unit: "requests an hour for each API key" },
	/**
	 * Calls of tRPC and REST by the tenant's own managers. 200 a second are more than a dashboard or a script needs,
	 * and leave room for other tenants in a database that runs one statement at a time. Counted by each isolate:
	 * see `worker/auth/management-limit.ts`.
	 */
	management_calls_per_minute: { default: 12_000, unit: "management calls a minute" },
} as const satisfies Record<string, { default: number; unit: string }>;

export type QuotaName = keyof typeof QUOTAS;

// The keys of a literal object are exactly its names.
export const QUOTA_NAMES = Object.keys(QUOTAS) as [QuotaName, ...QuotaName[]];

export type QuotaRow = typeof quotas.$inferSelect;

/** The columns of each quota. What is not stored has no number of its own. */
export const QUOTA_COLUMNS = {
	api_keys: { used: "apiKeys", max: "apiKeysMax" },
	users: { used: "users", max: "usersMax" },
	collaborators: { used: "collaborators", max: "collaboratorsMax" },
	activities: { used: "activities", max: "activitiesMax" },
	leads: { used: "leads", max: "leadsMax" },
	stored_bytes: { used: "storedBytes", max: "storedBytesMax" },
	rate_limit: { used: null, max: "rateLimitMax" },
	management_calls_per_minute: { used: null, max: "managementCallsPerMinuteMax" },
} as const satisfies Record<QuotaName, { used: keyof QuotaRow | null; max: keyof QuotaRow }>;

/** The quotas that the product database counts and enforces. */
export const PRODUCT_QUOTAS = ["collaborators", "activities", "leads", "stored_bytes"] as const;

/** The limits that the platform has set for the product database. */
export type ProductLimits = Pick<
	typeof productQuotas.$inferSelect,
	(typeof QUOTA_COLUMNS)[(typeof PRODUCT_QUOTAS)[number]]["max"]
>;

/** The limit that applies to the tenant. */
export const limitOf = (row: QuotaRow | null, name: QuotaName): number =>
	row?.[QUOTA_COLUMNS[name].max] ?? QUOTAS[name].default;
