/**
 * The tables of the product database: what integrations write. Migrations in `db/product-migrations/` are generated from
 * this file (`npm run db:generate`). Why it is a database of its own: docs/decisions/product-database.md.
 *
 * Tenants are in the other database, so no foreign key refers to them. The tenant of a row is that of the admitted key.
 * The tables have the same names in the database of the keys, where a deployment that has no `PRODUCT_DB` keeps them.
 */
import { integer, sqliteTable } from "drizzle-orm/sqlite-core";
import { plainTenantId, productTables } from "./product-tables.ts";

/**
 * What a tenant stores here, and how much of it the platform allows: copies of the limits in `quotas` of `schema.ts`. A
 * trigger makes the row with the tenant's first row in any table.
 */
export const productQuotas = sqliteTable("quotas", {
	/** Numbers the tenant for the tokens of the search index. */
	tenantNo: integer("tenant_no").primaryKey(),
	tenantId: plainTenantId().unique(),
	collaborators: integer("collaborators").notNull().default(0),
	activities: integer("activities").notNull().default(0),
	leads: integer("leads").notNull().default(0),
	/** Estimate of the bytes that those rows take, with their indexes. */
	storedBytes: integer("stored_bytes").notNull().default(0),
	collaboratorsMax: integer("collaborators_max"),
	activitiesMax: integer("activities_max"),
	leadsMax: integer("leads_max"),
	storedBytesMax: integer("stored_bytes_max"),
});

export const { collaborators, mergedCollaborators, activities, leadCounts, leads } = productTables(plainTenantId);
