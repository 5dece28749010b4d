/** A row of an API key, for tests that write it without the service. */
import { randomText } from "../../../db/ids.ts";
import type { apiKeys } from "../../../db/schema.ts";

type NewRow = typeof apiKeys.$inferInsert;

/** A live key without an end, created at `createdAt`. */
export const apiKeyRow = (tenantId: string, createdAt: number, changes: Partial<NewRow> = {}): NewRow => ({
	id: randomText(),
	tenantId,
	environment: "live",
	name: "CRM",
	secretHash: "0".repeat(64),
	keyPrefix: "sk_live_0000",
	lastFour: "0000",
	scopes: [],
	rateLimit: 1,
	ipAllowlist: [],
	createdAt,
	createdBy: "usr_ada",
	searchText: "crm",
	...changes,
});
